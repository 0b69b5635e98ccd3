"""Run the demonstration from nothing to its proof."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from operations import instance, supervisor
from operations.demo import closing
from operations.demo.plan import Plan
from operations.demo.proof import compare
from operations.demo.publish import stream_days, upload_past
from operations.services import grafana_service, worker_service
from operations.verify import verify
from producers.region import Region, simulate
from runtime.broker import enrol_landlords
from runtime.clock import AcceleratedClock
from runtime.database import connect
from runtime.settings import Settings

SEED = 2026
STALLED_SECONDS = 60


class StalledError(RuntimeError):
    """The worker did not take anything for a minute; the message, in French, says where to look."""


@dataclass
class Figures:
    """What the closing table tells."""

    published: int = 0
    seed_seconds: float = 0.0
    waits: list[float] = field(default_factory=list)


def run(settings: Settings, plan: Plan, console: Console) -> bool:
    """Seed, stream, and prove; return whether everything is equal. Services are left running."""
    fresh_instance(settings, console)
    still = AcceleratedClock(plan.origin, datetime.now(UTC), 0.0).describe()
    instance.start_services(settings, console.print)
    instance.prepare(settings, today=plan.live_from)
    with console.status("Région fictive : bailleurs, logements, baux ..."):
        region = simulate(plan.start, plan.end, SEED, plan.scale)
    enrol(settings, region)
    worker_service.start(settings, 1, still)
    supervisor.start(settings, 1, still)
    figures = Figures()
    with progress(console) as bars:
        started = time.monotonic()
        sent = bars.add_task("Événements publiés (5 ans)", total=None)
        rest = upload_past(settings, region, plan, lambda n: count(figures, lambda: bars.advance(sent, n), n))
        bars.update(sent, total=figures.published)
        taken = bars.add_task("Événements traités", total=figures.published)
        wait_until_taken(settings, figures.published, lambda n: bars.update(taken, completed=n))
        figures.seed_seconds = time.monotonic() - started
    supervisor.process(settings).stop(patience=15)
    worker_service.stop(settings, 1)
    clock = AcceleratedClock(plan.origin, datetime.now(UTC), plan.rate)
    worker_service.start(settings, 1, clock.describe())
    supervisor.start(settings, 1, clock.describe())
    grafana_service.start(settings)
    closing.say_where(settings, console)
    with progress(console) as bars:
        days = bars.add_task("Jours qui passent", total=(plan.end - plan.live_from).days)

        def pass_day(n: int) -> None:
            count(figures, lambda: None, n)
            bars.update(days, completed=(clock.now() - plan.origin).days)

        try:
            stream_days(settings, rest, clock, pass_day)
        except KeyboardInterrupt:
            console.print("Arrêt demandé.")
        bars.update(days, completed=(clock.now() - plan.origin).days)
    with console.status("Derniers événements ..."):
        wait_until_taken(settings, figures.published, lambda _: None)
    with connect(settings, "ingest") as connection, console.status("Recomptage ..."):
        verdict = verify(connection)
        truth = compare(connection, region) if plan.once else None
    closing.show(settings, console, figures.published, figures.seed_seconds, verdict, truth)
    return verdict.equal and (truth is None or truth.equal)


def fresh_instance(settings: Settings, console: Console) -> None:
    """Throw the last demonstration's data away: it has its own clock. Downloads, ports and passwords stay."""
    stopped = instance.down(settings)
    if stopped:
        console.print(f"Démonstration précédente arrêtée : {', '.join(stopped)}.")
    for name in ("kafka", "postgres", "log"):
        shutil.rmtree(settings.instance_dir / name, ignore_errors=True)


def enrol(settings: Settings, region: Region) -> None:
    """Give each fictitious landlord its rights and its name."""
    enrol_landlords(settings, [one.siren for one in region.landlords], replay=True)
    with connect(settings, "ingest") as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO core.landlord (siren, name) VALUES (%s, %s) ON CONFLICT (siren) DO UPDATE "
            "SET name = excluded.name",
            [(one.siren, one.name) for one in region.landlords],
        )
    (settings.instance_dir / "incidents.json").write_text(
        json.dumps([vars(one) for one in region.incidents], default=str, ensure_ascii=False, indent=1)
    )


def progress(console: Console) -> Progress:
    """Return progress bars that tell how many, of how many, and since when."""
    return Progress(
        TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def count(figures: Figures, tell: Callable[[], None], events: int) -> None:
    """Add published events, and tell."""
    figures.published += events
    tell()


def wait_until_taken(settings: Settings, published: int, tell: Callable[[int], None]) -> None:
    """Wait until each published event has its outcome; StalledError if nothing moves for a minute."""
    last, since = -1, time.monotonic()
    with connect(settings, "analyst", autocommit=True) as connection:
        while True:
            taken = int(connection.execute("SELECT coalesce(sum(n), 0) FROM core.tally").fetchall()[0][0])
            tell(taken)
            if taken >= published:
                return
            if taken != last:
                last, since = taken, time.monotonic()
            elif time.monotonic() - since > STALLED_SECONDS:
                raise StalledError(
                    f"{taken} événements traités sur {published}, puis plus rien : voir `quartiers logs worker-1`"
                )
            time.sleep(0.2)
