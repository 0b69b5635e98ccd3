SELECT coalesce(extract(epoch FROM clock_timestamp() - oldest_queued_at) / 60, 0)::float8 AS minutes FROM staff.outbox
