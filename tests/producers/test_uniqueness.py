"""How many moves leave as the only one of their kind is what a count of what leaves says."""

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.extract.mapping import parse_mapping
from producers.outcome import alone_line, prepared_lines
from producers.preparation import Preparation, Sender
from producers.uniqueness import Alone
from tests.producers.extract.files import MOVES_MAPPING
from tests.producers.sending.stage import RING, SIREN, FakeLocator, Landlord, instant, move

ON = date(2026, 4, 1)
IDENTITIES = ("move_id", "dwelling", "revision", "status", "cancel_reason", "date_precision")

drawn = st.lists(
    st.fixed_dictionaries(
        {
            "effective_on": st.sampled_from([date(2026, 3, 2), date(2026, 3, 9), date(2026, 2, 9)]),
            "notice_received_on": st.sampled_from([None, date(2026, 1, 5), date(2026, 1, 6)]),
            "tenancy_started_on": st.sampled_from([None, "2014-01", "2014-12", "2015-01"]),
            "place": st.sampled_from(["unknown", "same_qpv"]),
            "rooms": st.sampled_from(["T2", "T3"]),
            "status": st.sampled_from(["effective", "effective", "cancelled"]),
        }
    ),
    max_size=40,
)


def prepared(moves: list[dict[str, Any]], *, by_month: bool) -> tuple[Alone | None, list[dict[str, Any]]]:
    """Return what is said of uniqueness, and the data of what leaves, but cancelled moves."""
    records = [
        move(number, **one, cancel_reason="mistake" if one["status"] == "cancelled" else None)
        for number, one in enumerate(moves)
    ]
    sender = Sender(SIREN, RING, FakeLocator(), instant("2026-04-01"), ON, 5, by_month)
    with Preparation(sender, None) as preparation:
        preparation.read(records)
        sent = [orjson.loads(one.payload)["data"] for one in preparation.moves()]
        return preparation.summary.alone, [one for one in sent if one["status"] != "cancelled"]


def alone_in(sent: list[dict[str, Any]]) -> int:
    """Return how many leave as the only one of their kind, pseudonyms apart."""
    kinds = Counter(str({name: value for name, value in one.items() if name not in IDENTITIES}) for one in sent)
    return sum(1 for count in kinds.values() if count == 1)


@settings(deadline=None)
@given(drawn)
def test_what_is_foretold_of_each_precision_is_what_leaves(moves: list[dict[str, Any]]) -> None:
    told, sent = prepared(moves, by_month=False)
    _, by_month = prepared(moves, by_month=True)
    assert told == Alone(len(sent), alone_in(sent), alone_in(by_month))
    assert told.by_month <= told.by_day


@settings(deadline=None)
@given(drawn)
def test_at_the_precision_of_the_month_no_day_leaves(moves: list[dict[str, Any]]) -> None:
    _, before = prepared(moves, by_month=False)
    _, after = prepared(moves, by_month=True)
    for day, month in zip(before, after, strict=True):
        assert month["date_precision"] == "month"
        assert month["effective_on"] == f"{day['effective_on'][:7]}-01"
        assert "notice_received_on" not in month
        started = day.get("tenancy_started_on")
        rare = "financing" not in month
        assert month.get("tenancy_started_on") == (f"{started[:4]}-01" if started and rare else started)


def test_it_is_said_before_anything_leaves() -> None:
    with Preparation(Sender(SIREN, RING, FakeLocator(), 0, ON), None) as preparation:
        preparation.read([move(number, effective_on=date(2026, 3, 1 + number % 2)) for number in range(5)])
        preparation.prepare()
        told = prepared_lines(preparation.summary, 0)
    assert any("Au jour près, 0 mouvements sur 5 (0 %)" in line and "au mois près" in line for line in told)
    assert alone_line(Alone(8, 4, 2), by_month=True) == (
        "Au mois près, 2 mouvements sur 8 (25 %) restent seuls de leur sorte dans ce qui part."
    )


def test_a_landlord_that_changes_its_precision_corrects_what_it_sent(tmp_path: Path) -> None:
    landlord = Landlord(tmp_path)
    records = [move(number) for number in range(6)]
    landlord.publish(records)
    landlord.publish(records, "2026-04-02T08:00:00", by_month=True)
    assert {one["effective_on"] for one in landlord.observatory.moves.values()} == {"2026-03-01"}
    assert landlord.observatory.outcomes == {"applied": 12}
    landlord.publish([replace(one) for one in records], "2026-04-03T08:00:00", by_month=True)
    assert landlord.observatory.outcomes["applied"] == 12, "nothing changed since"


def test_the_mapping_says_whether_a_day_may_leave() -> None:
    chosen = MOVES_MAPPING.replace("[[extract]]", '[[extract]]\nprecision = "mois"', 1)
    assert parse_mapping(chosen, Path("m")).extracts[0].by_month
    assert not parse_mapping(MOVES_MAPPING, Path("m")).extracts[0].by_month
