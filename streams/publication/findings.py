"""What does not hold together, as staff reads it, stored (`core.finding`): a whole country's takes a second to find."""

from typing import Any

import psycopg

from streams.publication.stored import write_whole

COLUMNS = "kind, landlord, territory_id, month, moves, dwellings, message_fr"


def tell_findings(connection: psycopg.Connection[Any]) -> int:
    """Write the findings on the measures as they stand; return how many."""
    return write_whole(connection, "core.finding", "core.finding_decided", COLUMNS)
