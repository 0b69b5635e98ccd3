SELECT name AS bailleur, landlord AS siren,
    coalesce(extract(epoch FROM clock_timestamp() - committed_at) / 60, 60)::float8 AS minutes
FROM staff.lag WHERE messages_waiting > 0 ORDER BY name
