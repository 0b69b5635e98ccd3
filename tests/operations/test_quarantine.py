"""`quartiers quarantine`: what was refused is listed without its content, shown, and emptied in time; sums stay."""

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from operations import redrive as redriving
from operations.commands.quarantine import PERSONAL_FR
from operations.quarantine import Selection, counted, listed, purge
from operations.redrive import Redriven
from runtime.clock import SystemClock, paris_today
from runtime.database import connect
from runtime.settings import Settings
from schemas.events.reasons import remedy
from streams.counters.chunks import FactChunks
from streams.retention.refused import KEPT_DAYS, PURGED_FR
from tests.operations.conftest import Quartiers
from tests.streams.stage import SIRENS, Stage, known_rules, message, move

pytestmark = pytest.mark.services
FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 9)
SECRET = "Personne fictive"


@pytest.fixture
def filled(stage: Stage) -> Stage:
    """Four refusals of two landlords on two days, each with something that must not be shown."""
    bad = [move(number=2, commune="31999", remark=SECRET), move(number=3, reason="inconnu", remark=SECRET)]
    stage.take(message(0, [move(), *bad], day=FIRST))
    stage.take(message(1, [move(number=4, commune="31999", remark=SECRET)], day=SECOND))
    one = SIRENS[1]
    stage.take(message(0, [move(one, commune="31999", remark=SECRET)], siren=one, day=SECOND))
    return stage


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Selection(), {"unknown_commune": 3, "unknown_code": 1}),
        (Selection(landlord=SIRENS[1]), {"unknown_commune": 1}),
        (Selection(reason="unknown_code"), {"unknown_code": 1}),
        (Selection(since=SECOND), {"unknown_commune": 2}),
        (Selection(until=FIRST), {"unknown_commune": 1, "unknown_code": 1}),
        (Selection(SIRENS[0], "unknown_commune", FIRST, FIRST), {"unknown_commune": 1}),
        (Selection(since=SECOND + timedelta(days=1)), {}),
    ],
    ids=str,
)
def test_events_are_chosen_by_landlord_reason_and_day(
    filled: Stage, chosen: Selection, expected: dict[str, int]
) -> None:
    assert counted(filled.connection, chosen) == expected
    assert len(listed(filled.connection, chosen, 50)) == sum(expected.values())


def test_the_list_shows_no_content(filled: Stage, here: Settings, quartiers: Quartiers) -> None:
    for arguments in ((), ("--json",)):
        said = quartiers("quarantine", "list", *arguments)
        assert said.code == 0
        assert "unknown_commune" in said.out
        assert "/data/commune" in said.out
        assert SECRET not in said.out
        assert "31999" not in said.out


def test_showing_an_event_tells_its_remedy_and_the_content_only_when_asked(
    filled: Stage, here: Settings, quartiers: Quartiers
) -> None:
    number = str(listed(filled.connection, Selection(reason="unknown_code"), 1)[0].quarantine_id)
    said = quartiers("quarantine", "show", number)
    assert remedy("unknown_code") in said.out
    assert SECRET not in said.out
    said = quartiers("quarantine", "show", number, "--payload")
    assert SECRET in said.out
    assert PERSONAL_FR in said.err


def test_a_number_or_a_reason_that_is_not_there_is_said(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    assert "aucun événement n° 77" in quartiers("quarantine", "show", "77").err
    said = quartiers("quarantine", "list", "--reason", "unknown_communes")
    assert said.code != 0
    assert "motif inconnu" in said.err
    assert "vide" in quartiers("quarantine", "list").out


def contents(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.rows("SELECT payload, pointer, message_fr FROM core.quarantine ORDER BY quarantine_id")


def test_purging_takes_the_content_after_thirty_days_and_keeps_the_fact(filled: Stage) -> None:
    tally = filled.rows("SELECT * FROM core.tally ORDER BY 1, 2, 3, 4")
    last_day = FIRST + timedelta(days=KEPT_DAYS)
    with filled.connection.transaction():
        assert purge(filled.connection, Selection(), today=last_day) == 0
        assert purge(filled.connection, Selection(), today=last_day + timedelta(days=1)) == 2
        assert purge(filled.connection, Selection(), today=last_day + timedelta(days=1)) == 0
    assert contents(filled)[:2] == [(None, "", PURGED_FR)] * 2
    assert all(payload is not None for payload, _, _ in contents(filled)[2:])
    assert counted(filled.connection, Selection()) == {"unknown_commune": 3, "unknown_code": 1}
    assert filled.rows("SELECT * FROM core.tally ORDER BY 1, 2, 3, 4") == tally
    assert {row.state_fr for row in listed(filled.connection, Selection(until=FIRST), 9)} == {"effacé"}


def test_what_was_purged_is_not_read_again(filled: Stage) -> None:
    purge(filled.connection, Selection(landlord=SIRENS[0]), today=SECOND + timedelta(days=60))
    chunks = FactChunks(lambda: connect(filled.settings, "ingest"))
    with filled.another_worker() as connection:
        done = redriving.redrive(
            *(connection, known_rules(), filled.cells, chunks), today=SECOND + timedelta(days=60), chosen=Selection()
        )
    assert done == Redriven(1, 0)


def test_the_command_purges_what_is_older_than_it_is_told(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    today = paris_today(SystemClock())
    for offset, days in enumerate((1, 29, 32)):
        stage.take(message(offset, [move(commune="31999", remark=SECRET)], day=today - timedelta(days=days)))
    assert quartiers("quarantine", "purge").out.startswith("Contenus effacés : 1.")
    assert quartiers("quarantine", "purge", "--older-than", "28").out.startswith("Contenus effacés : 1.")
    oldest = str(stage.rows("SELECT min(quarantine_id) FROM core.quarantine WHERE payload IS NULL")[0][0])
    assert "Le contenu a été effacé" in quartiers("quarantine", "show", oldest, "--payload").out
    assert stage.rows("SELECT count(*) FROM core.quarantine WHERE payload IS NULL") == [(2,)]


def test_a_content_can_only_be_missing_if_it_was_purged(filled: Stage) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        filled.connection.execute("UPDATE core.quarantine SET payload = NULL")
