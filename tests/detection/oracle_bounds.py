"""What R's `farringtonFlexible` has answered, and what is answered here to the same question."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from operations.detection.choices import Epoch
from operations.detection.period_labels import arrange, number_of, writing_of
from streams.detection.farrington import Options, farrington
from streams.detection.verdicts import Floats, Tested


class Compared(NamedTuple):
    """One series under one setting: R's numbers and ours, arrays (tested,); NaN where there is none."""

    name: str
    method: str
    upper: Floats
    expected: Floats
    alarm: Floats
    ours: Tested


def number(text: str) -> float:
    return float(text) if text else float("nan")


def options(row: dict[str, str]) -> Options:
    return Options(
        alpha=float(row["alpha"]),
        years_back=int(row["b"]),
        half_window=int(row["w"]),
        seasons=int(row["noPeriods"]),
        weights_threshold=float(row["weightsThreshold"]),
        not_included=int(row["pastNotIncluded"]) if row["pastNotIncluded"] else None,
        trend=row["trend"] == "TRUE",
        trend_threshold=float(row["pThresholdTrend"]),
        reweight=row["reweight"] == "TRUE",
        threshold=row["thresholdMethod"],  # type: ignore[arg-type]
        recent=(int(row["cases"]), int(row["period"])),
    )


def compared(folder: Path, kind: str) -> list[Compared]:
    """Return every comparison of `<kind>_series.csv` with `<kind>_bounds.csv`."""
    series: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / f"{kind}_series.csv").open() as file:
        for row in csv.DictReader(file):
            series[row["series"]].append(row)
    asked: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    with (folder / f"{kind}_bounds.csv").open() as file:
        for row in csv.DictReader(file):
            answers = ("position", "upper", "alarm", "expected", "pvalue")
            asked[tuple(value for name, value in row.items() if name not in answers)].append(row)
    return [_compared(series[rows[0]["series"]], rows) for rows in asked.values()]


def _compared(series: list[dict[str, str]], rows: list[dict[str, str]]) -> Compared:
    writing = writing_of(series[0]["period"])
    numbers = [number_of(row["period"], writing) for row in series]
    plain = series[0]["period"].isdigit()
    frequency = (12 if "month" in rows[0]["series"] or series[0].get("frequency") == "12" else 52) if plain else None
    periods = arrange(numbers, writing, frequency, Epoch.DATES)
    assert [periods.position(one) for one in numbers] == list(range(len(series)))
    counts = np.array([[number(row["count"]) for row in series]])
    exposure = np.array([[float(row["exposure"]) for row in series]]) if rows[0]["populationOffset"] == "TRUE" else None
    tested = np.array([int(row["position"]) - 1 for row in rows])
    ours = farrington(counts, exposure, periods.calendar, options(rows[0]), tested)
    return Compared(
        rows[0]["series"],
        rows[0]["thresholdMethod"],
        np.array([number(row["upper"]) for row in rows]),
        np.array([number(row["expected"]) for row in rows]),
        np.array([row["alarm"] == "TRUE" for row in rows]),
        Tested(*(values[0] for values in ours)),
    )
