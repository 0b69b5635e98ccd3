"""The territories above cells: as matrices for sums over cells, and for what looks at each row, rows sorted by cell."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]

GROUPS = """
SELECT territory_id, part, of_quartiers, array_agg(cell_id ORDER BY cell_id)
FROM core.cell_part WHERE territory_id = ANY (%s) OR %s GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


class Group(NamedTuple):
    """A part of a territory and its cells. `of_quartiers`: landlords that declare their quartiers only are in it."""

    territory_id: int
    part: str
    of_quartiers: bool
    cells: Ints


def read_groups(cursor: psycopg.Cursor[Any], territories: Sequence[int] | None = None) -> list[Group]:
    """Return the parts of some territories, or of all."""
    rows = cursor.execute(GROUPS, (list(territories or ()), territories is None)).fetchall()
    return [Group(territory, part, of, np.array(cells, dtype=np.int64)) for territory, part, of, cells in rows]


def membership(groups: Sequence[Group], cells: Ints) -> sparse.csr_array:
    """Return groups x cells, 1 where a cell lies in a group; `cells` ascend; others are left out."""
    owner = np.repeat(np.arange(len(groups)), [group.cells.size for group in groups])
    wanted = np.concatenate([group.cells for group in groups]) if groups else np.zeros(0, dtype=np.int64)
    there = np.isin(wanted, cells)
    owner, member = owner[there], np.searchsorted(cells, wanted[there])
    return sparse.csr_array((np.ones(owner.size, dtype=np.int64), (owner, member)), (len(groups), cells.size))


def rows_of(groups: Sequence[Group], cell: Ints, at_once: int) -> Iterator[tuple[slice, Ints, Ints]]:
    """Yield lots of groups with their rows: which groups, then of each row its group's place in the lot, and its own.

    `cell` is the column of cells, in ascending order. A lot has `at_once` rows, or one group.
    """
    cells = np.concatenate([group.cells for group in groups]) if groups else np.zeros(0, dtype=np.int64)
    starts, ends = (np.searchsorted(cell, cells, side=side) for side in ("left", "right"))
    sizes = ends - starts
    bounds = np.cumsum([0, *(group.cells.size for group in groups)])
    through = np.append(0, np.cumsum(sizes))[bounds]
    first = 0
    while first < len(groups):
        last = max(int(np.searchsorted(through, through[first] + at_once, side="right")) - 1, first + 1)
        some = slice(bounds[first], bounds[last])
        before = np.cumsum(sizes[some]) - sizes[some]
        position = np.repeat(starts[some] - before, sizes[some]) + np.arange(int(sizes[some].sum()))
        owner = np.repeat(np.arange(last - first), np.diff(through[first : last + 1]))
        yield slice(first, last), owner, position
        first = last
