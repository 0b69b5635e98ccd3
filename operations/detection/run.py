"""A panel from a file, run through a detector: which periods are tested, and what is said of each row."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from operations.detection.choices import Method
from operations.detection.panel_file import PanelError, PanelFile
from operations.detection.period_labels import PeriodError, number_of
from streams.detection import farrington as by_series
from streams.detection import pooled as by_panel
from streams.detection.farrington import farrington_of_panel
from streams.detection.pooled import Panel, pooled
from streams.detection.verdicts import Ints, Tested, Verdict, blank


@dataclass(frozen=True)
class Chosen:
    """What was asked for on the command line, in its words; None where nothing was said."""

    alpha: float | None = None
    years_back: int | None = None
    half_window: int | None = None
    no_periods: int | None = None
    weights_threshold: float | None = None
    past_not_included: int | None = None
    trend: bool = True
    trend_threshold: float | None = None
    reweight: bool = True
    threshold_method: by_series.Threshold | None = None
    recent_cases: tuple[int, int] | None = None

    def for_farrington(self) -> by_series.Options:
        """Return the options of Farrington Flexible: what was not said is as in R."""
        given = {
            "alpha": self.alpha,
            "years_back": self.years_back,
            "half_window": self.half_window,
            "seasons": self.no_periods,
            "weights_threshold": self.weights_threshold,
            "not_included": self.past_not_included,
            "trend_threshold": self.trend_threshold,
            "threshold": self.threshold_method,
            "recent": self.recent_cases,
        }
        said = {name: value for name, value in given.items() if value is not None}
        return by_series.Options(trend=self.trend, reweight=self.reweight, **said)  # type: ignore[arg-type]

    def for_pooled(self, frequency: int) -> by_panel.Options:
        """Return the options of the pooled detector: the same words mean the same of its history."""
        usual = by_panel.Options.of(frequency, 5 if self.years_back is None else self.years_back)
        given = {
            "alpha": self.alpha,
            "reach": self.half_window,
            "outlying": self.weights_threshold if self.reweight else np.inf,
            "guard": self.past_not_included,
            "slope_chance": self.trend_threshold if self.trend else 0.0,
            "recent": self.recent_cases,
        }
        said = {name: value for name, value in given.items() if value is not None}
        return replace(usual, **said)  # type: ignore[arg-type]


def check(method: Method, chosen: Chosen, frequency: int) -> None:
    """Raise PanelError for options that cannot go together, with what is possible."""
    half = chosen.half_window
    if half is None:
        half = chosen.for_farrington().half_window if method is Method.FARRINGTON else 0
    rest = frequency - 2 * half - 1
    if rest < 0:
        raise PanelError(f"--half-window {half} : au plus {(frequency - 1) // 2} quand l'année a {frequency} périodes.")
    if method is Method.FARRINGTON and (chosen.no_periods or 1) - 1 > rest:
        raise PanelError(
            f"--no-periods {chosen.no_periods} : au plus {rest + 1} avec --half-window {half}, l'année n'a que "
            f"{frequency} périodes."
        )
    guard, summed = chosen.past_not_included, by_panel.Options.summed
    if method is Method.POOLED and guard is not None and guard < summed - 1:
        raise PanelError(f"--past-not-included {guard} : au moins {summed - 1} avec --method pooled.")


class Row(NamedTuple):
    """What is said of one count, `events`; None for what is not known."""

    series: str
    period: str
    events: int | None
    expected: float | None
    upper: float | None
    p_value: float | None
    alarm: bool | None
    verdict: str


def tested_periods(panel: PanelFile, first: str | None, last: str | None) -> Ints:
    """Return the positions from one period to another, both included; all where nothing is said.

    Raises PanelError if a period is not written as in the file, or none is left.
    """
    count = panel.periods.calendar.periods
    try:
        start, end = (
            default if label is None else panel.periods.position(number_of(label, panel.periods.writing))
            for label, default in ((first, 0), (last, count - 1))
        )
    except PeriodError as error:
        raise PanelError(f"--from, --to : {error}.") from error
    found = np.arange(max(start, 0), min(end, count - 1) + 1, dtype=np.int64)
    if not len(found):
        raise PanelError(
            f"aucune période à examiner entre --from et --to : le fichier va de {panel.periods.label(0)} à "
            f"{panel.periods.label(count - 1)}."
        )
    return found


def detect(panel: PanelFile, method: Method, chosen: Chosen, tested: Ints, future: int) -> Tested:
    """Test some periods of every series; `future` is the position of the first period that has not begun.

    Raises PanelError if the options cannot go together.
    """
    check(method, chosen, panel.periods.calendar.frequency)
    known = tested[tested < future]
    found = blank((len(panel.series), len(tested)), Verdict.IN_THE_FUTURE)
    for all_, some in zip(found, _detect(panel, method, chosen, known), strict=True):
        all_[:, : len(known)] = some
    return found


def _detect(panel: PanelFile, method: Method, chosen: Chosen, tested: Ints) -> Tested:
    given = Panel.of(panel.counts, panel.exposure, panel.coverage)
    if method is Method.FARRINGTON:
        return farrington_of_panel(given, panel.periods.calendar, chosen.for_farrington(), tested)
    return pooled(given, panel.periods.calendar, chosen.for_pooled(panel.periods.calendar.frequency), tested).tested


def rows(panel: PanelFile, tested: Ints, found: Tested) -> Iterator[Row]:
    """Return what is said of each series and tested period, from the first row of the series on; of what is to come,
    only the rows that were given.
    """
    labels = [panel.periods.label(period) for period in tested.tolist()]
    codes = {int(one): one.code for one in Verdict}
    for number, name in enumerate(panel.series):
        first = int(np.argmax(panel.given[number]))
        columns = (panel.counts[number, tested], *(one[number] for one in found))
        for label, period, count, expected, upper, p_value, verdict in zip(
            labels, tested.tolist(), *(column.tolist() for column in columns), strict=True
        ):
            if period < first or (verdict == Verdict.IN_THE_FUTURE and not panel.given[number, period]):
                continue
            yield Row(
                series=name,
                period=label,
                events=None if math.isnan(count) else int(count),
                expected=_known(expected),
                upper=_known(upper),
                p_value=_known(p_value),
                alarm=verdict == Verdict.ALARM if verdict < Verdict.NO_DATA else None,
                verdict=codes[verdict],
            )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def remarks(panel: PanelFile, method: Method, chosen: Chosen, future: int) -> list[str]:
    """Return what whoever runs the command should know of how the file and the options were taken."""
    said = []
    if panel.ignored:
        said.append(f"Colonnes sans effet : {', '.join(panel.ignored)}.")
    if panel.periods.short_years:
        said.append("Aucune semaine 53 dans le fichier : ses années sont comptées de 52 semaines.")
    if future < panel.periods.calendar.periods:
        said.append(f"À partir de {panel.periods.label(future)} les périodes sont à venir : pas de verdict.")
    without_effect = {"--no-periods": chosen.no_periods, "--threshold-method": chosen.threshold_method}
    if method is Method.POOLED and (names := [name for name, value in without_effect.items() if value is not None]):
        said.append(f"Sans effet avec --method pooled : {', '.join(names)}.")
    return said
