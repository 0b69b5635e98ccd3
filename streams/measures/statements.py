"""The SQL of the measures: what is recorded becomes changes of cells, and changes of cells changes of territories.

A month of a territory is the sum of m x c over cells and landlords: m what `core.cell_month` holds, c whether
`core.landlord_month` covers it. From (m, c) to (m', c') that sum changes by m (c' - c) + (m' - m) c': first what covers
is changed, then what is covered. Only differences are ever added.
"""

from streams.measures.columns import COVERED, LINKED, MEASURES, MOVES, STATES, any_of, listed

TEMPORARY_TABLES = f"""
CREATE TEMP TABLE IF NOT EXISTS covering_now (LIKE core.landlord_month) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS covering_new (LIKE core.landlord_month) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS covering_gone (LIKE core.landlord_month) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS restocked (
    cell_id integer NOT NULL, landlord text NOT NULL, month date NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS peopled (landlord text NOT NULL, month date NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS cell_change (LIKE core.cell_month INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS observed_change (
    territory_id integer NOT NULL, part text NOT NULL, month date NOT NULL,
    {listed((*COVERED, *STATES), "{} bigint NOT NULL DEFAULT 0")},
    {listed((*MOVES, *LINKED), "{} integer NOT NULL DEFAULT 0")}
) ON COMMIT DELETE ROWS;
TRUNCATE covering_now, covering_new, covering_gone, restocked, peopled, cell_change, observed_change;
"""

# Those of whom stocks or declarations were recorded, with all that they took over and that took them over.
REGISTERED = """
SELECT coalesce(array_agg(DISTINCT kin.landlord), '{}')
FROM (SELECT landlord FROM core.stock WHERE recorded_in >= %(since)s
      UNION SELECT landlord FROM core.declaration WHERE recorded_in >= %(since)s) AS registered
JOIN core.landlord_at AS own ON own.landlord = registered.landlord AND own.until = 'infinity'
JOIN core.landlord_at AS kin ON kin.counted_for = own.counted_for AND kin.until = 'infinity'
"""
# What covers which month, where it is no longer what it was: of some landlords, or of all of them (null).
FIND_COVERING = (
    "INSERT INTO covering_now SELECT * FROM core.landlord_months(%(landlords)s::text[])",
    "INSERT INTO covering_new TABLE covering_now EXCEPT TABLE core.landlord_month",
    "INSERT INTO covering_gone SELECT * FROM core.landlord_month "
    "WHERE %(landlords)s::text[] IS NULL OR landlord = ANY (%(landlords)s::text[]) EXCEPT TABLE covering_now",
    "ANALYZE covering_new, covering_gone",
)
COVER = (
    "DELETE FROM core.landlord_month AS c USING covering_gone AS gone "
    "WHERE c.landlord = gone.landlord AND c.month = gone.month",
    "INSERT INTO core.landlord_month TABLE covering_new",
)


def add_observed(covering: str, cells: str = "core.cell_month", sign: str = "") -> str:
    """Return the statement that adds to (or, with "-", takes from) `observed_change` what cells hold, as covered."""
    declared = "(CASE WHEN of_quartiers THEN declared_qpv ELSE declared_whole END)"
    return f"""
INSERT INTO observed_change (territory_id, part, month, all_dwellings, {listed(MEASURES)})
SELECT territory_id, part, cells.month, {sign}sum(dwellings),
    {listed(MEASURES, sign + "coalesce(sum({}) FILTER (WHERE " + declared + "), 0)")}
FROM {covering} AS covering
JOIN {cells} AS cells ON cells.landlord = covering.landlord AND cells.month = covering.month
JOIN core.cell_part USING (cell_id)
WHERE of_quartiers OR whole
GROUP BY 1, 2, 3
"""  # noqa: S608


def add_landlords(covering: str, sign: str = "") -> str:
    """Return the statement that counts (or, with "-", uncounts) the landlords that have dwellings, in months of theirs.

    Every month in which one of those that `covering` names is counted: with what it took over, a landlord is one.
    """
    return f"""
INSERT INTO observed_change (territory_id, part, month, landlords, declared_landlords)
SELECT territory_id, part, month, {sign}count(*), {sign}count(*) FILTER (WHERE declared)
FROM (
    SELECT territory_id, part, month, counted_for,
        CASE WHEN of_quartiers THEN declared_qpv ELSE declared_whole END AS declared
    FROM (SELECT DISTINCT counted_for, month FROM {covering}) AS wanted
    JOIN core.landlord_month USING (counted_for, month)
    JOIN core.cell_month USING (landlord, month)
    JOIN core.cell_part USING (cell_id)
    WHERE (of_quartiers OR whole) AND dwellings > 0
    GROUP BY 1, 2, 3, 4, 5
) AS present
GROUP BY 1, 2, 3
"""  # noqa: S608


FIND_MOVES = f"""
INSERT INTO cell_change (cell_id, landlord, month, {listed(MOVES)})
SELECT cell_id, landlord, month, {listed(MOVES)} FROM core.moves_recorded(%(since)s, %(upto)s) WHERE {any_of(MOVES)}
"""  # noqa: S608

# As streams/measures/linked.py found them, by cell and month.
LEVELS = """
SELECT cell_id, landlord, month, coalesce(sum(n) FILTER (WHERE measure = 'relet'), 0) AS relet_dwellings_12_months,
    coalesce(sum(n) FILTER (WHERE measure = 'notices'), 0) AS notices,
    coalesce(sum(n) FILTER (WHERE measure = 'notices_withdrawn'), 0) AS notices_withdrawn
FROM linked_change WHERE measure IN ('relet', 'notices', 'notices_withdrawn') GROUP BY 1, 2, 3
"""
# They were added: territories have them to come.
FIND_LINKED = f"INSERT INTO cell_change (cell_id, landlord, month, {listed(LINKED)}) {LEVELS}"

# Which dwellings are to be counted again: those of a landlord of whom another stock is in force, and those of a cell in
# the months after a first letting or a sale, as far as the stock in force is older.
FIND_RESTOCKED = """
INSERT INTO restocked
WITH restocked AS (
    SELECT landlord, month
    FROM covering_new AS fresh FULL JOIN covering_gone AS gone USING (landlord, month)
    WHERE (fresh.inside_on, fresh.outside_on, fresh.recorded_in)
        IS DISTINCT FROM (gone.inside_on, gone.outside_on, gone.recorded_in)
)
SELECT cell_id, landlord, month FROM restocked JOIN (
    SELECT landlord, cell_id FROM core.stock_cell WHERE landlord IN (SELECT landlord FROM restocked)
    UNION SELECT landlord, cell_id FROM core.cell_month WHERE landlord IN (SELECT landlord FROM restocked)
) AS place USING (landlord)
UNION SELECT cell_id, covering.landlord, covering.month
FROM (SELECT DISTINCT cell_id, landlord, month FROM cell_change WHERE first_lettings <> 0 OR sold_to_tenant <> 0)
    AS moved
JOIN core.landlord_month AS covering ON covering.landlord = moved.landlord AND covering.month > moved.month
    AND (inside_on <= moved.month OR outside_on <= moved.month)
"""
COVERED_ANEW = "(TABLE covering_gone UNION ALL TABLE covering_new) AS anew"
COUNT_COVERED_ANEW = f"SELECT count(DISTINCT (landlord, month)) FROM {COVERED_ANEW}"  # noqa: S608
# Where somebody has dwellings now and had none, or the other way round: `cell_change` has them once a cell and month.
FIND_PEOPLED = """
INSERT INTO peopled
SELECT DISTINCT landlord, month
FROM cell_change AS change LEFT JOIN core.cell_month AS known USING (cell_id, landlord, month)
WHERE change.dwellings <> 0
    AND (coalesce(known.dwellings, 0) > 0) <> (coalesce(known.dwellings, 0) + change.dwellings > 0)
"""
PEOPLED_FOR = "peopled JOIN core.landlord_month USING (landlord, month)"


def dwellings_of(months: str, moved: str, key: str = "landlord") -> str:
    """Return the query of the dwellings of landlord-months (`months`), as `core.cell_dwellings_recount` has them.

    From what is stored of them; `moved` has their sales and first lettings by cell and month. With the key
    "landlord, cell_id" `months` are those of cells. OFFSET 0: each stock is looked up, not all of them added up first.
    """
    return f"""
WITH covered AS MATERIALIZED (
    SELECT {key}, month, inside, CASE WHEN inside THEN inside_on ELSE outside_on END AS stock_on
    FROM {months} JOIN core.landlord_month USING (landlord, month)
    CROSS JOIN (VALUES (true), (false)) AS sides (inside)
), stock AS MATERIALIZED (
    SELECT one.* FROM (SELECT DISTINCT {key}, stock_on FROM covered) AS wanted
    CROSS JOIN LATERAL (SELECT * FROM core.stock_dwellings AS one
        WHERE ({listed(key.split(", "), "one.{}")}) = ({listed(key.split(", "), "wanted.{}")})
            AND one.stock_on = wanted.stock_on OFFSET 0) AS one
)
SELECT cell_id, landlord, month, greatest(sum(dwellings), 0) AS dwellings, {listed(STATES[1:], "sum({0}) AS {0}")}
FROM (
    SELECT cell_id, landlord, month, {listed(STATES)} FROM covered JOIN stock USING ({key}, stock_on, inside)
    UNION ALL
    SELECT cell_id, landlord, covered.month, first_lettings - sold_to_tenant, 0, 0, 0, 0
    FROM covered
    JOIN {moved} AS moved USING ({key})
    JOIN core.cell USING (cell_id)
    WHERE inside = (qpv_status = 'inside') AND moved.month >= stock_on AND moved.month < covered.month
        AND first_lettings <> sold_to_tenant
) AS part
GROUP BY 1, 2, 3
"""  # noqa: S608


FIND_DWELLINGS = f"""
INSERT INTO cell_change (cell_id, landlord, month, {listed(STATES)})
WITH fresh AS ({dwellings_of("restocked", "core.cell_month", "landlord, cell_id")}), known AS (
    SELECT cell_id, landlord, month, {listed(STATES)}
    FROM core.cell_month JOIN restocked USING (cell_id, landlord, month)
    WHERE {any_of(STATES)}
)
SELECT cell_id, landlord, month, {listed(STATES, "coalesce(fresh.{0}, 0) - coalesce(known.{0}, 0)")}
FROM fresh FULL JOIN known USING (cell_id, landlord, month)
WHERE {any_of(STATES, "coalesce(fresh.{0}, 0) <> coalesce(known.{0}, 0)")}
"""  # noqa: S608
# From nothing: moves are added up once, by as many processes as there are, and give the dwellings too. What is linked
# has been found before, so that each row is written once.
COUNT_CELLS = (
    "DROP TABLE IF EXISTS moved, adjusting",
    "CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM core.moves_recorded(0, %(upto)s)",
    "CREATE TEMP TABLE adjusting ON COMMIT DROP AS SELECT cell_id, landlord, month, first_lettings, sold_to_tenant "
    "FROM moved WHERE first_lettings <> 0 OR sold_to_tenant <> 0",
    "ANALYZE moved, adjusting",
    f"INSERT INTO core.cell_month (cell_id, landlord, month, {listed(MEASURES)}) "  # noqa: S608
    f"SELECT cell_id, landlord, month, {listed(MEASURES, 'coalesce({}, 0)')} FROM moved "
    f"FULL JOIN ({LEVELS}) AS linked USING (cell_id, landlord, month) "
    f"FULL JOIN ({dwellings_of('(SELECT landlord, month FROM core.landlord_month) AS one', 'adjusting')}) "
    f"AS housed USING (cell_id, landlord, month) WHERE {any_of(MEASURES)}",
)


def _add_to_cells(names: tuple[str, ...]) -> str:
    return f"""
INSERT INTO core.cell_month AS c (cell_id, landlord, month, {listed(names)})
SELECT cell_id, landlord, month, {listed(names, "sum({})")} FROM cell_change WHERE {any_of(names)}
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (cell_id, landlord, month) DO UPDATE SET {listed(names, "{0} = c.{0} + excluded.{0}")}
"""  # noqa: S608


ADD_MOVES = _add_to_cells(MOVES)
ADD_DWELLINGS = _add_to_cells(STATES)
DROP_EMPTY_CELLS = f"""
DELETE FROM core.cell_month AS c USING (SELECT DISTINCT cell_id, landlord, month FROM cell_change) AS d
WHERE (c.cell_id, c.landlord, c.month) = (d.cell_id, d.landlord, d.month) AND NOT ({any_of(MEASURES)})
"""  # noqa: S608

_OBSERVED = (*COVERED, *MEASURES)
ADD_TO_TERRITORIES = f"""
INSERT INTO core.observed_month AS o (territory_id, part, month, {listed(_OBSERVED)})
SELECT territory_id, part, month, {listed(_OBSERVED, "sum({})")} FROM observed_change
GROUP BY 1, 2, 3 HAVING {any_of(_OBSERVED, "sum({}) <> 0")} ORDER BY 1, 2, 3
ON CONFLICT (territory_id, part, month) DO UPDATE SET {listed(_OBSERVED, "{0} = o.{0} + excluded.{0}")}
RETURNING territory_id, month, NOT ({any_of(_OBSERVED, "o.{} <> 0")})
"""  # noqa: S608
DROP_EMPTY_MONTHS = f"""
DELETE FROM core.observed_month AS o USING (SELECT DISTINCT territory_id, part, month FROM observed_change) AS d
WHERE (o.territory_id, o.part, o.month) = (d.territory_id, d.part, d.month) AND NOT ({any_of(_OBSERVED)})
"""  # noqa: S608

# All of them, or those whose dwellings changed: of nothing else does it depend, but of the day.
FORGET_ALL_THROUGH = "DELETE FROM core.complete_through"
FIND_ALL_THROUGH = """
INSERT INTO core.complete_through (territory_id, part, month)
SELECT territory_id, part, max(month) FROM core.observed_month CROSS JOIN core.staff_rule CROSS JOIN core.window_state
WHERE all_dwellings > 0 AND dwellings >= least_completeness * all_dwellings AND month > as_of - interval '36 months'
GROUP BY 1, 2
"""
_REHOUSED = (
    """(SELECT DISTINCT territory_id, part FROM observed_change WHERE all_dwellings <> 0 OR dwellings <> 0) AS d"""
)
FORGET_THROUGH = f"""
DELETE FROM core.complete_through AS c USING {_REHOUSED} WHERE (c.territory_id, c.part) = (d.territory_id, d.part)
"""  # noqa: S608
FIND_THROUGH = f"""
INSERT INTO core.complete_through (territory_id, part, month)
SELECT territory_id, part, through.month FROM {_REHOUSED} CROSS JOIN LATERAL (
    SELECT month FROM core.observed_month AS o CROSS JOIN core.staff_rule CROSS JOIN core.window_state
    WHERE o.territory_id = d.territory_id AND o.part = d.part AND month > as_of - interval '36 months'
        AND all_dwellings > 0 AND dwellings >= least_completeness * all_dwellings
    ORDER BY month DESC LIMIT 1) AS through
"""  # noqa: S608

STATE = """
SELECT taken_up_to, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_running,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_to_come,
    known.as_of AS known_as_of, today.as_of AS as_of, known.standing AS known_standing,
    (SELECT coalesce(string_agg(concat_ws(' ', siren, merged_into, merged_on), ', ' ORDER BY siren), '')
     FROM core.landlord WHERE merged_into IS NOT NULL)
        || (SELECT ' ' || least_completeness FROM core.staff_rule) AS standing,
    cluster AS known_cluster, (SELECT system_identifier::text FROM pg_control_system()) AS cluster
FROM core.measure_state AS known CROSS JOIN core.window_state AS today
"""
KEEP_STATE = """
UPDATE core.measure_state SET taken_up_to = %(upto)s, as_of = %(as_of)s, standing = %(standing)s,
    cluster = %(cluster)s, refreshed_at = clock_timestamp()
"""
# By transaction: those of another server, or of one that was restored from a copy of rows, say nothing here.
FORGET_TRANSACTIONS = tuple(
    f"UPDATE core.{table} SET recorded_in = 0 WHERE recorded_in >= pg_current_xact_id()::text::bigint"  # noqa: S608
    for table in ("fact", "move", "stock", "declaration")
)
WAITING = """
SELECT (SELECT count(*) FROM core.fact WHERE recorded_in >= %(since)s) AS facts,
    (SELECT count(*) FROM core.move WHERE recorded_in >= %(since)s) AS moves,
    (SELECT count(*) FROM core.stock WHERE recorded_in >= %(since)s)
        + (SELECT count(*) FROM core.declaration WHERE recorded_in >= %(since)s) AS registers
"""
