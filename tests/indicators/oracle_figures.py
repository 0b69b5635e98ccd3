"""Every figure on measures by the slow computation: windows, then the formulas of `DOMAIN.md` side by side.

Intervals are scipy's exact Poisson (through the chi-square law) and statsmodels' Wilson.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from tests.indicators.oracle import PLACES, STATES, TERRITORY

LEVELS = ("everything", *STATES)
LEAST_COMPLETENESS, LEAST_DWELLINGS, MOST_UNKNOWN = 0.8, 50, 0.4
Column = Callable[[pd.DataFrame], "pd.Series[float]"]


def column(name: str) -> Column:
    return lambda window: window[name]


class Formula(NamedTuple):
    """Numerator over denominator; `law` of its interval; `unknown` and `of`: what must not exceed 40 %."""

    windows: tuple[int, ...]
    top: Column
    bottom: Column | None = None
    law: str = ""
    yearly: bool = False
    at_risk: Column | None = None
    unknown: Column | None = None
    of: Column | None = None
    quartiers_only: bool = False
    coverage: bool = False


def _formulas() -> dict[str, Formula]:
    stock, out, inward = column("stock"), column("out"), column("in")
    no_reason, nowhere, whence = column("out_no_reason"), column("out_unknown"), column("in_unknown")
    every, year = (1, 3, 12), (12,)
    old_stock: Column = lambda w: w["stock"] - w["newly_let"]  # noqa: E731
    internal: Column = lambda w: w["out_same_landlord"] + w["out_other_landlord"] + w["out_rehoused"]  # noqa: E731

    def a_year(top: Column) -> Formula:
        return Formula(year, top, stock, "poisson", at_risk=stock, unknown=no_reason, of=out)

    found = {
        "departures": Formula(every, out),
        "departure_rate": Formula(every, out, stock, "poisson", yearly=True, at_risk=stock),
        "qpv_exit_rate": Formula(
            year,
            lambda w: w["out"] - w["out_same_qpv"],
            stock,
            "poisson",
            at_risk=stock,
            unknown=nowhere,
            of=out,
            quartiers_only=True,
        ),
        "internal_departure_rate": a_year(internal),
        "same_landlord_departure_rate": a_year(column("out_same_landlord")),
        "other_landlord_departure_rate": a_year(column("out_other_landlord")),
        "rehoused_departure_rate": a_year(column("out_rehoused")),
        "external_departure_rate": a_year(column("out_of_social_housing")),
        "notices": Formula(every, column("noticed")),
        "notice_rate": Formula(every, column("noticed"), stock, "poisson", yearly=True, at_risk=stock),
        "notices_withdrawn_share": Formula(year, column("withdrawn"), column("noticed"), "wilson", at_risk=stock),
        "arrivals": Formula(every, inward),
        "arrival_rate": Formula(every, inward, stock, "poisson", yearly=True, at_risk=stock),
        "relet_rate": Formula(year, column("relet"), old_stock, "wilson", at_risk=old_stock),
        "balance": Formula(every, lambda w: w["in"] - w["out"]),
        "first_letting_share": Formula(year, column("in_first"), inward, "wilson", at_risk=stock),
        "internal_arrival_share": Formula(
            year, lambda w: w["in_same_landlord"] + w["in_rehoused"], inward, "wilson", at_risk=stock
        ),
        "vacancy_rate": Formula((1, 12), column("vacant"), stock, "wilson", at_risk=stock),
        "long_vacancy_rate": Formula((1, 12), column("long_vacant"), stock, "wilson", at_risk=stock),
        "sold_to_tenant": Formula(year, column("sold")),
        "completeness": Formula(every, stock, column("everything"), coverage=True),
        "left_unknown_share": Formula(year, nowhere, out, at_risk=stock),
        "came_unknown_share": Formula(year, whence, inward, at_risk=stock),
    }
    for place in PLACES[:-1]:
        found[f"left_{place}_share"] = Formula(
            year, column(f"out_{place}"), out, "wilson", at_risk=stock, unknown=nowhere, of=out
        )
        found[f"came_{place}_share"] = Formula(
            year, column(f"in_{place}"), inward, "wilson", at_risk=stock, unknown=whence, of=inward
        )
    return found


FORMULAS = _formulas()


def windows_of(months: pd.DataFrame, length: int) -> pd.DataFrame:
    """Return the windows that end with each month there is; `whole` if all their months are there."""
    there = months.assign(there=1.0).set_index([*TERRITORY, "month"])
    span = range(months.month.min() - length + 1, months.month.max() + 1)
    summed = {}
    for name in there.columns:
        wide = there[name].unstack("month").reindex(columns=span).fillna(0.0)  # a row a territory, a column a month
        summed[name] = sum(wide.shift(back, axis=1) for back in range(length)).stack()
    windows = pd.DataFrame(summed).loc[there.index]
    windows["whole"] = windows["there"] == length
    for name in LEVELS:
        windows[name] /= windows["there"]
    windows["relet"] = there["relet"]
    return windows.reset_index()


def figures_of(months: pd.DataFrame, settled: int) -> pd.DataFrame:
    """Return every figure: territory, month, window, indicator, numerator, denominator, value, bounds, status.

    `settled`: the number of the last month to which no late declaration is awaited.
    """
    parts = []
    for length in (1, 3, 12):
        windows = windows_of(months, length)
        inside = windows.level.isin(["qpv_2024", "qpv_2015"]) | (windows.part == "qpv")
        for code, formula in FORMULAS.items():
            if length in formula.windows:
                chosen = windows[inside] if formula.quartiers_only else windows
                parts.append(_figure(chosen, code, formula, length, settled))
    return pd.concat(parts, ignore_index=True)


def _figure(w: pd.DataFrame, code: str, formula: Formula, length: int, settled: int) -> pd.DataFrame:
    top = formula.top(w)
    bottom = formula.bottom(w) if formula.bottom else None
    status = _status(w, formula, bottom, settled)
    telling = status.isin(["value", "provisional"])
    factor = (100.0 if bottom is not None else 1.0) * (12 / length if formula.yearly else 1)
    found = w[[*TERRITORY, "month"]].assign(window_months=length, indicator=code, status=status, numerator=top)
    found["denominator"] = np.nan if bottom is None else bottom
    divided = top / bottom.where(bottom != 0) if bottom is not None else top
    found["value"] = (factor * divided).where(telling)
    lower, upper = _bounds(top.where(telling), bottom, formula.law)
    found["lower"], found["upper"] = factor * lower, factor * upper
    return found


def _status(w: pd.DataFrame, formula: Formula, bottom: "pd.Series[float] | None", settled: int) -> "pd.Series[str]":
    """Return why there is a figure or none: what comes first below has the last word."""
    status = pd.Series("value", index=w.index)
    if not formula.coverage:
        incomplete = w["stock"] < LEAST_COMPLETENESS * w["everything"] - 1e-9
        status[incomplete | (w["month"] > settled)] = "provisional"
    if formula.unknown and formula.of:
        status[formula.unknown(w) > MOST_UNKNOWN * formula.of(w) + 1e-9] = "too_many_unknown"
    if bottom is not None:
        status[bottom == 0] = "no_data"
    if formula.at_risk:
        status[formula.at_risk(w) < LEAST_DWELLINGS - 1e-9] = "too_few_dwellings"
    if not formula.coverage:
        status[w["stock"] == 0] = "no_data"
    status[w["everything"] == 0] = "not_covered"
    status[~w["whole"]] = "no_data"
    return status


def _bounds(
    top: "pd.Series[float]", bottom: "pd.Series[float] | None", law: str
) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    if law == "poisson" and bottom is not None:
        lower = pd.Series(chi2.ppf(0.025, 2 * top) / 2, index=top.index).where(top > 0, top)
        return lower / bottom, pd.Series(chi2.ppf(0.975, 2 * top + 2) / 2, index=top.index) / bottom
    if law == "wilson" and bottom is not None:
        lower, upper = proportion_confint(top, bottom.where(bottom > 0), alpha=0.05, method="wilson")
        return lower, upper
    nothing = pd.Series(np.nan, index=top.index)
    return nothing, nothing
