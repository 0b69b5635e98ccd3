"""The family of a month, on inputs made by hand: what is raised, what is not, and that it can be computed again."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from schemas.alerts.kinds import KINDS, MEASURES
from streams.alerts.evidence import of_upload, told
from streams.alerts.family import RULES, again, evidence, expectations, hold, stands, upload_of
from streams.alerts.inputs import PERIODS, Cells, Inputs, packed, unpacked
from streams.detection.families import Level, benjamini_hochberg

SERIES, RATE = 60, 5.0
LANDLORDS = ("111111111", "222222222", "333333333")


def made(seed: int = 2, rate: float = RATE) -> Inputs:
    """Sixty quartiers of 500 dwellings with five moves a month, of two landlords each, everything declared."""
    rng = np.random.default_rng(seed)
    dwellings = np.full((SERIES, PERIODS), 500.0)
    counts = {measure: rng.poisson(rate, (SERIES, PERIODS)).astype(float) for measure in MEASURES}
    quartier = np.repeat(np.arange(SERIES), 2)
    landlord = tuple(LANDLORDS[(cell // 2 + cell % 2) % 3] for cell in range(2 * SERIES))
    last = counts["departures"][:, -1]
    first = rng.binomial(last.astype(int), 0.5).astype(float)
    count = np.empty(2 * SERIES)
    count[0::2], count[1::2] = first, last - first
    return Inputs(
        month=date(2026, 2, 1),
        codes=tuple(f"QN{place:05d}M" for place in range(SERIES)),
        counts=counts,
        dwellings=dwellings,
        declared=dwellings.copy(),
        cells=Cells(quartier, landlord, count, np.full(2 * SERIES, 250.0)),
        communes=tuple((f"{31000 + place // 4}",) for place in range(SERIES)),
        epcis=tuple(("243100518",) for _ in range(SERIES)),
    )


def with_last(inputs: Inputs, measure: str, series: int, count: float) -> Inputs:
    """Return the inputs with another count of a quartier in the tested month; its landlords share the rest."""
    counts = {name: values.copy() for name, values in inputs.counts.items()}
    counts[measure][series, -1] = count
    cells = inputs.cells
    if measure == "departures":
        of_cells = cells.count.copy()
        of_cells[2 * series], of_cells[2 * series + 1] = count // 2, count - count // 2
        cells = replace(cells, count=of_cells)
    return replace(inputs, counts=counts, cells=cells)


def raised(inputs: Inputs, level: Level = Level.ALERT) -> set[tuple[str, int]]:
    return {(one.kind, one.series) for one in hold(inputs).signals if one.level >= level}


def test_where_nothing_happens_few_families_raise_an_alert() -> None:
    families = [hold(made(seed)) for seed in range(20)]
    assert all(family.tests == len(KINDS) * SERIES for family in families)
    alerts = [one for family in families for one in family.signals if one.level == Level.ALERT]
    watched = [one for family in families for one in family.signals]
    assert len(alerts) <= 0.5 * len(families), "a false alert in two months at most"
    assert len(watched) <= RULES.watch * 1.5 * len(families) * len(KINDS) * SERIES


@pytest.mark.parametrize(
    ("measure", "count", "kind"),
    [
        ("departures", 25, "departures_up"),
        ("arrivals", 25, "arrivals_up"),
        ("notices", 25, "notices_up"),
    ],
)
def test_five_times_as_many_are_an_alert_of_that_kind_only(measure: str, count: int, kind: str) -> None:
    assert raised(with_last(made(), measure, 7, count)) == {(kind, 7)}


def test_unusually_few_are_told_where_many_were_expected() -> None:
    assert ("departures_down", 4) in raised(with_last(made(rate=30), "departures", 4, 2))
    assert raised(with_last(made(rate=4), "departures", 4, 0)) == set(), "too few were expected to miss them"


def test_below_half_of_the_dwellings_declared_there_is_no_test_and_no_signal() -> None:
    inputs = with_last(made(), "departures", 7, 25)
    inputs.declared[7, -1] = 200
    assert raised(inputs, Level.WATCH) & {("departures_up", 7)} == set()
    family = hold(inputs)
    assert family.untested == {"no_verdict:coverage_below_half": 1}
    assert family.tests == len(KINDS) * (SERIES - 1)


def test_one_budget_holds_for_all_kinds_of_a_month() -> None:
    inputs = with_last(with_last(made(), "departures", 7, 25), "notices", 9, 16)
    family = hold(inputs)
    p = np.stack([evidence(inputs, kind).tested.p_value[:, 0] for kind in KINDS])
    q = benjamini_hochberg(p)
    assert family.cut == p[q <= RULES.discovery].max()
    assert all(one.q <= RULES.discovery for one in family.signals if one.level == Level.ALERT)


def with_excess(inputs: Inputs, landlord: str) -> Inputs:
    """Return the inputs with twelve more departures in each part of a landlord."""
    for cell in range(len(inputs.cells.landlord)):
        if inputs.cells.landlord[cell] == landlord:
            inputs.cells.count[cell] += 12
            inputs.counts["departures"][inputs.cells.quartier[cell], -1] += 12
    return inputs


def test_an_excess_in_all_quartiers_of_one_landlord_is_its_uploads_and_no_quartiers() -> None:
    inputs = with_excess(made(seed=3), LANDLORDS[0])
    family = hold(inputs)
    assert [one.zone.name for one in family.uploads] == [LANDLORDS[0]]
    assert raised(inputs) == set()


def test_an_upload_is_found_again_while_it_is_one() -> None:
    inputs = with_excess(made(seed=3), LANDLORDS[0])
    found = upload_of(inputs, LANDLORDS[0])
    assert found is not None
    assert of_upload(inputs, found)["count"] == found.events
    assert upload_of(inputs, LANDLORDS[1]) is None
    assert upload_of(made(seed=3), LANDLORDS[0]) is None


def test_what_is_expected_is_that_of_the_tests_and_nothing_where_there_is_no_verdict() -> None:
    inputs = with_last(made(), "departures", 7, 25)
    inputs.declared[9, -1] = 200
    found = expectations(inputs)
    assert found.keys() == set(MEASURES)
    (signal,) = (one for one in hold(inputs).signals if one.level == Level.ALERT)
    assert found["departures"][7] == signal.expected
    assert [int(place) for place in np.flatnonzero(np.isnan(found["departures"]))] == [9]


def test_beside_an_upload_what_is_not_its_landlords_is_still_raised() -> None:
    inputs = with_excess(made(seed=3), LANDLORDS[0])
    alone = next(
        series for series in range(SERIES) if LANDLORDS[0] not in inputs.cells.landlord[2 * series : 2 * series + 2]
    )
    assert raised(with_last(inputs, "departures", alone, 30)) == {("departures_up", alone)}


def test_kept_inputs_give_the_same_figures_to_the_digit() -> None:
    inputs = with_last(made(), "departures", 7, 25)
    kept = unpacked(packed(inputs))
    (signal,) = (one for one in hold(inputs).signals if one.level == Level.ALERT)
    alone = again(kept, "departures_up", inputs.codes[7])
    assert alone is not None
    first, second = told(inputs, signal), told(kept, alone)
    assert {name: value for name, value in first.items() if name != "q"} == {
        name: value for name, value in second.items() if name != "q"
    }
    assert hold(kept).signals == hold(inputs).signals


def test_a_signal_stands_by_the_limit_of_its_family() -> None:
    inputs = with_last(made(), "departures", 7, 25)
    family = hold(inputs)
    (signal,) = (one for one in family.signals if one.level == Level.ALERT)
    assert stands(signal, Level.ALERT, family.cut)
    assert not stands(replace(signal, p=family.cut * 1.01), Level.ALERT, family.cut)
    assert not stands(replace(signal, count=4.0), Level.ALERT, family.cut), "under the floor"
    assert stands(replace(signal, p=RULES.watch * 0.99), Level.WATCH, family.cut)


def test_the_evidence_names_the_landlords_and_the_neighbours() -> None:
    inputs = with_last(made(), "departures", 7, 25)
    (signal,) = (one for one in hold(inputs).signals if one.level == Level.ALERT)
    found = told(inputs, signal)
    assert [one["count"] for one in found["landlords"]] == [12.0, 13.0]
    assert sum(one["expected"] for one in found["landlords"]) == pytest.approx(found["expected"])
    assert [one["code"] for one in found["neighbours"]] == [inputs.codes[series] for series in (4, 5, 6)]
    assert "25" not in found["message_fr"]
    assert "cause non établie" in found["message_fr"]
