"""A detector as the backtest sees it: a panel and some periods in, what is found out."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from streams.detection import farrington as by_series
from streams.detection.calendar import Calendar
from streams.detection.families import Level, Rules, levels
from streams.detection.farrington import farrington_of_panel
from streams.detection.pooled import Options, Panel, pooled
from streams.detection.verdicts import Bools, Floats, Ints, Tested


class Judged(NamedTuple):
    """What a detector found (series, tested); `mid`: mid-p values, NaN where it has no distribution to give them."""

    tested: Tested
    mid: Floats


Detector = Callable[[Panel, Ints], Judged]


def pooled_detector(calendar: Calendar, options: Options) -> Detector:
    """Return the pooled detector with these options."""

    def judge(panel: Panel, tested: Ints) -> Judged:
        found = pooled(panel, calendar, options, tested)
        return Judged(found.tested, found.mid)

    return judge


def farrington_detector(calendar: Calendar, options: by_series.Options) -> Detector:
    """Return Farrington Flexible with these options; it has no mid-p."""

    def judge(panel: Panel, tested: Ints) -> Judged:
        found = farrington_of_panel(panel, calendar, options, tested)
        return Judged(found, np.full(found.p_value.shape, np.nan))

    return judge


def alerted(panel: Panel, found: Tested, tested: Ints, rules: Rules) -> Bools:
    """Return where the alert rule speaks (series, tested): a family a period, floors."""
    counts, coverage = panel.counts[:, tested], panel.coverage[:, tested]
    columns = [
        levels(found.p_value[:, n], counts[:, n], found.expected[:, n], coverage[:, n], rules)[0]
        for n in range(len(tested))
    ]
    speaks: Bools = np.stack(columns, axis=1) == Level.ALERT
    return speaks


def alerted_one_by_one(panel: Panel, found: Tested, before: Tested, tested: Ints, rules: Rules) -> Bools:
    """Return where the alert rule speaks (series, tested) if each series is the only one to which something happens.

    `found` is what is found of all of them, `before` of the panel without incident: a series is judged in the family of
    the others as they were before.
    """
    speaks = np.zeros(found.p_value.shape, dtype=bool)
    for place, period in enumerate(tested.tolist()):
        counts, coverage = panel.counts[:, period], panel.coverage[:, period]
        for series in np.flatnonzero(found.p_value[:, place] < rules.watch).tolist():
            p = before.p_value[:, place].copy()
            p[series] = found.p_value[series, place]
            level, _ = levels(p, counts, found.expected[:, place], coverage, rules)
            speaks[series, place] = level[series] == Level.ALERT
    return speaks
