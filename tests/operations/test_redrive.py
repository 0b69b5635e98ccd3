"""`quartiers quarantine redrive`: after a fix, what is valid now is applied once, told, and known from then on."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from operations import redrive as redriving
from operations.quarantine import Selection
from operations.redrive import Redriven
from operations.verify import recount_as_of
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import receipts_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.chunks import FactChunks
from streams.ingest.commit import GATE
from streams.ingest.lineage import RecordedLineage
from streams.ledger.moves import lock_landlords
from tests.operations.conftest import Quartiers
from tests.streams.stage import SIRENS, Stage, known_rules, message, move, until

pytestmark = pytest.mark.services
FIRST, SECOND, THIRD, NOW = (date(2026, 3, day) for day in (2, 5, 9, 20))
KNOWN_LATER = "31999"
"""A commune that the rules get to know between the first reading and the second."""


@pytest.fixture(scope="module")
def mended() -> Rules:
    """The rules after the fix."""
    territories = load()
    toulouse = territories.communes["31555"]
    commune = dataclasses.replace(toulouse, code=KNOWN_LATER)
    return Rules(dataclasses.replace(territories, communes={**territories.communes, KNOWN_LATER: commune}))


@pytest.fixture(autouse=True)
def commune(settings: Settings) -> Iterator[None]:
    """The fix reached the database's tables too; they are as before at the end."""
    with connect(settings, "migrator") as connection:
        connection.execute(
            "INSERT INTO core.commune SELECT %s, epci, departement, region FROM core.commune WHERE code = '31555' "
            "ON CONFLICT DO NOTHING",
            (KNOWN_LATER,),
        )
    yield
    with connect(settings, "migrator") as connection:
        for table in ("core.cell_territory", "core.cell"):
            connection.execute(
                f"DELETE FROM {table} WHERE cell_id IN (SELECT cell_id FROM core.cell WHERE commune = %s)",
                (KNOWN_LATER,),
            )
        connection.execute("DELETE FROM core.commune WHERE code = %s", (KNOWN_LATER,))


def redrive(stage: Stage, rules: Rules, **chosen: Any) -> Redriven:
    chunks = FactChunks(lambda: connect(stage.settings, "ingest"))
    with stage.another_worker() as connection:
        return redriving.redrive(connection, rules, stage.cells, chunks, today=NOW, chosen=Selection(**chosen))


def tally(stage: Stage) -> dict[str, int]:
    return dict(stage.rows("SELECT outcome, sum(n)::integer FROM core.tally GROUP BY 1"))


def waiting(stage: Stage) -> list[Any]:
    return [row[0] for row in stage.rows("SELECT reason FROM core.quarantine WHERE redriven_at IS NULL ORDER BY 1")]


def test_what_is_valid_now_is_applied_once_and_what_is_not_stays(stage: Stage, mended: Rules) -> None:
    bad = [move(number=2, commune=KNOWN_LATER), move(number=3, reason="depart_sur_mars")]
    stage.take(message(0, [move(), *bad], day=FIRST))
    assert tally(stage) == {"applied": 1, "quarantined": 2}
    assert redrive(stage, mended) == Redriven(2, 1)
    assert tally(stage) == {"applied": 2, "quarantined": 1}
    assert waiting(stage) == ["unknown_code"]
    stage.assert_counters_equal_a_recount()
    state = stage.everything()
    assert redrive(stage, mended) == Redriven(1, 0)
    assert stage.everything() == state, "a second time changed something"


def test_before_the_fix_it_changes_nothing(stage: Stage) -> None:
    stage.take(message(0, [move(commune=KNOWN_LATER)], day=FIRST))
    state = stage.everything()
    assert redrive(stage, known_rules()) == Redriven(1, 0)
    assert stage.everything() == state


def test_the_landlord_is_told_in_a_receipt_of_its_own(stage: Stage, mended: Rules) -> None:
    stage.take(message(0, [move(), move(number=2, commune=KNOWN_LATER)], day=FIRST))
    redrive(stage, mended)
    (number,) = stage.rows("SELECT quarantine_id FROM core.quarantine")[0]
    first, second = stage.receipts()
    assert first["outcomes"] == {"applied": 1, "quarantined": 1}
    assert second["outcomes"] == {"applied": 1}
    assert second["id"] == f"{first['id']}:redrive:{number}"
    assert (first["redriven"], second["redriven"]) == (False, True)
    topics = stage.rows("SELECT topic FROM core.outbox")
    assert topics == [(receipts_topic(SIRENS[0]),)] * 2


def test_only_a_reason_or_a_landlord(stage: Stage, mended: Rules) -> None:
    one, other = SIRENS
    stage.take(message(0, [move(one, commune=KNOWN_LATER)], siren=one, day=FIRST))
    stage.take(message(0, [move(other, commune=KNOWN_LATER)], siren=other, day=FIRST))
    assert redrive(stage, mended, reason="not_json") == Redriven(0, 0)
    assert redrive(stage, mended, landlord=other) == Redriven(1, 1)
    assert stage.rows("SELECT landlord FROM core.move") == [(other,)]
    assert redrive(stage, mended, reason="unknown_commune") == Redriven(1, 1)
    assert redrive(stage, mended) == Redriven(0, 0)


def test_what_was_known_on_a_past_day_does_not_change(stage: Stage, mended: Rules) -> None:
    """The refused correction is older by receipt than what it corrects: a past day must not count below nought."""
    stage.take(message(0, [move(revision=2, commune=KNOWN_LATER, effective_on="2026-01-15")], day=FIRST))
    stage.take(message(1, [move(revision=1)], day=THIRD))
    days = (FIRST, SECOND, THIRD, date(2026, 3, 19))
    past = [recount_as_of(stage.connection, day) for day in days]
    assert redrive(stage, mended) == Redriven(1, 1)
    assert [recount_as_of(stage.connection, day) for day in days] == past
    assert recount_as_of(stage.connection, NOW) == [("2026-01", "out", 1)]
    stage.assert_counters_equal_a_recount()


def test_the_rules_judge_the_day_of_receipt_and_not_today(stage: Stage, mended: Rules) -> None:
    stage.take(message(0, [move(effective_on="2026-03-18", commune=KNOWN_LATER)], day=FIRST))
    assert redrive(stage, mended) == Redriven(1, 0), "a date 16 days ahead of its receipt was let in"


def test_an_older_revision_that_was_refused_does_not_win_over_a_newer_one(stage: Stage, mended: Rules) -> None:
    stage.take(message(0, [move(revision=1, commune=KNOWN_LATER)], day=FIRST))
    stage.take(message(1, [move(revision=2)], day=SECOND))
    assert redrive(stage, mended) == Redriven(1, 1)
    assert stage.rows("SELECT revision, commune FROM core.move JOIN core.cell USING (cell_id)") == [(2, "31555")]
    assert tally(stage) == {"applied": 1, "superseded": 1}


def test_more_than_one_transaction_holds(stage: Stage, mended: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redriving, "AT_A_TIME", 3)
    bad = [move(number=n, commune=KNOWN_LATER) for n in range(1, 9)]
    stage.take(message(0, [*bad, move(number=20, reason="depart_sur_mars")], day=FIRST))
    assert redrive(stage, mended) == Redriven(9, 8)
    assert tally(stage) == {"applied": 8, "quarantined": 1}
    stage.assert_counters_equal_a_recount()


def test_it_waits_for_the_landlords_batch_in_flight(stage: Stage, mended: Rules) -> None:
    """Whoever writes a landlord's moves holds the landlord: two at once would corrupt its counters."""
    stage.take(message(0, [move(commune=KNOWN_LATER)], day=FIRST))
    chunks = FactChunks(lambda: connect(stage.settings, "ingest"))
    with stage.another_worker() as batch, stage.another_worker() as mine, ThreadPoolExecutor(1) as pool:
        with batch.transaction(), batch.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
            lock_landlords(cursor, [SIRENS[0]])
            going = pool.submit(redriving.redrive, mine, mended, stage.cells, chunks, today=NOW, chosen=Selection())
            stage.wait_until_blocked(mine, batch)
            assert not going.done()
        assert until(lambda: going.done() and going.result()) == Redriven(1, 1)


def test_the_command_says_how_many(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    stage.take(message(0, [move(commune="31998"), move(number=2)], day=FIRST))
    said = quartiers("quarantine", "redrive")
    assert (said.code, said.out) == (0, "Événements relus : 1 ; acceptés : 0 ; encore refusés : 1.\n")


def test_a_successors_event_waits_for_the_merger_and_then_corrects_its_predecessors(stage: Stage) -> None:
    old, new = SIRENS
    former = {"former_move_id": move(old)["data"]["move_id"], "former_landlord": old}
    stage.take(message(0, [move(old, effective_on="2025-12-20")], siren=old))
    corrected = move(new, number=7, revision=5, effective_on="2025-12-21", **former)
    stage.take(message(0, [corrected], siren=new))
    assert stage.rows("SELECT reason FROM core.quarantine") == [("not_successor",)]
    lineage = Rules(load(), RecordedLineage(stage.another_connection))
    assert redrive(stage, lineage) == Redriven(1, 0)
    with stage.connection.transaction():
        stage.connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, 'Nouveau')", (new,))
        stage.connection.execute(
            "INSERT INTO core.landlord (siren, name, merged_into, merged_on) VALUES (%s, 'Ancien', %s, '2026-01-01')",
            (old, new),
        )
    with stage.another_worker() as other, ThreadPoolExecutor(1) as pool:
        with other.transaction(), other.cursor() as cursor:
            lock_landlords(cursor, [old])
            patient = pool.submit(redrive, stage, lineage)
            blocked = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
            until(lambda: stage.rows(blocked, other.info.backend_pid))
        assert patient.result() == Redriven(1, 1)
    counted = stage.rows("SELECT landlord, day::text, n FROM core.daily_counter")
    assert counted == [(old, "2025-12-21", 1)]
    stage.assert_counters_equal_a_recount()
