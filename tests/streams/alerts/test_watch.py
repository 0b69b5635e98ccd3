"""Families and alerts in the database: one family a month, then only confirmed or lifted, each step told once."""

import json
from typing import Any

import pytest

from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import ALERTS
from streams.alerts.explain import explain
from streams.alerts.watch import watch
from tests.indicators.measured import month_after
from tests.streams.alerts.quartiers import DWELLINGS, LAST, Quartiers

pytestmark = pytest.mark.services
ALERTS_OF = (
    "SELECT kind, code, alert.level, state FROM core.alert JOIN core.territory USING (territory_id) WHERE month = %s"
)


def open_and_watch(quartiers: Quartiers, departures: int = 25) -> int:
    """Let a quartier have that many departures in the last month, watch, and return its alert."""
    quartiers.change(quartiers.codes[3], LAST, departures=departures)
    watch(quartiers.connection)
    ((number,),) = quartiers.rows(
        "SELECT alert_id FROM core.alert WHERE month = %s AND kind = 'departures_up' AND level = 'alert'", LAST
    )
    return int(number)


def messages(quartiers: Quartiers) -> list[dict[str, Any]]:
    rows = quartiers.rows("SELECT payload FROM core.outbox WHERE topic = %s ORDER BY outbox_id", ALERTS)
    return [json.loads(bytes(payload)) for (payload,) in rows]


def test_the_last_twelve_months_are_looked_at_first_then_each_month_once(quartiers: Quartiers) -> None:
    assert watch(quartiers.connection).months == 12
    assert quartiers.rows("SELECT min(month), max(month) FROM core.alert_family") == [(month_after(LAST, -11), LAST)]
    assert watch(quartiers.connection).months == 0
    assert {tests for (tests,) in quartiers.rows("SELECT tests FROM core.alert_family")} == {5 * 30}


def test_an_excess_is_an_alert_provisional_until_its_month_is_settled(quartiers: Quartiers) -> None:
    number = open_and_watch(quartiers)
    assert ("departures_up", quartiers.codes[3], "alert", "provisional") in quartiers.rows(ALERTS_OF, LAST)
    assert watch(quartiers.connection).changed == 0
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert quartiers.rows("SELECT state FROM core.alert WHERE alert_id = %s", number) == [("confirmed",)]
    assert [one["data"]["state"] for one in messages(quartiers) if one["subject"] == str(number)] == [
        "provisional",
        "confirmed",
    ]
    assert watch(quartiers.connection).changed == 0


def test_a_correction_lifts_an_alert_and_nothing_raises_it_again(quartiers: Quartiers) -> None:
    number = open_and_watch(quartiers)
    quartiers.change(quartiers.codes[3], LAST, departures=5)
    assert watch(quartiers.connection).changed >= 1
    assert quartiers.rows("SELECT state FROM core.alert WHERE alert_id = %s", number) == [("lifted",)]
    quartiers.change(quartiers.codes[3], LAST, departures=25)
    assert watch(quartiers.connection) == (0, 0, 0)


def test_what_arrives_after_the_family_was_held_raises_nothing(quartiers: Quartiers) -> None:
    watch(quartiers.connection)
    quartiers.change(quartiers.codes[5], LAST, departures=40)
    assert watch(quartiers.connection).raised == 0
    assert quartiers.rows("SELECT count(*) FROM core.alert WHERE month = %s AND level = 'alert'", LAST) == [(0,)]


def test_a_month_that_too_few_declared_waits_until_nothing_more_is_awaited(quartiers: Quartiers) -> None:
    quartiers.change_all(LAST, dwellings=int(DWELLINGS * 0.7), departures=4, arrivals=4, notices=4)
    watch(quartiers.connection)
    held = "SELECT count(*) FROM core.alert_family WHERE month = %s"
    assert quartiers.rows(held, LAST) == [(0,)]
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert quartiers.rows(held, LAST) == [(1,)]


def test_a_quartier_of_which_less_than_half_is_declared_has_no_verdict(quartiers: Quartiers) -> None:
    quartiers.change(quartiers.codes[3], LAST, departures=40, dwellings=150)
    watch(quartiers.connection)
    assert quartiers.rows(ALERTS_OF + " AND code = %s", LAST, quartiers.codes[3]) == []
    ((untested,),) = quartiers.rows("SELECT untested FROM core.alert_family WHERE month = %s", LAST)
    assert untested == {"no_verdict:coverage_below_half": 1}


FAMILIES = "SELECT final, tests, untested FROM core.alert_family WHERE month = %s ORDER BY final"


def test_what_had_no_verdict_for_want_of_coverage_is_tested_once_its_month_is_settled(quartiers: Quartiers) -> None:
    late, never = quartiers.codes[3], quartiers.codes[4]
    quartiers.change(late, LAST, departures=4, dwellings=150)
    quartiers.change(never, LAST, departures=4, dwellings=150)
    watch(quartiers.connection)
    quartiers.change(late, LAST, departures=25, dwellings=DWELLINGS)
    assert watch(quartiers.connection).raised == 0, "the month is still awaited"
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert ("departures_up", late, "alert", "confirmed") in quartiers.rows(ALERTS_OF, LAST)
    below = "no_verdict:coverage_below_half"
    assert quartiers.rows(FAMILIES, LAST) == [(False, 5 * 28, {below: 2}), (True, 5, {below: 1})]
    ((number, q, p),) = quartiers.rows(
        "SELECT alert_id, (evidence -> 'q')::float8, (evidence -> 'p')::float8 FROM core.alert "
        "WHERE month = %s AND kind = 'departures_up' AND level = 'alert'",
        LAST,
    )
    assert explain(quartiers.connection, number).equal is True
    assert q is None, "confirmed: computed again, alone"
    ((first,),) = quartiers.rows("SELECT evidence FROM core.alert_step WHERE (alert_id, step) = (%s, 1)", number)
    assert p <= first["q"] <= 5 * p, "its level was decided among five tests, not among all of the month"
    quartiers.change(never, LAST, departures=40, dwellings=DWELLINGS)
    assert watch(quartiers.connection) == (0, 0, 0), "no third family"


def test_what_had_a_verdict_is_not_tested_again_in_the_second_family(quartiers: Quartiers) -> None:
    late, seen = quartiers.codes[3], quartiers.codes[5]
    quartiers.change(late, LAST, departures=4, dwellings=150)
    watch(quartiers.connection)
    before = quartiers.rows(ALERTS_OF + " AND code = %s", LAST, seen)
    quartiers.change(late, LAST, departures=5, dwellings=DWELLINGS)
    quartiers.change(seen, LAST, departures=40)
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert [kind for kind, *_ in quartiers.rows(ALERTS_OF + " AND code = %s", LAST, seen)] == [one[0] for one in before]
    assert quartiers.rows("SELECT sum(tests) FROM core.alert_family WHERE month = %s", LAST) == [(5 * 30,)]


def test_a_month_held_when_nothing_more_is_awaited_has_no_second_family(quartiers: Quartiers) -> None:
    settled = month_after(LAST, -4)
    quartiers.change(quartiers.codes[3], settled, departures=4, dwellings=150)
    watch(quartiers.connection)
    quartiers.change(quartiers.codes[3], settled, departures=40, dwellings=DWELLINGS)
    assert watch(quartiers.connection) == (0, 0, 0)
    assert [final for final, *_ in quartiers.rows(FAMILIES, settled)] == [True]


def test_relogements_are_left_out(quartiers: Quartiers) -> None:
    quartiers.change(quartiers.codes[3], LAST, departures=40, departures_rehoused=36)
    watch(quartiers.connection)
    assert ("departures_up", quartiers.codes[3], "alert", "provisional") not in quartiers.rows(ALERTS_OF, LAST)


def test_an_alert_is_computed_again_to_the_digit(quartiers: Quartiers) -> None:
    number = open_and_watch(quartiers)
    found = explain(quartiers.connection, number)
    assert found.equal is True
    assert found.evidence["count"] == 25
    assert found.series[-1].count == 25
    assert len(found.series) == 24
    quartiers.connection.execute(
        "UPDATE core.alert SET evidence = jsonb_set(evidence, '{p}', '0.5') WHERE alert_id = %s", (number,)
    )
    assert explain(quartiers.connection, number).equal is False
    with pytest.raises(LookupError):
        explain(quartiers.connection, 10**9)


def test_staff_reads_alerts_without_a_count(settings: Settings, quartiers: Quartiers) -> None:
    number = open_and_watch(quartiers)
    with connect(settings, "observatory", autocommit=True) as viewer:
        cursor = viewer.execute("SELECT * FROM staff.alert WHERE alert_id = %s", (number,))
        columns = [column.name for column in cursor.description or []]
        row = dict(zip(columns, cursor.fetchall()[0], strict=True))
    assert row["size"] == "3 fois l'attendu ou plus"
    assert "cause non établie" in row["message_fr"]
    numbers = {name: value for name, value in row.items() if isinstance(value, (int, float))}
    assert numbers.keys() == {"alert_id", "territory_id"}
    assert "25" not in row["message_fr"]


def test_what_is_told_is_told_once_however_often_the_watch_runs(quartiers: Quartiers) -> None:
    open_and_watch(quartiers)
    before = messages(quartiers)
    for _ in range(3):
        watch(quartiers.connection)
    assert messages(quartiers) == before
    identities = [one["id"] for one in before]
    assert len(set(identities)) == len(identities) == len(quartiers.rows("SELECT 1 FROM core.alert_step"))
