"""Bring a database to the newest schema: roles by the superuser, then numbered SQL by `migrator`.

Each migration is applied once, in its own transaction, and its SHA-256 kept: a file changed after it was
applied is refused, because two databases would silently differ.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from operations import readers
from runtime.database import ROLES, connect
from runtime.settings import Settings

MIGRATIONS = Path(__file__).parents[1] / "schemas" / "migrations"
ONE_AT_A_TIME = 7_240_002
"""Advisory lock: two programs that bring one database up to date do so one after the other."""
RECORD = """
CREATE TABLE IF NOT EXISTS public.migration (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())
"""
DATABASE_GRANTS = (
    "REVOKE ALL ON DATABASE {} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {} TO ingest, observatory, public_reader, analyst",
    "GRANT TEMPORARY ON DATABASE {} TO ingest",
)


class MigrationError(RuntimeError):
    """The database and the migration files disagree."""


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The fingerprint of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations in order; MigrationError unless numbered 1, 2, 3 ... without a gap."""
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    found = [Migration(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files]
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError("les migrations doivent être numérotées 0001, 0002, ... sans trou")
    return found


def bootstrap(settings: Settings, database: str | None = None) -> None:
    """As superuser: make the roles and the database, owned by `migrator`. Safe to repeat."""
    name = database or settings.database_name
    with connect(settings, "postgres", "postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
        for role in ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            verb = "ALTER" if known else "CREATE"
            connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(settings.password(role))
                )
            )
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'analyst'").fetchone():
            connection.execute("CREATE ROLE analyst")
        # Of persons only (operations/analysts.py). A database of before this version has a login of this name.
        connection.execute("ALTER ROLE analyst NOLOGIN PASSWORD NULL")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER migrator").format(sql.Identifier(name)))
        for grant in DATABASE_GRANTS:
            connection.execute(sql.SQL(grant).format(sql.Identifier(name)))
        with connect(settings, "postgres", name, autocommit=True) as inside:
            inside.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            inside.execute("GRANT CREATE ON SCHEMA public TO migrator")
            inside.execute(readers.LOCKS_ARE_FOR_WRITERS)
            inside.execute(readers.ACTIVITY_IS_FOR_WORKERS)
        for role in readers.READERS:
            for setting in readers.SETTINGS:
                connection.execute(sql.SQL(setting).format(sql.Identifier(role)))


def apply(connection: psycopg.Connection[Any], wanted: list[Migration]) -> list[Migration]:
    """Apply what is missing, each in its own transaction; return what was applied.

    Raises MigrationError if an applied file has changed since, or if the database is newer than the files.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
    try:
        return _apply(connection, wanted)
    finally:
        connection.rollback()
        connection.execute("SELECT pg_advisory_unlock(%s)", (ONE_AT_A_TIME,))
        connection.commit()


def _apply(connection: psycopg.Connection[Any], wanted: list[Migration]) -> list[Migration]:
    connection.execute(RECORD)
    connection.commit()
    done: dict[int, str] = dict(connection.execute("SELECT number, sha256 FROM public.migration").fetchall())
    if unknown := sorted(done.keys() - {migration.number for migration in wanted}):
        raise MigrationError(
            f"la base connaît la migration {unknown[-1]}, plus récente que ce programme : mettez le programme à jour"
        )
    applied = []
    for migration in wanted:
        if migration.number in done:
            if done[migration.number] != migration.sha256:
                raise MigrationError(
                    f"{migration.name} a changé après avoir été appliquée : remettez le fichier d'origine, "
                    "et écrivez le changement dans une nouvelle migration"
                )
            continue
        try:
            connection.execute(migration.text)
        except psycopg.ProgrammingError as error:
            raise MigrationError(f"{migration.name} est refusée par la base : {error}") from error
        connection.execute(
            "INSERT INTO public.migration (number, name, sha256) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.sha256),
        )
        connection.commit()
        applied.append(migration)
    return applied


def migrate(settings: Settings, database: str | None = None) -> list[Migration]:
    """Bring the instance's database to the newest schema; return what was applied."""
    bootstrap(settings, database)
    with connect(settings, "migrator", database) as connection:
        return apply(connection, migrations())
