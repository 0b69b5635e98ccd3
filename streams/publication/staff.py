"""What staff is shown of declared windows (`core.shown_window`), under the staff threshold.

Invariant: one pattern holds for the whole of what is shown, so that no difference of two windows, of two territories or
of two parts tells a count under the threshold. It is decided on the *least year*: for each month of the year, the least
count of all the years shown. What is open there is open in every window, since every window has at least as much.
How moves divide is shown for the région and its départements in every window, decided together; for other places in
those that end in December and in the newest, each decided by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg

from schemas.secrecy import Rules
from streams.measures.refresh import one_snapshot
from streams.publication.base import (
    DECLARED,
    FAMILIES,
    KEPT,
    MEASURES,
    NOTICES,
    Family,
    by_atom,
    first_day,
    number,
    read_moves,
    read_places,
)
from streams.publication.breakdowns import decided
from streams.publication.closed import closed, read_letting, read_undeclared
from streams.publication.divisions import DECEMBER, Division, divide
from streams.secrecy.lattice import Bools, Ints
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import WINDOWS, Shown, start
from streams.secrecy.tables import TableLimits

# Years of which the least is taken: longer, and small places could never be shown.
YEARS = 3
# The last month is one that every place has told enough of, or one of which nothing more is awaited: half of a month
# would make the least year poor, and hide all other months with it.
_SPAN = """
WITH complete AS (
    SELECT territory_id, part, month, level, all_dwellings,
        dwellings >= least_completeness * all_dwellings AND dwellings > 0 AS enough
    FROM core.observed_month JOIN core.territory USING (territory_id), core.staff_rule
), regional AS (
    SELECT month FROM complete WHERE level = 'region' AND part = 'all' AND enough
)
SELECT (SELECT min(month) FROM regional), max(month)
FROM regional CROSS JOIN core.settled
WHERE month <= through OR NOT EXISTS (SELECT FROM complete AS place
    WHERE place.month = regional.month AND part = 'all' AND all_dwellings > 0 AND NOT enough)
"""
_COPIED = (
    "all_dwellings",
    "dwellings",
    "vacant",
    "vacant_over_3_months",
    "first_let_within_12_months",
    "out_of_market",
)
_WITHDRAWALS = Family("withdrawals", "notices", ("notices_withdrawn",))
_STAFF_MEASURES = (*MEASURES, "notices")
_WRITE = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status, {", ".join(_COPIED)})
SELECT territory_id, part, window_months, month,
    CASE WHEN all_dwellings = 0 THEN 'not_covered'
        WHEN months < window_months OR dwellings = 0 OR month > %(last)s THEN 'no_data'
        WHEN dwellings < least_completeness * all_dwellings OR month > (SELECT through FROM core.settled)
            THEN 'provisional'
        ELSE 'value' END,
    {", ".join(_COPIED)}
FROM core.observed_window CROSS JOIN core.staff_rule
"""  # noqa: S608
_REVEAL = """
UPDATE core.shown_window AS shown SET {told}
FROM core.observed_window AS whole
JOIN unnest(%(territories)s::integer[], %(parts)s::text[]) AS told (territory_id, part)
    ON told.territory_id = whole.territory_id AND told.part = whole.part
WHERE whole.month >= %(first)s AND whole.month <= %(last)s AND whole.window_months = %(window)s
    AND (NOT %(quarter_ends)s OR extract(month FROM whole.month)::integer %% 3 = 0)
    AND whole.month <> ALL (%(but)s::date[])
    AND (shown.territory_id, shown.part, shown.window_months, shown.month)
        = (whole.territory_id, whole.part, whole.window_months, whole.month)
"""


@dataclass(frozen=True)
class Written:
    """How many windows were written, and the months between which counts are shown."""

    windows: int
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class _Decided:
    """What is shown of the months `first` to `last`: figures by measure, classes by measure, divisions by month."""

    first: int
    last: int
    begun: date | None
    ended: date | None
    keys: Sequence[tuple[int, str]]
    shown: Mapping[str, Shown]
    classes: Mapping[str, Iterable[tuple[int, str]]]
    divided: Mapping[int, Sequence[Division]]


def show(connection: psycopg.Connection[Any], rules: Rules | None = None) -> Written:
    """Write what staff is shown again, whole; return what was written.

    Counts are read, decided on and told in one snapshot: what was decided on older counts would not hold for newer
    ones. One writer at a time; readers see what was there before. Raises psycopg.Error if the database is away or
    refuses.
    """
    limits = staff_limits(rules or Rules())
    with one_snapshot(connection), connection.transaction(), connection.cursor() as cursor:
        # Before the snapshot: whoever waited here must see what the other writer did.
        cursor.execute("LOCK TABLE core.shown_window IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        decided_now = _decide(connection, cursor, limits)
        windows = _write(cursor, decided_now)
    return Written(windows, decided_now.begun, decided_now.ended) if decided_now.shown else Written(windows)


def _decide(connection: psycopg.Connection[Any], cursor: psycopg.Cursor[Any], limits: Limits) -> _Decided:
    begun, ended = cursor.execute(_SPAN).fetchall()[0]
    last = number(ended) if ended else 0
    first = max(number(begun), last - YEARS * MONTHS + 1) if begun else 0
    enough = begun is not None and last - first + 1 >= MONTHS
    moves = read_moves(connection, DECLARED, first, last) if enough else []
    places = read_places(connection, moves)
    lattice = places.lattice
    shown: dict[str, Shown] = {}
    divided: dict[int, list[Division]] = {}
    classes: dict[str, list[tuple[int, str]]] = {}
    keys = list(zip(lattice.territory, lattice.parts, strict=True))
    if moves:
        counts = by_atom(moves, places, (), first, last, (*KEPT, *NOTICES))
        undeclared = silent_year(read_undeclared(connection, places, first, last), first, last)
        empty = closed(places, (), read_letting(connection, moves))
        everywhere, outsider = np.ones(lattice.figures, dtype=bool), np.ones(1, dtype=bool)
        for measure in _STAFF_MEASURES:
            year = Counts.of(last - MONTHS + 1, least_year(counts[measure], first, last), empty)
            _, shown[measure] = start(lattice, Month(last, year, everywhere, outsider, undeclared), limits)
        whole = {measure: one.shown[MONTHS] for measure, one in shown.items()}
        told = {measure: {key for key, seen in zip(keys, one, strict=True) if seen} for measure, one in whole.items()}
        classes = decided(cursor, first + MONTHS - 1, last, limits.threshold, told)
        for month in _apart(first, last):
            upto = {measure: x[:, :, : month - first + 1] for measure, x in counts.items()}
            divided[month] = divide(lattice, upto, outsider, whole, _table_limits(limits), (*FAMILIES, _WITHDRAWALS))
    return _Decided(first, last, begun, ended, keys, shown, classes, divided)


def _write(cursor: psycopg.Cursor[Any], now: _Decided) -> int:
    """Write every window with its status, then the counts that are shown; return the windows."""
    cursor.execute("DELETE FROM core.shown_window")
    cursor.execute(_WRITE, {"last": now.ended or date.max})
    windows = cursor.rowcount
    cursor.execute("UPDATE core.shown_state SET through = %s", (now.ended,))
    for measure, seen in now.shown.items():
        _reveal(cursor, measure, now.keys, seen, now.first, now.last)
    for measure, told in now.classes.items():
        _tell(cursor, (measure,), MONTHS, told, now.first + MONTHS - 1, now.last, but=list(now.divided))
    for month, decisions in now.divided.items():
        for one in decisions:
            shown = [key for key, seen in zip(now.keys, one.shown, strict=True) if seen]
            _tell(cursor, one.measures, MONTHS, shown, month, month)
    return windows


def staff_limits(rules: Rules) -> Limits:
    """Return what the engine needs of the rules for staff. Dominance is the published layer's."""
    return Limits(rules.observatoire.seuil, rules.observatoire.largeur_protegee, 1.0, 1.0, insiders=False)


def _table_limits(limits: Limits) -> TableLimits:
    return TableLimits(limits.threshold, limits.protection, limits.dominance)


def _apart(first: int, last: int) -> list[int]:
    """Return the months with which windows end that show how moves divide: each December, and the newest."""
    return [month for month in range(first + MONTHS - 1, last + 1) if month % MONTHS == DECEMBER or month == last]


def least_year(x: Ints, first: int, last: int) -> Ints:
    """Return, by view and atom, the least count of each month of the year, in the order of the last 12 months."""
    return np.stack([x[:, :, places].min(axis=2) for places in _same_months(first, last)], 2)


def silent_year(undeclared: Bools, first: int, last: int) -> Bools:
    """Return by atom, in the order of the last 12 months, whether nobody declared that month in some year."""
    return np.stack([undeclared[:, places].any(axis=1) for places in _same_months(first, last)], 1)


def _same_months(first: int, last: int) -> list[list[int]]:
    """Return, for each of the last 12 months, its place and that of the same month in the years before."""
    return [[t - first for t in range(month, first - 1, -MONTHS)] for month in range(last - MONTHS + 1, last + 1)]


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
        _tell(cursor, (measure,), window, told, first + window - 1, last)
    quarters = [key for key, seen in zip(keys, shown.shown[3] & ~always, strict=True) if seen]
    _tell(cursor, (measure,), 3, quarters, first + 2, last, quarter_ends=True)


def _tell(
    cursor: psycopg.Cursor[Any],
    measures: Sequence[str],
    window: int,
    told: Iterable[tuple[int, str]],
    first: int,
    last: int,
    *,
    quarter_ends: bool = False,
    but: Sequence[int] = (),
) -> None:
    territories, parts = zip(*told, strict=True) if (told := list(told)) else ((), ())
    values: Mapping[str, Any] = {
        "territories": list(territories),
        "parts": list(parts),
        "first": first_day(first),
        "last": first_day(last),
        "but": [first_day(month) for month in but],
        "window": window,
        "quarter_ends": quarter_ends,
    }
    columns = ", ".join(f"{measure} = whole.{measure}" for measure in measures)
    cursor.execute(_REVEAL.format(told=columns), values)
