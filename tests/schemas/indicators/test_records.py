"""Every indicator is told whole, and its worked example is true."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.indicators import Indicator, help_text, indicator, indicators, rate
from schemas.indicators.measures import FLOWS, MEASURES, text_of

ON_MEASURES = [one for one in indicators().values() if one.numerator is not None]
RATES_OVER_DWELLINGS = [one for one in ON_MEASURES if one.interval == "poisson"]
ENOUGH: dict[str, float | None] = {
    "dwellings": 600.0,
    "departures": 60.0,
    "departures_same_landlord": 10.0,
    "departures_other_landlord": 6.0,
    "departures_rehoused": 4.0,
    "departures_reason_unknown": 10.0,
}


def ids(one: Indicator) -> str:
    return one.code


def with_all(measures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {**dict.fromkeys(MEASURES, 0.0), **measures}


@pytest.mark.parametrize("one", indicators().values(), ids=ids)
def test_an_indicator_says_what_it_is_and_what_it_is_not(one: Indicator) -> None:
    text = help_text(one.code)
    assert one.formula in text and one.limits in text
    assert "rotation" not in one.name.lower()
    assert one.source and one.example.text


@pytest.mark.parametrize("one", ON_MEASURES, ids=ids)
def test_a_worked_example_can_be_worked(one: Indicator) -> None:
    found = rate(one, one.example.measures, one.example.window)
    assert found.status == "value"
    assert found.value is not None
    if one.interval != "none":
        assert found.lower is not None and found.upper is not None
        assert found.lower < found.value < found.upper


@pytest.mark.parametrize("one", RATES_OVER_DWELLINGS, ids=ids)
def test_a_rate_over_dwellings_needs_fifty_of_them(one: Indicator) -> None:
    few = {**one.example.measures, "dwellings": 49.0}
    assert rate(one, few, one.example.window).status == "too_few_dwellings"
    assert rate(one, few, one.example.window).value is None


def test_the_departure_rate_is_what_landlords_call_it() -> None:
    found = rate(indicator("departure_rate"), ENOUGH)
    assert (found.numerator, found.denominator, found.value) == (60.0, 600.0, 10.0)


def test_a_quarter_is_brought_to_a_year_and_says_so() -> None:
    one = indicator("departure_rate")
    assert rate(one, {**ENOUGH, "departures": 15.0}, 3).value == 10.0
    assert one.label(3) == "Taux de départ (bailleur), 3 mois, annualisé"
    assert one.label(12) == "Taux de départ (bailleur), 12 mois"


def test_departures_are_internal_external_or_of_unknown_reason() -> None:
    internal, external = (rate(indicator(f"{way}_departure_rate"), ENOUGH) for way in ("internal", "external"))
    assert internal.numerator == 20.0
    assert external.numerator == 30.0


def test_departures_by_destination_add_up_to_all() -> None:
    measures = with_all({"dwellings": 600.0, "departures": 60.0})
    for place, name in enumerate(name for name in FLOWS if name.startswith("left_")):
        measures[name] = place + 4.0
    shares = [rate(one, measures).value for code, one in indicators().items() if code.startswith("left_")]
    assert len(shares) == 8
    assert sum(share for share in shares if share is not None) == pytest.approx(100)


def test_an_exit_rate_is_held_back_when_too_many_destinations_are_unknown() -> None:
    one = indicator("qpv_exit_rate")
    measures = with_all({"dwellings": 600.0, "departures": 60.0, "left_same_qpv": 20.0, "left_elsewhere": 16.0})
    assert rate(one, measures).status == "value"
    assert rate(one, {**measures, "left_elsewhere": 15.0}).status == "too_many_unknown"


def test_what_stands_on_a_secret_is_secret() -> None:
    assert rate(indicator("departure_rate"), {**ENOUGH, "departures": None}).status == "secret"
    measures = with_all({"dwellings": 600.0, "departures": 60.0, "left_same_qpv": 20.0, "left_elsewhere": None})
    assert rate(indicator("qpv_exit_rate"), measures).status == "secret"


def test_nothing_is_divided_by_nothing() -> None:
    assert rate(indicator("first_letting_share"), with_all({"dwellings": 600.0})).status == "no_data"


def test_a_figure_without_such_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="3 months"):
        rate(indicator("relet_rate"), ENOUGH, 3)
    with pytest.raises(ValueError, match="no figure"):
        rate(indicator("relocation_delay"), ENOUGH)


@pytest.mark.parametrize("text", ["departures +", "departures arrivals", "départs", "departures - departures"])
def test_what_is_no_sum_of_measures_is_refused(text: str) -> None:
    record: dict[str, Any] = indicator("departures").model_dump() | {"numerator": text}
    with pytest.raises(ValidationError):
        Indicator(**record)


def test_an_expression_reads_as_it_is_written() -> None:
    numerator = indicator("external_departure_rate").numerator
    assert numerator is not None
    assert text_of(numerator) == (
        "departures - departures_same_landlord - departures_other_landlord - departures_rehoused"
        " - departures_reason_unknown"
    )


def test_a_label_that_says_only_rotation_is_refused() -> None:
    with pytest.raises(ValidationError, match="rotation"):
        Indicator(**indicator("departure_rate").model_dump() | {"name": "Taux de rotation"})


@given(*[st.tuples(st.integers(0, 400), st.integers(50, 5_000)) for _ in range(2)])
def test_the_rate_of_two_territories_together_lies_between_theirs(one: tuple[int, int], other: tuple[int, int]) -> None:
    both = tuple(sum(pair) for pair in zip(one, other, strict=True))
    rates = [
        rate(indicator("departure_rate"), {"departures": departures, "dwellings": dwellings}).value or 0.0
        for departures, dwellings in (one, both, other)
    ]
    assert min(rates[0], rates[2]) - 1e-9 <= rates[1] <= max(rates[0], rates[2]) + 1e-9


@given(st.integers(0, 400), st.integers(50, 5_000), st.sampled_from([1, 3, 12]))
def test_a_rate_lies_in_its_interval(departures: int, dwellings: int, window: int) -> None:
    found = rate(indicator("departure_rate"), {"departures": departures, "dwellings": dwellings}, window)
    assert found.value is not None and found.lower is not None and found.upper is not None
    assert found.lower <= found.value < found.upper
