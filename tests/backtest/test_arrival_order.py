"""The labelled incidents of the fictitious region, replayed in the order in which its landlords sent: each raises its
alert, and what is about declarations says nothing of a quartier.
"""

import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.backtest.filling import fill
from operations.backtest.history import History, months_of, read_history
from operations.backtest.history_report import sections
from operations.backtest.svg import Drawing
from producers.region import Region, simulate
from producers.region.landlords import REKEYED, roster
from runtime.database import connect
from runtime.settings import Settings
from streams.alerts.inputs import read_inputs
from streams.backtest.labels import Incident, Outcome
from streams.backtest.reading import read_arrivals
from streams.detection.families import Level
from streams.measures.refresh import recount
from streams.publication.base import first_day, number
from tests.conftest import empty

pytestmark = pytest.mark.services
SPAN = (date(2023, 1, 1), date(2026, 1, 1))
PROVISIONAL = 2
CELLS_OF_LATER_STOCKS = """
DELETE FROM core.stock_cell AS cell USING core.stock AS one
WHERE (one.landlord, one.stock_on) = (cell.landlord, cell.stock_on) AND received_on > %s
"""
DEPARTEMENTS = ("11", "34", "46")
"""Those of the silent landlord, of the doubled quartier and of the landlord that changed its software."""


@pytest.fixture(scope="module")
def region() -> Region:
    """The landlord that changed its software declares every week here: declaring by the month, it leaves its quartier
    without verdict when months are tested, and saying nothing of it would prove nothing.
    """
    weekly = tuple(
        replace(one, cadence="weekly", lag_days=4.0, month_precision=False) if number == REKEYED else one
        for number, one in enumerate(roster())
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["producers.region.simulate"], "roster", lambda: weekly)
        return simulate(*SPAN, seed=7, scale=0.6, departements=DEPARTEMENTS)


@pytest.fixture(scope="module")
def history(settings: Settings, region: Region) -> History:
    """Three départements' three years, filled in the order of arrival and replayed."""
    empty(settings)
    told: list[int] = []
    taken = fill(settings, region, SPAN, told.append)
    assert told[-1] == taken > 30_000
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)
    labels = [Incident(**vars(one)) for one in region.incidents]
    with connect(settings, "ingest") as connection:
        return read_history(connection, labels, None, None, lambda _: None)


def outcome(history: History, kind: str) -> Outcome:
    (found,) = [one for one in history.outcomes or [] if one.incident.kind == kind]
    return found


def test_what_was_received_gives_to_the_digit_what_the_measures_hold(history: History) -> None:
    assert history.equal is True


def test_the_doubled_quartier_raises_an_alert_on_its_departures_with_its_evidence(history: History) -> None:
    found = outcome(history, "doubled_departures")
    assert found.as_expected
    first = min(found.raised, key=lambda one: one.raised_on)
    assert (first.kind, first.code, first.level) == ("departures_up", found.incident.qpv, Level.ALERT)
    assert found.incident.start <= first.month < found.incident.end
    assert first.signal is not None
    assert first.signal.ratio > 1.5
    assert first.signal.count > first.signal.bound
    (family,) = [one for one in history.replayed.families if one.month == first.month]
    assert first.raised_on == family.on <= first_day(number(first.month) + PROVISIONAL)
    assert found.delay == (first.raised_on - found.incident.start).days
    shown = {one.month: one for one in months_of(history, found.incident)}
    again = shown[first.month].signal
    assert again is not None
    assert (again.count, again.expected, again.p) == (first.signal.count, first.signal.expected, first.signal.p)


@pytest.mark.parametrize(("kind", "alert"), [("rekeyed_erp", "rekey"), ("silence", "silence")])
def test_what_happens_to_a_landlord_is_an_alert_on_its_declarations_and_none_on_a_quartier(
    history: History, kind: str, alert: str
) -> None:
    found = outcome(history, kind)
    assert [one.kind for one in found.raised] == [alert]
    assert {one.landlord for one in found.raised} == {found.incident.landlord}
    assert found.seen > 0, "something could be said of its quartiers"
    assert found.wrong == ()


def test_a_silence_ends_with_the_declaration_that_ends_it(history: History) -> None:
    found = outcome(history, "silence")
    (alert,) = found.raised
    assert alert.state == "lifted"
    assert alert.changed_on is not None
    assert found.incident.end <= alert.changed_on <= found.incident.end + timedelta(days=14)


@pytest.mark.parametrize("kind", ["demolition", "sale", "optimistic_declarations", "wrong_control_total"])
def test_what_is_no_signal_raises_none(history: History, kind: str) -> None:
    found = [one for one in history.outcomes or [] if one.incident.kind == kind]
    assert all(one.as_expected and not one.raised for one in found)


def test_an_alert_stands_on_nothing_that_came_later(settings: Settings, history: History) -> None:
    """What is received after a day is deleted: the inputs of that day stay what they were."""
    family = history.replayed.families[3]
    with connect(settings, "ingest") as connection, connection.cursor() as cursor:
        cursor.execute(CELLS_OF_LATER_STOCKS, (family.on,))
        for table in ("fact", "declaration", "stock"):
            cursor.execute(f"DELETE FROM core.{table} WHERE received_on > %s".encode(), (family.on,))
            assert cursor.rowcount > 0
        before, after = (one.as_of(family.on, family.month) for one in (history.arrivals, read_arrivals(cursor)))
        now = read_inputs(cursor, family.month)
        connection.rollback()
    assert before.codes == after.codes == now.codes
    assert before.cells.landlord == after.cells.landlord
    for name in ("departures", "arrivals"):
        assert np.array_equal(before.counts[name], after.counts[name], equal_nan=True)
        assert not np.array_equal(before.counts[name], now.counts[name], equal_nan=True), "corrections came"
    assert np.array_equal(before.declared, after.declared, equal_nan=True)


def test_the_report_shows_each_known_incident_with_its_alert_and_what_staff_said(history: History) -> None:
    drawn: list[str] = []

    def picture(name: str, drawing: Drawing) -> str:
        drawn.append(name)
        return drawing.title

    found = outcome(history, "doubled_departures")
    said = {("alert", "acknowledged"): 3, ("alert", "dismissed"): 1, ("watch", "none"): 7}
    text = "\n".join(sections(replace(history, said=said), picture))
    assert drawn == ["alertes", "incidents-connus"]
    (row,) = [line for line in text.splitlines() if line.startswith("| départs doublés")]
    assert history.names[found.incident.qpv or ""] in row
    assert "Départs inhabituellement nombreux" in row
    assert f"{found.delay} j" in row
    assert row.endswith("| ✔ |")
    assert "| alerte | 3 | 1 | 0 | 75 % de 4 |" in text
    assert "| à surveiller | 0 | 0 | 7 | – |" in text
    assert "sont celles des mesures, au chiffre près" in text


def test_alerts_by_chance_are_few(history: History) -> None:
    assert len(history.unexplained) <= 0.2 * len(history.replayed.families) + 1
