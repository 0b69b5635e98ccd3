"""Landlords come, pause, and are taken over by another: rights on the broker, and a row that says so.

Invariant: a landlord's history never leaves; what ends is its right to write. Each function may be repeated: the
second time changes nothing. A password is made here and kept nowhere but in the landlord's kit.
"""

import secrets
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ACL, ACLFilter, ResourcePatternFilter
from psycopg.rows import class_row

from operations.services.errors import ServiceError
from runtime.broker import (
    admin,
    client_options,
    ensure_principals,
    knows_principal,
    limit_production,
    open_topics,
    suspension_acls,
)
from runtime.clock import PARIS
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import landlord_principal, moves_topic

PRODUCTION_LIMIT = 32 * 1024 * 1024
"""Bytes a second: about twice what 20,000 events a second take."""
ENROL = """
INSERT INTO core.landlord (siren, name, expected_dwellings) VALUES (%s, %s, %s)
ON CONFLICT (siren) DO UPDATE SET name = excluded.name,
    expected_dwellings = coalesce(excluded.expected_dwellings, landlord.expected_dwellings)
"""
KNOWN = (
    "SELECT siren, name, suspended_at, merged_into, merged_on, series_broken FROM core.landlord WHERE siren = ANY(%s)"
)
OVERVIEW = """
SELECT siren, name, expected_dwellings, suspended_at, merged_into, merged_on, series_broken,
    committed_at AS last_read_at, coalesce(next_offset, 0) AS done, coalesce(held, 0) AS quarantined
FROM core.landlord
LEFT JOIN core.ingest_offset ON topic = %s || siren AND partition = 0
LEFT JOIN (SELECT landlord, count(*) AS held FROM core.quarantine WHERE redriven_at IS NULL GROUP BY 1) AS quarantine
    ON quarantine.landlord = siren
ORDER BY name, siren
"""
DONE = "SELECT next_offset FROM core.ingest_offset WHERE topic = %s AND partition = 0"


class EnrolmentError(ServiceError):
    """What was asked cannot be done to this landlord; the message, in French, says why and what to do."""


@dataclass(frozen=True)
class Known:
    """What is kept of a landlord's standing."""

    siren: str
    name: str
    suspended_at: datetime | None
    merged_into: str | None
    merged_on: date | None
    series_broken: bool


@dataclass(frozen=True)
class Standing:
    """One line of the list: messages `done` and `waiting` to be read, None where the topic is gone."""

    siren: str
    name: str
    expected_dwellings: int | None
    suspended_at: datetime | None
    merged_into: str | None
    merged_on: date | None
    series_broken: bool
    last_read_at: datetime | None
    done: int
    quarantined: int
    waiting: int | None = None


def checked_siren(text: str) -> str:
    """Return the nine digits of a SIREN. Raises EnrolmentError unless Luhn's check holds.

    The fictitious landlords of the demonstration pass it too: theirs begin with 999.
    """
    siren = "".join(text.split())
    if len(siren) != 9 or not (siren.isascii() and siren.isdecimal()):
        raise EnrolmentError(f"« {text} » n'est pas un SIREN : neuf chiffres.")
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(siren)]
    if sum(number // 10 + number % 10 for number in doubled) % 10:
        raise EnrolmentError(f"{siren} n'est pas un SIREN : sa clé de contrôle est fausse. Vérifiez chaque chiffre.")
    return siren


def new_password() -> str:
    """Return a password that nobody guesses, of characters that any file and any shell take."""
    return secrets.token_urlsafe(24)


def is_enrolled(settings: Settings, siren: str) -> bool:
    """Return whether the landlord has a password already."""
    with closing(admin(settings)) as client:
        return knows_principal(client, landlord_principal(siren))


def enrol(settings: Settings, siren: str, name: str, dwellings: int | None, password: str | None) -> None:
    """Give a landlord its topics, rights, limit and row, and at last its password, unless it keeps the one it has.

    Raises EnrolmentError for a landlord that another one has taken over.
    """
    with connect(settings, "ingest") as connection:
        _require_independent(find(connection, [siren]).get(siren))
        connection.execute(ENROL, (siren, name, dwellings))
    with closing(admin(settings)) as client:
        open_topics(client, [siren])
        limit_production(client, landlord_principal(siren), PRODUCTION_LIMIT)
        if password is not None:
            ensure_principals(client, {landlord_principal(siren): password})


def change_password(settings: Settings, siren: str, password: str) -> None:
    """Replace a landlord's password at once: the old one opens nothing any more.

    A connection that is open ends within the hour, when the broker asks for the password again.
    """
    with connect(settings, "ingest") as connection:
        _require_independent(_required(connection, siren))
    with closing(admin(settings)) as client:
        ensure_principals(client, {landlord_principal(siren): password})


def suspend(settings: Settings, siren: str, now: datetime) -> None:
    """Take a landlord's right to write, at once; its history stays, and it still reads its receipts."""
    with connect(settings, "ingest") as connection:
        _required(connection, siren)
        with closing(admin(settings)) as client:
            client.create_acls(suspension_acls(siren))
        connection.execute(
            "UPDATE core.landlord SET suspended_at = coalesce(suspended_at, %s) WHERE siren = %s", (now, siren)
        )


def resume(settings: Settings, siren: str) -> None:
    """Give a suspended landlord its right to write again. Raises EnrolmentError if another has taken it over."""
    with connect(settings, "ingest") as connection:
        _require_independent(_required(connection, siren))
        with closing(admin(settings)) as client:
            client.delete_acls([_filter(acl) for acl in suspension_acls(siren)])
        connection.execute("UPDATE core.landlord SET suspended_at = NULL WHERE siren = %s", (siren,))


def merge(settings: Settings, old: str, new: str, on: date, *, key_handed_over: bool, now: datetime) -> None:
    """Record that `new` has taken `old` over on a day: from now on its corrections correct, and never double.

    Raises EnrolmentError, with nothing recorded, while messages of `old` are unread, or where the two contradict
    what is recorded. A merger that is recorded is never changed.
    """
    with connect(settings, "ingest") as connection:
        before, successor = _required(connection, old), _required(connection, new)
        wanted = (new, on, not key_handed_over)
        if before.merged_into is not None:
            if (before.merged_into, before.merged_on, before.series_broken) == wanted:
                return
            _require_independent(before)
        if old == new:
            raise EnrolmentError("Un bailleur ne se reprend pas lui-même.")
        if on > now.astimezone(PARIS).date():
            raise EnrolmentError(f"La reprise du {on:%d/%m/%Y} n'a pas encore eu lieu : enregistrez-la ce jour-là.")
        _require_independent(successor)
        _require_all_read(settings, connection, old)
    suspend(settings, old, now)
    with connect(settings, "ingest") as connection:
        # What came in between, before the right to write was gone.
        _require_all_read(settings, connection, old)
        connection.execute(
            "UPDATE core.landlord SET merged_into = %s, merged_on = %s, series_broken = %s WHERE siren = %s",
            (*wanted, old),
        )


def overview(settings: Settings) -> list[Standing]:
    """Return every landlord by name, with what waits in its topic now."""
    with connect(settings, "ingest") as connection, connection.cursor(row_factory=class_row(Standing)) as cursor:
        read = cursor.execute(OVERVIEW, (moves_topic(""),)).fetchall()
    ends = _ends(settings, [one.siren for one in read])
    return [replace(one, waiting=ends[one.siren] - one.done if one.siren in ends else None) for one in read]


def find(connection: psycopg.Connection[Any], sirens: Iterable[str]) -> dict[str, Known]:
    """Return what is kept of these landlords, of those that are known."""
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        return {one.siren: one for one in cursor.execute(KNOWN, (list(sirens),))}


def name_of(settings: Settings, siren: str) -> str:
    """Return the name under which a landlord was enrolled. Raises EnrolmentError if it was not."""
    with connect(settings, "ingest") as connection:
        return _required(connection, siren).name


def _required(connection: psycopg.Connection[Any], siren: str) -> Known:
    found = find(connection, [siren]).get(siren)
    if found is None:
        raise EnrolmentError(f"{siren} n'est pas connu ici : `quartiers landlord list` montre qui l'est.")
    return found


def _require_independent(known: Known | None) -> None:
    if known is not None and known.merged_into is not None:
        raise EnrolmentError(
            f"{known.siren} a été repris par {known.merged_into} le {known.merged_on:%d/%m/%Y} : il n'écrit plus, et "
            "cette reprise ne change plus."
        )


def require_all_read(settings: Settings, siren: str) -> None:
    """Raise EnrolmentError while messages of a landlord are unread."""
    with connect(settings, "ingest") as connection:
        _require_all_read(settings, connection, siren)


def _require_all_read(settings: Settings, connection: psycopg.Connection[Any], siren: str) -> None:
    row = connection.execute(DONE, (moves_topic(siren),)).fetchone()
    waiting = _ends(settings, [siren]).get(siren, 0) - (row[0] if row else 0)
    if waiting > 0:
        raise EnrolmentError(
            f"Il reste à lire {waiting} message(s) de {siren}, qui changeraient de sens. Attendez que "
            "`quartiers landlord list` n'en montre plus, puis recommencez."
        )


def _ends(settings: Settings, sirens: Iterable[str]) -> dict[str, int]:
    """Return how far the moves topic of each of these landlords goes, of those that have one."""
    consumer = KafkaConsumer(**client_options(settings, "admin"))
    try:
        there = consumer.topics()
        wanted = {TopicPartition(moves_topic(siren), 0): siren for siren in sirens if moves_topic(siren) in there}
        return {wanted[partition]: end for partition, end in consumer.end_offsets(list(wanted)).items()}
    finally:
        consumer.close(autocommit=False)


def _filter(acl: ACL) -> ACLFilter:
    pattern = acl.resource_pattern
    resource = ResourcePatternFilter(pattern.resource_type, pattern.resource_name, pattern.pattern_type)
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, resource)
