"""What only the whole file can tell: duplicates, moves replaced by later rows, arrivals with no departure before.

A first pass collects some 40 bytes a move (numbers in arrays); numpy sorts them. Identifiers are known by 64-bit
hashes: with a million leases two differ and hash alike with a chance of one in 40 million.

Invariant: the verdict on a move depends on the rows of the file, not on their order of reading: same file, same
verdicts. Of several rows for one move the last state wins; if their contents cannot be ranked, it is an error.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.extract.records import DwellingRecord, MoveRecord
from schemas.codes import code_list

_LONG_VOID_DAYS = 730
_MASK = (1 << 64) - 1
# a move's rank among rows of the same lease and direction: what replaces what
_RANK = {"cancelled": 0, "announced": 1, "effective": 2}
_OUT_OF_SCOPE = frozenset(
    code
    for name in ("departure_reason", "arrival_nature")
    for code, entry in code_list(name).items()
    if entry.nature_class == "out_of_scope"
)

Ints = NDArray[np.int64]


class Verdict(NamedTuple):
    """What the whole file says of one move or dwelling: a problem's code, and the other line or the day it names."""

    code: str
    other: int
    since: str = ""

    @property
    def dropped(self) -> bool:
        """Whether the record is not to be sent."""
        return self.code != "long_void"


@dataclass
class Survey:
    """Verdicts by (line, direction); the direction of a dwelling is empty."""

    verdicts: dict[tuple[int, str], Verdict] = field(default_factory=dict)

    def of(self, line: int, direction: str = "") -> Verdict | None:
        """Return the verdict on a record, None if nothing is to be said of it."""
        return self.verdicts.get((line, direction))


class _Columns:
    """Numbers by record, appended to one by one."""

    def __init__(self, **kinds: str) -> None:
        self.arrays = {name: array(kind) for name, kind in kinds.items()}
        self.append: tuple[Callable[[Any], None], ...] = tuple(one.append for one in self.arrays.values())

    def get(self, name: str) -> NDArray[Any]:
        return np.asarray(self.arrays[name])


def survey_moves(read: Iterable[tuple[tuple[str, ...], list[MoveRecord]]]) -> Survey:
    """Return the verdicts on the moves of a file; `read` gives, by row, the cells that are read and its moves."""
    columns = _Columns(lease="Q", dwelling="Q", row="Q", line="q", day="i", rank="b", arrival="b", in_scope="b")
    lease, dwelling, row, line, day, rank, arrival, in_scope = columns.append
    for cells, moves in read:
        for one in moves:
            lease(hash(one.lease) & _MASK)
            dwelling(hash(one.dwelling) & _MASK)
            row(hash(cells) & _MASK)
            line(one.line)
            day(one.effective_on.toordinal())
            rank(_RANK[one.status])
            arrival(one.direction == "in")
            in_scope(one.reason not in _OUT_OF_SCOPE)
    survey = Survey()
    if not columns.arrays["line"]:
        return survey
    dropped = _judge_repeats(survey, columns)
    _judge_sequences(survey, columns, dropped)
    return survey


def survey_dwellings(read: Iterable[tuple[tuple[str, ...], list[DwellingRecord]]]) -> Survey:
    """Return the verdicts on the dwellings of a file: one row a dwelling."""
    columns = _Columns(dwelling="Q", row="Q", line="q")
    dwelling, row, line = columns.append
    for cells, records in read:
        for one in records:
            dwelling(hash(one.dwelling) & _MASK)
            row(hash(cells) & _MASK)
            line(one.line)
    survey = Survey()
    lines, rows = columns.get("line"), columns.get("row")
    for group in _groups(columns.get("dwelling")):
        first = int(group[0])
        for other in group[1:].tolist():
            same = rows[other] == rows[first]
            code = "same_row_twice" if same else "duplicate_dwelling"
            survey.verdicts[int(lines[other]), ""] = Verdict(code, int(lines[first]))
    return survey


def _groups(*keys: NDArray[Any]) -> list[Ints]:
    """Return the positions of each combination of keys that occurs several times, in order."""
    if not keys[0].size:
        return []
    order = np.lexsort(tuple(reversed(keys)))
    same = np.ones(order.size - 1, dtype=bool)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    edges = np.flatnonzero(~same) + 1
    starts, ends = np.concatenate(([0], edges)), np.concatenate((edges, [order.size]))
    several = np.flatnonzero(ends - starts > 1)
    return [order[starts[one] : ends[one]] for one in several.tolist()]


def _judge_repeats(survey: Survey, columns: _Columns) -> NDArray[np.bool_]:
    """Judge the moves that several rows tell; return which are dropped."""
    lines, rows, ranks, arrivals = (columns.get(name) for name in ("line", "row", "rank", "arrival"))
    dropped = np.zeros(lines.size, dtype=bool)

    def drop(one: int, code: str, other: int) -> None:
        direction = "in" if arrivals[one] else "out"
        survey.verdicts[int(lines[one]), direction] = Verdict(code, int(lines[other]))
        dropped[one] = True

    for group in _groups(columns.get("lease"), arrivals):
        seen: dict[int, int] = {}
        left = []
        for one in group.tolist():
            if int(rows[one]) in seen:
                drop(one, "same_row_twice", seen[int(rows[one])])
            else:
                seen[int(rows[one])] = one
                left.append(one)
        best = max(int(ranks[one]) for one in left)
        top = [one for one in left if ranks[one] == best]
        # two withdrawn notices are a history: the last one is the state; two live moves are a contradiction
        winner = top[-1] if best == 0 else top[0]
        for one in left:
            if one != winner:
                drop(one, "duplicate_move" if one in top and best else "replaced_state", winner)
    return dropped


def _judge_sequences(survey: Survey, columns: _Columns, dropped: NDArray[np.bool_]) -> None:
    """Judge arrivals after another lease of the same dwelling: with no departure in between, or a long void."""
    ranks, in_scope, arrivals = columns.get("rank"), columns.get("in_scope"), columns.get("arrival")
    kept = np.flatnonzero(~dropped & (ranks > 0) & (in_scope > 0))
    dwelling, day = columns.get("dwelling")[kept], columns.get("day")[kept]
    order = kept[np.lexsort((arrivals[kept], day, dwelling))]
    before, after = order[:-1], order[1:]
    homes, leases, lines, days = (columns.get(name) for name in ("dwelling", "lease", "line", "day"))
    follows = (homes[before] == homes[after]) & (arrivals[after] == 1) & (leases[before] != leases[after])
    has_left = np.isin(leases[before], leases[kept[arrivals[kept] == 0]])
    for one in np.flatnonzero(follows & (arrivals[before] == 1) & ~has_left).tolist():
        verdict = Verdict("arrival_without_departure", int(lines[before[one]]))
        survey.verdicts[int(lines[after[one]]), "in"] = verdict
    void = days[after].astype(np.int64) - days[before]
    for one in np.flatnonzero(follows & (arrivals[before] == 0) & (void > _LONG_VOID_DAYS)).tolist():
        since = date.fromordinal(int(days[before[one]]))
        verdict = Verdict("long_void", int(lines[before[one]]), f"{since:%d/%m/%Y}")
        survey.verdicts[int(lines[after[one]]), "in"] = verdict
