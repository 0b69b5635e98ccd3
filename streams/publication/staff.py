"""What staff is shown of declared windows (`core.shown_window`), under the staff threshold.

Invariant: one pattern holds for the whole of what is shown, so that no difference of two windows, of two territories or
of two parts tells a count under the threshold. It is decided on the *least year*: for each month of the year, the least
count of all the years shown. What is open there is open in every window, since every window has at least as much.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg

from schemas.secrecy import Rules
from streams.publication.base import DECLARED, FAMILIES, MEASURES, by_atom, number, read_moves, read_places
from streams.publication.breakdowns import decided
from streams.secrecy.lattice import Ints
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import WINDOWS, Shown, start

# Years of which the least is taken: longer, and small places could never be shown.
YEARS = 3
_SPAN = """
SELECT min(month), max(month) FROM core.observed_month JOIN core.territory USING (territory_id), core.staff_rule
WHERE level = 'region' AND part = 'all' AND dwellings >= least_completeness * all_dwellings AND dwellings > 0
"""
_COPIED = (
    "all_dwellings",
    "dwellings",
    "vacant",
    "vacant_over_3_months",
    "first_let_within_12_months",
    "out_of_market",
)
_CLASSES = tuple(name for family in FAMILIES for name in family.classes)
_WRITE = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status, {", ".join(_COPIED)})
SELECT territory_id, part, window_months, month,
    CASE WHEN all_dwellings = 0 THEN 'not_covered' WHEN months < window_months OR dwellings = 0 THEN 'no_data'
        WHEN dwellings < least_completeness * all_dwellings THEN 'provisional' ELSE 'value' END,
    {", ".join(_COPIED)}
FROM core.observed_window CROSS JOIN core.staff_rule
"""  # noqa: S608
_REVEAL = """
UPDATE core.shown_window AS shown SET {measure} = whole.{measure}
FROM core.observed_window AS whole
JOIN unnest(%(territories)s::integer[], %(parts)s::text[]) AS told (territory_id, part)
    ON told.territory_id = whole.territory_id AND told.part = whole.part
WHERE whole.month >= %(first)s AND whole.month <= %(last)s AND whole.window_months = %(window)s
    AND (NOT %(quarter_ends)s OR extract(month FROM whole.month)::integer %% 3 = 0)
    AND (shown.territory_id, shown.part, shown.window_months, shown.month)
        = (whole.territory_id, whole.part, whole.window_months, whole.month)
"""


@dataclass(frozen=True)
class Written:
    """How many windows were written, and the months between which counts are shown."""

    windows: int
    first: date | None = None
    last: date | None = None


def show(connection: psycopg.Connection[Any], rules: Rules | None = None) -> Written:
    """Write what staff is shown again, whole; return what was written. Nothing is decided inside a transaction.

    Raises psycopg.Error if the database is away or refuses.
    """
    limits = staff_limits(rules or Rules())
    with connection.transaction(), connection.cursor() as cursor:
        begun, ended = cursor.execute(_SPAN).fetchall()[0]
        last = number(ended) if ended else 0
        first = max(number(begun), last - YEARS * MONTHS + 1) if begun else 0
        enough = begun is not None and last - first + 1 >= MONTHS
        moves = read_moves(connection, DECLARED, first, last) if enough else []
        places = read_places(connection, moves)
        classes = decided(cursor, first + MONTHS - 1, last, limits.threshold) if enough else {}
    lattice, shown = places.lattice, {}
    if moves:
        counts = by_atom(moves, places, (), first, last)
        everywhere, outsider = np.ones(lattice.figures, dtype=bool), np.ones(1, dtype=bool)
        for measure in MEASURES:
            year = Counts.of(last - MONTHS + 1, least_year(counts[measure], first, last))
            _, shown[measure] = start(lattice, Month(last, year, everywhere, outsider), limits)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core.shown_window")
        cursor.execute(_WRITE)
        windows = cursor.rowcount
        keys = list(zip(lattice.territory, lattice.parts, strict=True))
        for measure, seen in shown.items():
            _reveal(cursor, measure, keys, seen, first, last)
        for measure, told in classes.items():
            _tell(cursor, measure, MONTHS, told, first + MONTHS - 1, last)
    return Written(windows, begun, ended) if moves else Written(windows)


def staff_limits(rules: Rules) -> Limits:
    """Return what the engine needs of the rules for staff. Dominance is the published layer's."""
    return Limits(rules.observatoire.seuil, rules.observatoire.largeur_protegee, 1.0, 1.0, insiders=False)


def least_year(x: Ints, first: int, last: int) -> Ints:
    """Return, by view and atom, the least count of each month of the year, in the order of the last 12 months."""
    months = [last - MONTHS + 1 + i for i in range(MONTHS)]
    return np.stack([x[:, :, [t - first for t in range(month, first - 1, -MONTHS)]].min(axis=2) for month in months], 2)


def _reveal(
    cursor: psycopg.Cursor[Any],
    measure: str,
    keys: Sequence[tuple[int, str]],
    shown: Shown,
    first: int,
    last: int,
) -> None:
    always = shown.shown[1]
    for window in WINDOWS:
        chosen = shown.shown[window] if window == MONTHS else always
        told = [key for key, seen in zip(keys, chosen, strict=True) if seen]
        _tell(cursor, measure, window, told, first + window - 1, last)
    quarters = [key for key, seen in zip(keys, shown.shown[3] & ~always, strict=True) if seen]
    _tell(cursor, measure, 3, quarters, first + 2, last, quarter_ends=True)


def _tell(
    cursor: psycopg.Cursor[Any],
    measure: str,
    window: int,
    told: Iterable[tuple[int, str]],
    first: int,
    last: int,
    *,
    quarter_ends: bool = False,
) -> None:
    territories, parts = zip(*told, strict=True) if (told := list(told)) else ((), ())
    values: Mapping[str, Any] = {
        "territories": list(territories),
        "parts": list(parts),
        "first": date(first // 12, first % 12 + 1, 1),
        "last": date(last // 12, last % 12 + 1, 1),
        "window": window,
        "quarter_ends": quarter_ends,
    }
    cursor.execute(_REVEAL.format(measure=measure), values)
