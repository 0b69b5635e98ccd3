"""What the database says: schema, territories, the worker's progress, the day of the windows."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
from kafka.errors import KafkaError

from operations.doctor.finding import Finding, absent, bad, good
from operations.migrate import migrations
from operations.reference import territory_rows
from operations.services import broker_service, database_service, worker_service
from operations.services.processes import environment_of
from runtime.broker import admin
from runtime.clock import Clock, SystemClock, clock_from, paris_today
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import SANDBOX
from schemas.territories import load

QUIET = timedelta(seconds=30)
"""A worker that lists the topics every 3 seconds has not for that long: it does not work any more."""
PROGRESS = """
SELECT coalesce(sum(greatest(end_offset - coalesce(next_offset, 0), 0)), 0)::bigint,
    max(committed_at), max(seen_at), clock_timestamp()
FROM core.topic_end LEFT JOIN core.ingest_offset USING (topic, partition)
"""
# core.topic_end has no sandbox; core.reading_gap may have one: what was lost there counted nowhere.


def examine_data(settings: Settings) -> Iterator[Finding]:
    """Yield what concerns Kafka's answer and the database's content, if they run."""
    if broker_service.process(settings).pid():
        yield broker(settings)
    if not database_service.process(settings).pid():
        yield absent("Données", "la base ne tourne pas : rien à examiner", "`quartiers up`")
        return
    if not settings.remembers("secrets.json", "migrator"):
        yield bad("Données", "la base n'est pas préparée", "`quartiers up`")
        return
    try:
        with connect(settings, "migrator", autocommit=True) as connection:
            schema = migrated(connection)
            yield schema
            if schema.state == "good":
                yield territories(connection)
                yield from worker(connection, settings)
                yield windows(connection, worker_clock(settings))
                yield gaps(connection)
    except psycopg.OperationalError as error:
        first = (str(error).strip().splitlines() or [""])[0]
        yield bad("Base de données", f"ne répond pas ({first})", "`quartiers logs postgres`, puis `quartiers up`.")


def broker(settings: Settings) -> Finding:
    """Ask Kafka for its topics, as its administrator."""
    try:
        client = admin(settings)
        try:
            return good("Kafka répond", f"{len(client.list_topics())} sujets")
        finally:
            client.close()
    except KafkaError as error:
        return bad("Kafka répond", f"non ({type(error).__name__})", "`quartiers logs kafka`, puis `quartiers up`.")


def migrated(connection: psycopg.Connection[Any]) -> Finding:
    """Compare the applied migrations with this program's."""
    label, wanted = "Schéma de la base", migrations()
    if connection.execute("SELECT to_regclass('public.migration')").fetchall()[0][0] is None:
        return bad(label, "aucune migration appliquée", "`quartiers migrate`")
    done = dict(connection.execute("SELECT number, sha256 FROM public.migration").fetchall())
    if newer := sorted(done.keys() - {one.number for one in wanted}):
        return bad(label, f"plus récent que ce programme (migration {newer[-1]})", "Mettez le programme à jour.")
    if changed := [one.name for one in wanted if one.number in done and done[one.number] != one.sha256]:
        return bad(label, f"{changed[0]} a changé après avoir été appliquée", "Remettez le fichier d'origine.")
    if missing := [one.name for one in wanted if one.number not in done]:
        return bad(label, f"{len(missing)} migration(s) à appliquer", "`quartiers migrate`")
    return good(label, f"à jour ({len(wanted)} migrations)")


def territories(connection: psycopg.Connection[Any]) -> Finding:
    """Compare the territories of the database with this program's."""
    packaged = Counter(row[0] for row in territory_rows(load()))
    loaded = Counter(dict(connection.execute("SELECT level, count(*) FROM core.territory GROUP BY 1").fetchall()))
    if missing := packaged - loaded:
        return bad("Territoires", f"il en manque {missing.total()}", "`quartiers up`, ou `quartiers rebuild`.")
    return good(
        "Territoires", f"{loaded['qpv_2024']} QPV de 2024, {loaded['qpv_2015']} de 2015, {loaded['commune']} communes"
    )


def worker(connection: psycopg.Connection[Any], settings: Settings) -> Iterator[Finding]:
    """Judge the worker by what it leaves in the database: its last look at the topics, its last commit, its lag."""
    label = "Agent"
    if not worker_service.process(settings).pid():
        yield absent(label, "ne tourne pas : les messages attendent dans Kafka")
        return
    lag, committed, seen, now = connection.execute(PROGRESS).fetchall()[0]
    if seen is None:
        yield absent(label, "n'a pas encore regardé les sujets", "Attendez quelques secondes.")
        return
    text = f"retard : {lag} messages ; dernier travail : {_ago(committed, now)}"
    remedy = "`quartiers logs worker-1`"
    if now - seen > QUIET:
        yield bad(label, f"ne donne plus signe de vie ({_ago(seen, now)}) ; {text}", remedy)
    elif lag and (committed is None or now - committed > QUIET):
        yield bad(label, f"n'avance pas ; {text}", remedy)
    else:
        yield good(label, text)


def _ago(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "jamais"
    seconds = int((now - instant).total_seconds())
    if seconds < 120:
        return f"il y a {seconds} s"
    return f"il y a {seconds // 60} min" if seconds < 7200 else f"il y a {seconds // 3600} h"


def worker_clock(settings: Settings) -> Clock:
    """Return the clock by which the worker rolls the windows: the demonstration's runs faster than ours."""
    pid = worker_service.process(settings).pid()
    return clock_from(environment_of(pid).get("QUARTIERS_CLOCK")) if pid else SystemClock()


def windows(connection: psycopg.Connection[Any], clock: Clock) -> Finding:
    """Compare the day at which live windows end with the day in Paris."""
    label, today = "Fenêtres glissantes", paris_today(clock)
    as_of = connection.execute("SELECT as_of FROM core.window_state").fetchall()[0][0]
    # At an accelerated clock, and at midnight, the day may have passed since the last look.
    if today - as_of <= timedelta(days=0 if isinstance(clock, SystemClock) else 2):
        return good(label, f"au {as_of:%d/%m/%Y}")
    return bad(
        label,
        f"au {as_of:%d/%m/%Y}, et non au {today:%d/%m/%Y}",
        "L'agent les fait avancer : `quartiers up`, puis `quartiers logs worker-1`.",
    )


def gaps(connection: psycopg.Connection[Any]) -> Finding:
    """Tell the messages that the broker deleted before anybody read them."""
    query = (
        "SELECT count(*), coalesce(sum(next_available - first_lost), 0)::bigint "
        "FROM core.reading_gap WHERE kind = 'expired' AND NOT starts_with(topic, %s)"
    )
    number, lost = connection.execute(query, (SANDBOX,)).fetchall()[0]
    if number:
        return absent(
            "Messages perdus",
            f"{lost} messages ont été effacés par Kafka avant d'être lus",
            "Demandez aux bailleurs concernés (table core.reading_gap) de renvoyer leurs mouvements.",
        )
    return good("Messages perdus", "aucun")
