"""Indicators as SQL: expressions over any row that has the measures as columns, and the views made of them.

Invariant: what SQL gives equals `rates.rate` on the same measures (tests/indicators/test_views.py). Nothing but the
records' own codes and measure names enters the text: no input of a user.

A measure that is null is a secret: what stands on it is null, and its status `secret`.
"""

from schemas.indicators import indicator, indicators
from schemas.indicators.measures import MEASURES, Expression
from schemas.indicators.model import MONTHS_A_YEAR, Indicator

ROUNDING = "0.000001"
"""Means of months are rounded: what is exactly at a limit must not fall below it by that."""
TELLING = "('value', 'provisional')"
SETTLED = "SELECT through FROM core.settled"
"""The statuses with which there is a figure."""


def sum_sql(expression: Expression, alias: str) -> str:
    """Return the sum as SQL, its measures being columns of `alias`."""
    terms = (f"{' - ' if sign < 0 else ' + '}{alias}.{name}" for name, sign in expression)
    return "".join(terms).removeprefix(" + ")


def most_sql(expression: Expression, alias: str) -> str:
    """Return the most that the sum can be as SQL: what is taken off counts for nothing where it is secret."""
    terms = (f" - coalesce({alias}.{name}, 0)" if sign < 0 else f" + {alias}.{name}" for name, sign in expression)
    return "".join(terms).removeprefix(" + ")


def numerator_sql(code: str, alias: str) -> str:
    """Return the numerator of an indicator; ValueError if it does not stand on measures."""
    return sum_sql(_on_measures(code).numerator or (), alias)


def denominator_sql(code: str, alias: str) -> str | None:
    """Return the denominator of an indicator, None for a count; ValueError if it does not stand on measures."""
    denominator = _on_measures(code).denominator
    return sum_sql(denominator, alias) if denominator else None


def value_sql(code: str, alias: str, window: int) -> str:
    """Return the figure in the indicator's unit over a window of months, null where a measure is; no condition yet."""
    one = _on_measures(code)
    if one.denominator is None:
        return f"({numerator_sql(code, alias)})"
    return (
        f"({_number(one.factor(window))} * ({numerator_sql(code, alias)}) / nullif({denominator_sql(code, alias)}, 0))"
    )


def bounds_sql(code: str, alias: str, window: int) -> tuple[str, str]:
    """Return the lower and the upper bound of the figure at 95 %, in its unit; `NULL` where it has no interval."""
    one = _on_measures(code)
    top, bottom = numerator_sql(code, alias), denominator_sql(code, alias)
    factor = _number(one.factor(window))
    if one.interval == "poisson":
        lower, upper = (f"({factor} * core.poisson_{side}({top}) / nullif({bottom}, 0))" for side in ("lower", "upper"))
        return lower, upper
    if one.interval == "wilson":
        lower, upper = (f"({factor} * core.wilson_{side}({top}, {bottom}))" for side in ("lower", "upper"))
        return lower, upper
    return "NULL::double precision", "NULL::double precision"


def status_sql(code: str, alias: str, base: str, least_dwellings: str | None = None) -> str:
    """Return the status of an indicator as SQL.

    `base`: SQL of the window's own status, which stands when it is neither `value` nor `provisional`;
    `least_dwellings`: SQL of the fewest dwellings at risk, the record's own figure without it. With one of the
    statuses `too_few_dwellings`, `secret`, `no_data`, `too_many_unknown` there is no figure.
    """
    one = _on_measures(code)
    cases = [f"WHEN {base} NOT IN {TELLING} THEN {base}"]
    if one.least_dwellings:
        at_risk = sum_sql(one.at_risk, alias)
        least = least_dwellings or one.least_dwellings
        cases.append(f"WHEN {at_risk} < {least} - {ROUNDING} THEN 'too_few_dwellings'")
    known = [one.numerator, one.denominator, one.held_back.among if one.held_back else None]
    unknown = " OR ".join(f"{sum_sql(side, alias)} IS NULL" for side in known if side)
    cases.append(f"WHEN {unknown} THEN 'secret'")
    if one.denominator:
        cases.append(f"WHEN {sum_sql(one.denominator, alias)} = 0 THEN 'no_data'")
    if one.held_back is not None:
        exact, among = sum_sql(one.held_back.unknown, alias), sum_sql(one.held_back.among, alias)
        too_many = f"{most_sql(one.held_back.unknown, alias)} > {one.held_back.at_most} * ({among})"
        cases.append(
            f"WHEN coalesce({too_many}, true) THEN CASE WHEN {exact} IS NULL THEN 'secret' ELSE 'too_many_unknown' END"
        )
    return f"(CASE {' '.join(cases)} ELSE {base} END)"


def pivot_sql(relation: str = "published.figure", keys: tuple[str, ...] = ()) -> str:
    """Return a SELECT that makes one row of measures of rows (measure, value): null where a value is not there.

    `keys`: the columns of a row, those of `published.figure` without them.
    """
    by = keys or ("vintage", "territory_id", "part", "window_months", "month")
    columns = ",\n    ".join(f"max(value) FILTER (WHERE measure = '{name}') AS {name}" for name in MEASURES)
    return f"SELECT {', '.join(by)},\n    {columns}\nFROM {relation} GROUP BY {', '.join(by)}"


def window_status_sql(alias: str, whole: str, least_completeness: str, *, frozen: bool = False) -> str:
    """Return the status of a declared window: `whole` is SQL for having all its months.

    `frozen`: of a vintage, which does not become settled as time passes.
    """
    recent = "" if frozen else f" OR {alias}.month > ({SETTLED})"
    return (
        f"CASE WHEN NOT ({whole}) THEN 'no_data' WHEN {alias}.all_dwellings = 0 THEN 'not_covered' "
        f"WHEN {alias}.dwellings = 0 THEN 'no_data' "
        f"WHEN {alias}.dwellings < {least_completeness} * {alias}.all_dwellings - {ROUNDING}{recent} "
        "THEN 'provisional' "
        f"ELSE 'value' END"
    )


def _coverage_status_sql(alias: str, whole: str) -> str:
    """Return the status of what tells of coverage itself: a month that nobody declared is 0 % complete."""
    return f"CASE WHEN NOT ({whole}) THEN 'no_data' WHEN {alias}.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END"


def indicator_rows_sql(relation: str, keys: str, whole: str, inside: str, *, frozen: bool = False) -> str:
    """Return a SELECT of one row an indicator and row of `relation`, which has the measures as columns.

    `keys`: the columns of `relation`, as `w.column, ...`, that come first; `whole`: SQL for a window that has all its
    months; `inside`: SQL for a row that lies inside a QPV, where exits from the QPV have a meaning; `frozen`:
    rows are of vintages.
    Columns after the keys: indicator, numerator, denominator, value, lower, upper, status.
    """
    rows = "\n    UNION ALL ".join(_record_sql(one) for one in indicators().values() if one.numerator is not None)
    return f"""SELECT {keys}, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN {TELLING} THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN {TELLING} THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN {TELLING} THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM {relation} AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    {window_status_sql("w", whole, "rule.least_completeness", frozen=frozen)} AS code,
    {_coverage_status_sql("w", whole)} AS coverage) AS base
CROSS JOIN LATERAL (
    {rows}
) AS i (indicator, windows, inside_only, annualised, interval, numerator, denominator, status)
CROSS JOIN LATERAL (SELECT CASE WHEN i.denominator IS NULL THEN 1.0 ELSE 100.0 END
    * CASE WHEN i.annualised THEN {MONTHS_A_YEAR}.0 / w.window_months ELSE 1 END AS factor) AS f
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR {inside})"""  # noqa: S608 records only


def _record_sql(one: Indicator) -> str:
    """Return a record as a row over `w`, its numbers alike in type.

    A SELECT of its own, not a row of VALUES: who asks for one indicator is not made to wait for the others.
    """
    numerator = f"({sum_sql(one.numerator or (), 'w')})::numeric"
    denominator = f"({sum_sql(one.denominator, 'w')})::numeric" if one.denominator else "NULL::numeric"
    base = "base.coverage" if one.family == "couverture" else "base.code"
    return (
        f"SELECT '{one.code}', ARRAY[{', '.join(map(str, one.windows))}], {_truth(one.places == 'qpv')}, "
        f"{_truth(one.annualised)}, '{one.interval}', {numerator}, {denominator},\n        "
        f"{status_sql(one.code, 'w', base, 'rule.least_dwellings')}"
    )


def _on_measures(code: str) -> Indicator:
    one = indicator(code)
    if one.numerator is None:
        raise ValueError(f"{code} stands on no measures")
    return one


def _truth(flag: bool) -> str:
    return "true" if flag else "false"


def _number(value: float) -> str:
    return f"{value:.1f}"
