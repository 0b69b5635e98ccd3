-- Territories, cells and landlords: what moves are counted by.
-- Invariant: `cell_territory` is a function of `cell`, `commune` and the QPV tables; `quartiers rebuild` renews it.

CREATE SCHEMA core;

-- Every territory of every level has one small number: counters are narrow, views give names back.
CREATE TABLE core.territory (
    territory_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    level text NOT NULL CHECK (level IN ('qpv_2024', 'qpv_2015', 'commune', 'epci', 'departement', 'region')),
    code text NOT NULL,
    name text NOT NULL,
    departement text,
    statut text,
    longitude double precision,
    latitude double precision,
    UNIQUE (level, code)
);

CREATE TABLE core.commune (
    code text PRIMARY KEY,
    epci text,
    departement text NOT NULL,
    region text NOT NULL
);

CREATE TABLE core.qpv_commune (
    qpv text NOT NULL,
    commune text NOT NULL REFERENCES core.commune,
    PRIMARY KEY (qpv, commune)
);

CREATE TABLE core.qpv_lineage (
    qpv_2024 text NOT NULL,
    qpv_2015 text NOT NULL,
    PRIMARY KEY (qpv_2024, qpv_2015)
);

-- INSEE's RPLS of 1 January 2022, on the perimeters of 2015: unknown on a modified or new QPV.
CREATE TABLE core.rpls (
    qpv_2015 text PRIMARY KEY,
    dwellings integer,
    vacancy_percent numeric,
    rotation_percent numeric
);

-- A cell is a place as a move names it: commune and QPV are independent keys, a QPV may span communes.
CREATE TABLE core.cell (
    cell_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    commune text NOT NULL REFERENCES core.commune,
    qpv_2024 text,
    qpv_2015 text,
    UNIQUE NULLS NOT DISTINCT (commune, qpv_2024, qpv_2015)
);

CREATE TABLE core.cell_territory (
    cell_id integer NOT NULL REFERENCES core.cell,
    territory_id integer NOT NULL REFERENCES core.territory,
    PRIMARY KEY (cell_id, territory_id)
);
CREATE INDEX ON core.cell_territory (territory_id);

-- The ladder of a cell: both QPV generations, commune, EPCI, département, région.
CREATE VIEW core.cell_ladder AS
SELECT rung.cell_id, territory.territory_id
FROM (
    SELECT cell_id, 'qpv_2024' AS level, qpv_2024 AS code FROM core.cell
    UNION ALL SELECT cell_id, 'qpv_2015', qpv_2015 FROM core.cell
    UNION ALL SELECT cell_id, 'commune', commune FROM core.cell
    UNION ALL SELECT cell_id, 'epci', epci FROM core.cell JOIN core.commune ON commune.code = cell.commune
    UNION ALL SELECT cell_id, 'departement', departement FROM core.cell JOIN core.commune ON commune.code = cell.commune
    UNION ALL SELECT cell_id, 'region', region FROM core.cell JOIN core.commune ON commune.code = cell.commune
) AS rung
JOIN core.territory USING (level, code);

-- Return the cell's number, making the cell at its first use. Called outside the ingest transaction, so
-- that two workers that meet a new cell never wait for each other's batch.
CREATE FUNCTION core.intern_cell(a_commune text, a_qpv_2024 text, a_qpv_2015 text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE found integer;
BEGIN
    INSERT INTO core.cell (commune, qpv_2024, qpv_2015) VALUES (a_commune, a_qpv_2024, a_qpv_2015)
    ON CONFLICT DO NOTHING;
    SELECT cell_id INTO found FROM core.cell
    WHERE commune = a_commune AND qpv_2024 IS NOT DISTINCT FROM a_qpv_2024
        AND qpv_2015 IS NOT DISTINCT FROM a_qpv_2015;
    INSERT INTO core.cell_territory SELECT * FROM core.cell_ladder WHERE cell_id = found
    ON CONFLICT DO NOTHING;
    RETURN found;
END $$;

CREATE TABLE core.landlord (
    siren text PRIMARY KEY CHECK (siren ~ '^\d{9}$'),
    name text NOT NULL,
    enrolled_on date NOT NULL DEFAULT current_date
);
