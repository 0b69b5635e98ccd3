"""The demonstration without its services: its plan, its proof that finds one wrong move, and what it prints."""

import dataclasses
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from operations.demo import closing
from operations.demo.closing import Closing
from operations.demo.plan import YEARS, make_plan
from operations.demo.proof import Comparison, LedgerRow, compare_moves
from operations.demo.wording import OUTCOMES, reason
from operations.numbers import number
from operations.services import grafana_service
from operations.services.lock import alone
from operations.verify import Verdict
from producers.region import TruthMove
from producers.region.malformed import REASON_CODES
from runtime.settings import ROOT, Settings
from schemas.events.reasons import REASONS
from tests.operations.conftest import Quartiers

LANDLORD = "900000001"
DAYS = [date(2026, 11, 25), date(2028, 2, 29), date(2024, 3, 10), date(2026, 1, 1), date(2026, 3, 1)]
PROVED = Comparison(2, 2, 0, 0)


@pytest.mark.parametrize("today", DAYS)
@pytest.mark.parametrize("once", [True, False])
def test_five_years_and_more_lie_before_the_days_that_pass(today: date, once: bool) -> None:
    plan = make_plan(today, once=once, scale=1, seconds_per_day=2)
    assert plan.start.day == 1
    assert timedelta(days=YEARS * 365) <= plan.live_from - plan.start <= timedelta(days=YEARS * 366 + 31)
    assert plan.live_from < today
    assert plan.end == today if once else plan.end > today
    assert plan.origin == datetime(plan.live_from.year, plan.live_from.month, plan.live_from.day, tzinfo=UTC)


def test_the_clock_makes_a_day_last_as_long_as_asked() -> None:
    plan = make_plan(DAYS[0], once=True, scale=1, seconds_per_day=2)
    assert timedelta(seconds=2) * plan.rate == timedelta(days=1)


def true_move(**changes: object) -> TruthMove:
    move = TruthMove(
        3,
        "effective",
        "out",
        date(2026, 3, 9),
        "31555",
        "QN03107M",
        "QP031007",
        "emploi",
        in_scope=True,
        cancel_reason=None,
        dwelling=UUID(int=1),
        place="departement",
        tenancy_started_on=date(2019, 5, 1),
        notice_received_on=date(2026, 2, 9),
        month_precision=False,
    )
    return dataclasses.replace(move, **changes)


def ledger_row(number: int, move: TruthMove, *, precision: str = "day", counted: bool = True) -> LedgerRow:
    place = (move.commune, move.qpv_2024, move.qpv_2015)
    state = (move.revision, move.status, move.direction, move.effective_on)
    return (LANDLORD, UUID(int=number), *state, precision, *place, move.reason, counted)


TRUTH = {(LANDLORD, UUID(int=number)): true_move(revision=number) for number in (1, 2, 3)}
LEDGER = [ledger_row(number, move) for number, move in enumerate(TRUTH.values(), start=1)]


def test_a_ledger_that_is_the_truth_is_equal() -> None:
    found = compare_moves(LEDGER, TRUTH)
    assert (found.ledger, found.truth, found.equal) == (3, 3, True)
    assert compare_moves(reversed(LEDGER), TRUTH).equal


@pytest.mark.parametrize(
    "wrong",
    [
        {"revision": 7},
        {"status": "announced"},
        {"direction": "in"},
        {"effective_on": date(2026, 3, 10)},
        {"commune": "31556"},
        {"qpv_2024": None},
        {"qpv_2015": None},
        {"reason": "deces"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_one_move_of_which_one_field_is_wrong_is_found(wrong: dict[str, object]) -> None:
    spoilt = [*LEDGER[:2], ledger_row(3, dataclasses.replace(true_move(revision=3), **wrong))]
    found = compare_moves(spoilt, TRUTH)
    assert (found.differing, found.missing, found.equal) == (1, 0, False)


def test_a_move_that_counts_and_should_not_is_found() -> None:
    assert compare_moves([*LEDGER[:2], ledger_row(3, true_move(revision=3), counted=False)], TRUTH).differing == 1
    out_of_scope = {**TRUTH, (LANDLORD, UUID(int=3)): true_move(revision=3, in_scope=False)}
    assert compare_moves(LEDGER, out_of_scope).differing == 1


def test_a_move_too_few_too_many_or_of_another_landlord_is_found() -> None:
    assert compare_moves(LEDGER[:2], TRUTH) == Comparison(2, 3, 0, 1)
    assert compare_moves([*LEDGER, ledger_row(4, true_move())], TRUTH) == Comparison(4, 3, 1, 0)
    assert compare_moves([*LEDGER[:2], ("900000002", *LEDGER[2][1:])], TRUTH) == Comparison(3, 3, 1, 1)
    assert not compare_moves(LEDGER[:2], TRUTH).equal


def test_a_month_precision_date_is_the_first_of_its_month() -> None:
    truth = {(LANDLORD, UUID(int=1)): true_move()}
    assert compare_moves([ledger_row(1, true_move(effective_on=date(2026, 3, 1)), precision="month")], truth).equal
    assert not compare_moves([ledger_row(1, true_move(), precision="month")], truth).equal


def test_a_spoilt_event_that_was_let_in_or_a_good_one_that_was_refused_is_found() -> None:
    expected = Counter({"not_json": 2, "unknown_code": 1})
    assert dataclasses.replace(PROVED, quarantined=Counter(expected), malformed=expected).equal
    for wrong in ({"not_json": 2}, {"not_json": 3, "unknown_code": 1}, {"not_json": 2, "invalid_field": 1}):
        assert not dataclasses.replace(PROVED, quarantined=Counter(wrong), malformed=expected).equal


ALERTS = [("departures_up", "alert", "confirmed", 2, 1), ("silence", "alert", "lifted", 3, 0)]


def end(**changes: object) -> Closing:
    """Return the end of a demonstration in which everything is proved."""
    outcomes = {"applied": 1200, "superseded": 7, "duplicate": 20, "out_of_scope": 3, "quarantined": 4}
    reasons = [("not_json", 3), ("unknown_code", 1)]
    quartiers = [("Mirail [nord]", "QN03107M", 30, None, 0), ("Mirail [nord]", "QN03107M", 90, 1040, 900)]
    verdict = Verdict(date(2026, 11, 24), 1200, {"daily": 12345}, {"daily": 0})
    made = Closing(1234, 1000, 2.0, outcomes, reasons, quartiers, ALERTS, verdict, PROVED)
    return dataclasses.replace(made, **changes)


def printed(closing_table: Closing) -> str:
    console = Console(file=StringIO(), width=200)
    closing.show(closing_table, console)
    return console.file.getvalue().replace("\u202f", " ")


def test_the_closing_table_tells_the_alerts_and_how_to_see_them() -> None:
    said = printed(end())
    row = next(line for line in said.splitlines() if "Départs inhabituellement nombreux" in line)
    assert [word.strip() for word in row.split("│")[2:6]] == ["alerte", "confirmée", "2", "1"]
    assert "Déclaration attendue et non reçue" in said and "quartiers alert list" in said
    assert "aucune" in printed(end(alerts=[]))


def test_the_closing_table_tells_everything() -> None:
    text = printed(end())
    for told in (
        *("publiés", "1 234", "1 200", "doublons", "hors champ", "quarantaine"),
        *("pas du JSON (not_json)", "code inconnu (unknown_code)"),
        *("500", "Mirail [nord] (QN03107M)", "secret · 1 040", "0 · 900", "24/11/2026", "12 345 compteurs"),
    ):
        assert told in text, told
    assert text.count("✔") == 4
    assert "✘" not in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"published": 1235}, "1 235 événements publiés, 1 234 sorts"),
        ({"verdict": Verdict(date(2026, 1, 1), 1, {"daily": 9}, {"daily": 2})}, "2 compteurs diffèrent"),
        ({"truth": Comparison(2, 2, 1, 0)}, "1 mouvements faux, 0 manquants"),
        ({"truth": Comparison(1, 2, 0, 1)}, "0 mouvements faux, 1 manquants"),
        ({"truth": dataclasses.replace(PROVED, quarantined=Counter(x=1))}, "trouvée : {'x': 1}"),
    ],
)
def test_whatever_is_wrong_is_told_and_is_no_proof(wrong: dict[str, object], told: str) -> None:
    spoilt = end(**wrong)
    text = printed(spoilt)
    assert not spoilt.proved
    assert f"✘ {told}" in text or (told in text and text.count("✘") == 1)
    assert end().proved


def test_an_interrupted_demonstration_is_judged_without_the_truth() -> None:
    assert end(truth=None).proved
    assert printed(end(truth=None)).count("✔") == 2


def test_every_reason_that_an_event_can_be_refused_for_has_its_french_words() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "schemas" / "events").glob("*.py"))
    codes = set(re.findall(r'Problem\(\s*"(\w+)"', sources)) | set(re.findall(r'_whole\(payload, "(\w+)"', sources))
    codes |= {"missing_field", "unknown_code", "invalid_field", *REASON_CODES}
    assert len(codes) > 10
    assert codes <= REASONS.keys()
    assert all(code in reason(code) and REASONS[code].word_fr in reason(code) for code in codes)
    assert reason("newer") == "autre motif (newer)"


def test_every_outcome_has_its_french_words() -> None:
    migration = (ROOT / "schemas" / "migrations" / "0002_ledger.sql").read_text()
    (listed,) = re.findall(r"outcome IN\s*\(([^)]*)\)", migration)
    assert OUTCOMES.keys() == set(re.findall(r"'(\w+)'", listed))


def test_numbers_as_the_french_write_them() -> None:
    assert [number(one) for one in (0, 999, 1000, 1234567, None)] == [
        *("0", "999", "1\u202f000", "1\u202f234\u202f567", "secret")
    ]


def test_where_the_dashboards_are_or_how_to_get_grafana(bare: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=StringIO(), width=300)
    closing.say_where(bare, console)
    assert "installez Grafana 12" in console.file.getvalue()
    grafana_service.process(bare).start(["sleep", "300"])
    closing.say_where(bare, console)
    assert grafana_service.url(bare) in console.file.getvalue()


def test_a_second_demonstration_leaves_the_first_alone(
    bare: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = Settings.load("demo")
    service = grafana_service.process(demo)
    pid = service.start(["sleep", "300"])
    try:
        with alone(demo.instance_dir / "run" / "demo.lock"):
            said = quartiers("demo", "--once")
        assert said.code == 1
        assert "déjà en cours" in said.err
        assert service.pid() == pid
    finally:
        service.stop()
