"""Every indicator of every territory, part, month and window is that of the slow computation from the truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from operations.demo.proof import wire_hash
from producers.region import Region, simulate
from producers.region.landlords import ABSORBED, ABSORBER
from producers.region.upload import as_upload
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.indicators import indicators
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.measures.refresh import refresh
from tests.conftest import empty
from tests.indicators.oracle import Known, Merger, first_of, months_of, number_of
from tests.indicators.oracle_durations import medians_of, survival_of
from tests.indicators.oracle_figures import FORMULAS, figures_of
from tests.indicators.oracle_linked import linked_months

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

START, END = date(2024, 1, 1), date(2026, 1, 1)
PROVISIONAL_MONTHS = 2
KEYS = ["level", "code", "part", "month", "window_months", "indicator"]
ASKED = """
SELECT level, code, part, month, window_months, indicator, status, numerator, denominator, value, lower, upper
FROM core.indicator_window JOIN core.territory USING (territory_id)
"""


@dataclass(frozen=True)
class Taken:
    """What was simulated and taken in: the truth, and a connection to the database that has it."""

    region: Region
    known: Known
    connection: psycopg.Connection[Any]


def mergers_of(region: Region) -> dict[str, Merger]:
    """Return the mergers of the region by the landlord that is taken over."""
    old, successor = region.landlords[ABSORBED].siren, region.landlords[ABSORBER].siren
    return dict((old, Merger(successor, one.start)) for one in region.incidents if one.kind == "merger")  # noqa: C402


def refresh_wholly(connection: psycopg.Connection[Any]) -> None:
    """Refresh until nothing waits: what was recorded beside a transaction still running is left for the next time."""
    until = monotonic() + 60
    while monotonic() < until:
        refresh(connection)
        waiting = connection.execute(
            "SELECT count(*) FROM core.measure_state WHERE taken_up_to <= (SELECT max(recorded_in) FROM core.fact) "
            "OR taken_up_to <= (SELECT max(recorded_in) FROM core.move)"
        ).fetchone()
        if waiting == (0,):
            return
    raise TimeoutError("the refresh never took up all that was recorded")


@pytest.fixture(scope="module")
def taken(settings: Settings) -> Iterator[Taken]:
    """Two simulated years in the database; measures are refreshed half-way and at the end."""
    empty(settings)
    region = simulate(START, END, seed=7, scale=0.05)
    mergers = mergers_of(region)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
        connection.cursor().executemany(
            "INSERT INTO core.landlord (siren, name) VALUES (%s, %s)",
            [(one.siren, one.name) for one in region.landlords],
        )
        for old, merger in mergers.items():
            connection.execute(
                "UPDATE core.landlord SET merged_into = %s, merged_on = %s WHERE siren = %s", (*merger, old)
            )
        pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
        for place, (siren, publications) in enumerate(region.publications_by_landlord().items()):
            messages = [
                Message(moves_topic(siren), 0, offset, one.published_at.timestamp(), one.payload)
                for offset, one in enumerate(as_upload(publications))
            ]
            half = len(messages) // 2
            pipeline.commit(pipeline.prepare(messages[:half]))
            if place % 8 == 0:
                refresh(connection)
            pipeline.commit(pipeline.prepare(messages[half:]))
        refresh_wholly(connection)
        yield Taken(region, Known(region.truth(wire_hash), mergers, END), connection)


@pytest.fixture(scope="module")
def ours(taken: Taken) -> pd.DataFrame:
    """Every figure that the database gives."""
    cursor = taken.connection.execute(ASKED)
    rows = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or []])
    for name in ("numerator", "denominator", "value", "lower", "upper"):
        rows[name] = rows[name].astype(float)
    return rows.set_index(KEYS).sort_index()


@pytest.fixture(scope="module")
def theirs(taken: Taken) -> pd.DataFrame:
    """Every figure of the slow computation."""
    months = months_of(taken.known, linked_months(taken.known))
    figures = figures_of(months, number_of(taken.known.today) - PROVISIONAL_MONTHS)
    figures["month"] = figures["month"].map(first_of)
    return figures.set_index(KEYS).sort_index()


def test_the_slow_computation_knows_every_indicator_on_measures() -> None:
    wanted = {one.code: tuple(one.windows) for one in indicators().values() if one.numerator is not None}
    assert {code: formula.windows for code, formula in FORMULAS.items()} == wanted


def test_both_speak_of_the_same_territories_months_and_windows(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    assert len(ours) > 500_000
    assert ours.index.difference(theirs.index).tolist() == []
    assert theirs.index.difference(ours.index).tolist() == []


@pytest.mark.parametrize("code", FORMULAS)
def test_a_figure_is_that_of_the_slow_computation(ours: pd.DataFrame, theirs: pd.DataFrame, code: str) -> None:
    here, there = (frame.xs(code, level="indicator") for frame in (ours, theirs))
    both = here.join(there, suffixes=("_ours", "_theirs"), how="outer")
    wrong = both.status_ours != both.status_theirs
    for name in ("numerator", "denominator", "value", "lower", "upper"):
        wrong |= ~np.isclose(both[f"{name}_ours"], both[f"{name}_theirs"], rtol=1e-7, atol=1e-9, equal_nan=True)
    assert both[wrong].empty, both[wrong].head(20).T.to_string()
    assert both.status_ours.isin(["value", "provisional"]).any()


def members_of(code: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return the (level, code, part) that each comparator of a quartier of 2024 sums."""
    known, quartier = load(), load().qpvs[code]
    communes = [known.communes[commune] for commune in quartier.communes]
    quartiers = [one for one in known.qpvs.values() if one.generation == 2024]
    return {
        "commune_rest": [("commune", one.code, "hors_qpv") for one in communes],
        "epci": [("epci", one, "all") for one in {one.epci for one in communes} if one],
        "departement_qpvs": [
            ("qpv_2024", one.code, "all") for one in quartiers if one.departement == quartier.departement
        ],
        "region_qpvs": [("qpv_2024", one.code, "all") for one in quartiers],
    }


@pytest.mark.parametrize("month", [date(2025, 3, 1), date(2025, 9, 1)])
def test_a_comparator_is_the_sum_of_its_territories(taken: Taken, theirs: pd.DataFrame, month: date) -> None:
    rows = taken.connection.execute(
        "SELECT code, comparator, numerator, denominator FROM core.comparator_indicator "
        "JOIN core.territory USING (territory_id) "
        "WHERE indicator = 'departure_rate' AND window_months = 12 AND month = %s",
        (month,),
    ).fetchall()
    figures = theirs.xs((month, 12, "departure_rate"), level=("month", "window_months", "indicator"))
    figures = figures[figures.status != "no_data"]
    assert len(rows) > 300
    for code, comparator, numerator, denominator in rows:
        members = figures[figures.index.isin(members_of(code)[comparator])]
        assert float(numerator) == pytest.approx(members.numerator.sum()), (code, comparator)
        assert float(denominator) == pytest.approx(members.denominator.sum()), (code, comparator)


def compared(ours: pd.DataFrame, theirs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the rows in which two tables of one index differ, those that one of them lacks included."""
    both = ours.join(theirs, suffixes=("_ours", "_theirs"), how="outer")
    wrong = both.isna().all(axis=1)
    for name in names:
        here, there = both[f"{name}_ours"].astype(float), both[f"{name}_theirs"].astype(float)
        wrong |= ~np.isclose(here, there, rtol=1e-5, atol=1e-6, equal_nan=True)
    return both[wrong]


def test_representativeness_is_the_participants_stock_over_the_rpls_of_the_same_perimeter(
    taken: Taken, theirs: pd.DataFrame
) -> None:
    rows = taken.connection.execute(
        "SELECT level, code, month, rpls_dwellings, representativeness "
        "FROM core.coverage_month JOIN core.territory USING (territory_id)"
    ).fetchall()
    census = {code: one.dwellings for code, one in load().qpvs.items() if one.rpls_on_this_perimeter and one.dwellings}
    stocks = theirs.xs(("all", 1, "completeness"), level=("part", "window_months", "indicator")).denominator
    known = unknown = 0
    for level, code, month, rpls_dwellings, representativeness in rows:
        assert rpls_dwellings == census.get(code), code
        if code in census:
            known += 1
            assert float(representativeness) == pytest.approx(stocks[level, code, month] / census[code]), (code, month)
        else:
            unknown += 1
            assert representativeness is None, (level, code, month)
    assert known > 500
    assert unknown > 500


def test_medians_are_those_of_the_slow_computation(taken: Taken) -> None:
    cursor = taken.connection.execute(
        "SELECT level, code, part, month, measure, n, median, lower, upper, q1, q3 "
        "FROM core.median_window JOIN core.territory USING (territory_id)"
    )
    keys = [*KEYS[:4], "measure"]
    ours = pd.DataFrame(cursor.fetchall(), columns=[one.name for one in cursor.description or []]).set_index(keys)
    theirs = medians_of(taken.known)
    theirs["month"] = theirs["month"].map(first_of)
    assert len(ours) > 10_000
    wrong = compared(ours, theirs.set_index(keys), ["n", "median", "lower", "upper", "q1", "q3"])
    assert wrong.empty, f"{len(wrong)} of {len(ours)}\n{wrong.head(20).T.to_string()}"


def test_survival_is_that_of_the_slow_computation(taken: Taken) -> None:
    cursor = taken.connection.execute(
        "SELECT level, code, part, cohort, age_years, at_risk, exits, survival, lower, upper "
        "FROM core.survival JOIN core.territory USING (territory_id)"
    )
    keys = [*KEYS[:3], "cohort", "age_years"]
    ours = pd.DataFrame(cursor.fetchall(), columns=[one.name for one in cursor.description or []]).set_index(keys)
    theirs = survival_of(taken.known).set_index(keys)
    assert len(ours) > 5_000
    wrong = compared(ours, theirs, ["at_risk", "exits", "survival", "lower", "upper"])
    assert wrong.empty, f"{len(wrong)} of {len(ours)}\n{wrong.head(20).T.to_string()}"
