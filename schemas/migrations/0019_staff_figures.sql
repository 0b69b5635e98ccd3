-- Indicators as staff and the public read them: those of the registry, on the measures that may be shown, and what
-- stands beside them.
-- Invariant: a figure stands only on what `core.shown_window`, or a vintage, holds; where a measure of it is null it is
-- secret.
-- The parts between marks are made from the records (`quartiers indicators --sql`); the rest is written by hand.

-- The indicators in the reader's words, in the order of the guide.
-- part indicator_text: made from schemas/indicators/
CREATE OR REPLACE VIEW staff.indicator_text AS
SELECT * FROM (VALUES
    (1, 'departures', 'Départs', 'sorties', 'logements', 'measures'),
    (2, 'departure_rate', 'Taux de départ (bailleur)', 'sorties', '%', 'measures'),
    (3, 'qpv_exit_rate', 'Taux de sortie du QPV', 'sorties', '%', 'measures'),
    (4, 'internal_departure_rate', 'Taux de départ interne au parc social', 'sorties', '%', 'measures'),
    (5, 'same_landlord_departure_rate', 'Taux de départ vers le même bailleur', 'sorties', '%', 'measures'),
    (6, 'other_landlord_departure_rate', 'Taux de départ vers un autre bailleur social', 'sorties', '%', 'measures'),
    (7, 'rehoused_departure_rate', 'Taux de départ par relogement', 'sorties', '%', 'measures'),
    (8, 'external_departure_rate', 'Taux de départ hors du parc social', 'sorties', '%', 'measures'),
    (9, 'notices', 'Préavis reçus', 'préavis', 'logements', 'measures'),
    (10, 'notice_rate', 'Taux de préavis', 'préavis', '%', 'measures'),
    (11, 'notices_withdrawn_share', 'Part des préavis retirés', 'préavis', '%', 'measures'),
    (12, 'arrivals', 'Arrivées', 'entrées', 'logements', 'measures'),
    (13, 'arrival_rate', 'Taux d''arrivée (bailleur)', 'entrées', '%', 'measures'),
    (14, 'relet_rate', 'Taux d''emménagement (type RPLS)', 'entrées', '%', 'measures'),
    (15, 'balance', 'Solde', 'entrées', 'logements', 'measures'),
    (16, 'first_letting_share', 'Part des premières locations', 'entrées', '%', 'measures'),
    (17, 'internal_arrival_share', 'Part des arrivées par mutation ou relogement', 'entrées', '%', 'measures'),
    (18, 'left_same_qpv_share', 'Part des départs vers le même QPV', 'parcours', '%', 'measures'),
    (19, 'left_other_qpv_share', 'Part des départs vers un autre QPV', 'parcours', '%', 'measures'),
    (20, 'left_same_commune_share', 'Part des départs vers la même commune, hors QPV', 'parcours', '%', 'measures'),
    (21, 'left_same_epci_share', 'Part des départs vers le même EPCI, hors de la commune', 'parcours', '%', 'measures'),
    (22, 'left_departement_share', 'Part des départs vers le même département, hors de l''EPCI', 'parcours', '%', 'measures'),
    (23, 'left_region_share', 'Part des départs vers la même région, hors du département', 'parcours', '%', 'measures'),
    (24, 'left_elsewhere_share', 'Part des départs vers le reste de la France ou l''étranger', 'parcours', '%', 'measures'),
    (25, 'left_unknown_share', 'Part des départs de destination inconnue', 'parcours', '%', 'measures'),
    (26, 'came_same_qpv_share', 'Part des arrivées depuis le même QPV', 'parcours', '%', 'measures'),
    (27, 'came_other_qpv_share', 'Part des arrivées depuis un autre QPV', 'parcours', '%', 'measures'),
    (28, 'came_same_commune_share', 'Part des arrivées depuis la même commune, hors QPV', 'parcours', '%', 'measures'),
    (29, 'came_same_epci_share', 'Part des arrivées depuis le même EPCI, hors de la commune', 'parcours', '%', 'measures'),
    (30, 'came_departement_share', 'Part des arrivées depuis le même département, hors de l''EPCI', 'parcours', '%', 'measures'),
    (31, 'came_region_share', 'Part des arrivées depuis la même région, hors du département', 'parcours', '%', 'measures'),
    (32, 'came_elsewhere_share', 'Part des arrivées depuis le reste de la France ou l''étranger', 'parcours', '%', 'measures'),
    (33, 'came_unknown_share', 'Part des arrivées d''origine inconnue', 'parcours', '%', 'measures'),
    (34, 'vacancy_rate', 'Taux de vacance', 'logements', '%', 'measures'),
    (35, 'long_vacancy_rate', 'Taux de vacance de plus de trois mois', 'logements', '%', 'measures'),
    (36, 'sold_to_tenant', 'Ventes à l''occupant', 'logements', 'logements', 'measures'),
    (37, 'relocation_delay', 'Délai médian de relocation', 'durées', 'jours', 'distribution'),
    (38, 'tenure_at_departure', 'Ancienneté médiane des partants', 'durées', 'mois', 'distribution'),
    (39, 'tenancy_survival', 'Survie des baux (sas ou nasse)', 'durées', '%', 'distribution'),
    (40, 'completeness', 'Complétude', 'couverture', '%', 'measures'),
    (41, 'representativeness', 'Représentativité', 'couverture', '%', 'rpls')
) AS said (rank, indicator, name, family, unit, stands_on);
-- end of part indicator_text

-- part staff_indicator: made from schemas/indicators/
CREATE OR REPLACE VIEW staff.indicator AS
SELECT one.level, one.territory_id, one.part, one.window_months, one.month, one.ends_at, one.through, completeness_percent, one.indicator, denominator,
    CASE WHEN NOT small THEN one.numerator END AS numerator,
    CASE WHEN NOT small THEN one.value END AS value,
    CASE WHEN NOT small THEN one.lower END AS lower,
    CASE WHEN NOT small THEN one.upper END AS upper,
    CASE WHEN small THEN 'secret' ELSE status END AS status
FROM (SELECT w.level, w.territory_id, w.part, w.window_months, w.month, w.ends_at, w.through, round(100 * w.dwellings / nullif(w.all_dwellings, 0), 1) AS completeness_percent, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM staff.measure AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.status <> 'no_data') THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 OR w.month > (SELECT through FROM core.settled) THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.status <> 'no_data') THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
CROSS JOIN LATERAL (
    SELECT 'departures', ARRAY[1, 3, 12], false, false, 'none', (w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'departure_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.departures)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'qpv_exit_rate', ARRAY[12], true, false, 'poisson', (w.departures - w.left_same_qpv)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'internal_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'same_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'other_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_other_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_other_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'rehoused_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'external_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'notices', ARRAY[1, 3, 12], false, false, 'none', (w.notices)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.notices IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'notice_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.notices)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'notices_withdrawn_share', ARRAY[12], false, false, 'wilson', (w.notices_withdrawn)::numeric, (w.notices)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices_withdrawn IS NULL OR w.notices IS NULL THEN 'secret' WHEN w.notices = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'arrivals', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'arrival_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.arrivals)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'relet_rate', ARRAY[12], false, false, 'wilson', (w.relet_dwellings_12_months)::numeric, (w.dwellings - w.first_let_within_12_months)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings - w.first_let_within_12_months < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.relet_dwellings_12_months IS NULL OR w.dwellings - w.first_let_within_12_months IS NULL THEN 'secret' WHEN w.dwellings - w.first_let_within_12_months = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'balance', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals - w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals - w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'first_letting_share', ARRAY[12], false, false, 'wilson', (w.first_lettings)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.first_lettings IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'internal_arrival_share', ARRAY[12], false, false, 'wilson', (w.arrivals_same_landlord + w.arrivals_rehoused)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals_same_landlord + w.arrivals_rehoused IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'left_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_same_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_other_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_other_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_commune_share', ARRAY[12], false, false, 'wilson', (w.left_same_commune)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_commune IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_epci_share', ARRAY[12], false, false, 'wilson', (w.left_same_epci)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_epci IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_departement_share', ARRAY[12], false, false, 'wilson', (w.left_departement)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_departement IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_region_share', ARRAY[12], false, false, 'wilson', (w.left_region)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_region IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_elsewhere IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_unknown_share', ARRAY[12], false, false, 'none', (w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'came_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_same_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_other_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_other_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_commune_share', ARRAY[12], false, false, 'wilson', (w.came_same_commune)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_commune IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_epci_share', ARRAY[12], false, false, 'wilson', (w.came_same_epci)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_epci IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_departement_share', ARRAY[12], false, false, 'wilson', (w.came_departement)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_departement IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_region_share', ARRAY[12], false, false, 'wilson', (w.came_region)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_region IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_elsewhere IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_unknown_share', ARRAY[12], false, false, 'none', (w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'long_vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant_over_3_months)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant_over_3_months IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'sold_to_tenant', ARRAY[12], false, false, 'none', (w.sold_to_tenant)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.sold_to_tenant IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'completeness', ARRAY[1, 3, 12], false, false, 'none', (w.dwellings)::numeric, (w.all_dwellings)::numeric,
        (CASE WHEN base.coverage NOT IN ('value', 'provisional') THEN base.coverage WHEN w.dwellings IS NULL OR w.all_dwellings IS NULL THEN 'secret' WHEN w.all_dwellings = 0 THEN 'no_data' ELSE base.coverage END)
) AS i (indicator, windows, inside_only, annualised, interval, numerator, denominator, status)
CROSS JOIN LATERAL (SELECT CASE WHEN i.denominator IS NULL THEN 1.0 ELSE 100.0 END
    * CASE WHEN i.annualised THEN 12.0 / w.window_months ELSE 1 END AS factor) AS f
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR w.level IN ('qpv_2024', 'qpv_2015') OR w.part = 'qpv')) AS one
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT one.indicator IN ('qpv_exit_rate', 'internal_departure_rate', 'external_departure_rate', 'internal_arrival_share', 'left_unknown_share', 'came_unknown_share')
    AND coalesce(one.numerator > 0 AND one.numerator < threshold, false) AS small) AS guard;
-- end of part staff_indicator

-- What each territory is read beside: itself, then what is around or inside it. `compared_id` and `part`: whose
-- measures; those of one rank are summed (a QPV may span communes).
CREATE VIEW staff.comparator AS
WITH place AS (
    SELECT territory.territory_id, territory.level, commune.code AS commune, commune.epci, commune.departement,
        commune.region
    FROM core.territory JOIN core.qpv_commune ON qpv = territory.code
    JOIN core.commune ON commune.code = qpv_commune.commune WHERE territory.level IN ('qpv_2024', 'qpv_2015')
    UNION ALL
    SELECT territory_id, level, NULL, commune.epci, commune.departement, commune.region
    FROM core.territory JOIN core.commune USING (code) WHERE level = 'commune'
    UNION ALL
    SELECT territory_id, level, NULL, NULL, NULL, any_value(commune.region)
    FROM core.territory JOIN core.commune ON commune.epci = territory.code WHERE level = 'epci' GROUP BY 1
    UNION ALL
    SELECT territory_id, level, NULL, NULL, NULL, any_value(commune.region)
    FROM core.territory JOIN core.commune ON commune.departement = territory.code WHERE level = 'departement' GROUP BY 1
    UNION ALL
    SELECT own_member.territory_id, 'own', NULL, NULL, NULL, any_value(commune.region)
    FROM core.own_member LEFT JOIN core.qpv_commune ON qpv = member
    JOIN core.commune ON commune.code = coalesce(qpv_commune.commune, member) GROUP BY 1
), around AS (
    SELECT place.territory_id, step.*
    FROM place CROSS JOIN LATERAL (VALUES
        (4, 'commune', commune, 'hors_qpv', 'Reste de sa commune, hors QPV'),
        (5, 'epci', epci, 'all', 'Son EPCI'),
        (6, 'departement', departement, 'qpv', 'QPV du département'),
        (7, 'region', region, 'qpv', 'QPV de la région'),
        (8, 'region', region, 'all', 'Région, tout le parc social')
    ) AS step (rank, around_level, code, part, name) WHERE code IS NOT NULL
)
SELECT territory_id, 1 AS rank, 'Ce territoire' AS name, territory_id AS compared_id, 'all' AS part FROM core.territory
UNION ALL
SELECT territory_id, rank, inner_part.name, territory_id, part
FROM core.territory
CROSS JOIN (VALUES (2, 'qpv', 'Ses QPV'), (3, 'hors_qpv', 'Le reste, hors QPV')) AS inner_part (rank, part, name)
WHERE level NOT IN ('qpv_2024', 'qpv_2015')
UNION ALL
SELECT DISTINCT around.territory_id, rank, around.name, other.territory_id, around.part
FROM around JOIN core.territory AS other ON other.level = around_level AND other.code = around.code;

-- The measures of what each territory is read beside, summed over the territories of one comparator, where each has the
-- window; one secret makes the sum unknown.
-- part staff_compared: made from schemas/indicators/
CREATE OR REPLACE VIEW staff.compared_measure AS
SELECT comparator.territory_id, rank, name, comparator.part, level, window_months, month, ends_at,
    bool_and(status <> 'no_data') AS whole,
    CASE WHEN bool_and(all_dwellings IS NOT NULL) THEN sum(all_dwellings) END AS all_dwellings,
    CASE WHEN bool_and(dwellings IS NOT NULL) THEN sum(dwellings) END AS dwellings,
    CASE WHEN bool_and(vacant IS NOT NULL) THEN sum(vacant) END AS vacant,
    CASE WHEN bool_and(vacant_over_3_months IS NOT NULL) THEN sum(vacant_over_3_months) END AS vacant_over_3_months,
    CASE WHEN bool_and(first_let_within_12_months IS NOT NULL) THEN sum(first_let_within_12_months) END AS first_let_within_12_months,
    CASE WHEN bool_and(out_of_market IS NOT NULL) THEN sum(out_of_market) END AS out_of_market,
    CASE WHEN bool_and(departures IS NOT NULL) THEN sum(departures) END AS departures,
    CASE WHEN bool_and(departures_same_landlord IS NOT NULL) THEN sum(departures_same_landlord) END AS departures_same_landlord,
    CASE WHEN bool_and(departures_other_landlord IS NOT NULL) THEN sum(departures_other_landlord) END AS departures_other_landlord,
    CASE WHEN bool_and(departures_rehoused IS NOT NULL) THEN sum(departures_rehoused) END AS departures_rehoused,
    CASE WHEN bool_and(departures_reason_unknown IS NOT NULL) THEN sum(departures_reason_unknown) END AS departures_reason_unknown,
    CASE WHEN bool_and(left_same_qpv IS NOT NULL) THEN sum(left_same_qpv) END AS left_same_qpv,
    CASE WHEN bool_and(left_other_qpv IS NOT NULL) THEN sum(left_other_qpv) END AS left_other_qpv,
    CASE WHEN bool_and(left_same_commune IS NOT NULL) THEN sum(left_same_commune) END AS left_same_commune,
    CASE WHEN bool_and(left_same_epci IS NOT NULL) THEN sum(left_same_epci) END AS left_same_epci,
    CASE WHEN bool_and(left_departement IS NOT NULL) THEN sum(left_departement) END AS left_departement,
    CASE WHEN bool_and(left_region IS NOT NULL) THEN sum(left_region) END AS left_region,
    CASE WHEN bool_and(left_elsewhere IS NOT NULL) THEN sum(left_elsewhere) END AS left_elsewhere,
    CASE WHEN bool_and(arrivals IS NOT NULL) THEN sum(arrivals) END AS arrivals,
    CASE WHEN bool_and(first_lettings IS NOT NULL) THEN sum(first_lettings) END AS first_lettings,
    CASE WHEN bool_and(arrivals_same_landlord IS NOT NULL) THEN sum(arrivals_same_landlord) END AS arrivals_same_landlord,
    CASE WHEN bool_and(arrivals_rehoused IS NOT NULL) THEN sum(arrivals_rehoused) END AS arrivals_rehoused,
    CASE WHEN bool_and(came_same_qpv IS NOT NULL) THEN sum(came_same_qpv) END AS came_same_qpv,
    CASE WHEN bool_and(came_other_qpv IS NOT NULL) THEN sum(came_other_qpv) END AS came_other_qpv,
    CASE WHEN bool_and(came_same_commune IS NOT NULL) THEN sum(came_same_commune) END AS came_same_commune,
    CASE WHEN bool_and(came_same_epci IS NOT NULL) THEN sum(came_same_epci) END AS came_same_epci,
    CASE WHEN bool_and(came_departement IS NOT NULL) THEN sum(came_departement) END AS came_departement,
    CASE WHEN bool_and(came_region IS NOT NULL) THEN sum(came_region) END AS came_region,
    CASE WHEN bool_and(came_elsewhere IS NOT NULL) THEN sum(came_elsewhere) END AS came_elsewhere,
    CASE WHEN bool_and(sold_to_tenant IS NOT NULL) THEN sum(sold_to_tenant) END AS sold_to_tenant,
    CASE WHEN bool_and(relet_dwellings_12_months IS NOT NULL) THEN sum(relet_dwellings_12_months) END AS relet_dwellings_12_months,
    CASE WHEN bool_and(notices IS NOT NULL) THEN sum(notices) END AS notices,
    CASE WHEN bool_and(notices_withdrawn IS NOT NULL) THEN sum(notices_withdrawn) END AS notices_withdrawn
FROM staff.comparator JOIN staff.measure ON measure.territory_id = compared_id AND measure.part = comparator.part
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
CREATE OR REPLACE VIEW staff.compared_indicator AS
SELECT one.territory_id, one.rank, one.name, one.window_months, one.month, one.ends_at, completeness_percent, one.indicator, denominator,
    CASE WHEN NOT small THEN one.numerator END AS numerator,
    CASE WHEN NOT small THEN one.value END AS value,
    CASE WHEN NOT small THEN one.lower END AS lower,
    CASE WHEN NOT small THEN one.upper END AS upper,
    CASE WHEN small THEN 'secret' ELSE status END AS status
FROM (SELECT w.territory_id, w.rank, w.name, w.window_months, w.month, w.ends_at, round(100 * w.dwellings / nullif(w.all_dwellings, 0), 1) AS completeness_percent, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM staff.compared_measure AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.whole) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 OR w.month > (SELECT through FROM core.settled) THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.whole) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
CROSS JOIN LATERAL (
    SELECT 'departures', ARRAY[1, 3, 12], false, false, 'none', (w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'departure_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.departures)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'qpv_exit_rate', ARRAY[12], true, false, 'poisson', (w.departures - w.left_same_qpv)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'internal_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'same_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'other_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_other_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_other_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'rehoused_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'external_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'notices', ARRAY[1, 3, 12], false, false, 'none', (w.notices)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.notices IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'notice_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.notices)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'notices_withdrawn_share', ARRAY[12], false, false, 'wilson', (w.notices_withdrawn)::numeric, (w.notices)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices_withdrawn IS NULL OR w.notices IS NULL THEN 'secret' WHEN w.notices = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'arrivals', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'arrival_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.arrivals)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'relet_rate', ARRAY[12], false, false, 'wilson', (w.relet_dwellings_12_months)::numeric, (w.dwellings - w.first_let_within_12_months)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings - w.first_let_within_12_months < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.relet_dwellings_12_months IS NULL OR w.dwellings - w.first_let_within_12_months IS NULL THEN 'secret' WHEN w.dwellings - w.first_let_within_12_months = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'balance', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals - w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals - w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'first_letting_share', ARRAY[12], false, false, 'wilson', (w.first_lettings)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.first_lettings IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'internal_arrival_share', ARRAY[12], false, false, 'wilson', (w.arrivals_same_landlord + w.arrivals_rehoused)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals_same_landlord + w.arrivals_rehoused IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'left_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_same_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_other_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_other_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_commune_share', ARRAY[12], false, false, 'wilson', (w.left_same_commune)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_commune IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_epci_share', ARRAY[12], false, false, 'wilson', (w.left_same_epci)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_epci IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_departement_share', ARRAY[12], false, false, 'wilson', (w.left_departement)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_departement IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_region_share', ARRAY[12], false, false, 'wilson', (w.left_region)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_region IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_elsewhere IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_unknown_share', ARRAY[12], false, false, 'none', (w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'came_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_same_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_other_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_other_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_commune_share', ARRAY[12], false, false, 'wilson', (w.came_same_commune)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_commune IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_epci_share', ARRAY[12], false, false, 'wilson', (w.came_same_epci)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_epci IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_departement_share', ARRAY[12], false, false, 'wilson', (w.came_departement)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_departement IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_region_share', ARRAY[12], false, false, 'wilson', (w.came_region)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_region IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_elsewhere IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_unknown_share', ARRAY[12], false, false, 'none', (w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'long_vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant_over_3_months)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant_over_3_months IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'sold_to_tenant', ARRAY[12], false, false, 'none', (w.sold_to_tenant)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.sold_to_tenant IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'completeness', ARRAY[1, 3, 12], false, false, 'none', (w.dwellings)::numeric, (w.all_dwellings)::numeric,
        (CASE WHEN base.coverage NOT IN ('value', 'provisional') THEN base.coverage WHEN w.dwellings IS NULL OR w.all_dwellings IS NULL THEN 'secret' WHEN w.all_dwellings = 0 THEN 'no_data' ELSE base.coverage END)
) AS i (indicator, windows, inside_only, annualised, interval, numerator, denominator, status)
CROSS JOIN LATERAL (SELECT CASE WHEN i.denominator IS NULL THEN 1.0 ELSE 100.0 END
    * CASE WHEN i.annualised THEN 12.0 / w.window_months ELSE 1 END AS factor) AS f
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR w.level IN ('qpv_2024', 'qpv_2015') OR w.part = 'qpv')) AS one
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT one.indicator IN ('qpv_exit_rate', 'internal_departure_rate', 'external_departure_rate', 'internal_arrival_share', 'left_unknown_share', 'came_unknown_share')
    AND coalesce(one.numerator > 0 AND one.numerator < threshold, false) AS small) AS guard;
-- end of part staff_compared

-- As shown: a status with each count, a rate only on 50 dwellings or more. `rate_percent` is departures over
-- the window per mean dwelling "loué ou proposé" of the same landlords (taux de départ, bailleur).
CREATE VIEW staff.declared_series AS
SELECT level, territory_id, window_months, month, staff.month_start(month) AS starts_at, ends_at,
    departures::bigint, arrivals::bigint, (arrivals - departures)::bigint AS solde,
    round(dwellings) AS dwellings,
    round(100 * dwellings / nullif(all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN dwellings >= least_dwellings THEN round(100 * departures / dwellings, 2) END AS rate_percent,
    staff.status_of(status, departures) AS status, staff.status_of(status, arrivals) AS arrivals_status,
    through, round(all_dwellings) AS all_dwellings,
    CASE WHEN dwellings >= least_dwellings THEN 100 * core.poisson_lower(departures) / dwellings END AS rate_lower_percent,
    CASE WHEN dwellings >= least_dwellings THEN 100 * core.poisson_upper(departures) / dwellings END AS rate_upper_percent
FROM staff.measure CROSS JOIN core.staff_rule
WHERE part = 'all';

-- The three windows that end at each territory's complete-through month.
CREATE VIEW staff.declared_window AS
SELECT territory.level, territory.territory_id, lengths.window_months, series.month, departures, arrivals, solde,
    dwellings, completeness_percent, rate_percent,
    coalesce(series.status, untold.status) AS status, coalesce(series.arrivals_status, untold.status) AS arrivals_status,
    rate_lower_percent, rate_upper_percent, all_dwellings
FROM core.territory
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (window_months)
CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (SELECT FROM core.stock_counter AS counter
    WHERE counter.territory_id = territory.territory_id) THEN 'no_data' ELSE 'not_covered' END AS status) AS untold
LEFT JOIN core.complete_through ON complete_through.territory_id = territory.territory_id AND part = 'all'
LEFT JOIN staff.declared_series AS series ON series.territory_id = territory.territory_id
    AND series.window_months = lengths.window_months
    AND series.month = least(complete_through.month, (SELECT through FROM core.shown_state));

-- What a quartier is compared with in its commune(s): the same 12-month window, hors QPV, communes summed. Null where
-- one of them is secret: their sum, and the rest, would tell it.
CREATE VIEW staff.commune_rest AS
SELECT qpv.territory_id, rest.month, staff.month_end(rest.month) AS ends_at, departures, round(dwellings) AS dwellings,
    round(100 * dwellings / nullif(all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN dwellings >= least_dwellings THEN round(100 * departures / dwellings, 2) END AS rate_percent,
    staff.status_of(told, departures) AS status
FROM staff.qpv
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (
    SELECT month, CASE WHEN bool_and(departures IS NOT NULL) THEN sum(departures) END::bigint AS departures,
        sum(dwellings) AS dwellings, sum(all_dwellings) AS all_dwellings,
        CASE WHEN count(*) < cardinality(communes) OR bool_or(status IN ('no_data', 'not_covered')) THEN 'no_data'
            WHEN sum(dwellings) < least_completeness * sum(all_dwellings)
                OR month > (SELECT through FROM core.settled) THEN 'provisional'
            ELSE 'value' END AS told
    FROM staff.measure
    WHERE part = 'hors_qpv' AND window_months = 12 AND territory_id = ANY (qpv.communes)
    GROUP BY month
) AS rest;

-- Medians of the 12 months that end with each month, where they stand on enough moves and where the count of these moves
-- is itself shown. `at_least`: how many values are behind, rounded down to fives, since the count itself may be a secret's
-- counterpart.
CREATE VIEW staff.median AS
SELECT measure.level, measure.territory_id, measure.part, measure.month, ends_at, through, kind.indicator,
    CASE WHEN told.code = 'value' THEN median END AS median, CASE WHEN told.code = 'value' THEN lower END AS lower,
    CASE WHEN told.code = 'value' THEN upper END AS upper, CASE WHEN told.code = 'value' THEN q1 END AS q1,
    CASE WHEN told.code = 'value' THEN q3 END AS q3, CASE WHEN told.code = 'value' THEN n / 5 * 5 END AS at_least,
    CASE WHEN told.code = 'value' THEN measure.status ELSE told.code END AS status
FROM staff.measure
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (VALUES ('relocation_delay', 'void_days', arrivals), ('tenure_at_departure', 'tenure_months', departures))
    AS kind (indicator, code, moves)
LEFT JOIN core.median_window AS found ON found.territory_id = measure.territory_id AND found.part = measure.part
    AND found.month = measure.month AND found.measure = kind.code
CROSS JOIN LATERAL (SELECT CASE WHEN measure.status NOT IN ('value', 'provisional') THEN measure.status
    WHEN moves IS NULL THEN 'secret' WHEN n IS NULL THEN 'no_data' WHEN n < threshold THEN 'secret' ELSE 'value' END
    AS code) AS told
WHERE window_months = 12;

-- Survival of tenancies, in whole per cent: as far as the households at risk are enough, and up to the first age at
-- which few left, which two points of the curve would tell.
CREATE VIEW staff.survival AS
SELECT territory_id, part, cohort, age_years,
    CASE WHEN told THEN round(100 * survival) END AS survival_percent,
    CASE WHEN told THEN round(100 * lower) END AS lower_percent,
    CASE WHEN told THEN round(100 * upper) END AS upper_percent,
    CASE WHEN told THEN 'value' ELSE 'secret' END AS status
FROM core.survival AS point
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT NOT EXISTS (SELECT FROM core.survival AS earlier
    WHERE earlier.territory_id = point.territory_id AND earlier.part = point.part AND earlier.cohort = point.cohort
        AND earlier.age_years <= point.age_years
        AND (earlier.at_risk < least_dwellings OR staff.shown(earlier.exits, threshold) IS NULL)) AS told) AS curve;

-- A quartier of 2024 before and after 2024: its months, whose they are (`splice`), and its windows of 12 months where
-- they may be told: nothing on another perimeter, nothing of a quartier that was none.
CREATE VIEW staff.generation AS
SELECT source.territory_id, source.month, staff.month_end(source.month) AS ends_at, splice, told_from, departures, arrivals,
    round(dwellings) AS dwellings,
    CASE WHEN dwellings >= least_dwellings THEN round(100 * departures / dwellings, 2) END AS rate_percent,
    CASE WHEN splice = 'rupture' THEN 'broken' WHEN splice = 'aucun historique' THEN 'no_data'
        ELSE coalesce(staff.status_of(status, departures), 'no_data') END AS status
FROM core.generation_source AS source
CROSS JOIN core.staff_rule
LEFT JOIN staff.measure ON measure.territory_id = source_id AND measure.part = 'all' AND window_months = 12
    AND measure.month = source.month AND splice IN ('identique', 'recalculée', 'actuelle');

-- Who owns here, as the newest stock has it, and how far each has declared.
CREATE VIEW staff.landlord_territory AS
SELECT territory.level, stock.territory_id, landlord.landlord, landlord.name, stock_on, dwellings,
    100.0 * dwellings / nullif(sum(dwellings) OVER (PARTITION BY stock.territory_id), 0) AS share_percent,
    whole_through, qpv_through,
    CASE WHEN territory.level IN ('qpv_2024', 'qpv_2015') THEN greatest(whole_through, qpv_through) ELSE whole_through END
        AS complete_through
FROM (SELECT DISTINCT ON (territory_id, landlord) territory_id, landlord, stock_on, dwellings
      FROM (SELECT territory_id, landlord, stock_on, sum(dwellings) AS dwellings
            FROM core.stock_counter GROUP BY 1, 2, 3) AS told
      ORDER BY territory_id, landlord, stock_on DESC) AS stock
JOIN core.territory USING (territory_id)
JOIN staff.landlord USING (landlord)
LEFT JOIN (SELECT landlord, max(complete_through) FILTER (WHERE scope = 'whole_stock') AS whole_through,
               max(complete_through) FILTER (WHERE scope = 'qpv_only') AS qpv_through
           FROM core.declared_through GROUP BY 1) AS told USING (landlord)
WHERE merged_into IS NULL;

-- What the figures of a month are worth, two things kept apart. `completeness_percent`: of the dwellings of participating
-- landlords, those of landlords that have declared the month. `representativeness_percent`: of all social dwellings
-- (RPLS), those of participating landlords; null, inconnue, where there is no RPLS on this perimeter.
CREATE VIEW staff.coverage AS
SELECT level, observed.territory_id, observed.month, staff.month_end(observed.month) AS ends_at,
    complete_through.month AS through, landlords, declared_landlords, all_dwellings, observed.dwellings,
    round(100.0 * observed.dwellings / nullif(all_dwellings, 0), 1) AS completeness_percent,
    census.dwellings AS rpls_dwellings, census.year AS rpls_year,
    round(100.0 * all_dwellings / nullif(census.dwellings, 0), 1) AS representativeness_percent
FROM core.observed_month AS observed
JOIN core.territory USING (territory_id)
LEFT JOIN core.complete_through ON complete_through.territory_id = observed.territory_id
    AND complete_through.part = 'all'
LEFT JOIN core.census ON census.territory_id = observed.territory_id
WHERE observed.part = 'all';

-- All the social dwellings there are, where INSEE's RPLS exists on this perimeter.
CREATE VIEW staff.census AS SELECT territory_id, dwellings AS rpls_dwellings, year AS rpls_year FROM core.census;

-- What the public reads: the same indicators on the figures of each vintage, and the words for them.
CREATE INDEX ON published.figure (territory_id, window_months, part);
-- part published_indicator: made from schemas/indicators/
CREATE OR REPLACE VIEW published.indicator AS
WITH measured AS (
SELECT vintage, territory_id, part, window_months, month,
    max(value) FILTER (WHERE measure = 'all_dwellings') AS all_dwellings,
    max(value) FILTER (WHERE measure = 'dwellings') AS dwellings,
    max(value) FILTER (WHERE measure = 'vacant') AS vacant,
    max(value) FILTER (WHERE measure = 'vacant_over_3_months') AS vacant_over_3_months,
    max(value) FILTER (WHERE measure = 'first_let_within_12_months') AS first_let_within_12_months,
    max(value) FILTER (WHERE measure = 'out_of_market') AS out_of_market,
    max(value) FILTER (WHERE measure = 'departures') AS departures,
    max(value) FILTER (WHERE measure = 'departures_same_landlord') AS departures_same_landlord,
    max(value) FILTER (WHERE measure = 'departures_other_landlord') AS departures_other_landlord,
    max(value) FILTER (WHERE measure = 'departures_rehoused') AS departures_rehoused,
    max(value) FILTER (WHERE measure = 'departures_reason_unknown') AS departures_reason_unknown,
    max(value) FILTER (WHERE measure = 'left_same_qpv') AS left_same_qpv,
    max(value) FILTER (WHERE measure = 'left_other_qpv') AS left_other_qpv,
    max(value) FILTER (WHERE measure = 'left_same_commune') AS left_same_commune,
    max(value) FILTER (WHERE measure = 'left_same_epci') AS left_same_epci,
    max(value) FILTER (WHERE measure = 'left_departement') AS left_departement,
    max(value) FILTER (WHERE measure = 'left_region') AS left_region,
    max(value) FILTER (WHERE measure = 'left_elsewhere') AS left_elsewhere,
    max(value) FILTER (WHERE measure = 'arrivals') AS arrivals,
    max(value) FILTER (WHERE measure = 'first_lettings') AS first_lettings,
    max(value) FILTER (WHERE measure = 'arrivals_same_landlord') AS arrivals_same_landlord,
    max(value) FILTER (WHERE measure = 'arrivals_rehoused') AS arrivals_rehoused,
    max(value) FILTER (WHERE measure = 'came_same_qpv') AS came_same_qpv,
    max(value) FILTER (WHERE measure = 'came_other_qpv') AS came_other_qpv,
    max(value) FILTER (WHERE measure = 'came_same_commune') AS came_same_commune,
    max(value) FILTER (WHERE measure = 'came_same_epci') AS came_same_epci,
    max(value) FILTER (WHERE measure = 'came_departement') AS came_departement,
    max(value) FILTER (WHERE measure = 'came_region') AS came_region,
    max(value) FILTER (WHERE measure = 'came_elsewhere') AS came_elsewhere,
    max(value) FILTER (WHERE measure = 'sold_to_tenant') AS sold_to_tenant,
    max(value) FILTER (WHERE measure = 'relet_dwellings_12_months') AS relet_dwellings_12_months,
    max(value) FILTER (WHERE measure = 'notices') AS notices,
    max(value) FILTER (WHERE measure = 'notices_withdrawn') AS notices_withdrawn,
    array_agg(measure) AS measures, max(status) FILTER (WHERE measure = 'dwellings') AS told
FROM published.figure GROUP BY vintage, territory_id, part, window_months, month
), told AS (
    SELECT measured.*, level FROM measured JOIN published.territory USING (territory_id)
)
SELECT one.vintage, one.level, one.territory_id, one.part, one.window_months, one.month, indicator, numerator, denominator, value, lower, upper,
    CASE WHEN told IN ('not_covered', 'no_data') OR status = 'value' AND told = 'provisional' THEN told ELSE status END AS status
FROM (SELECT w.vintage, w.level, w.territory_id, w.part, w.window_months, w.month, w.told, w.measures, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM told AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.told NOT IN ('not_covered', 'no_data')) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.told NOT IN ('not_covered', 'no_data')) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
CROSS JOIN LATERAL (
    SELECT 'departures', ARRAY[1, 3, 12], false, false, 'none', (w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'departure_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.departures)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'qpv_exit_rate', ARRAY[12], true, false, 'poisson', (w.departures - w.left_same_qpv)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'internal_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord + w.departures_other_landlord + w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'same_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_same_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_same_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'other_landlord_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_other_landlord)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_other_landlord IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'rehoused_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures_rehoused)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures_rehoused IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'external_departure_rate', ARRAY[12], false, false, 'poisson', (w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.departures_same_landlord - w.departures_other_landlord - w.departures_rehoused - w.departures_reason_unknown IS NULL OR w.dwellings IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' WHEN coalesce(w.departures_reason_unknown > 0.4 * (w.departures), true) THEN CASE WHEN w.departures_reason_unknown IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'notices', ARRAY[1, 3, 12], false, false, 'none', (w.notices)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.notices IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'notice_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.notices)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'notices_withdrawn_share', ARRAY[12], false, false, 'wilson', (w.notices_withdrawn)::numeric, (w.notices)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.notices_withdrawn IS NULL OR w.notices IS NULL THEN 'secret' WHEN w.notices = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'arrivals', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'arrival_rate', ARRAY[1, 3, 12], false, true, 'poisson', (w.arrivals)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'relet_rate', ARRAY[12], false, false, 'wilson', (w.relet_dwellings_12_months)::numeric, (w.dwellings - w.first_let_within_12_months)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings - w.first_let_within_12_months < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.relet_dwellings_12_months IS NULL OR w.dwellings - w.first_let_within_12_months IS NULL THEN 'secret' WHEN w.dwellings - w.first_let_within_12_months = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'balance', ARRAY[1, 3, 12], false, false, 'none', (w.arrivals - w.departures)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.arrivals - w.departures IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'first_letting_share', ARRAY[12], false, false, 'wilson', (w.first_lettings)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.first_lettings IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'internal_arrival_share', ARRAY[12], false, false, 'wilson', (w.arrivals_same_landlord + w.arrivals_rehoused)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals_same_landlord + w.arrivals_rehoused IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'left_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_same_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.left_other_qpv)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_other_qpv IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_commune_share', ARRAY[12], false, false, 'wilson', (w.left_same_commune)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_commune IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_same_epci_share', ARRAY[12], false, false, 'wilson', (w.left_same_epci)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_same_epci IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_departement_share', ARRAY[12], false, false, 'wilson', (w.left_departement)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_departement IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_region_share', ARRAY[12], false, false, 'wilson', (w.left_region)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_region IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.left_elsewhere IS NULL OR w.departures IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' WHEN coalesce(w.departures - coalesce(w.left_same_qpv, 0) - coalesce(w.left_other_qpv, 0) - coalesce(w.left_same_commune, 0) - coalesce(w.left_same_epci, 0) - coalesce(w.left_departement, 0) - coalesce(w.left_region, 0) - coalesce(w.left_elsewhere, 0) > 0.4 * (w.departures), true) THEN CASE WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'left_unknown_share', ARRAY[12], false, false, 'none', (w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere)::numeric, (w.departures)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.departures - w.left_same_qpv - w.left_other_qpv - w.left_same_commune - w.left_same_epci - w.left_departement - w.left_region - w.left_elsewhere IS NULL OR w.departures IS NULL THEN 'secret' WHEN w.departures = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'came_same_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_same_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_other_qpv_share', ARRAY[12], false, false, 'wilson', (w.came_other_qpv)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_other_qpv IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_commune_share', ARRAY[12], false, false, 'wilson', (w.came_same_commune)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_commune IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_same_epci_share', ARRAY[12], false, false, 'wilson', (w.came_same_epci)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_same_epci IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_departement_share', ARRAY[12], false, false, 'wilson', (w.came_departement)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_departement IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_region_share', ARRAY[12], false, false, 'wilson', (w.came_region)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_region IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_elsewhere_share', ARRAY[12], false, false, 'wilson', (w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.came_elsewhere IS NULL OR w.arrivals IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' WHEN coalesce(w.arrivals - coalesce(w.came_same_qpv, 0) - coalesce(w.came_other_qpv, 0) - coalesce(w.came_same_commune, 0) - coalesce(w.came_same_epci, 0) - coalesce(w.came_departement, 0) - coalesce(w.came_region, 0) - coalesce(w.came_elsewhere, 0) > 0.4 * (w.arrivals), true) THEN CASE WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL THEN 'secret' ELSE 'too_many_unknown' END ELSE base.code END)
    UNION ALL SELECT 'came_unknown_share', ARRAY[12], false, false, 'none', (w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere)::numeric, (w.arrivals)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.arrivals - w.came_same_qpv - w.came_other_qpv - w.came_same_commune - w.came_same_epci - w.came_departement - w.came_region - w.came_elsewhere IS NULL OR w.arrivals IS NULL THEN 'secret' WHEN w.arrivals = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'long_vacancy_rate', ARRAY[1, 12], false, false, 'wilson', (w.vacant_over_3_months)::numeric, (w.dwellings)::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.dwellings < rule.least_dwellings - 0.000001 THEN 'too_few_dwellings' WHEN w.vacant_over_3_months IS NULL OR w.dwellings IS NULL THEN 'secret' WHEN w.dwellings = 0 THEN 'no_data' ELSE base.code END)
    UNION ALL SELECT 'sold_to_tenant', ARRAY[12], false, false, 'none', (w.sold_to_tenant)::numeric, NULL::numeric,
        (CASE WHEN base.code NOT IN ('value', 'provisional') THEN base.code WHEN w.sold_to_tenant IS NULL THEN 'secret' ELSE base.code END)
    UNION ALL SELECT 'completeness', ARRAY[1, 3, 12], false, false, 'none', (w.dwellings)::numeric, (w.all_dwellings)::numeric,
        (CASE WHEN base.coverage NOT IN ('value', 'provisional') THEN base.coverage WHEN w.dwellings IS NULL OR w.all_dwellings IS NULL THEN 'secret' WHEN w.all_dwellings = 0 THEN 'no_data' ELSE base.coverage END)
) AS i (indicator, windows, inside_only, annualised, interval, numerator, denominator, status)
CROSS JOIN LATERAL (SELECT CASE WHEN i.denominator IS NULL THEN 1.0 ELSE 100.0 END
    * CASE WHEN i.annualised THEN 12.0 / w.window_months ELSE 1 END AS factor) AS f
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR w.level IN ('qpv_2024', 'qpv_2015') OR w.part = 'qpv')) AS one
JOIN (VALUES
    ('departures', ARRAY['departures']),
    ('departure_rate', ARRAY['departures', 'dwellings']),
    ('qpv_exit_rate', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('internal_departure_rate', ARRAY['departures', 'departures_other_landlord', 'departures_reason_unknown', 'departures_rehoused', 'departures_same_landlord', 'dwellings']),
    ('same_landlord_departure_rate', ARRAY['departures', 'departures_reason_unknown', 'departures_same_landlord', 'dwellings']),
    ('other_landlord_departure_rate', ARRAY['departures', 'departures_other_landlord', 'departures_reason_unknown', 'dwellings']),
    ('rehoused_departure_rate', ARRAY['departures', 'departures_reason_unknown', 'departures_rehoused', 'dwellings']),
    ('external_departure_rate', ARRAY['departures', 'departures_other_landlord', 'departures_reason_unknown', 'departures_rehoused', 'departures_same_landlord', 'dwellings']),
    ('notices', ARRAY['notices']),
    ('notice_rate', ARRAY['dwellings', 'notices']),
    ('notices_withdrawn_share', ARRAY['dwellings', 'notices', 'notices_withdrawn']),
    ('arrivals', ARRAY['arrivals']),
    ('arrival_rate', ARRAY['arrivals', 'dwellings']),
    ('relet_rate', ARRAY['dwellings', 'first_let_within_12_months', 'relet_dwellings_12_months']),
    ('balance', ARRAY['arrivals', 'departures']),
    ('first_letting_share', ARRAY['arrivals', 'dwellings', 'first_lettings']),
    ('internal_arrival_share', ARRAY['arrivals', 'arrivals_rehoused', 'arrivals_same_landlord', 'dwellings']),
    ('left_same_qpv_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_other_qpv_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_same_commune_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_same_epci_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_departement_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_region_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_elsewhere_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('left_unknown_share', ARRAY['departures', 'dwellings', 'left_departement', 'left_elsewhere', 'left_other_qpv', 'left_region', 'left_same_commune', 'left_same_epci', 'left_same_qpv']),
    ('came_same_qpv_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_other_qpv_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_same_commune_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_same_epci_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_departement_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_region_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_elsewhere_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('came_unknown_share', ARRAY['arrivals', 'came_departement', 'came_elsewhere', 'came_other_qpv', 'came_region', 'came_same_commune', 'came_same_epci', 'came_same_qpv', 'dwellings']),
    ('vacancy_rate', ARRAY['dwellings', 'vacant']),
    ('long_vacancy_rate', ARRAY['dwellings', 'vacant_over_3_months']),
    ('sold_to_tenant', ARRAY['sold_to_tenant']),
    ('completeness', ARRAY['all_dwellings', 'dwellings'])
) AS stands_on (indicator, needed) USING (indicator)
WHERE needed <@ measures;
-- end of part published_indicator

-- part measure_text: made from schemas/indicators/
CREATE OR REPLACE VIEW published.measure_text AS
SELECT * FROM (VALUES
    (1, 'all_dwellings', 'Logements loués ou proposés de tous les bailleurs participants'),
    (2, 'dwellings', 'Logements loués ou proposés des bailleurs qui ont déclaré'),
    (3, 'vacant', 'Logements proposés et vacants'),
    (4, 'vacant_over_3_months', 'Logements proposés et vacants depuis plus de trois mois'),
    (5, 'first_let_within_12_months', 'Logements loués pour la première fois depuis moins de douze mois'),
    (6, 'out_of_market', 'Logements hors du marché (travaux, démolition, vente)'),
    (7, 'departures', 'Départs effectifs, sorties techniques exclues'),
    (8, 'departures_same_landlord', 'Départs par mutation chez le même bailleur'),
    (9, 'departures_other_landlord', 'Départs chez un autre bailleur social'),
    (10, 'departures_rehoused', 'Départs par relogement'),
    (11, 'departures_reason_unknown', 'Départs sans motif connu'),
    (12, 'left_same_qpv', 'Départs vers le même QPV'),
    (13, 'left_other_qpv', 'Départs vers un autre QPV'),
    (14, 'left_same_commune', 'Départs vers la même commune, hors QPV'),
    (15, 'left_same_epci', 'Départs vers le même EPCI, hors de la commune'),
    (16, 'left_departement', 'Départs vers le même département, hors de l''EPCI'),
    (17, 'left_region', 'Départs vers la même région, hors du département'),
    (18, 'left_elsewhere', 'Départs hors de la région'),
    (19, 'arrivals', 'Arrivées effectives, retours de relogement provisoire exclus'),
    (20, 'first_lettings', 'Arrivées en première location'),
    (21, 'arrivals_same_landlord', 'Arrivées par mutation chez le même bailleur'),
    (22, 'arrivals_rehoused', 'Arrivées par relogement'),
    (23, 'came_same_qpv', 'Arrivées depuis le même QPV'),
    (24, 'came_other_qpv', 'Arrivées depuis un autre QPV'),
    (25, 'came_same_commune', 'Arrivées depuis la même commune, hors QPV'),
    (26, 'came_same_epci', 'Arrivées depuis le même EPCI, hors de la commune'),
    (27, 'came_departement', 'Arrivées depuis le même département, hors de l''EPCI'),
    (28, 'came_region', 'Arrivées depuis la même région, hors du département'),
    (29, 'came_elsewhere', 'Arrivées depuis le reste de la France ou l''étranger'),
    (30, 'sold_to_tenant', 'Logements vendus à leur occupant'),
    (31, 'relet_dwellings_12_months', 'Logements distincts reloués en douze mois'),
    (32, 'notices', 'Préavis reçus'),
    (33, 'notices_withdrawn', 'Préavis retirés')
) AS said (rank, measure, name);
-- end of part measure_text

CREATE VIEW published.indicator_text AS SELECT rank, indicator, name, family, unit, stands_on FROM staff.indicator_text;
CREATE VIEW published.level AS SELECT level, name, rank FROM staff.level;
