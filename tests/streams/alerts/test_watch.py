"""Families and alerts in the database: one family a month, then only confirmed or lifted, each step told once."""

import json
from typing import Any

import numpy as np
import pytest

from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import ALERTS
from streams.alerts import family
from streams.alerts.explain import explain
from streams.alerts.watch import watch
from streams.detection.scan import Cluster, Zone
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


def with_upload(quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch, landlords: set[str]) -> None:
    """Let the scan find these landlords' uploads; what it finds by itself is `test_family`'s."""
    none = np.array([], dtype=np.int64)
    clusters = [Cluster(Zone("landlord", name, none), 40, 10.0, 12.0, 0.001) for name in landlords]
    nothing = np.zeros(len(quartiers.codes), dtype=bool)
    monkeypatch.setattr(family, "_uploads", lambda *_: (clusters, nothing))


def test_an_upload_ends_with_its_month_or_when_it_is_none_any_more(
    quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = "SELECT landlord, state FROM core.alert WHERE kind = 'upload' AND month = %s ORDER BY 1"
    with_upload(quartiers, monkeypatch, {"111111111", "222222222"})
    watch(quartiers.connection)
    assert quartiers.rows(states, LAST) == [("111111111", "provisional"), ("222222222", "provisional")]
    with_upload(quartiers, monkeypatch, {"111111111"})
    watch(quartiers.connection)
    assert quartiers.rows(states, LAST) == [("111111111", "provisional"), ("222222222", "lifted")]
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert quartiers.rows(states, LAST) == [("111111111", "confirmed"), ("222222222", "lifted")]


def test_what_was_expected_is_kept_of_every_quartier_with_a_verdict(quartiers: Quartiers) -> None:
    quartiers.change(quartiers.codes[3], LAST, departures=40, dwellings=150)
    watch(quartiers.connection)
    kept = quartiers.rows(
        "SELECT measure, count(*), min(expected) > 0, bool_or(code = %s) FROM core.expected_month "
        "JOIN core.territory USING (territory_id) WHERE month = %s GROUP BY 1 ORDER BY 1",
        quartiers.codes[3],
        LAST,
    )
    assert kept == [("arrivals", 29, True, False), ("departures", 29, True, False), ("notices", 29, True, False)]


def test_nothing_is_examined_while_what_was_sent_is_still_to_be_read(quartiers: Quartiers) -> None:
    write = "INSERT INTO core.topic_end (topic, partition, end_offset) VALUES ('tenancy.moves.999000001', 0, 5000)"
    quartiers.connection.execute(write)
    assert watch(quartiers.connection) == (0, 0, 0)
    assert quartiers.rows("SELECT count(*) FROM core.alert_family") == [(0,)]
    done = "INSERT INTO core.ingest_offset (topic, partition, next_offset) VALUES ('tenancy.moves.999000001', 0, 4950)"
    quartiers.connection.execute(done)
    assert watch(quartiers.connection).months == 12


def test_what_was_expected_is_kept_of_two_years_from_the_first_look_on(quartiers: Quartiers) -> None:
    watch(quartiers.connection)
    ((first, last),) = quartiers.rows("SELECT min(month), max(month) FROM core.expected_month")
    assert last == LAST
    assert first <= month_after(LAST, -12), "a window of twelve months ends with each of the last months"


def declare_late(quartiers: Quartiers, departures: int) -> str:
    """Let a quartier be half declared when its month is tested, then, the month being settled, whole."""
    late = quartiers.codes[3]
    quartiers.change(late, LAST, departures=departures, dwellings=100)
    watch(quartiers.connection)
    quartiers.on("2026-04-02")
    quartiers.change(late, LAST, departures=departures, dwellings=DWELLINGS)
    return late


def test_a_quartier_declared_late_is_tested_once_its_month_is_settled(quartiers: Quartiers) -> None:
    late = declare_late(quartiers, departures=25)
    watch(quartiers.connection)
    families = "SELECT number, tests, awaited FROM core.alert_family WHERE month = %s ORDER BY number"
    assert quartiers.rows(families, LAST) == [(1, 5 * 29, [late]), (2, 5, [])]
    kept = quartiers.rows(
        "SELECT alert_id, family FROM core.alert JOIN core.territory USING (territory_id) "
        "WHERE kind = 'departures_up' AND alert.level = 'alert' AND code = %s",
        late,
    )
    ((number, of),) = kept
    assert of == 2
    assert explain(quartiers.connection, number).equal is True


def test_what_was_tested_is_not_tested_again_with_those_that_were_late(quartiers: Quartiers) -> None:
    declare_late(quartiers, departures=5)
    quartiers.change(quartiers.codes[5], LAST, departures=40)
    assert watch(quartiers.connection).raised == 0
    quartiers.on("2026-04-09")
    before = quartiers.rows("SELECT count(*) FROM core.alert_family WHERE month = %s", LAST)
    watch(quartiers.connection)
    assert quartiers.rows("SELECT count(*) FROM core.alert_family WHERE month = %s", LAST) == before == [(2,)]


def test_late_quartiers_of_a_day_are_taken_together(quartiers: Quartiers) -> None:
    first, second = quartiers.codes[3], quartiers.codes[4]
    for code in (first, second):
        quartiers.change(code, LAST, departures=5, dwellings=100)
    watch(quartiers.connection)
    quartiers.on("2026-04-02")
    quartiers.change(first, LAST, departures=5, dwellings=DWELLINGS)
    watch(quartiers.connection)
    quartiers.change(second, LAST, departures=5, dwellings=DWELLINGS)
    held = "SELECT number, awaited FROM core.alert_family WHERE month = %s ORDER BY number"
    watch(quartiers.connection)
    assert quartiers.rows(held, LAST) == [(1, [first, second]), (2, [second])]
    quartiers.on("2026-04-03")
    watch(quartiers.connection)
    assert quartiers.rows(held, LAST) == [(1, [first, second]), (2, [second]), (3, [])]
