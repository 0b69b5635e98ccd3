"""Measure the detectors on simulated panels and write `benchmarks/results/detection.md`.

`python -m benchmarks.detection`: no database, no broker; a few minutes on one core.
"""

import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy

from benchmarks.detection.measures import (
    DISCOVERIES,
    FARRINGTON,
    LARGE,
    MONTHLY,
    Calm,
    calm,
    caught,
    country,
    curve,
    evidence,
    weekly,
)
from benchmarks.detection.panels import FIRST_TESTED, MONTHS, draw, region, typical
from benchmarks.machine import load, machine
from streams.detection import farrington as by_series
from streams.detection.farrington import farrington

SEEDS = list(range(2026, 2030))
WEEKLY_SEED, COPIES = 2026, 6
BUDGETS = [0.1, 0.25, 0.5, 1.0, 2.0]
RESULT = Path(__file__).parents[1] / "results" / "detection.md"
NOUFAILY = {
    "delta, .05: the defaults": by_series.Options(),
    "**nbPlugin, noPeriods 10, .01**": by_series.Options(alpha=0.01, seasons=10, threshold="nbPlugin"),
    "the same, past weeks not included 26, trend always": by_series.Options(
        alpha=0.01, seasons=10, threshold="nbPlugin", not_included=26, trend_threshold=1.0
    ),
    "muan, noPeriods 10, .01": by_series.Options(alpha=0.01, seasons=10, threshold="muan"),
}


def null_panels() -> list[str]:
    """Return the rows of the panels in which nothing happens."""
    lines = []
    everything = Calm()
    for phi in (1.3, 2.0):
        for coverage in (1.0, 0.6):
            for steps in (False, True):
                one = calm(region(), phi, coverage, steps=steps, seeds=SEEDS)
                sizes = " | ".join(f"{100 * hit / max(n, 1):.2f}" for hit, n in one.sizes.values())
                alerts = one.alerts[DISCOVERIES[0]] / one.months
                lines.append(
                    f"| {phi} | {coverage} | {'yes' if steps else 'no'} | **{one.share(0.01):.2f}** "
                    f"| {one.share(0.002):.2f} | {sizes} | {np.mean(one.phi):.2f} | {alerts:.2f} "
                    f"| {100 * one.naive[0] / one.naive[1]:.1f} |"
                )
                everything.histogram += one.histogram
                everything.of_large += one.of_large
    tenths = [
        " ".join(f"{100 * n / all_.sum():.1f}" for n in all_) for all_ in (everything.histogram, everything.of_large)
    ]
    return [
        *lines,
        "",
        f"Mid-p of the single month, percent in each tenth from 0 to 1 (10 each if flat): {tenths[0]}; where {LARGE} "
        f"or more are expected: {tenths[1]}. Of small counts none is: a month without departures is one step.",
    ]


def incidents() -> list[str]:
    """Return the rows of the panels with incidents."""
    lines = []
    places = {"region": region(), "typical": typical(np.random.default_rng(SEEDS[0]))}
    for name, place in places.items():
        for phi in (1.3, 2.0):
            for months in (1, 3):
                for factor in (1.5, 2.0, 3.0):
                    one = caught(place, phi, factor, months, SEEDS)
                    sizes = " | ".join(
                        f"{one.sizes[size]:.0f}" if size in one.sizes else ""
                        for size in ("under 1", "1 to 5", "5 to 20", "20 or more")
                    )
                    lines.append(
                        f"| {name} | {phi} | {months} | x{factor:g} | **{one.at_01:.0f}** | {one.at_002:.0f} "
                        f"| {one.alerts[0]:.0f} | {one.known:.0f} | {sizes} |"
                    )
    return lines


def discoveries() -> list[str]:
    """Return the rows of the alert rule at several rates of false discovery."""
    lines = []
    places = {"region": region(), "typical": typical(np.random.default_rng(SEEDS[0]))}
    for name, place in places.items():
        for phi in (1.3, 2.0):
            quiet = calm(place, phi, 1.0, steps=False, seeds=SEEDS)
            found = {factor: caught(place, phi, factor, 3, SEEDS) for factor in (2.0, 3.0)}
            for n, rate in enumerate(DISCOVERIES):
                lines.append(
                    f"| {name} | {phi} | {rate} | {quiet.alerts[rate] / quiet.months:.2f} "
                    f"| {found[2.0].alerts[n]:.0f} | {found[3.0].alerts[n]:.0f} |"
                )
    return lines


def curves() -> list[str]:
    """Return the rows of the comparison at equal false alarms."""
    lines = []
    for phi in (1.3, 2.0):
        for factor in (2.0, 3.0):
            found = curve(region(), phi, factor, SEEDS, BUDGETS)
            for name, shares in found.items():
                lines.append(f"| {phi} | x{factor:g} | {name} | " + " | ".join(f"{one:.0f}" for one in shares) + " |")
    return lines


def scenarios() -> list[str]:
    """Return the rows of the weekly scenarios."""
    return [
        f"| {name} | {one.false_alarms:.2f} | {one.detected:.0f} | {one.small:.0f} | {one.large:.0f} | {one.delay:.2f} "
        f"| {one.without_verdict} |"
        for name, one in ((name, weekly(options, WEEKLY_SEED, COPIES)) for name, options in NOUFAILY.items())
    ]


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock and seconds of processor."""
    clock, processor = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - clock, time.process_time() - processor


def speed() -> list[str]:
    """Return the rows of the times."""
    rng = np.random.default_rng(SEEDS[0])
    nation = country(rng)
    stock, rate = typical(rng)
    panel = draw(rng, np.resize(stock, 240), np.resize(rate, 240), 1.3)
    at_risk = panel.panel.exposure
    every = np.arange(MONTHS)
    tasks: dict[str, Callable[[], object]] = {
        "1,600 quartiers, 60 months of history, the newest month": lambda: evidence(nation, np.array([MONTHS - 1])),
        "1,600 quartiers, each of 48 months": lambda: evidence(nation, np.arange(FIRST_TESTED, MONTHS)),
        "20,160 series-months, pooled": lambda: evidence(panel, every),
        "20,160 series-months, Farrington": lambda: farrington(panel.panel.counts, at_risk, MONTHLY, FARRINGTON, every),
    }
    return [
        f"| {name} | {one[0]:.2f} | {one[1]:.2f} |" for name, one in ((n, timed(task)) for n, task in tasks.items())
    ]


def main() -> None:
    """Measure everything and write the result."""
    calm_rows, incident_rows, curve_rows = null_panels(), incidents(), curves()
    median = np.median(region()[0] * region()[1]) / 12
    budgets = " | ".join(f"{one:g} %" for one in BUDGETS)
    text = f"""# Detection: false alarms and what is found

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.detection`, on {machine()};
{load()}. Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}.
Seeds {SEEDS[0]} to {SEEDS[-1]}; the weekly scenarios {WEEKLY_SEED}.

Panels *region*: the region's 105 quartiers with the stock and the departure rate of INSEE's RPLS 2022, {MONTHS} months,
of which {MONTHS - FIRST_TESTED} are tested; the median quartier has {median:.1f} departures a month. Panels *typical*:
105 quartiers, median 5 a month. Counts are negative binomial of variance phi times the mean.

## Nothing happens: the pooled detector's false alarms

Percent of tests with p < .01 (goal: 0.5 to 1.5) and p < .002; the former by expected count; the mean of the estimated
phi (*found*); alerts a month over 105 quartiers by the alert rule (goal: at most 1); and percent of months above 1.5
times the mean of three years, the rule that this replaces.

| phi | coverage | steps | p < .01 | p < .002 | under 1 | 1 to 5 | 5 to 20 | over 20 | found | alerts | 1.5 x mean |
|---|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(calm_rows)}

## Departures multiplied for one or three months

Percent of quartiers in which at least one of these months has p < .01; p < .002; an alert by the alert rule (goal at
x3: 87); and what would be found at .01 by whoever knows the true mean and phi: no detector that uses the same sums can
do better. Then p < .01 by expected count. Goals at .01: 75 for x2, 92 for x3.

| panel | phi | months | rate | p < .01 | p < .002 | alert | truth known | under 1 | 1 to 5 | 5 to 20 | 20 or more |
|---|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(incident_rows)}

## The alert rule at several rates of false discovery

Benjamini-Hochberg over the month's family, and floors (5 events, 1.5 times the expected). False alerts a month in calm
panels; percent of quartiers in which an incident of three months becomes an alert. The rule's rate is {DISCOVERIES[0]}.

| panel | phi | rate | false alerts a month | x2 | x3 |
|---|---|---|---|---|---|
{chr(10).join(discoveries())}

## Pooled beside Farrington, at equal false alarms

Panel *region*, three months. For each detector the threshold on p at which it has that share of false alarms in calm
panels, and the percent of quartiers in which the incident is then found.

| phi | rate | detector | {budgets} |
|---|---|---|---|---|---|---|---|
{chr(10).join(curve_rows)}

## The 42 weekly scenarios of Noufaily et al.

{42 * COPIES} series, Farrington Flexible; percent of calm weeks with an alarm (goal: 0.5 to 1.5), of outbreaks found
(goal: 50), of those of k <= 3 and k >= 5, mean delay in weeks.

| method | false alarms | detected | k <= 3 | k >= 5 | delay | weeks without verdict |
|---|---|---|---|---|---|---|
{chr(10).join(scenarios())}

## Time

| what | seconds | of processor |
|---|---|---|
{chr(10).join(speed())}
"""
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
