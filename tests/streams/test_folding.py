"""Old rows are folded: every counter stays what it was, and what is said of them later is refused, with its reason."""

import threading
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.rebuild import rebuild
from operations.verify import verify
from schemas.events.horizon import AnyHorizon, horizon
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import roll_windows
from streams.measures.refresh import refresh
from streams.retention import folding, nightly
from tests.streams.histories import EVENT_SETS, arrivals
from tests.streams.stage import SIRENS, TODAY, Stage, counts, message, move

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
QN = {"commune": "31555", "qpv_2024": "QN03107M"}
LATER = date(2027, 6, 2)
"""25 months before its month is May 2025."""
COUNTERS = {
    "monthly": "SELECT territory_id, month, flow, landlord, n FROM core.monthly_counter ORDER BY 1, 2, 3, 4",
    "months of days": "SELECT cell_id, date_trunc('month', day), flow, landlord, sum(n) FROM core.daily_counter "
    "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
    "rolling": "SELECT territory_id, window_days, flow, landlord, n FROM core.rolling_counter ORDER BY 1, 2, 3, 4",
    "measures": "SELECT * FROM core.cell_month ORDER BY cell_id, landlord, month",
    "voids": "SELECT * FROM core.void_month ORDER BY 1, 2, 3, 5",
    "tenures": "SELECT * FROM core.tenure_month ORDER BY 1, 2, 3, 5",
    "facts": "SELECT effect_month, cell_id, flow, landlord, reason, place, rooms, financing, sum(delta) FROM core.fact "
    "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(delta) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8",
}


def counted(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """Return every counter, days by month."""
    return {name: stage.rows(query) for name, query in COUNTERS.items()}


def fold(stage: Stage, today: date = LATER) -> nightly.Folded:
    """Let nights pass until a day, and fold."""
    roll_windows(stage.connection, today)
    done = nightly.run(stage.connection)
    assert done is not None
    return done


def old_and_new(stage: Stage) -> None:
    """Take two departures of February 2025 and one of March 2026."""
    old = {**QN, "tenancy_started_on": "2014-05", "notice_received_on": "2024-12-01"}
    stage.take(
        message(
            0, [move(number=1, effective_on="2025-02-03", **old), move(number=2, effective_on="2025-02-20", **old)]
        ),
        message(1, [move(number=3, effective_on="2026-03-02", **QN)]),
    )


def test_counters_are_what_they_were_and_equal_a_recount(stage: Stage) -> None:
    old_and_new(stage)
    roll_windows(stage.connection, LATER)
    refresh(stage.connection)
    before = counted(stage)
    done = fold(stage)
    assert (done.before, done.moves) == (date(2025, 5, 1), 2)
    assert counted(stage) == before
    stage.assert_counters_equal_a_recount()


def test_of_a_folded_row_neither_pseudonym_nor_day_nor_household_stays(stage: Stage) -> None:
    old_and_new(stage)
    fold(stage)
    assert [row[0] for row in stage.rows("SELECT move_id FROM core.move")] == [UUID(int=3)]
    assert stage.rows("SELECT day, tenancy_started_on, n FROM core.folded") == [(date(2025, 2, 1), date(2014, 1, 1), 2)]
    assert stage.rows("SELECT DISTINCT day FROM core.daily_counter ORDER BY 1") == [
        (date(2025, 2, 1),),
        (date(2026, 3, 2),),
    ]
    assert stage.rows("SELECT received_on, tenancy_started_on FROM core.fact WHERE effect_month = '2025-02-01'") == [
        (date(2026, 3, 1), date(2014, 1, 1))
    ]
    columns = {
        row[0] for row in stage.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'folded'")
    }
    assert not columns & {"dwelling", "move_id", "household_type", "household_size", "holder_age"}
    assert stage.rows("SELECT move_id FROM core.dwelling_move") == [(UUID(int=3),)]


@pytest.mark.parametrize(
    "late",
    [
        {"revision": 2, "rooms": "T5"},
        {"revision": 2, "effective_on": "2027-05-20"},
        {"revision": 1},
        {"revision": 3, "status": "cancelled", "cancel_reason": "mistake", "effective_on": "2027-05-20"},
    ],
    ids=["a revision", "a revision under a new date", "a duplicate", "a cancellation"],
)
def test_what_is_said_of_a_folded_move_is_refused_with_its_own_reason(stage: Stage, late: dict[str, Any]) -> None:
    old_and_new(stage)
    fold(stage)
    before = counted(stage)
    said = {"effective_on": "2025-05-30", **QN} | late
    good = move(number=9, effective_on="2027-05-30", **QN)
    stage.take(message(2, [good, move(number=1, **said)], day=LATER))
    receipt = stage.receipts()[-1]
    assert receipt["outcomes"] == {"applied": 1, "quarantined": 1}
    (refusal,) = receipt["rejected"]
    assert (refusal["index"], refusal["code"], refusal["pointer"]) == (1, "folded_move", "/data/move_id")
    assert "ne se corrige plus" in refusal["message_fr"]
    assert refusal["remedy_fr"].startswith("Ne renvoyez plus ce mouvement")
    assert stage.rows("SELECT reason, payload FROM core.quarantine") == [("folded_move", None)]
    stage.assert_counters_equal_a_recount()
    assert counted(stage)["months of days"] != before["months of days"], "the good event counts"
    assert stage.rows("SELECT count(*) FROM core.move WHERE move_id = %s", UUID(int=1)) == [(0,)]


def test_both_identities_of_a_move_go_with_the_folded_one(stage: Stage) -> None:
    old_and_new(stage)
    fold(stage)
    renamed = move(number=50, effective_on="2027-05-20", former_move_id=str(UUID(int=1)), revision=9, **QN)
    stage.take(message(2, [renamed], day=LATER))
    assert stage.receipts()[-1]["rejected"][0]["code"] == "folded_move"
    assert stage.rows("SELECT count(*) FROM core.move WHERE move_id = %s", UUID(int=50)) == [(0,)]
    stage.assert_counters_equal_a_recount()


def test_a_move_that_a_refused_pair_had_outranked_is_taken(stage: Stage) -> None:
    old_and_new(stage)
    fold(stage)
    alone = move(number=50, effective_on="2027-05-10", **QN)
    renamed = move(number=50, effective_on="2027-05-20", former_move_id=str(UUID(int=1)), revision=9, **QN)
    stage.take(message(2, [alone, renamed], day=LATER))
    assert stage.receipts()[-1]["outcomes"] == {"applied": 1, "quarantined": 1}
    assert stage.rows("SELECT effective_on FROM core.move WHERE move_id = %s", UUID(int=50)) == [(date(2027, 5, 10),)]


def test_nothing_of_a_landlord_is_folded_while_its_window_is_open(stage: Stage) -> None:
    old_and_new(stage)
    window = (SIRENS[0], "2027-05-01", "2027-07-01", "2020-01-01")
    stage.connection.execute("INSERT INTO core.backfill VALUES (%s, %s, %s, %s)", window)
    assert fold(stage).moves == 0
    stage.assert_counters_equal_a_recount()
    assert fold(stage, date(2027, 7, 1)).moves == 2
    stage.assert_counters_equal_a_recount()


def test_a_correction_after_days_became_months_leaves_no_counter_of_nought(stage: Stage) -> None:
    stage.rules = Rules(load(), horizon=AnyHorizon())
    stage.connection.execute(
        "INSERT INTO core.backfill VALUES (%s, '2025-01-01', '2027-12-01', '2020-01-01')", [SIRENS[0]]
    )
    stage.take(message(0, [move(number=1, effective_on="2025-02-11", **QN)]))
    fold(stage)
    assert stage.rows("SELECT day, n FROM core.daily_counter") == [(date(2025, 2, 1), 1)]
    cancelled = move(number=1, effective_on="2025-02-11", revision=2, status="cancelled", cancel_reason="mistake", **QN)
    stage.take(message(1, [cancelled], day=LATER))
    stage.assert_counters_equal_a_recount()
    fold(stage, date(2027, 7, 2))
    stage.assert_counters_equal_a_recount()
    assert stage.rows("SELECT count(*) FROM core.daily_counter") == [(0,)]


def test_a_row_that_a_revision_carried_on_meanwhile_is_left(stage: Stage) -> None:
    old_and_new(stage)
    roll_windows(stage.connection, LATER)
    refresh(stage.connection)
    stage.connection.execute(nightly.MOVE_ON)
    folding.collect(stage.connection, folding.COLLECT, {"size": 10, "before": folding.limit(stage.connection)})
    stage.take(message(2, [move(number=1, revision=2, effective_on="2027-05-20", **QN)], day=LATER))
    assert folding.fold_collected(stage.connection, erased=False) == 1
    assert {row[0].int for row in stage.rows("SELECT move_id FROM core.move")} == {1, 3}
    stage.assert_counters_equal_a_recount()


def test_a_rebuild_counts_what_was_folded(stage: Stage) -> None:
    old_and_new(stage)
    stage.take(message(2, [counts({**QN, "direction": "out", "count": 4}, month="2025-02")]))
    fold(stage)
    before = counted(stage)
    with stage.another_connection() as connection:
        rebuild(connection)
    assert counted(stage) == before
    stage.assert_counters_equal_a_recount()


def test_it_runs_once_a_night_after_the_roll_and_one_at_a_time(stage: Stage) -> None:
    assert nightly.is_due(stage.connection)
    fold(stage, TODAY)
    assert not nightly.is_due(stage.connection)
    roll_windows(stage.connection, date(2026, 3, 16))
    assert nightly.is_due(stage.connection)
    with stage.another_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", (nightly.ALONE,))
        assert nightly.run(stage.connection) is None
        other.execute("SELECT pg_advisory_unlock(%s)", (nightly.ALONE,))
    assert nightly.run(stage.connection) is not None


def test_facts_that_no_measure_has_taken_up_yet_are_taken_up_once_after_they_were_compacted(stage: Stage) -> None:
    old_and_new(stage)
    roll_windows(stage.connection, LATER)
    refresh(stage.connection)
    stage.connection.execute(
        "INSERT INTO core.backfill VALUES (%s, '2025-01-01', '2027-12-01', '2020-01-01')", [SIRENS[0]]
    )
    stage.rules = Rules(load(), horizon=AnyHorizon())
    stage.take(message(2, [move(number=n, effective_on="2025-02-11", **QN) for n in (4, 5)], day=LATER))
    stage.connection.execute(nightly.MOVE_ON)
    assert folding.compact_facts(stage.connection) == 4
    stage.assert_counters_equal_a_recount()
    assert stage.rows("SELECT sum(departures) FROM core.cell_month") == [(5,)]


def test_the_night_empties_what_was_refused_over_thirty_days_ago(stage: Stage) -> None:
    stage.take(
        message(0, [move(commune="31999", effective_on="2026-02-02")], day=date(2026, 2, 13)),
        message(1, [move(commune="31999", effective_on="2026-02-02")]),
    )
    done = nightly.run(stage.connection)
    assert done is not None and done.refused == 0
    roll_windows(stage.connection, date(2026, 3, 16))
    done = nightly.run(stage.connection)
    assert done is not None and done.refused == 1
    kept = stage.rows("SELECT payload IS NULL, reason FROM core.quarantine ORDER BY 1")
    assert kept == [(False, "unknown_commune"), (True, "unknown_commune")]


@settings(EXAMPLES, max_examples=12)
@given(data=st.data())
def test_any_history_folded_at_any_points_counts_as_if_it_never_was(stage: Stage, data: st.DataObject) -> None:
    """Days are those of 2024 and later; the nights are such that some or all of them are beyond the limit."""
    history = data.draw(EVENT_SETS.flatmap(arrivals))
    stage.restart(TODAY)
    for _, start, end in history.takes:
        stage.take(*(delivery.message for delivery in history.deliveries[start:end]))
    nights = data.draw(st.lists(st.integers(10, 30), min_size=1, max_size=2).map(sorted))
    for months in nights:
        today = date(2026 + months // 12, months % 12 + 1, 15)
        roll_windows(stage.connection, today)
        refresh(stage.connection)
        before = counted(stage)
        stage.connection.execute(nightly.MOVE_ON)
        stage.assert_counters_equal_a_recount()
        folding.fold_ledger(stage.connection, size=data.draw(st.integers(1, 4)))
        stage.assert_counters_equal_a_recount()
        folding.fold_days(stage.connection)
        stage.assert_counters_equal_a_recount()
        folding.compact_facts(stage.connection, blocks=1)
        stage.assert_counters_equal_a_recount()
        assert counted(stage) == before
        assert stage.rows("SELECT count(*) FROM core.move WHERE effective_on < %s", horizon(today)) == [(0,)]


def test_batches_go_on_and_every_state_is_exact_while_it_folds(stage: Stage) -> None:
    old = [move(number=n, effective_on=f"2025-02-{n % 28 + 1:02d}", **QN) for n in range(1, 400)]
    stage.take(message(0, old))
    roll_windows(stage.connection, LATER)
    refresh(stage.connection)
    stage.connection.execute(nightly.MOVE_ON)
    failures: list[BaseException] = []

    def fold_in_slices() -> None:
        try:
            with stage.another_worker() as folder:
                folding.fold_ledger(folder, size=7)
                folding.fold_days(folder)
                folding.compact_facts(folder, blocks=1)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=fold_in_slices)
    thread.start()
    offset = 1
    while thread.is_alive() or offset == 1:
        new = move(number=1000 + offset, effective_on="2027-05-20", **QN)
        late = move(number=offset, revision=2, effective_on="2025-05-02", **QN)
        stage.take(message(offset, [new, late], day=date(2027, 5, 31)))
        assert verify(stage._auditor).equal
        offset += 1
    thread.join()
    assert not failures
    stage.assert_counters_equal_a_recount()
    counted_moves = stage.rows("SELECT sum(n) FROM core.daily_counter")[0][0]
    assert counted_moves == 399 + offset - 1
