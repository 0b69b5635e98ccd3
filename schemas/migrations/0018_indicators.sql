-- Indicators over declared windows: figures, intervals, what a quartier is compared with, and its past under the
-- perimeters of 2015. For analysts, and for the views that show staff what may be shown.
-- Invariant: every figure is that of its record in schemas/indicators/records/, on the measures of its row.
-- The parts between marks are made from the records (`quartiers indicators --sql`); the rest is written by hand.

-- part intervals: made from schemas/indicators/
CREATE OR REPLACE FUNCTION core.half_chi_square(freedom double precision, z double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (freedom + sqrt(2 * freedom) * z + 2.0 / 3 * (z ^ 2 - 1) + (z ^ 3 - 7 * z) / (9 * sqrt(2 * freedom))
    - (6 * z ^ 4 + 14 * z ^ 2 - 32) / (405 * freedom)
    + (9 * z ^ 5 + 256 * z ^ 3 - 433 * z) / (4860 * freedom * sqrt(2 * freedom))
    + (12 * z ^ 6 - 243 * z ^ 4 - 923 * z ^ 2 + 1472) / (25515 * freedom ^ 2)) / 2;
CREATE OR REPLACE FUNCTION core.poisson_lower(count double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN count <= 50 THEN (ARRAY[0.0, 0.025317807984289842, 0.24220927854396473, 0.6186721228956009, 1.0898653736263242, 1.6234863901184204, 2.20189425349085, 2.814363051519866, 3.4538321767484996, 4.115373097378328, 4.795388696132433, 5.491160367236837, 6.200575108722212, 6.921952491003795, 7.6539302763005885, 8.395386132783308, 9.14538245364152, 9.903126469607287, 10.667940780399523, 11.439241164366724, 12.21651958540394, 12.999330984076185, 13.787282872229618, 14.580027037044683, 15.377252854686464, 16.17868184782934, 16.984063215596336, 17.79317013176476, 18.60579665585754, 19.421755137547947, 20.2408740214209, 21.06299597914186, 21.887976311284604, 22.71568157272985, 23.54598838457227, 24.378782402519747, 25.213957417315207, 26.051414567106, 26.89106164519614, 27.732812489436483, 28.576586441788976, 29.42230786845527, 30.269905732477717, 31.119313211967146, 31.97046735814436, 32.82330878823443, 33.67778140897184, 34.53383216706575, 35.391410823483255, 36.25046974882913, 37.11096373746186]::double precision[])[count::integer + 1]
    ELSE core.half_chi_square(2 * count, -1.959963984540054) END;
CREATE OR REPLACE FUNCTION core.poisson_upper(count double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN count <= 50 THEN (ARRAY[3.688879454113936, 5.571643390938899, 7.224687667723961, 8.767273069742327, 10.241588675403698, 11.66833207932267, 13.059474022518685, 14.422675361702382, 15.763189220193315, 17.08480345141917, 18.39035604201778, 19.682038513301954, 20.961585048176957, 22.230395918158877, 23.489621121835576, 24.740218871485844, 25.982997597560953, 27.21864681590661, 28.44776026752799, 29.670853571585603, 30.8883779026746, 32.1007307349434, 33.308264387125234, 34.51129289483303, 35.710097593753204, 36.90493169753037, 38.09602408312503, 39.2835824451621, 40.467795943268186, 41.6488374385866, 42.82686539480767, 44.00202550324876, 45.17445207942046, 46.34426926916929, 47.5115920952031, 48.67652736908306, 49.839174489236186, 50.99962614193083, 52.157968919259616, 53.31428386583286, 54.46864696398407, 55.62112956573492, 56.77179877849065, 57.920717810383636, 59.06794628030775, 60.213540496958814, 61.357553710586004, 62.50003634064697, 63.641036182127266, 64.7805985929183, 65.91876666433683]::double precision[])[count::integer + 1]
    ELSE core.half_chi_square(2 * count + 2, 1.959963984540054) END;
CREATE OR REPLACE FUNCTION core.wilson_lower(count double precision, among double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN among > 0 AND count >= 0 AND count <= among THEN greatest(0, (count / among + 1.959963984540054 ^ 2 / (2 * among)
    - 1.959963984540054 * sqrt(count / among * (1 - count / among) / among + 1.959963984540054 ^ 2 / (4 * among ^ 2))) / (1 + 1.959963984540054 ^ 2 / among)) END;
CREATE OR REPLACE FUNCTION core.wilson_upper(count double precision, among double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN among > 0 AND count >= 0 AND count <= among THEN least(1, (count / among + 1.959963984540054 ^ 2 / (2 * among)
    + 1.959963984540054 * sqrt(count / among * (1 - count / among) / among + 1.959963984540054 ^ 2 / (4 * among ^ 2))) / (1 + 1.959963984540054 ^ 2 / among)) END;
-- end of part intervals

-- One row an indicator, territory, part and window. `status`: value, provisional, not_covered, no_data,
-- too_few_dwellings, too_many_unknown, secret.
-- part indicator_window: made from schemas/indicators/
CREATE OR REPLACE VIEW core.indicator_window AS
SELECT w.territory_id, w.part, w.month, w.window_months, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM core.observed_window AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 OR w.month > (SELECT through FROM core.settled) THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
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
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR w.part = 'qpv' OR EXISTS (SELECT FROM core.territory AS t
    WHERE t.territory_id = w.territory_id AND t.level IN ('qpv_2024', 'qpv_2015')));
-- end of part indicator_window

-- What a quartier of 2024 is compared with, as territories to sum, each once: the rest of its communes hors QPV, its
-- EPCIs whole, all quartiers of its département, all quartiers of its région.
CREATE VIEW core.comparator_territory AS
WITH place AS (
    SELECT qpv.territory_id, qpv.departement, commune.code AS commune, commune.epci, commune.region
    FROM core.territory AS qpv
    JOIN core.qpv_commune ON qpv_commune.qpv = qpv.code
    JOIN core.commune ON commune.code = qpv_commune.commune
    WHERE qpv.level = 'qpv_2024'
)
SELECT place.territory_id, 'commune_rest' AS comparator, other.territory_id AS other_id, 'hors_qpv' AS part
FROM place JOIN core.territory AS other ON other.level = 'commune' AND other.code = place.commune
UNION SELECT place.territory_id, 'epci', other.territory_id, 'all'
FROM place JOIN core.territory AS other ON other.level = 'epci' AND other.code = place.epci
UNION SELECT place.territory_id, 'departement_qpvs', other.territory_id, 'all'
FROM place JOIN core.territory AS other ON other.level = 'qpv_2024' AND other.departement = place.departement
UNION SELECT place.territory_id, 'region_qpvs', other.territory_id, 'qpv'
FROM place JOIN core.territory AS other ON other.level = 'region' AND other.code = place.region;

-- part comparator: made from schemas/indicators/
CREATE OR REPLACE VIEW core.comparator_window AS
SELECT c.territory_id, c.comparator, w.month, w.window_months, w.window_months::integer AS months,
    count(*)::integer AS territories,
    CASE WHEN bool_and(w.all_dwellings IS NOT NULL) THEN sum(w.all_dwellings) END AS all_dwellings,
    CASE WHEN bool_and(w.dwellings IS NOT NULL) THEN sum(w.dwellings) END AS dwellings,
    CASE WHEN bool_and(w.vacant IS NOT NULL) THEN sum(w.vacant) END AS vacant,
    CASE WHEN bool_and(w.vacant_over_3_months IS NOT NULL) THEN sum(w.vacant_over_3_months) END AS vacant_over_3_months,
    CASE WHEN bool_and(w.first_let_within_12_months IS NOT NULL) THEN sum(w.first_let_within_12_months) END AS first_let_within_12_months,
    CASE WHEN bool_and(w.out_of_market IS NOT NULL) THEN sum(w.out_of_market) END AS out_of_market,
    CASE WHEN bool_and(w.departures IS NOT NULL) THEN sum(w.departures) END AS departures,
    CASE WHEN bool_and(w.departures_same_landlord IS NOT NULL) THEN sum(w.departures_same_landlord) END AS departures_same_landlord,
    CASE WHEN bool_and(w.departures_other_landlord IS NOT NULL) THEN sum(w.departures_other_landlord) END AS departures_other_landlord,
    CASE WHEN bool_and(w.departures_rehoused IS NOT NULL) THEN sum(w.departures_rehoused) END AS departures_rehoused,
    CASE WHEN bool_and(w.departures_reason_unknown IS NOT NULL) THEN sum(w.departures_reason_unknown) END AS departures_reason_unknown,
    CASE WHEN bool_and(w.left_same_qpv IS NOT NULL) THEN sum(w.left_same_qpv) END AS left_same_qpv,
    CASE WHEN bool_and(w.left_other_qpv IS NOT NULL) THEN sum(w.left_other_qpv) END AS left_other_qpv,
    CASE WHEN bool_and(w.left_same_commune IS NOT NULL) THEN sum(w.left_same_commune) END AS left_same_commune,
    CASE WHEN bool_and(w.left_same_epci IS NOT NULL) THEN sum(w.left_same_epci) END AS left_same_epci,
    CASE WHEN bool_and(w.left_departement IS NOT NULL) THEN sum(w.left_departement) END AS left_departement,
    CASE WHEN bool_and(w.left_region IS NOT NULL) THEN sum(w.left_region) END AS left_region,
    CASE WHEN bool_and(w.left_elsewhere IS NOT NULL) THEN sum(w.left_elsewhere) END AS left_elsewhere,
    CASE WHEN bool_and(w.arrivals IS NOT NULL) THEN sum(w.arrivals) END AS arrivals,
    CASE WHEN bool_and(w.first_lettings IS NOT NULL) THEN sum(w.first_lettings) END AS first_lettings,
    CASE WHEN bool_and(w.arrivals_same_landlord IS NOT NULL) THEN sum(w.arrivals_same_landlord) END AS arrivals_same_landlord,
    CASE WHEN bool_and(w.arrivals_rehoused IS NOT NULL) THEN sum(w.arrivals_rehoused) END AS arrivals_rehoused,
    CASE WHEN bool_and(w.came_same_qpv IS NOT NULL) THEN sum(w.came_same_qpv) END AS came_same_qpv,
    CASE WHEN bool_and(w.came_other_qpv IS NOT NULL) THEN sum(w.came_other_qpv) END AS came_other_qpv,
    CASE WHEN bool_and(w.came_same_commune IS NOT NULL) THEN sum(w.came_same_commune) END AS came_same_commune,
    CASE WHEN bool_and(w.came_same_epci IS NOT NULL) THEN sum(w.came_same_epci) END AS came_same_epci,
    CASE WHEN bool_and(w.came_departement IS NOT NULL) THEN sum(w.came_departement) END AS came_departement,
    CASE WHEN bool_and(w.came_region IS NOT NULL) THEN sum(w.came_region) END AS came_region,
    CASE WHEN bool_and(w.came_elsewhere IS NOT NULL) THEN sum(w.came_elsewhere) END AS came_elsewhere,
    CASE WHEN bool_and(w.sold_to_tenant IS NOT NULL) THEN sum(w.sold_to_tenant) END AS sold_to_tenant,
    CASE WHEN bool_and(w.relet_dwellings_12_months IS NOT NULL) THEN sum(w.relet_dwellings_12_months) END AS relet_dwellings_12_months,
    CASE WHEN bool_and(w.notices IS NOT NULL) THEN sum(w.notices) END AS notices,
    CASE WHEN bool_and(w.notices_withdrawn IS NOT NULL) THEN sum(w.notices_withdrawn) END AS notices_withdrawn
FROM core.comparator_territory AS c
JOIN core.observed_window AS w ON w.territory_id = c.other_id AND w.part = c.part
WHERE w.months = w.window_months
GROUP BY 1, 2, 3, 4;
CREATE OR REPLACE VIEW core.comparator_indicator AS
SELECT w.territory_id, w.comparator, w.month, w.window_months, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM core.comparator_window AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 OR w.month > (SELECT through FROM core.settled) THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
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
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR w.comparator <> 'commune_rest' AND w.comparator <> 'epci');
CREATE OR REPLACE VIEW core.comparator AS
SELECT q.territory_id, q.month, q.window_months, q.indicator, o.comparator,
    q.value, q.lower, q.upper, q.status, o.numerator AS other_numerator, o.denominator AS other_denominator,
    o.value AS other_value, o.lower AS other_lower, o.upper AS other_upper, o.status AS other_status,
    q.value - o.value AS difference, q.value / nullif(o.value, 0) AS ratio,
    CASE WHEN q.lower > o.upper THEN 'higher' WHEN q.upper < o.lower THEN 'lower'
        WHEN q.lower <= o.upper AND q.upper >= o.lower THEN 'not_significant' END AS verdict
FROM core.indicator_window AS q
JOIN core.comparator_indicator AS o USING (territory_id, month, window_months, indicator)
WHERE q.part = 'all' AND q.status IN ('value', 'provisional') AND o.status IN ('value', 'provisional');
-- end of part comparator

-- Whose months tell of a quartier of 2024, month by month, and how far back.
-- `actuelle`: from 2024 on. Before: `identique` (statut I, the same perimeter) is the quartier of 2015, or
-- of 2024 where landlords gave that code for more dwellings; `recalculée`
-- (M): the moves and stocks that landlords located in the perimeter of 2024; `rupture` (M): only the predecessor has
-- months, on another perimeter, so that no figure is given; `aucun historique` (N): nothing is said of before.
-- A month is recomputed only if its dwellings are nearly those of the first month of 2024 that there is: landlords
-- that sent no code of 2024 yet would otherwise be missing unseen. `told_from`: the first month from which none is without figures.
CREATE VIEW core.generation_source AS
WITH qpv AS (
    SELECT qpv.territory_id, qpv.code, qpv.statut,
        (SELECT old.territory_id FROM core.qpv_lineage
         JOIN core.territory AS old ON old.level = 'qpv_2015' AND old.code = qpv_lineage.qpv_2015
         WHERE qpv_lineage.qpv_2024 = qpv.code AND qpv.statut = 'I') AS same_id,
        (SELECT all_dwellings FROM core.observed_month AS first
         WHERE first.territory_id = qpv.territory_id AND part = 'all' AND month >= '2024-01-01'
         ORDER BY month LIMIT 1) AS first_dwellings
    FROM core.territory AS qpv WHERE qpv.level = 'qpv_2024'
), told AS (
    SELECT qpv.territory_id, now.month, 'actuelle' AS splice, qpv.territory_id AS source_id
    FROM qpv JOIN core.observed_month AS now ON now.territory_id = qpv.territory_id AND now.part = 'all'
    WHERE now.month >= '2024-01-01'
    UNION ALL
    (SELECT DISTINCT ON (qpv.territory_id, past.month) qpv.territory_id, past.month, 'identique', past.territory_id
    FROM qpv JOIN core.observed_month AS past ON past.territory_id IN (same_id, qpv.territory_id) AND past.part = 'all'
    WHERE past.month < '2024-01-01' AND same_id IS NOT NULL
    ORDER BY qpv.territory_id, past.month, past.all_dwellings DESC, past.territory_id = same_id DESC)
    UNION ALL
    SELECT qpv.territory_id, past.month, CASE
            WHEN statut = 'N' THEN 'aucun historique'
            WHEN past.all_dwellings >= least_completeness * first_dwellings THEN 'recalculée' ELSE 'rupture' END,
        qpv.territory_id
    FROM qpv CROSS JOIN core.staff_rule
    JOIN core.observed_month AS past ON past.territory_id = qpv.territory_id AND past.part = 'all'
    WHERE past.month < '2024-01-01' AND same_id IS NULL
    UNION ALL
    SELECT DISTINCT qpv.territory_id, past.month, 'rupture', qpv.territory_id
    FROM qpv JOIN core.qpv_lineage ON qpv_2024 = qpv.code
    JOIN core.territory AS old ON old.level = 'qpv_2015' AND old.code = qpv_2015
    JOIN core.observed_month AS past ON past.territory_id = old.territory_id AND past.part = 'all'
    WHERE past.month < '2024-01-01' AND same_id IS NULL AND NOT EXISTS (
        SELECT FROM core.observed_month AS own
        WHERE own.territory_id = qpv.territory_id AND own.part = 'all' AND own.month = past.month)
)
SELECT told.*, coalesce(
    (max(month) FILTER (WHERE splice IN ('rupture', 'aucun historique')) OVER same + interval '1 month')::date,
    min(month) OVER same) AS told_from
FROM told
WINDOW same AS (PARTITION BY territory_id);

-- One row a quartier of 2024: what can be said of it before 2024, in one word, and since when it can be spoken of.
CREATE VIEW core.generation_past AS
SELECT qpv.territory_id, qpv.statut,
    CASE WHEN statut = 'N' THEN 'aucun historique' ELSE coalesce(
        (SELECT splice FROM core.generation_source AS s
         WHERE s.territory_id = qpv.territory_id AND month < '2024-01-01' ORDER BY month DESC LIMIT 1),
        CASE WHEN statut = 'I' THEN 'identique' ELSE 'rupture' END) END AS past,
    (SELECT min(told_from) FROM core.generation_source AS s WHERE s.territory_id = qpv.territory_id) AS told_from
FROM core.territory AS qpv WHERE qpv.level = 'qpv_2024';

-- part generation: made from schemas/indicators/
CREATE OR REPLACE VIEW core.generation_month AS
SELECT s.territory_id, s.month, s.splice, s.source_id, s.told_from, o.landlords, o.declared_landlords,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.all_dwellings END AS all_dwellings,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.dwellings END AS dwellings,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.vacant END AS vacant,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.vacant_over_3_months END AS vacant_over_3_months,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.first_let_within_12_months END AS first_let_within_12_months,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.out_of_market END AS out_of_market,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.departures END AS departures,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.departures_same_landlord END AS departures_same_landlord,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.departures_other_landlord END AS departures_other_landlord,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.departures_rehoused END AS departures_rehoused,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.departures_reason_unknown END AS departures_reason_unknown,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_same_qpv END AS left_same_qpv,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_other_qpv END AS left_other_qpv,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_same_commune END AS left_same_commune,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_same_epci END AS left_same_epci,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_departement END AS left_departement,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_region END AS left_region,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.left_elsewhere END AS left_elsewhere,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.arrivals END AS arrivals,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.first_lettings END AS first_lettings,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.arrivals_same_landlord END AS arrivals_same_landlord,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.arrivals_rehoused END AS arrivals_rehoused,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_same_qpv END AS came_same_qpv,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_other_qpv END AS came_other_qpv,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_same_commune END AS came_same_commune,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_same_epci END AS came_same_epci,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_departement END AS came_departement,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_region END AS came_region,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.came_elsewhere END AS came_elsewhere,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.sold_to_tenant END AS sold_to_tenant,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.relet_dwellings_12_months END AS relet_dwellings_12_months,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.notices END AS notices,
    CASE WHEN s.splice IN ('identique', 'recalculée', 'actuelle') THEN o.notices_withdrawn END AS notices_withdrawn
FROM core.generation_source AS s
LEFT JOIN core.observed_month AS o ON o.territory_id = s.source_id AND o.part = 'all' AND o.month = s.month;
CREATE OR REPLACE VIEW core.generation_window AS
SELECT last.territory_id, last.month, length AS window_months, last.told_from, last.relet_dwellings_12_months, summed.*
FROM core.generation_month AS last
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
CROSS JOIN LATERAL (
    SELECT count(one.dwellings)::integer AS months,
        CASE WHEN bool_or(one.splice = 'aucun historique') THEN 'aucun historique'
            WHEN bool_or(one.splice = 'rupture') THEN 'rupture'
            WHEN bool_or(one.splice = 'recalculée') THEN 'recalculée'
            WHEN bool_or(one.splice = 'identique') THEN 'identique' ELSE 'actuelle' END AS splice,
        avg(one.all_dwellings) AS all_dwellings,
        avg(one.dwellings) AS dwellings,
        avg(one.vacant) AS vacant,
        avg(one.vacant_over_3_months) AS vacant_over_3_months,
        avg(one.first_let_within_12_months) AS first_let_within_12_months,
        avg(one.out_of_market) AS out_of_market,
        sum(one.departures) AS departures,
        sum(one.departures_same_landlord) AS departures_same_landlord,
        sum(one.departures_other_landlord) AS departures_other_landlord,
        sum(one.departures_rehoused) AS departures_rehoused,
        sum(one.departures_reason_unknown) AS departures_reason_unknown,
        sum(one.left_same_qpv) AS left_same_qpv,
        sum(one.left_other_qpv) AS left_other_qpv,
        sum(one.left_same_commune) AS left_same_commune,
        sum(one.left_same_epci) AS left_same_epci,
        sum(one.left_departement) AS left_departement,
        sum(one.left_region) AS left_region,
        sum(one.left_elsewhere) AS left_elsewhere,
        sum(one.arrivals) AS arrivals,
        sum(one.first_lettings) AS first_lettings,
        sum(one.arrivals_same_landlord) AS arrivals_same_landlord,
        sum(one.arrivals_rehoused) AS arrivals_rehoused,
        sum(one.came_same_qpv) AS came_same_qpv,
        sum(one.came_other_qpv) AS came_other_qpv,
        sum(one.came_same_commune) AS came_same_commune,
        sum(one.came_same_epci) AS came_same_epci,
        sum(one.came_departement) AS came_departement,
        sum(one.came_region) AS came_region,
        sum(one.came_elsewhere) AS came_elsewhere,
        sum(one.sold_to_tenant) AS sold_to_tenant,
        sum(one.notices) AS notices,
        sum(one.notices_withdrawn) AS notices_withdrawn
    FROM core.generation_month AS one
    WHERE one.territory_id = last.territory_id
        AND one.month > last.month - length * interval '1 month' AND one.month <= last.month
) AS summed;
CREATE OR REPLACE VIEW core.generation_series AS
SELECT w.territory_id, w.month, w.window_months, w.splice, w.told_from, i.indicator, i.numerator, i.denominator,
    CASE WHEN i.status IN ('value', 'provisional') THEN f.factor::double precision * i.numerator / coalesce(i.denominator, 1) END
        AS value,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_lower(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_lower(i.numerator, i.denominator) END AS lower,
    CASE WHEN i.status NOT IN ('value', 'provisional') THEN NULL
        WHEN i.interval = 'poisson' THEN f.factor * core.poisson_upper(i.numerator) / i.denominator
        WHEN i.interval = 'wilson' THEN f.factor * core.wilson_upper(i.numerator, i.denominator) END AS upper,
    i.status
FROM core.generation_window AS w
CROSS JOIN core.staff_rule AS rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' WHEN w.dwellings = 0 THEN 'no_data' WHEN w.dwellings < rule.least_completeness * w.all_dwellings - 0.000001 OR w.month > (SELECT through FROM core.settled) THEN 'provisional' ELSE 'value' END AS code,
    CASE WHEN NOT (w.months = w.window_months) THEN 'no_data' WHEN w.all_dwellings = 0 THEN 'not_covered' ELSE 'value' END AS coverage) AS base
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
WHERE w.window_months = ANY (i.windows) AND (NOT i.inside_only OR true);
-- end of part generation
