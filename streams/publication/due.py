"""Which vintages are due: on a fixed day of the month, so many months after theirs, whatever was missed.

Invariant: a vintage is made on or after its day, in the order of months, never because a landlord corrected something.
"""

from datetime import date
from typing import Any

import psycopg

from schemas.secrecy import Rules
from streams.publication.base import first_day, number
from streams.publication.publish import last_vintage
from streams.secrecy.protection import MONTHS


def due_months(connection: psycopg.Connection[Any], rules: Rules, today: date) -> list[date]:
    """Return the months whose vintages are due and not made, oldest first; nothing before moves were counted.

    The first vintage is the one that the rules name, or else the newest that is due, once twelve months are declared.
    """
    newest = number(today) - rules.publication.delai_mois - (1 if today.day < rules.publication.jour else 0)
    last = last_vintage(connection)
    if last is not None:
        return [first_day(month) for month in range(number(last) + 1, newest + 1)]
    if rules.publication.premier_mois != "auto":
        year, month = rules.publication.premier_mois.split("-")
        return [first_day(one) for one in range(12 * int(year) + int(month) - 1, newest + 1)]
    begun: date | None = connection.execute(
        "SELECT min(month) FROM core.observed_month WHERE part = 'all' AND dwellings > 0"
    ).fetchall()[0][0]
    return [] if begun is None or number(begun) + MONTHS - 1 > newest else [first_day(newest)]
