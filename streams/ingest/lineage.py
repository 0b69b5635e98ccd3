"""The mergers that the operator recorded, remembered: read again where one is asked for that is not known."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

from schemas.events.lineage import Merger
from streams.ingest.link import Link

RECORDED = """
SELECT merged.siren, merged.merged_into, merged.merged_on,
    (SELECT max(before.merged_on) FROM core.landlord AS before WHERE before.merged_into = merged.siren)
FROM core.landlord AS merged WHERE merged.merged_into IS NOT NULL
"""


class RecordedLineage:
    """Asks the database, on a connection of its own, outside any batch."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._link = Link(connect)
        self._known: dict[tuple[str, str], Merger] = {}

    def merger(self, predecessor: str, successor: str) -> Merger | None:
        """Return the merger of two landlords, None if none is recorded; psycopg.OperationalError if one cannot ask.

        A merger once recorded is never changed: what is known needs no second look.
        """
        pair = (predecessor, successor)
        if pair not in self._known:
            rows = self._link.connection().execute(RECORDED).fetchall()
            self._known = {(old, new): Merger(on, earliest or date.min) for old, new, on, earliest in rows}
        return self._known.get(pair)
