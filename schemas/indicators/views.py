"""The parts of migrations that are made from the records: written by `quartiers indicators --sql`, never by hand.

Invariant: the newest migration that holds a part holds it as it is made here (tests/indicators/test_generated.py). A
released migration does not change: a changed record needs a new one, with the parts that changed.
"""

import re
from pathlib import Path

from schemas.indicators import indicators
from schemas.indicators.intervals import EXACT_UP_TO, Z, poisson_interval
from schemas.indicators.measures import FLOWS, LEVELS, MEASURES
from schemas.indicators.model import Indicator
from schemas.indicators.sql import TELLING, indicator_rows_sql, pivot_sql

MIGRATIONS = Path(__file__).parents[1] / "migrations"
LEVEL_AT_END = "relet_dwellings_12_months"
_PART = re.compile(r"-- part (\w+): made from schemas/indicators/\n(.*?)-- end of part \1\n", re.DOTALL)
WHOLE = "w.months = w.window_months"
INSIDE = """w.part = 'qpv' OR EXISTS (SELECT FROM core.territory AS t
    WHERE t.territory_id = w.territory_id AND t.level IN ('qpv_2024', 'qpv_2015'))"""
COMPLETENESS = "round(100 * w.dwellings / nullif(w.all_dwellings, 0), 1) AS completeness_percent"
STAFF_INSIDE = "w.level IN ('qpv_2024', 'qpv_2015') OR w.part = 'qpv'"
KEYS = "w.territory_id, w.part, w.month, w.window_months"


def intervals() -> str:
    """Return the functions of intervals: those of `intervals.py`, to be called by any role, inside a view."""
    bounds = [poisson_interval(count) for count in range(EXACT_UP_TO + 1)]
    head = "LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    return f"""
CREATE OR REPLACE FUNCTION core.half_chi_square(freedom double precision, z double precision)
RETURNS double precision {head}
RETURN (freedom + sqrt(2 * freedom) * z + 2.0 / 3 * (z ^ 2 - 1) + (z ^ 3 - 7 * z) / (9 * sqrt(2 * freedom))
    - (6 * z ^ 4 + 14 * z ^ 2 - 32) / (405 * freedom)
    + (9 * z ^ 5 + 256 * z ^ 3 - 433 * z) / (4860 * freedom * sqrt(2 * freedom))
    + (12 * z ^ 6 - 243 * z ^ 4 - 923 * z ^ 2 + 1472) / (25515 * freedom ^ 2)) / 2;
CREATE OR REPLACE FUNCTION core.poisson_lower(count double precision) RETURNS double precision {head}
RETURN CASE WHEN count <= {EXACT_UP_TO} THEN ({_array([low for low, _ in bounds])})[count::integer + 1]
    ELSE core.half_chi_square(2 * count, -{Z}) END;
CREATE OR REPLACE FUNCTION core.poisson_upper(count double precision) RETURNS double precision {head}
RETURN CASE WHEN count <= {EXACT_UP_TO} THEN ({_array([high for _, high in bounds])})[count::integer + 1]
    ELSE core.half_chi_square(2 * count + 2, {Z}) END;
CREATE OR REPLACE FUNCTION core.wilson_lower(count double precision, among double precision)
RETURNS double precision {head}
RETURN CASE WHEN among > 0 AND count >= 0 AND count <= among THEN greatest(0, (count / among + {Z} ^ 2 / (2 * among)
    - {Z} * sqrt(count / among * (1 - count / among) / among + {Z} ^ 2 / (4 * among ^ 2))) / (1 + {Z} ^ 2 / among)) END;
CREATE OR REPLACE FUNCTION core.wilson_upper(count double precision, among double precision)
RETURNS double precision {head}
RETURN CASE WHEN among > 0 AND count >= 0 AND count <= among THEN least(1, (count / among + {Z} ^ 2 / (2 * among)
    + {Z} * sqrt(count / among * (1 - count / among) / among + {Z} ^ 2 / (4 * among ^ 2))) / (1 + {Z} ^ 2 / among)) END;
"""


def indicator_window() -> str:
    """Return the view of every indicator over every declared window."""
    rows = indicator_rows_sql("core.observed_window", KEYS, WHOLE, INSIDE)
    return f"CREATE OR REPLACE VIEW core.indicator_window AS\n{rows};\n"


def comparator() -> str:
    """Return the views of what a QPV is compared with: measures summed, then indicators, then the comparison."""
    rows = indicator_rows_sql(
        "core.comparator_window",
        "w.territory_id, w.comparator, w.month, w.window_months",
        WHOLE,
        "w.comparator <> 'commune_rest' AND w.comparator <> 'epci'",
    )
    return f"""
CREATE OR REPLACE VIEW core.comparator_window AS
{comparator_window_sql("core.observed_window", WHOLE)};
CREATE OR REPLACE VIEW core.comparator_indicator AS
{rows};
CREATE OR REPLACE VIEW core.comparator AS
{comparison_sql("core.indicator_window", "core.comparator_indicator")};
"""


def comparator_window_sql(relation: str, whole: str) -> str:
    """Return a SELECT that sums the windows of each comparator's territories, those that have all their months.

    `relation`: windows by territory and part; `whole`: SQL for a window `w` with all its months. A measure that is
    null in one of the territories is null in the sum.
    """
    sums = ",\n    ".join(
        f"CASE WHEN bool_and(w.{name} IS NOT NULL) THEN sum(w.{name}) END AS {name}" for name in MEASURES
    )
    return f"""SELECT c.territory_id, c.comparator, w.month, w.window_months, w.window_months::integer AS months,
    count(*)::integer AS territories,
    {sums}
FROM core.comparator_territory AS c
JOIN {relation} AS w ON w.territory_id = c.other_id AND w.part = c.part
WHERE {whole}
GROUP BY 1, 2, 3, 4"""  # noqa: S608 records only


def comparison_sql(own: str, others: str) -> str:
    """Return a SELECT that sets each figure of `own` beside each comparator's of `others`.

    `verdict`: `higher` or `lower` where the two intervals are apart, `not_significant` where they touch, null without
    both intervals: only the first two may be shown as an arrow.
    """
    return f"""SELECT q.territory_id, q.month, q.window_months, q.indicator, o.comparator,
    q.value, q.lower, q.upper, q.status, o.numerator AS other_numerator, o.denominator AS other_denominator,
    o.value AS other_value, o.lower AS other_lower, o.upper AS other_upper, o.status AS other_status,
    q.value - o.value AS difference, q.value / nullif(o.value, 0) AS ratio,
    CASE WHEN q.lower > o.upper THEN 'higher' WHEN q.upper < o.lower THEN 'lower'
        WHEN q.lower <= o.upper AND q.upper >= o.lower THEN 'not_significant' END AS verdict
FROM {own} AS q
JOIN {others} AS o USING (territory_id, month, window_months, indicator)
WHERE q.part = 'all' AND q.status IN {TELLING} AND o.status IN {TELLING}"""  # noqa: S608 records only


def generation() -> str:
    """Return the views that carry a QPV of 2024 back before 2024, month by month and by windows."""
    months = ",\n    ".join(
        f"CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.{name} END AS {name}"
        for name in MEASURES
    )
    levels = ",\n        ".join(f"avg(one.{name}) AS {name}" for name in LEVELS)
    flows = ",\n        ".join(f"sum(one.{name}) AS {name}" for name in FLOWS if name != LEVEL_AT_END)
    rows = indicator_rows_sql(
        "core.generation_window", "w.territory_id, w.month, w.window_months, w.splice, w.told_from", WHOLE, "true"
    )
    return f"""
CREATE OR REPLACE VIEW core.generation_month AS
SELECT s.territory_id, s.month, s.splice, s.source_id, s.told_from, o.landlords, o.declared_landlords,
    {months}
FROM core.generation_source AS s
LEFT JOIN core.observed_month AS o ON o.territory_id = s.source_id AND o.part = 'all' AND o.month = s.month;
CREATE OR REPLACE VIEW core.generation_window AS
SELECT last.territory_id, last.month, length AS window_months, last.told_from, last.{LEVEL_AT_END}, summed.*
FROM core.generation_month AS last
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
CROSS JOIN LATERAL (
    SELECT count(one.dwellings)::integer AS months,
        CASE WHEN bool_or(one.splice = 'aucun historique') THEN 'aucun historique'
            WHEN bool_or(one.splice = 'rupture') THEN 'rupture'
            WHEN bool_or(one.splice = 'recalculée') THEN 'recalculée'
            WHEN bool_or(one.splice = 'identique') THEN 'identique' ELSE 'actuelle' END AS splice,
        {levels},
        {flows}
    FROM core.generation_month AS one
    WHERE one.territory_id = last.territory_id
        AND one.month > last.month - length * interval '1 month' AND one.month <= last.month
) AS summed;
CREATE OR REPLACE VIEW core.generation_series AS
{rows};
"""  # noqa: S608 records only


def indicator_text() -> str:
    """Return the view of the indicators in the reader's words, in the order of the guide."""
    said = ",\n    ".join(
        f"({rank}, '{one.code}', {_quoted(one.name)}, '{one.family}', '{one.unit}', '{one.basis}')"
        for rank, one in enumerate(indicators().values(), 1)
    )
    return f"""CREATE OR REPLACE VIEW staff.indicator_text AS
SELECT * FROM (VALUES
    {said}
) AS said (rank, indicator, name, family, unit, stands_on);
"""  # noqa: S608 records only


def staff_indicator() -> str:
    """Return the view of every indicator on the measures that staff may be shown."""
    keys = "w.level, w.territory_id, w.part, w.window_months, w.month, w.ends_at, w.through"
    rows = indicator_rows_sql("staff.measure", f"{keys}, {COMPLETENESS}", "w.status <> 'no_data'", STAFF_INSIDE)
    return f"CREATE OR REPLACE VIEW staff.indicator AS\n{_guarded(keys, rows)};\n"


def _guarded(keys: str, rows: str) -> str:
    """Return the rows without what stands on a difference of shown counts that is itself under the threshold."""
    derived = ", ".join(f"'{one.code}'" for one in indicators().values() if _is_difference(one))
    columns = keys.replace("w.", "one.")
    shown = ",\n    ".join(
        f"CASE WHEN NOT small THEN one.{name} END AS {name}" for name in ("numerator", "value", "lower", "upper")
    )
    return f"""SELECT {columns}, completeness_percent, one.indicator, denominator,
    {shown},
    CASE WHEN small THEN 'secret' ELSE status END AS status
FROM ({rows}) AS one
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT one.indicator IN ({derived})
    AND coalesce(one.numerator > 0 AND one.numerator < threshold, false) AS small) AS guard"""  # noqa: S608 records only


def _is_difference(one: Indicator) -> bool:
    """Whether the numerator is a count of moves made of several measures; a balance is no count."""
    return one.numerator is not None and len(one.numerator) > 1 and one.denominator is not None


def staff_compared() -> str:
    """Return the views of what a territory is read beside: measures summed where none is secret, then indicators."""
    sums = ",\n    ".join(f"CASE WHEN bool_and({name} IS NOT NULL) THEN sum({name}) END AS {name}" for name in MEASURES)
    keys = "w.territory_id, w.rank, w.name, w.window_months, w.month, w.ends_at"
    return f"""CREATE OR REPLACE VIEW staff.compared_measure AS
SELECT comparator.territory_id, rank, name, comparator.part, level, window_months, month, ends_at,
    bool_and(status <> 'no_data') AS whole,
    {sums}
FROM staff.comparator JOIN staff.measure ON measure.territory_id = compared_id AND measure.part = comparator.part
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
CREATE OR REPLACE VIEW staff.compared_indicator AS
{_guarded(keys, indicator_rows_sql("staff.compared_measure", f"{keys}, {COMPLETENESS}", "w.whole", STAFF_INSIDE))};
"""  # noqa: S608 records only


def published_indicator() -> str:
    """Return the view of every indicator whose measures are published, in each vintage."""
    keys = "w.vintage, w.level, w.territory_id, w.part, w.window_months, w.month"
    known = "array_agg(measure) AS measures, max(status) FILTER (WHERE measure = 'dwellings') AS told"
    measured = pivot_sql().replace("\nFROM", f",\n    {known}\nFROM", 1)
    needed = ",\n    ".join(
        f"('{one.code}', ARRAY[{', '.join(repr(name) for name in _needed(one))}])"
        for one in indicators().values()
        if one.numerator is not None
    )
    nothing = "('not_covered', 'no_data')"
    rows = indicator_rows_sql(
        "told", f"{keys}, w.told, w.measures", f"w.told NOT IN {nothing}", STAFF_INSIDE, frozen=True
    )
    return f"""CREATE OR REPLACE VIEW published.indicator AS
WITH measured AS (
{measured}
), told AS (
    SELECT measured.*, level FROM measured JOIN published.territory USING (territory_id)
)
SELECT {keys.replace("w.", "one.")}, indicator, numerator, denominator, value, lower, upper,
    CASE WHEN told IN {nothing} OR status = 'value' AND told = 'provisional' THEN told ELSE status END AS status
FROM ({rows}) AS one
JOIN (VALUES
    {needed}
) AS stands_on (indicator, needed) USING (indicator)
WHERE needed <@ measures;
"""  # noqa: S608 records only


def _needed(one: Indicator) -> list[str]:
    """Return the measures that a figure stands on, its conditions among them."""
    sides = [one.numerator, one.denominator]
    if one.held_back is not None:
        sides += [one.held_back.unknown, one.held_back.among]
    names = {name for side in sides for name, _ in side or ()} | ({"dwellings"} if one.least_dwellings else set())
    return sorted(names)


def measure_text() -> str:
    """Return the view of the measures in the reader's words."""
    said = ",\n    ".join(
        f"({rank}, '{code}', {_quoted(name)})" for rank, (code, name) in enumerate(MEASURES.items(), 1)
    )
    return f"""CREATE OR REPLACE VIEW published.measure_text AS
SELECT * FROM (VALUES
    {said}
) AS said (rank, measure, name);
"""  # noqa: S608 records only


PARTS = {
    "intervals": intervals,
    "indicator_window": indicator_window,
    "comparator": comparator,
    "generation": generation,
    "indicator_text": indicator_text,
    "staff_indicator": staff_indicator,
    "staff_compared": staff_compared,
    "published_indicator": published_indicator,
    "measure_text": measure_text,
}


def part_text(name: str) -> str:
    """Return a part as it stands in a migration, between its two marks."""
    return f"-- part {name}: made from schemas/indicators/\n{PARTS[name]().strip()}\n-- end of part {name}\n"


def stale_parts(folder: Path = MIGRATIONS) -> list[str]:
    """Return the parts whose newest migration does not hold them as they are made here."""
    newest: dict[str, str] = {}
    for file in sorted(folder.glob("*.sql")):
        newest |= {found[1]: found[0] for found in _PART.finditer(file.read_text(encoding="utf-8"))}
    return [name for name in PARTS if newest.get(name) != part_text(name)]


def refreshed(text: str) -> str:
    """Return a migration's text with the parts that it holds made again; for one that is not released."""
    return _PART.sub(lambda found: part_text(found[1]), text)


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _array(values: list[float]) -> str:
    return f"ARRAY[{', '.join(repr(value) for value in values)}]::double precision[]"
