"""Shift and recombine: the series' own past events, taken out, put back a year later, and looked for again.

What is drawn from a model flatters whoever assumes that model; here both the ordinary counts and the events are the
series' own. What is seen less often the second time owes its first detection to its place: season, level, neighbours.
"""

from dataclasses import dataclass, replace

import numpy as np

from streams.backtest.detector import Detector, Judged
from streams.detection.pooled import Panel
from streams.detection.verdicts import Bools, Ints


@dataclass(frozen=True)
class Recombined:
    """Episodes (alarms in a row) of the series, how many could be moved and were found again where they were put, and
    how many alarms stay where they were taken out.
    """

    episodes: int
    moved: int
    found: int
    left: int


def recombine(detector: Detector, panel: Panel, judged: Judged, tested: Ints, alpha: float, year: int) -> Recombined:
    """Return what is found of the series' own events, moved by a year: later, or earlier where there is no later.

    `judged` is what was found of the panel as it is. An event is what a count exceeds its expectation by, over the
    periods in which p is below alpha; `year` in periods.
    """
    with np.errstate(invalid="ignore"):
        alarm = judged.tested.p_value < alpha
    counts = panel.counts.copy()
    taken, put = np.zeros(counts.shape, dtype=bool), np.zeros(counts.shape, dtype=bool)
    episodes = _episodes(alarm)
    kept: list[tuple[int, Ints]] = []
    last = int(tested[-1])
    for series, places in episodes:
        periods = tested[places]
        events = np.maximum(counts[series, periods] - np.round(judged.tested.expected[series, places]), 0)
        counts[series, periods] -= events
        taken[series, periods] = True
        there = periods + year if periods[-1] + year <= last else periods - year
        if there[0] < tested[0] or not np.isfinite(panel.counts[series, there]).all():
            continue
        kept.append((series, there))
        put[series, there] = True
        counts[series, there] += events
    again = detector(replace(panel, counts=counts), tested).tested
    whole = np.zeros(counts.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        whole[:, tested] = again.p_value < alpha
    return Recombined(
        episodes=len(episodes),
        moved=len(kept),
        found=sum(bool(whole[series, there].any()) for series, there in kept),
        left=int((whole & taken & ~put).sum()),
    )


def _episodes(alarm: Bools) -> list[tuple[int, Ints]]:
    """Return the runs of alarms (series, tested): the series and the places in it."""
    found = []
    for series in np.flatnonzero(alarm.any(axis=1)).tolist():
        places = np.flatnonzero(alarm[series])
        found += [(series, run) for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)]
    return found
