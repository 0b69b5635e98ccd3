"""The slow computation of durations: days between two tenants, tenure of those who left, survival of tenancies.

- A void runs from a dwelling's departure to the arrival that comes next, first lettings aside, if both are known to the
  day; three years or more are three years. A tenure is in whole months; 60 years or more are 60 years. Those of twelve
  months are put together where the landlord declared them, and a month has a median if somebody declared dwellings.
- Tenancies are followed over the years of which all twelve months are declared by the landlord and those that it took
  over, with a stock near 1 January. Age is the year less the year of the beginning. At risk at one age or more: the
  tenancies running on 1 January; in the year of the beginning: those that ended in it, and those still running on the
  next 1 January. Kaplan and Meier's product, Greenwood's variance on the scale log(-log S).
"""

from collections import defaultdict
from datetime import date
from itertools import pairwise
from math import exp, log, nan, sqrt

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from tests.indicators.oracle import (
    PLACE,
    TECHNICAL,
    TERRITORY,
    Cover,
    Known,
    by_territory,
    covers,
    dwellings_of,
    flows_of,
    holder_of,
    moves_of,
    stocks_held,
    territories_of,
)
from tests.indicators.oracle_linked import counted_by_dwelling

LONGEST_VOID, LONGEST_TENURE, OLDEST = 1095, 720, 40
Curve = dict[int, tuple[int, int]]
"""At risk and gone, by age."""


def voids_of(known: Known) -> pd.DataFrame:
    """Return the voids that ended: landlord, month and place of the arrival, days."""
    rows = []
    for moves in counted_by_dwelling(known).values():
        for before, after in pairwise(moves):
            relet = not before.arrival and after.arrival and after.reason != "premiere_location"
            if relet and not before.by_month and not after.by_month:
                place = (after.commune, after.qpv_2024, after.qpv_2015)
                rows.append((after.landlord, after.month, *place, min(after.day - before.day, LONGEST_VOID)))
    return pd.DataFrame(rows, columns=["landlord", "month", *PLACE, "lasted"])


def tenures_of(known: Known) -> pd.DataFrame:
    """Return the tenures of those who left: landlord, month and place of the departure, months."""
    moves = moves_of(known.truth)
    left = moves[moves.effective & ~moves.arrival & ~moves.reason.isin(TECHNICAL) & (moves.began <= moves.month)]
    lasted = (left.month - left.began).clip(upper=LONGEST_TENURE)
    return left[["landlord", "month", *PLACE]].assign(lasted=lasted)


def medians_of(known: Known) -> pd.DataFrame:
    """Return n, median, its bounds and the quartiles by territory, part, month and measure."""
    held = stocks_held(known)
    cover = covers(known, held)
    had = by_territory(dwellings_of(known, held, flows_of(moves_of(known.truth))), cover)
    told = had[had.is_declared & (had.stock > 0)][[*TERRITORY, "month"]].drop_duplicates()
    found = []
    for measure, durations in (("void_days", voids_of(known)), ("tenure_months", tenures_of(known))):
        spread = by_territory(durations.assign(n=1), cover, extra=("lasted",))
        by_month: dict[tuple[str, ...], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row in spread[spread.is_declared].itertuples():
            by_month[row.level, row.code, row.part][row.month] += [row.lasted] * row.n
        for level, code, part, month in told.itertuples(index=False):
            months = by_month.get((level, code, part), {})
            values = sorted(one for back in range(12) for one in months.get(month - back, []))
            if values:
                found.append((level, code, part, month, measure, *_median(values)))
    return pd.DataFrame(found, columns=[*TERRITORY, "month", "measure", "n", "median", "lower", "upper", "q1", "q3"])


def _median(values: list[int]) -> tuple[float, ...]:
    """Return how many, the median, the order statistics that hold it in 95 % of the cases, and the quartiles."""
    n = len(values)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    ranks = [rank for rank in range(1, n + 1) if binom.cdf(rank - 1, n, 0.5) <= 0.025]
    bounds = (values[ranks[-1] - 1], values[n - ranks[-1]]) if ranks else (nan, nan)
    return n, median, *bounds, q1, q3


def followed_years(known: Known, cover: dict[tuple[str, int], Cover]) -> dict[tuple[str, int], tuple[bool, bool, bool]]:
    """Return the years that are followed, by landlord: of quartiers, of all, and whether the next stock is known."""
    januaries = set(january_stocks(known))
    of_unit: dict[tuple[str, int], list[tuple[str, bool, bool]]] = defaultdict(list)
    for landlord, year in {(landlord, month // 12) for landlord, month in cover}:
        months = [cover[landlord, month] for month in range(year * 12, year * 12 + 12) if (landlord, month) in cover]
        last = max(month for month in range(year * 12, year * 12 + 12) if (landlord, month) in cover)
        whole = len(months) == 12 and all(one.declared and one.whole for one in months)
        quartiers = len(months) == 12 and all(one.quartiers_declared for one in months)
        of_unit[holder_of(known, landlord, last)[0], year].append((landlord, quartiers, whole))
    found = {}
    for (unit, year), members in of_unit.items():
        if any((landlord, year) in januaries for landlord, *_ in members):
            following = any((landlord, year + 1) in januaries for landlord, *_ in of_unit.get((unit, year + 1), []))
            quartiers, whole = all(one[1] for one in members), all(one[2] for one in members)
            found |= {(landlord, year): (quartiers, whole, following) for landlord, *_ in members if quartiers or whole}
    return found


def january_stocks(known: Known) -> dict[tuple[str, int], int]:
    """Return the place of the stock nearest to each 1 January, of December or January, by landlord and year."""
    best: dict[tuple[str, int], tuple[int, date, int]] = {}
    for place, stock in enumerate(known.truth.stocks):
        if stock.stock_on.month in (1, 12):
            year = stock.stock_on.year + (stock.stock_on.month == 12)
            rival = (abs((stock.stock_on - date(year, 1, 1)).days), stock.stock_on, place)
            best[stock.landlord, year] = min(best.get((stock.landlord, year), rival), rival)
    return {key: place for key, (_, _, place) in best.items()}


def survival_of(known: Known) -> pd.DataFrame:
    """Return survival by territory, part, cohort (a year, or `toutes`) and age."""
    followed = followed_years(known, covers(known, stocks_held(known)))
    at_risk, gone = _by_territory_year_and_age(known, followed)
    years = sorted({year for _, year in followed})
    territories = {key[0] for key in (*at_risk, *gone)}
    rows = []
    for territory in territories:

        def of(year: int, age: int, territory: tuple[str, ...] = territory) -> tuple[int, int]:
            left = gone.get((territory, year, age), 0)
            staying = at_risk.get((territory, year, age), 0)
            return (staying + left if age == 0 else max(staying, left)), left

        pooled = {age: [of(year, age) for year in years] for age in range(OLDEST + 1)}
        curves: dict[str, Curve] = {
            "toutes": {age: (sum(n for n, _ in seen), sum(d for _, d in seen)) for age, seen in pooled.items()}
        }
        for began in years:
            curves[str(began)] = {year - began: of(year, year - began) for year in range(began, years[-1] + 1)}
        for cohort, curve in curves.items():
            rows += [(*territory, cohort, *point) for point in _kaplan_meier(curve)]
    return pd.DataFrame(
        rows, columns=[*TERRITORY, "cohort", "age_years", "at_risk", "exits", "survival", "lower", "upper"]
    )


Counts = dict[tuple[tuple[str, ...], int, int], int]


def _by_territory_year_and_age(
    known: Known, followed: dict[tuple[str, int], tuple[bool, bool, bool]]
) -> tuple[Counts, Counts]:
    """Return tenancies running (of age 0: those still there on the next 1 January) and ended, by year and age."""
    running: Counts = defaultdict(int)
    ended: Counts = defaultdict(int)

    def add(counts: Counts, landlord: str, year: int, age: int, place: tuple[str, str, str], n: int) -> None:
        quartiers, whole, following = followed.get((landlord, year), (False, False, False))
        if (age == 0 and not following) or not 0 <= age <= OLDEST:
            return
        for level, code, part, of_quartiers in territories_of(*place):
            if quartiers if of_quartiers else whole:
                counts[(level, code, part), year, age] += n

    for (landlord, january), stock in january_stocks(known).items():
        for cell in known.truth.stocks[stock].cells:
            place = (cell["commune"], cell["qpv_2024"] or "", cell["qpv_2015"] or "")
            for began, n in cell["tenancies_by_start_year"].items():
                if began != "unknown" and int(began) < january:
                    add(running, landlord, january, january - int(began), place, n)
                    if int(began) == january - 1:
                        add(running, landlord, january - 1, 0, place, n)
    for row in tenures_of(known).itertuples():
        year, began = row.month // 12, (row.month - row.lasted) // 12
        add(ended, row.landlord, year, year - began, (row.commune, row.qpv_2024, row.qpv_2015), 1)
    return running, ended


def _kaplan_meier(curve: Curve) -> list[tuple[float, ...]]:
    """Return age, at risk, gone, survival and its bounds, as far as somebody is at risk."""
    survival, variance, points = 1.0, 0.0, []
    z = norm.ppf(0.975)
    for age in sorted(curve):
        n, d = curve[age]
        if n == 0:
            break
        survival *= 1 - d / n
        variance += d / (n * (n - d)) if n > d else nan
        lower = upper = nan
        if 0 < survival < 1:
            spread = exp(z * sqrt(variance) / abs(log(survival)))
            lower, upper = survival**spread, survival ** (1 / spread)
        points.append((age, n, d, survival, lower, upper))
    return points
