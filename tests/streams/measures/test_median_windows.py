"""Stored medians on a simulated region: those of the voids and tenures themselves, kept up as it is received."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import psycopg
import pytest

from producers.region import Region, simulate
from producers.region.upload import as_upload
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.measures.refresh import recount, refresh
from tests.conftest import empty

pytestmark = pytest.mark.services
START, END = date(2023, 7, 1), date(2025, 7, 1)
STORED = "SELECT * FROM core.median_window ORDER BY territory_id, part, measure, month"
SURVIVAL = "SELECT * FROM core.survival ORDER BY territory_id, part, cohort, age_years"
# From the ledger's moves, one by one, in plain SQL.
VALUES = """
WITH value AS (
    SELECT cell_id, landlord, month, 'void_days' AS measure, effective_on - before_on AS value
    FROM core.dwelling_sequence
    WHERE arrival AND NOT first_letting AND NOT arrival_before AND NOT month_precision AND NOT imprecise_before
    UNION ALL
    SELECT cell_id, landlord, date_trunc('month', effective_on::timestamp)::date, 'tenure_months',
        (extract(year FROM age(date_trunc('month', effective_on::timestamp), tenancy_month)) * 12
            + extract(month FROM age(date_trunc('month', effective_on::timestamp), tenancy_month)))::integer
    FROM core.dwelling_move
    WHERE counted AND NOT arrival AND tenancy_month <= date_trunc('month', effective_on::timestamp)
)
SELECT value FROM value JOIN core.landlord_month USING (landlord, month) JOIN core.cell_part USING (cell_id)
WHERE territory_id = %s AND part = %s AND measure = %s AND month > %s - interval '12 months' AND month <= %s
    AND CASE WHEN of_quartiers THEN declared_qpv ELSE whole AND declared_whole END
"""


def uploads(region: Region) -> list[Message]:
    """Return all that a region sends, in the order of its instants."""
    messages = [
        Message(moves_topic(siren), 0, offset, one.published_at.timestamp(), one.payload)
        for siren, publications in region.publications_by_landlord().items()
        for offset, one in enumerate(as_upload(publications))
    ]
    return sorted(messages, key=lambda one: one.timestamp)


@pytest.fixture(scope="module")
def received(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A region received in four parts, the measures refreshed after each."""
    empty(settings)
    region = simulate(START, END, seed=11, scale=0.03)
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    with connect(settings, "ingest", autocommit=True) as connection:
        connection.cursor().executemany(
            "INSERT INTO core.landlord (siren, name) VALUES (%s, %s)",
            [(one.siren, one.name) for one in region.landlords],
        )
        start_windows(connection, END)
        connection.execute("UPDATE core.measure_state SET taken_up_to = 0")
        refresh(connection)
        messages = uploads(region)
        for part in range(4):
            pipeline.commit(pipeline.prepare(messages[part * len(messages) // 4 : (part + 1) * len(messages) // 4]))
            refresh(connection)
        yield connection


def test_medians_and_survival_kept_up_are_those_of_a_recount(received: psycopg.Connection[Any]) -> None:
    kept, curves = received.execute(STORED).fetchall(), received.execute(SURVIVAL).fetchall()
    assert len(kept) > 1000
    assert len(curves) > 1000
    recount(received)
    assert kept == received.execute(STORED).fetchall()
    assert curves == received.execute(SURVIVAL).fetchall()


def test_a_median_is_that_of_the_values_of_its_months(received: psycopg.Connection[Any]) -> None:
    rows = received.execute(
        "SELECT territory_id, part, measure, month, n, median, q1, q3 FROM core.median_window "
        "ORDER BY md5(territory_id || part || measure || month), territory_id LIMIT 60"
    ).fetchall()
    for territory, part, measure, month, n, *figures in rows:
        values = [value for (value,) in received.execute(VALUES, (territory, part, measure, month, month)).fetchall()]
        assert len(values) == n
        assert figures == np.quantile(values, [0.5, 0.25, 0.75], method="averaged_inverted_cdf").tolist()


def test_a_territory_that_nobody_declares_has_no_median(received: psycopg.Connection[Any]) -> None:
    undeclared = received.execute(
        "SELECT count(*) FROM core.median_window LEFT JOIN core.observed_month USING (territory_id, part, month) "
        "WHERE coalesce(dwellings, 0) = 0"
    ).fetchall()
    assert undeclared == [(0,)]
