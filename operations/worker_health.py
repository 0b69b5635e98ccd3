"""`python -m operations.worker_health`: whether this instance's workers see both Kafka and the database.

A worker notes how far each topic goes every few seconds (`streams/ingest/topics.py`): it needs both for that.
The health check of the service `worker` in `docker-compose.yml`.
"""

import sys
from datetime import timedelta

import psycopg

from runtime.database import connect
from runtime.settings import Settings

SILENCE = timedelta(seconds=30)


def healthy(settings: Settings) -> bool:
    """Return whether a worker has looked at its topics within the last 30 seconds."""
    try:
        with connect(settings, "ingest") as connection:
            row = connection.execute(
                "SELECT coalesce(max(seen_at) > clock_timestamp() - %s, false) FROM core.topic_end", (SILENCE,)
            ).fetchone()
    except psycopg.Error:
        return False
    return row is not None and bool(row[0])


if __name__ == "__main__":
    sys.exit(not healthy(Settings.load()))
