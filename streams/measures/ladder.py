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


def rows_of(groups: Sequence[Group], cell: Ints) -> Iterator[tuple[Group, Ints]]:
    """Yield each group with the positions of its rows; `cell` is the column of cells, in ascending order."""
    for group in groups:
        starts, ends = (np.searchsorted(cell, group.cells, side=side) for side in ("left", "right"))
        sizes = ends - starts
        before = np.cumsum(sizes) - sizes
        yield group, np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))
