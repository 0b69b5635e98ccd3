"""A made-up country, written straight into the tables: 1,600 quartiers, 450 landlords, ten years of moves.

Sizes as public sources have them (INSEE, RPLS): 5.1 million social dwellings, of which about a third in quartiers, one
million moves a year. Codes, communes and shares are invented; only their numbers matter here.
"""

from datetime import date

QPVS, COMMUNES, EPCIS, LANDLORDS, YEARS = 1_600, 860, 400, 450, 10
FIRST_YEAR = 2016
AS_OF = date(FIRST_YEAR + YEARS - 1, 12, 31)
DECLARED = date(FIRST_YEAR + YEARS - 1, 10, 31)
"""Through which all landlords have declared."""
A_DAY = 3_650
"""A day's moves are one in so many of ten years'."""

# Commune n is of an EPCI, a département and a région; two quartiers to most communes; a place has two
# or three landlords.
TERRITORIES = f"""
INSERT INTO core.territory (level, code, name, departement)
SELECT 'region', 'R' || n, 'Région ' || n, NULL FROM generate_series(1, 13) AS n
UNION ALL SELECT 'departement', 'D' || n, 'Département ' || n, 'D' || n FROM generate_series(1, 96) AS n
UNION ALL SELECT 'epci', 'E' || n, 'EPCI ' || n, NULL FROM generate_series(1, {EPCIS}) AS n
UNION ALL SELECT 'commune', 'C' || n, 'Commune ' || n, 'D' || n % 96 + 1 FROM generate_series(1, {COMMUNES}) AS n
UNION ALL SELECT 'qpv_2024', 'N' || n, 'Quartier ' || n, 'D1' FROM generate_series(1, {QPVS}) AS n
UNION ALL SELECT 'qpv_2015', 'P' || n, 'Quartier ' || n, 'D1' FROM generate_series(1, {QPVS}) AS n;
INSERT INTO core.commune (code, epci, departement, region)
SELECT 'C' || n, 'E' || n % {EPCIS} + 1, 'D' || n % 96 + 1, 'R' || (n % 96 + 1) % 13 + 1
FROM generate_series(1, {COMMUNES}) AS n;
INSERT INTO core.cell (commune, qpv_2024, qpv_2015, qpv_status)
SELECT 'C' || n % {COMMUNES} + 1, 'N' || n, CASE WHEN n % 16 > 0 THEN 'P' || n END, 'inside'
FROM generate_series(1, {QPVS}) AS n
UNION ALL SELECT 'C' || n, NULL, NULL, 'outside' FROM generate_series(1, {COMMUNES}) AS n
UNION ALL SELECT 'C' || n, NULL, NULL, 'uncertain' FROM generate_series(1, {COMMUNES}) AS n;
INSERT INTO core.cell_territory SELECT * FROM core.cell_ladder;
INSERT INTO core.landlord (siren, name) SELECT (910000000 + n)::text, 'Bailleur ' || n
FROM generate_series(0, {LANDLORDS - 1}) AS n;
UPDATE core.window_state SET as_of = '{AS_OF}';
CREATE TABLE public.owned (position integer PRIMARY KEY, cell_id integer, landlord text, dwellings integer);
INSERT INTO public.owned
SELECT row_number() OVER (ORDER BY cell_id, rank) - 1, cell_id,
    (910000000 + (cell_id * 7 + rank * 131) % {LANDLORDS})::text,
    CASE qpv_status WHEN 'inside' THEN 360 WHEN 'outside' THEN 500 ELSE 4 END
FROM core.cell CROSS JOIN generate_series(0, 2) AS rank WHERE rank < 2 + cell_id % 2;
"""
STOCKS = f"""
INSERT INTO core.stock (landlord, stock_on, revision, content_hash, scope, received_on)
SELECT siren, make_date({FIRST_YEAR} + year, 1, 1), 1, '', 'whole_stock', make_date({FIRST_YEAR} + year, 1, 15)
FROM core.landlord CROSS JOIN generate_series(0, {YEARS - 1}) AS year;
INSERT INTO core.stock_cell
SELECT landlord, stock_on, cell_id, rooms, dwellings / 3, dwellings / 60, dwellings / 90, dwellings / 200, 1, 0, 0,
    '{{}}'
FROM public.owned JOIN core.stock USING (landlord) CROSS JOIN (VALUES ('T2'), ('T3'), ('T4')) AS one (rooms);
INSERT INTO core.declaration (landlord, scope, revision, content_hash, complete_through, received_on, control_totals)
SELECT siren, 'whole_stock', month, '', day, day + 10, '[]'
FROM core.landlord CROSS JOIN generate_series(1, {12 * YEARS - 2}) AS month
CROSS JOIN LATERAL (
    SELECT (make_date({FIRST_YEAR}, 1, 1) + month * interval '1 month' - interval '1 day')::date AS day) AS through;
"""
# When moves of a year took effect, those of a day of the whole ten years, and those of a real day: within the 60 days
# that were declared last, so that every one counts, but for one in fifty, which corrects any month of the ten years.
OF_A_YEAR = "make_date({year}, (drawn %% 12)::integer + 1, 1)"
OF_ANY_MONTH = f"(date '{DECLARED:%Y-%m-01}' - drawn %% {12 * YEARS - 2} * interval '1 month')::date"
OF_A_DAY = f"""CASE WHEN n %% 50 = 0 THEN {OF_ANY_MONTH}
    ELSE date_trunc('month', date '{DECLARED}' - (drawn %% 60)::integer)::date END"""
# One move in three hundred is a sale, one in thirty a first letting; places by a hash of the move's number.
_MOVES = """
INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, tenancy_started_on, landlord, reason, place,
    rooms)
SELECT month + 20, month, cell_id, flow.flow, 1, month - (365 * (n %% 20))::integer, landlord, kind.reason,
    (ARRAY['same_qpv', 'other_qpv', 'same_commune', 'same_epci', 'departement', 'region', 'elsewhere', 'unknown'])
        [n %% 8 + 1], 'T3'
FROM (SELECT n, hashint8(n)::bigint + 2147483648 AS drawn
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS one
CROSS JOIN LATERAL (SELECT {month} AS month) AS dated
JOIN public.owned ON position = drawn / 12 %% %(owned)s
JOIN core.cell USING (cell_id)
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 300 = 0 THEN 'out' WHEN n %% 30 = 1 THEN 'in'
        WHEN n %% 2 = 0 THEN 'out' ELSE 'in' END AS direction,
    CASE WHEN n %% 300 = 0 THEN 'technical' WHEN n %% 30 = 1 THEN 'first_letting' WHEN n %% 5 = 0 THEN 'internal'
        WHEN n %% 41 = 0 THEN 'relogement' ELSE 'ordinary' END AS nature_class,
    CASE WHEN n %% 300 = 0 THEN 'vente_occupant' WHEN n %% 30 = 1 THEN 'premiere_location'
        WHEN n %% 5 = 0 THEN 'mutation_interne' WHEN n %% 41 = 0 THEN 'relogement_npnru'
        WHEN n %% 7 = 0 THEN 'non_renseigne' ELSE 'autre' END AS reason) AS kind
JOIN core.flow ON flow.direction = kind.direction AND flow.nature_class = kind.nature_class
    AND flow.inside_qpv IS NOT DISTINCT FROM cell.inside_qpv AND NOT flow.month_precision
"""
# The next month, by every thirtieth landlord: a day's share of them.
DECLARATIONS_OF_A_DAY = f"""
INSERT INTO core.declaration (landlord, scope, revision, content_hash, complete_through, received_on, control_totals)
SELECT siren, 'whole_stock', {12 * YEARS}, '', '{FIRST_YEAR + YEARS - 1}-11-30', '{FIRST_YEAR + YEARS - 1}-12-10', '[]'
FROM core.landlord WHERE siren::integer %% 30 = %(day)s
"""


def moves(when: str) -> str:
    """Return the statement that writes the moves numbered from `first` to `last`; `when`: one of the months above."""
    return _MOVES.replace("{month}", when)
