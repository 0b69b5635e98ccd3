"""Empty the quarantine in time: the content of what was refused goes, with what quotes it; reason and place stay."""

from datetime import date, timedelta
from typing import Any, LiteralString

import psycopg

KEPT_DAYS = 30
"""How long the content of a refused event may be kept: it may hold personal data."""
PURGED_FR: LiteralString = "contenu effacé"
EMPTY: LiteralString = (
    f"UPDATE core.quarantine SET payload = NULL, pointer = '', message_fr = '{PURGED_FR}', "  # noqa: S608
    "purged_at = clock_timestamp() WHERE payload IS NOT NULL AND "
)
BEFORE: LiteralString = "(received_at AT TIME ZONE 'Europe/Paris')::date < %(before)s"


def empty_old(connection: psycopg.Connection[Any], today: date) -> int:
    """Take away the content of what was received more than 30 days before; return of how many events."""
    return connection.execute(EMPTY + BEFORE, {"before": today - timedelta(days=KEPT_DAYS)}).rowcount
