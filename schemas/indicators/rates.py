"""An indicator's value from its measures: pure, the same rule as the generated SQL (`sql.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.indicators.intervals import poisson_interval, wilson_interval
from schemas.indicators.measures import at_most, total
from schemas.indicators.model import Indicator


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure and its interval at 95 %, in the indicator's unit; None where there is none, and why.

    `status`: value, too_few_dwellings, secret (a measure is not known), too_many_unknown, or no_data (nothing to
    divide by).
    """

    numerator: float | None
    denominator: float | None
    value: float | None
    lower: float | None
    upper: float | None
    status: str


def rate(one: Indicator, measures: Mapping[str, float | None], window: int = 12) -> Rate:
    """Return the figure of an indicator over a window of months.

    `measures`: sums of moves and means of dwellings over the window, None where secret. Raises ValueError if the
    indicator does not stand on measures or has no such window.
    """
    if one.numerator is None or window not in one.windows:
        raise ValueError(f"{one.code} has no figure on measures over {window} months")
    top = total(one.numerator, measures)
    bottom = total(one.denominator, measures) if one.denominator else None
    status = _status(one, measures, top, bottom)
    if status != "value" or top is None:
        return Rate(top, bottom, None, None, None, status)
    if bottom is None:
        return Rate(top, None, top, None, None, status)
    factor = one.factor(window)
    low, high = _bounds(one, top, bottom)
    return Rate(
        top,
        bottom,
        factor * top / bottom,
        None if low is None else factor * low,
        None if high is None else factor * high,
        status,
    )


def _status(one: Indicator, measures: Mapping[str, float | None], top: float | None, bottom: float | None) -> str:
    if one.least_dwellings and (total(one.at_risk, measures) or 0) < one.least_dwellings:
        return "too_few_dwellings"
    if top is None or (one.denominator and bottom is None):
        return "secret"
    if one.denominator and not bottom:
        return "no_data"
    if one.held_back is not None:
        most, among = at_most(one.held_back.unknown, measures), total(one.held_back.among, measures)
        if among is None:
            return "secret"
        if most is None or most > one.held_back.at_most * among:
            return "secret" if total(one.held_back.unknown, measures) is None else "too_many_unknown"
    return "value"


def _bounds(one: Indicator, top: float, bottom: float) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of the fraction, before its factor."""
    if one.interval == "poisson" and top >= 0:
        lower, upper = poisson_interval(round(top))
        return lower / bottom, upper / bottom
    if one.interval == "wilson" and 0 <= top <= bottom:
        return wilson_interval(top, bottom)
    return None, None
