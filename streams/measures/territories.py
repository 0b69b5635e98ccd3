"""Territories' months from cells' months, all at once: sums along the ladder are products of sparse matrices.

As the view `core.observed_month_recount` has it. The refresh adds differences instead (streams/measures/statements.py).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from scipy import sparse

from streams.measures.binary_rows import FLAG, INTEGER, Ints, Rows, layout, read_rows, whole, written_meanwhile
from streams.measures.columns import COVERED, MEASURES, listed
from streams.measures.ladder import Group, membership, read_groups

MONTHS_AT_ONCE = 36
"""Keeps memory flat: a country's month is some 20 MB."""
FLAGS = ("whole", "declared_qpv", "declared_whole")
ROW = layout(
    ("cell", INTEGER),
    ("month", INTEGER),
    ("landlord", INTEGER),
    *((name, FLAG) for name in FLAGS),
    *((name, INTEGER) for name in MEASURES),
)
SELECTED = f"""
SELECT cell_id, month, counted_for::integer, {listed(FLAGS)}, {listed(MEASURES)}
FROM core.landlord_month JOIN core.cell_month USING (landlord, month)
WHERE month >= '{{first}}'::date AND month < '{{first}}'::date + interval '{MONTHS_AT_ONCE} months'
"""  # noqa: S608
OF_CELLS = " AND cell_id IN (SELECT cell_id FROM core.cell_territory WHERE territory_id = {territory})"
SPANS = f"""
SELECT begun::date::text FROM (SELECT min(month) AS first, max(month) AS last FROM core.landlord_month) AS span
CROSS JOIN LATERAL generate_series(first, last, interval '{MONTHS_AT_ONCE} months') AS spans (begun)
"""  # noqa: S608
INTO = f"core.observed_month (territory_id, part, month, {listed((*COVERED, *MEASURES))})"


class Field(NamedTuple):
    """Parts whose field is the same: of quartiers, or of everything. `within`: parts x cells, 1 where it lies in it."""

    groups: list[Group]
    within: sparse.csr_array


def count_territories(cursor: psycopg.Cursor[Any], territory: int | None = None) -> None:
    """Write the months of one territory, or of all; none of theirs is in `core.observed_month` yet."""
    groups = read_groups(cursor, None if territory is None else [territory])
    cells = np.unique(np.concatenate([group.cells for group in groups])) if groups else np.zeros(0, dtype=np.int64)
    fields = {of: _field([group for group in groups if group.of_quartiers is of], cells) for of in (True, False)}
    for (first,) in cursor.execute(SPANS).fetchall():
        query = SELECTED.format(first=first)
        if territory is not None:
            query += OF_CELLS.format(territory=int(territory))
        rows = read_rows(cursor, query, ROW)
        rows = rows[np.isin(rows["cell"], cells)]
        months, number = np.unique(whole(rows["month"]), return_inverse=True)
        position = np.searchsorted(cells, whole(rows["cell"]))
        with written_meanwhile(cursor) as write:
            for month, chosen in zip(months.tolist(), _by(number, months.size), strict=True):
                for of, field in fields.items():
                    _write(write, field, month, *_observed(field, rows[chosen], position[chosen], of_quartiers=of))


def _field(groups: Sequence[Group], cells: Ints) -> Field:
    return Field(list(groups), membership(groups, cells))


def _by(number: Ints, size: int) -> Iterator[Ints]:
    """Yield the positions of each number from 0 to `size` - 1."""
    order = np.argsort(number, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(number, minlength=size))[:-1]) if size else ()


def _observed(field: Field, rows: Rows, position: Ints, *, of_quartiers: bool) -> tuple[Ints, Ints, Ints]:
    """Return of each part of a field (landlords, declared ones, dwellings), and its measures; one month.

    `position`: of each row's cell among the columns of `field.within`.
    """
    kept = np.full(rows.size, True) if of_quartiers else rows["whole"]
    rows, position = rows[kept], position[kept]
    declared = rows["declared_qpv" if of_quartiers else "declared_whole"]
    to_cells = sparse.csr_array(
        (np.ones(rows.size, dtype=np.int64), (position, np.arange(rows.size))), (field.within.shape[1], rows.size)
    )
    values = np.stack([whole(rows[name]) for name in MEASURES], axis=1)
    dwellings = values[:, MEASURES.index("dwellings")]
    measures = field.within @ (to_cells @ (values * declared[:, None]))
    housed = dwellings > 0
    sirens, landlord = np.unique(rows["landlord"][housed], return_inverse=True)
    has_declared = np.zeros(sirens.size, dtype=np.int64)
    has_declared[landlord] = declared[housed]
    present = sparse.csr_array(
        (np.ones(landlord.size, dtype=np.int64), (position[housed], landlord)), (field.within.shape[1], sirens.size)
    )
    there = (field.within @ present).astype(bool).astype(np.int64)
    landlords = np.asarray(there @ np.ones(sirens.size, dtype=np.int64))
    covered = np.stack([landlords, there @ has_declared, field.within @ (to_cells @ dwellings)], axis=1)
    return covered, measures, np.flatnonzero(covered.any(axis=1) | measures.any(axis=1))


def _write(
    write: Callable[..., None], field: Field, month: int, covered: Ints, measures: Ints, there: NDArray[np.int64]
) -> None:
    """Append the parts of a month that have anything; a part's name is of one length in one COPY."""
    parts = np.array([field.groups[one].part for one in there.tolist()])
    territories = np.array([field.groups[one].territory_id for one in there.tolist()], dtype=np.int64)
    wide = {
        "all_dwellings",
        "dwellings",
        "vacant",
        "vacant_over_3_months",
        "first_let_within_12_months",
        "out_of_market",
    }
    for part in sorted(set(parts.tolist())):
        chosen = parts == part
        picked = there[chosen]
        counts = np.concatenate([covered[picked], measures[picked]], axis=1)
        write(
            INTO,
            picked.size,
            territory_id=(INTEGER, territories[chosen]),
            part=(f"S{len(part)}", part.encode()),
            month=(INTEGER, np.full(picked.size, month)),
            **{
                name: (">i8" if name in wide else INTEGER, counts[:, column])
                for column, name in enumerate((*COVERED, *MEASURES))
            },
        )
