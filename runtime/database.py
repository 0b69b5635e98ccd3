"""The one way to connect to the database."""

from typing import Any

import psycopg

from runtime.settings import Settings

ROLES = ("migrator", "ingest", "observatory", "public_reader")
"""The programs that connect: each has a password. Of the group `analyst` only persons are members."""


def connect(
    settings: Settings, role: str, database: str | None = None, *, autocommit: bool = False
) -> psycopg.Connection[Any]:
    """Return a connection as `role`, in UTC; psycopg.OperationalError if the database is away.

    Keep-alives are short, so that a worker notices within seconds that the server went away.
    """
    return psycopg.connect(
        settings.database_dsn(role, database),
        autocommit=autocommit,
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        # A frozen process must not hold its locks for ever.
        options="-c timezone=UTC -c idle_in_transaction_session_timeout=60s",
        application_name=f"quartiers-{role}",
    )
