SELECT coalesce(extract(epoch FROM clock_timestamp() - last_commit) / 3600, 0)::float8 AS heures FROM staff.freshness
