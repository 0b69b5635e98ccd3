"""An effect older than the horizon is refused, unless a window for the landlord's history is open."""

from datetime import date

import pytest

from operations.backfill import close_window, open_first_windows, open_window, windows
from operations.landlords import EnrolmentError
from schemas.events.horizon import horizon
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import roll_windows
from streams.ingest.horizon import RecordedHorizon
from streams.retention import nightly
from tests.streams.stage import SIRENS, TODAY, Stage, counts, message, move

pytestmark = pytest.mark.services
FIRST = date(2024, 2, 1)
"""25 months before the month of TODAY."""


@pytest.fixture
def recorded(stage: Stage) -> Stage:
    """A stage whose rules ask the database, and that knows the landlords."""
    names = [(siren, siren) for siren in SIRENS]
    with stage.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO core.landlord (siren, name) VALUES (%s, %s) ON CONFLICT DO NOTHING", names)
    refresh(stage)
    return stage


def refresh(stage: Stage) -> None:
    """Let the rules read the windows anew, as they do every second."""
    stage.rules = Rules(load(), horizon=RecordedHorizon(stage.another_connection))


def refusals(stage: Stage) -> list[tuple[int, str, str]]:
    return [(bad["index"], bad["code"], bad["pointer"]) for bad in stage.receipts()[-1]["rejected"]]


def test_the_horizon_is_the_first_of_a_month() -> None:
    assert horizon(TODAY) == FIRST
    assert horizon(date(2026, 3, 1)) == horizon(date(2026, 3, 31)) == FIRST
    assert horizon(date(2026, 1, 31), 14) == date(2024, 11, 1)


def test_an_older_effect_is_refused_and_its_content_is_not_kept(recorded: Stage) -> None:
    kept, old = move(number=1, effective_on="2024-02-01"), move(number=2, effective_on="2024-01-31")
    old_counts = counts({"commune": "31555", "direction": "out", "count": 3}, month="2024-01")
    recorded.take(message(0, [kept, old, old_counts]))
    assert refusals(recorded) == [(1, "too_far_back", "/data/effective_on"), (2, "too_far_back", "/data/month")]
    bad = recorded.receipts()[-1]["rejected"][0]
    assert bad["message_fr"] == ("effet trop ancien : 2024-01-31, au plus tôt 2024-02-01 sauf reprise d'historique")
    assert "fenêtre de reprise" in bad["remedy_fr"]
    assert recorded.rows("SELECT payload FROM core.quarantine") == [(None,), (None,)]
    recorded.assert_counters_equal_a_recount()


def test_while_its_window_is_open_a_history_is_taken_and_folded_when_it_closes(recorded: Stage) -> None:
    assert open_window(recorded.connection, SIRENS[0], TODAY, date(2020, 1, 1), 30) == date(2026, 4, 14)
    refresh(recorded)
    history = [move(number=1, effective_on="2020-01-01"), move(number=2, effective_on="2019-12-31")]
    recorded.take(message(0, history))
    assert refusals(recorded) == [(1, "too_far_back", "/data/effective_on")]
    recorded.take(message(0, [move(SIRENS[1], effective_on="2020-01-01")], siren=SIRENS[1]))
    assert refusals(recorded) == [(0, "too_far_back", "/data/effective_on")], "another landlord's window is its own"
    assert nightly.run(recorded.connection).moves == 0
    recorded.assert_counters_equal_a_recount()
    assert close_window(recorded.connection, SIRENS[0], TODAY) == 1
    refresh(recorded)
    recorded.take(message(1, [move(number=3, effective_on="2020-01-01")]))
    assert refusals(recorded) == [(0, "too_far_back", "/data/effective_on")]
    assert nightly.run(recorded.connection).moves == 1
    recorded.assert_counters_equal_a_recount()
    assert recorded.rows("SELECT day, n FROM core.daily_counter") == [(date(2020, 1, 1), 1)]


def test_what_was_received_in_a_window_is_accepted_whenever_it_is_read(recorded: Stage) -> None:
    open_window(recorded.connection, SIRENS[0], TODAY, date(2020, 1, 1), 30)
    close_window(recorded.connection, SIRENS[0], date(2026, 3, 20))
    refresh(recorded)
    late = [move(number=1, effective_on="2021-05-01")]
    recorded.take(message(0, late, day=date(2026, 3, 19)))
    recorded.take(message(1, [move(number=2, effective_on="2021-05-01")], day=date(2026, 3, 20)))
    assert [receipt["outcomes"] for receipt in recorded.receipts()] == [{"applied": 1}, {"quarantined": 1}]


def test_the_months_are_the_operators(recorded: Stage) -> None:
    recorded.connection.execute("UPDATE core.retention SET months = 14")
    refresh(recorded)
    recorded.take(message(0, [move(number=1, effective_on="2024-12-31"), move(number=2, effective_on="2025-01-01")]))
    assert refusals(recorded) == [(0, "too_far_back", "/data/effective_on")]
    roll_windows(recorded.connection, date(2026, 4, 1))
    assert nightly.run(recorded.connection).before == date(2025, 2, 1)


def test_a_landlord_that_comes_has_one_first_window(recorded: Stage) -> None:
    assert open_first_windows(recorded.connection, [SIRENS[0]], TODAY) == [date(2026, 6, 13)]
    assert open_first_windows(recorded.connection, [SIRENS[0]], date(2026, 3, 20)) == []
    (window,) = windows(recorded.connection)
    assert (window.opened_on, window.closes_on, window.from_month) == (TODAY, date(2026, 6, 13), date(2016, 3, 1))
    assert window.is_open(TODAY)
    assert not window.is_open(date(2026, 6, 13))


def test_a_window_is_for_a_known_landlord_and_for_the_past(recorded: Stage) -> None:
    with pytest.raises(EnrolmentError, match="n'est pas connu ici"):
        open_window(recorded.connection, "123456782", TODAY, date(2020, 1, 1), 30)
    with pytest.raises(EnrolmentError, match="n'est pas passé"):
        open_window(recorded.connection, SIRENS[0], TODAY, date(2026, 3, 1), 30)
