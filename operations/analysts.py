"""Analysts: named persons who may read raw counters, and whose every statement is logged under their name.

Invariant: the group `analyst` has no login of its own; each login in it is a person's, logs whatever is sent to the
database, and cannot turn that off. A password is made here, told once, and kept nowhere.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from operations.landlords import new_password
from operations.services.errors import ServiceError

PREFIX = "analyst_"
NAME = re.compile(r"[a-z][a-z0-9._-]{1,40}")
SETTINGS = {
    "log_statement": "all",
    "log_min_error_statement": "error",
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "60s",
}
"""Of these the first two are the superuser's to change."""
KNOWN = "SELECT 1 FROM pg_roles WHERE rolname = %s"
EVERYONE = """
SELECT rolname, (SELECT count(*) FROM pg_stat_activity WHERE usename = rolname)
FROM pg_roles WHERE pg_has_role(oid, 'analyst', 'member') AND starts_with(rolname, %s) ORDER BY 1
"""
END_SESSIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s"
LOGS = "SELECT name, size FROM pg_ls_logdir() WHERE name LIKE 'quartiers-%.json' ORDER BY modification"
READ = "SELECT pg_read_binary_file(current_setting('log_directory') || '/' || %s, %s, %s)"
PIECE = 4_194_304
"""Bytes of a log read at once."""
_SENT = re.compile(r"(?:statement|execute [^:]*|fastpath function call): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Analyst:
    """One of them, and in how many sessions it is at present."""

    name: str
    sessions: int


@dataclass(frozen=True)
class Asked:
    """A statement: who sent it, when, with what values, and what the database refused of it, if it did."""

    at: datetime
    name: str
    statement: str
    values: str
    error: str


def role_of(name: str) -> str:
    """Return a person's login. Raises ServiceError for what is no name."""
    if not NAME.fullmatch(name):
        raise ServiceError(
            f"« {name} » n'est pas un nom de connexion : des lettres minuscules, des chiffres, . _ et -."
        )
    return PREFIX + name


def add(connection: psycopg.Connection[Any], name: str) -> str:
    """Make a person's login (superuser); return its password. Raises ServiceError if there is one."""
    role, password = role_of(name), new_password()
    if connection.execute(KNOWN, (role,)).fetchone():
        raise ServiceError(f"{name} a déjà un accès : `quartiers analyst remove {name}` d'abord, pour en refaire un.")
    # Encrypted here: if the statement fails, the database's log holds no password.
    secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    login = sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 4 PASSWORD {} IN ROLE analyst")
    with connection.transaction():
        connection.execute(login.format(sql.Identifier(role), sql.Literal(secret)))
        for setting, value in SETTINGS.items():
            change = sql.SQL("ALTER ROLE {} SET {} = {}")
            connection.execute(change.format(sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)))
    return password


def remove(connection: psycopg.Connection[Any], name: str) -> None:
    """End a person's sessions and login (superuser); what was logged stays. Raises ServiceError if there is none."""
    role = role_of(name)
    if not connection.execute(KNOWN, (role,)).fetchone():
        raise ServiceError(f"{name} n'a pas d'accès : `quartiers analyst list` montre qui en a un.")
    connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))
    connection.execute(END_SESSIONS, (role,))
    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def everyone(connection: psycopg.Connection[Any]) -> list[Analyst]:
    """Return who has a login, by name."""
    rows = connection.execute(EVERYONE, (PREFIX,)).fetchall()
    return [Analyst(role.removeprefix(PREFIX), sessions) for role, sessions in rows]


def asked(connection: psycopg.Connection[Any], name: str | None = None, since: datetime | None = None) -> list[Asked]:
    """Return what analysts sent, oldest first, from the database's log (superuser), where it is kept for a year."""
    found = (one for line in _lines(connection) if (one := asked_in(line)) is not None)
    chosen = (one for one in found if name in (None, one.name) and (since is None or one.at >= since))
    return sorted(chosen, key=lambda one: one.at)


def asked_in(line: bytes) -> Asked | None:
    """Return the statement that a line of the log tells of; None for what is no analyst's or no statement."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None  # the line that is just being written
    user, message = entry.get("user", ""), entry.get("message", "")
    if not user.startswith(PREFIX):
        return None
    sent = _SENT.fullmatch(message)
    statement = sent[1] if sent else entry.get("statement")
    if statement is None:
        return None
    at = datetime.strptime(entry["timestamp"], "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    return Asked(at, user.removeprefix(PREFIX), statement, entry.get("detail", ""), "" if sent else message)


def _lines(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    for name, size in connection.execute(LOGS).fetchall():
        rest = b""
        for start in range(0, size, PIECE):
            piece = connection.execute(READ, (name, start, min(PIECE, size - start))).fetchall()[0][0]
            *whole, rest = (rest + bytes(piece)).split(b"\n")
            yield from whole
