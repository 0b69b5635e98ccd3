SELECT coalesce(extract(epoch FROM clock_timestamp() - max(seen_at)), 0)::float8 AS secondes FROM staff.lag
