"""What does not hold together, as staff reads it, stored (`core.finding`): a whole country's takes a second to find."""

from typing import Any

import psycopg

_COLUMNS = "kind, landlord, territory_id, month, moves, dwellings, message_fr"


def tell_findings(connection: psycopg.Connection[Any]) -> int:
    """Write the findings on the measures as they stand, whole; return how many. One writer at a time."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE core.finding IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM core.finding")
        cursor.execute(f"INSERT INTO core.finding ({_COLUMNS}) SELECT {_COLUMNS} FROM core.finding_decided")  # noqa: S608
        return cursor.rowcount
