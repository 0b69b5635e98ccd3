"""What is published adds up to the measures: same landlords, same months, same places."""

from itertools import product
from typing import Any

import psycopg
import pytest

from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from streams.counters.windows import start_windows
from streams.measures.refresh import recount
from streams.publication.base import (
    DECLARED,
    FROZEN,
    KEPT,
    RELET,
    by_atom,
    first_day,
    freeze,
    number,
    read_moves,
    read_places,
)
from tests.conftest import empty
from tests.dashboards.conftest import ingest
from tests.streams.publication.conftest import END, START

pytestmark = pytest.mark.services
WINDOWS = """
SELECT territory_id, part, window_months, {measures} FROM core.observed_window WHERE month = %s
"""
MERGE = """
UPDATE core.landlord SET (merged_into, merged_on) = (%(into)s, '2025-10-01') WHERE siren = %(siren)s
"""


@pytest.fixture(scope="module")
def region(settings: Settings) -> Settings:
    """Two years of a small region, all départements: some of its landlords declare quartiers only."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, scale=0.05))
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)
    return settings


def assert_same_sums(connection: psycopg.Connection[Any], query: str) -> None:
    first, last = number(START), number(END) - 1
    moves = read_moves(connection, query, first, last)
    places = read_places(connection, moves)
    assert any(qpv_only for _, qpv_only in places.keys)
    lattice, counts = places.lattice, by_atom(moves, places, (), first, last, KEPT)
    keys = list(zip(lattice.territory, lattice.parts, strict=True))
    for month in range(last - 5, last + 1):
        rows = connection.execute(WINDOWS.format(measures=", ".join(KEPT)).encode(), (first_day(month),)).fetchall()
        known = {(territory, part, window): values for territory, part, window, *values in rows}
        assert {key[:2] for key, values in known.items() if any(values)} <= set(keys)
        for window, (column, measure) in product((1, 3, 12), enumerate(KEPT)):
            upto = month - first + 1
            since = upto - 1 if measure == RELET else upto - window
            sums = lattice.members @ counts[measure][0, :, since:upto].sum(axis=1)
            # Where nothing is known of the last month there is no window, and nothing is published.
            found = {key: int(n) for key, n in zip(keys, sums, strict=False) if (*key, window) in known}
            assert found == {key: int(known[*key, window][column]) for key in found}, (measure, window, month)
            assert len(found) > 500


def test_every_figure_is_the_sum_that_the_measures_have(publisher: psycopg.Connection[Any]) -> None:
    freeze(publisher, number(START), number(END) - 1)
    assert_same_sums(publisher, FROZEN)


def test_after_a_merger_too(publisher: psycopg.Connection[Any]) -> None:
    largest = publisher.execute("SELECT landlord FROM core.cell_month GROUP BY 1 ORDER BY sum(departures) DESC")
    into, siren = [landlord for (landlord,) in largest.fetchmany(2)]
    publisher.execute(MERGE, {"into": into, "siren": siren})
    recount(publisher)
    assert_same_sums(publisher, DECLARED)
    merged = read_moves(publisher, DECLARED, number(END) - 2, number(END) - 1)
    assert siren not in {landlord for _, _, landlord, *_ in merged}
