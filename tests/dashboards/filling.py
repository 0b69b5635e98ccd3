"""The stored tables of measures, filled for tests as the refresh fills them, by one slow query with a trivial mask.

What staff is shown is protected by `streams/secrecy`; here a count of 1 to 4 is simply null, and where a part of a
territory is null so are its other parts and its whole.
"""

from typing import Any

import psycopg

MOVES = {
    "departures": "out",
    "departures_same_landlord": "out AND reason = 'mutation_interne'",
    "departures_other_landlord": "out AND reason = 'autre_bailleur'",
    "departures_rehoused": "out AND nature_class = 'relogement'",
    "departures_reason_unknown": "out AND reason = 'non_renseigne'",
    **{
        f"left_{place}": f"out AND place = '{place}'"
        for place in ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere")
    },
    "arrivals": "NOT out",
    "first_lettings": "NOT out AND nature_class = 'first_letting'",
    "arrivals_same_landlord": "NOT out AND reason = 'mutation_interne'",
    "arrivals_rehoused": "NOT out AND nature_class = 'relogement'",
    **{
        f"came_{place}": f"NOT out AND place = '{place}'"
        for place in ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere")
    },
}
NOT_COUNTED_HERE = ("sold_to_tenant", "relet_dwellings_12_months", "notices", "notices_withdrawn")
STOCKS = {
    "dwellings": '"let" + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months',
    "vacant": "on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months",
    "vacant_over_3_months": "on_offer_vacant_over_3_months",
    "first_let_within_12_months": "first_let_within_12_months",
    "out_of_market": "out_of_market_works + out_of_market_demolition + out_of_market_sale",
}
PART = "CASE WHEN inside_qpv THEN 'qpv' WHEN NOT inside_qpv THEN 'hors_qpv' ELSE 'non_localise' END"
PARTS = "LATERAL (VALUES ('all'), (place_part)) AS parts (part)"
OBSERVED = f"""
INSERT INTO core.observed_month (territory_id, part, month, landlords, declared_landlords, all_dwellings,
    {", ".join((*STOCKS, *MOVES, *NOT_COUNTED_HERE))})
WITH declared AS MATERIALIZED (
    SELECT territory_id, landlord, month, level, declared FROM core.landlord_coverage
), stocks AS (
    SELECT territory_id, landlord, month, part, {", ".join(f"sum({sql}) AS {name}" for name, sql in STOCKS.items())}
    FROM (SELECT *, {PART} AS place_part FROM core.stock_cell JOIN core.cell USING (cell_id)) AS cell
    JOIN core.cell_territory USING (cell_id) JOIN core.stock_month USING (landlord, stock_on) CROSS JOIN {PARTS}
    GROUP BY 1, 2, 3, 4
), moves AS (
    SELECT territory_id, landlord, date_trunc('month', effective_on)::date AS month, part,
        {", ".join(f"coalesce(sum(n) FILTER (WHERE {sql}), 0) AS {name}" for name, sql in MOVES.items())}
    FROM (SELECT counted.*, direction = 'out' AS out, nature_class, {PART.replace("inside_qpv", "cell.inside_qpv")}
              AS place_part
          FROM core.counted JOIN core.cell USING (cell_id) JOIN core.flow USING (flow)
          WHERE nature_class <> 'technical') AS move
    JOIN core.cell_territory USING (cell_id) CROSS JOIN {PARTS}
    GROUP BY 1, 2, 3, 4
)
SELECT territory_id, part, month, count(*), count(*) FILTER (WHERE declared), sum(dwellings),
    {", ".join(f"coalesce(sum({name}) FILTER (WHERE declared), 0)" for name in (*STOCKS, *MOVES))},
    {", ".join("0" for _ in NOT_COUNTED_HERE)}
FROM stocks JOIN declared USING (territory_id, landlord, month) LEFT JOIN moves USING (territory_id, landlord, month, part)
WHERE part = 'all' OR level NOT LIKE 'qpv%%'
GROUP BY territory_id, part, month
"""
THROUGH = """
INSERT INTO core.complete_through (territory_id, part, month)
SELECT territory_id, part, max(month) FROM core.observed_month, core.staff_rule, core.window_state
WHERE all_dwellings > 0 AND dwellings >= least_completeness * all_dwellings AND month > as_of - interval '36 months'
GROUP BY 1, 2
"""
DWELLINGS = ("all_dwellings", *STOCKS)
COUNTS = (*MOVES, *NOT_COUNTED_HERE)
SHOWN = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status,
    {", ".join((*DWELLINGS, *COUNTS))})
SELECT territory_id, part, window_months, month,
    CASE WHEN months < window_months THEN 'no_data' WHEN all_dwellings = 0 THEN 'not_covered'
        WHEN dwellings = 0 THEN 'no_data' WHEN dwellings < least_completeness * all_dwellings THEN 'provisional'
        ELSE 'value' END, {", ".join(DWELLINGS)},
    {
    ", ".join(
        f"CASE WHEN bool_and({name} = 0 OR {name} >= threshold) OVER same THEN {name} END::integer" for name in COUNTS
    )
}
FROM core.observed_window CROSS JOIN core.staff_rule
WINDOW same AS (PARTITION BY territory_id, window_months, month)
"""
EVERY_TABLE = "core.observed_month, core.complete_through, core.shown_window"


def fill(connection: psycopg.Connection[Any]) -> None:
    """Write the stored tables anew from the ledger; the connection is the migrator's."""
    with connection.transaction():
        connection.execute(f"TRUNCATE {EVERY_TABLE}")
        for statement in (OBSERVED, THROUGH, SHOWN):
            connection.execute(statement.replace("%%", "%").encode())
