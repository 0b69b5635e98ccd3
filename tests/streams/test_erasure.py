"""Erasure: nothing names the pseudonym afterwards, every counter is what it was, and the landlord is told."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.counters.windows import roll_windows
from streams.retention import nightly
from streams.retention.erasure import Erased, erase, fingerprint, leave_notice, names
from tests.streams.stage import SIRENS, Stage, message, move

DWELLING = UUID(int=1001)
NOW = datetime(2026, 3, 15, 10, tzinfo=UTC)


def filled(stage: Stage) -> None:
    """Two moves of one dwelling, one of another, and a refused event that names the first."""
    same = {"dwelling": str(DWELLING), "tenancy_started_on": "2014-05", "holder_age": "75+"}
    refused = move(number=7, commune="31999", dwelling=str(DWELLING).upper())
    stage.take(
        message(0, [move(number=1, **same), move(number=2, direction="in", effective_on="2026-03-09", **same)]),
        message(1, [move(number=3), refused]),
    )


@pytest.mark.services
def test_nothing_names_the_dwelling_afterwards_and_it_is_counted_as_before(stage: Stage) -> None:
    filled(stage)
    counters = stage.rows("SELECT * FROM core.daily_counter ORDER BY 1, 2, 3")
    assert erase(stage.connection, SIRENS[0], [DWELLING]) == Erased(moves=2, refused=1, receipts=0)
    assert stage.rows("SELECT * FROM core.daily_counter ORDER BY 1, 2, 3") == counters
    stage.assert_counters_equal_a_recount()
    everything = str(stage.everything()).lower()
    assert str(DWELLING) not in everything
    assert "75+" not in everything
    assert stage.rows("SELECT reason, message_fr FROM core.quarantine") == [("unknown_commune", "contenu effacé")]
    assert erase(stage.connection, SIRENS[0], [DWELLING]) == Erased(0, 0, 0), "twice changes nothing"


@pytest.mark.services
def test_a_move_is_erased_by_its_own_pseudonym_and_does_not_come_back(stage: Stage) -> None:
    filled(stage)
    assert erase(stage.connection, SIRENS[0], [UUID(int=1)]).moves == 1
    stage.take(message(2, [move(number=1, revision=5)]))
    assert stage.receipts()[-1]["rejected"][0]["code"] == "folded_move"
    stage.assert_counters_equal_a_recount()


@pytest.mark.services
def test_another_landlords_rows_are_left(stage: Stage) -> None:
    filled(stage)
    stage.take(message(0, [move(SIRENS[1], number=1, dwelling=str(DWELLING))], siren=SIRENS[1]))
    erase(stage.connection, SIRENS[0], [DWELLING])
    assert stage.rows("SELECT landlord FROM core.move WHERE dwelling = %s", DWELLING) == [(SIRENS[1],)]


@pytest.mark.services
def test_what_was_erased_keeps_its_day_until_the_limit_only(stage: Stage) -> None:
    filled(stage)
    erase(stage.connection, SIRENS[0], [DWELLING])
    fine = {(date(2026, 3, 2), date(2014, 5, 1)), (date(2026, 3, 9), date(2014, 5, 1))}
    assert set(stage.rows("SELECT day, tenancy_started_on FROM core.folded")) == fine
    roll_windows(stage.connection, date(2028, 5, 1))
    nightly.run(stage.connection)
    assert set(stage.rows("SELECT day, tenancy_started_on FROM core.folded")) == {
        (date(2026, 3, 1), date(2014, 1, 1)),
        (date(2026, 3, 1), None),
    }
    stage.assert_counters_equal_a_recount()


@pytest.mark.services
def test_the_landlord_is_told_without_a_pseudonym(stage: Stage) -> None:
    filled(stage)
    done = erase(stage.connection, SIRENS[0], [DWELLING])
    leave_notice(stage.connection, SIRENS[0], [DWELLING], done, None, NOW)
    notice = stage.receipts()[-1]
    assert (notice["events"], notice["outcomes"], notice["offset"]) == (0, {}, -1)
    assert notice["erased"] == {
        **{"asked": 1, "moves": 2, "refused": 1, "receipts": 0, "archived": None, "kafka_until": "2026-04-14"},
        "list_sha256": fingerprint([DWELLING]),
    }
    assert "2 mouvement(s) effacé(s) du registre, toujours comptés" in notice["summary_fr"]
    assert str(DWELLING) not in str(notice)


@given(number=st.uuids(), other=st.uuids(), case=st.sampled_from((str.upper, str.lower)), hyphens=st.booleans())
def test_a_pseudonym_is_found_however_it_is_written(number: UUID, other: UUID, case, hyphens: bool) -> None:
    text = case(str(number) if hyphens else number.hex)
    escaped = "".join(f"\\u{ord(one):04x}" for one in text)
    for written in (f'{{"dwelling": "{text}"}}', f'{{"dwelling": "{escaped}"}}', f"cut {text}"):
        assert names(written.encode(), [other, number])
        assert other == number or not names(written.encode(), [other])
