-- From the month of a merger on it is the successor whose stock and declarations cover: what still counts at the
-- landlord that it took over, of the days before the merger, is counted with it.
CREATE OR REPLACE VIEW core.landlord_flow AS
SELECT level, territory_id, CASE WHEN month >= date_trunc('month', merged_on::timestamp) THEN merged_into
        ELSE counter.landlord END AS landlord, month,
    coalesce(sum(n) FILTER (WHERE direction = 'out'), 0)::integer AS departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in'), 0)::integer AS arrivals,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND NOT inside_qpv), 0)::integer AS outside_departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND NOT inside_qpv), 0)::integer AS outside_arrivals,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND inside_qpv IS NULL), 0)::integer AS unlocated_departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND inside_qpv IS NULL), 0)::integer AS unlocated_arrivals
FROM core.territory JOIN core.monthly_counter AS counter USING (territory_id) JOIN core.flow USING (flow)
LEFT JOIN core.landlord AS merged ON siren = counter.landlord
WHERE nature_class <> 'technical'
GROUP BY 1, 2, 3, 4;
