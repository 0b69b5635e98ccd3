"""How long rows of the ledger are kept, and what of it was folded: read and set by the operator."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from operations.numbers import number
from runtime.clock import PARIS

STATE = """
SELECT months, folded_before, last_run_at,
    (SELECT count(*) FROM core.move) AS rows,
    (SELECT count(*) FROM core.move WHERE effective_on < folded_before) AS beyond,
    (SELECT count(*) FROM core.tombstone) AS tombstones,
    (SELECT coalesce(sum(n), 0)::bigint FROM core.folded) AS counted,
    (SELECT count(*) FROM core.backfill, core.window_state WHERE opened_on <= as_of AND as_of < closes_on) AS windows
FROM core.retention
"""
KEEP = "UPDATE core.retention SET months = %s"


@dataclass(frozen=True)
class State:
    """What is kept: rows of the ledger, `beyond` of them past the limit; what is folded, and how much of it counts."""

    months: int
    folded_before: date
    last_run_at: datetime | None
    rows: int
    beyond: int
    tombstones: int
    counted: int
    windows: int

    def lines_fr(self) -> Iterator[tuple[str, str]]:
        """Yield what to show: a label and its value."""
        yield "durée", f"{self.months} mois après celui de l'effet"
        if self.last_run_at is None:
            yield "dernier repli", "jamais"
        else:
            yield "dernier repli", f"{self.last_run_at.astimezone(PARIS):%d/%m/%Y à %H:%M}"
            yield "replié, compté au mois", f"ce qui précède le {self.folded_before:%d/%m/%Y}"
        yield "mouvements gardés ligne à ligne", number(self.rows)
        yield "dont au-delà de la limite (fenêtres ouvertes, effets reçus depuis)", number(self.beyond)
        yield "mouvements repliés ou effacés", number(self.tombstones)
        yield "dont comptés", number(self.counted)
        yield "fenêtres de reprise ouvertes", number(self.windows)


def state(connection: psycopg.Connection[Any]) -> State:
    """Return what is kept and what is folded."""
    with connection.cursor(row_factory=class_row(State)) as cursor:
        return cursor.execute(STATE).fetchall()[0]


def keep(connection: psycopg.Connection[Any], months: int) -> None:
    """Set how many months after that of its effect a move is kept as a row: 14 to 120."""
    connection.execute(KEEP, (months,))
