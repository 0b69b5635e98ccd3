"""Run the demonstration from nothing to its proof."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from operations import instance
from operations.backfill import open_first_windows
from operations.demo import closing
from operations.demo.catching_up import catch_up
from operations.demo.plan import AHEAD_DAYS, Plan
from operations.demo.proof import compare
from operations.demo.publish import stream_days, upload_past
from operations.numbers import number
from operations.services import grafana_service
from operations.services.errors import ServiceError
from operations.verify import verify
from producers.region import Publication, Region, simulate
from runtime.broker import enrol_landlords
from runtime.clock import AcceleratedClock, SystemClock
from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import INSTANCE_FILE

SEED = 2026
RULES = """# Les bailleurs fictifs de la démonstration acceptent d'être reconnus là où ils sont seuls.
[dominance]
seul_reconnaissable = true
"""
STALLED_SECONDS = 60
TAKEN = "SELECT coalesce(sum(n), 0)::bigint FROM core.tally"
STALLED = "{taken} événements traités sur {published}, puis plus rien : voir `quartiers logs worker-1`."


@dataclass
class Figures:
    """What is counted on the way."""

    published: int = 0
    seeded: int = 0
    seed_seconds: float = 0.0


@dataclass(frozen=True)
class Ended:
    """How it ended: whether all that must be is proved, and whether all days passed or Ctrl-C ended them."""

    proved: bool
    whole: bool


def run(settings: Settings, plan: Plan, console: Console) -> Ended:
    """Seed, stream, and prove. Services are left running.

    Ctrl-C while days pass ends them: the closing table tells what was published until then.
    """
    figures = Figures()
    fresh_instance(settings, console)
    (settings.instance_dir / INSTANCE_FILE).write_text(RULES, encoding="utf-8")
    with console.status("Kafka et PostgreSQL ..."):
        instance.start_services(settings, console.print)
        instance.prepare(settings, today=plan.live_from)
    with console.status("Région fictive : bailleurs, logements, baux ..."):
        region = simulate(plan.start, plan.end, SEED, plan.scale)
        enrol(settings, region, plan)
    rest = seed(settings, plan, region, figures, console)
    whole = stream(settings, plan, rest, figures, console)
    with console.status("Derniers événements ..."):
        wait_until_taken(settings, figures.published, lambda _: None)
    with console.status("Indicateurs, alertes, ce qui peut en être montré, millésime ..."):
        catch_up(settings, SystemClock())
    with console.status("Recomptage de tous les compteurs ..."), connect(settings, "ingest") as connection:
        verdict = verify(connection)
        # The truth speaks of everything that the simulator has: it is asked only if everything was published.
        truth = compare(connection, region) if whole else None
    end = closing.close(settings, figures.published, figures.seeded, figures.seed_seconds, verdict, truth)
    closing.show(end, console)
    if not whole and plan.once:
        console.print("[red]✘ interrompue avant la fin : la vérité du simulateur n'a pas été comparée[/]")
    return Ended(end.proved and (whole or not plan.once), whole)


def fresh_instance(settings: Settings, console: Console) -> None:
    """Throw the last demonstration's data away: it has its own clock. Downloads, ports and passwords stay."""
    stopped = instance.down(settings, console.print)
    if stopped:
        console.print(f"Démonstration précédente arrêtée : {', '.join(stopped)}.")
    for name in ("kafka", "postgres", "postgres.new", "grafana", "log"):
        folder = settings.instance_dir / name
        if folder.exists():
            shutil.rmtree(folder)


def enrol(settings: Settings, region: Region, plan: Plan) -> None:
    """Give each fictitious landlord its rights, its name, and all the time that passes here to send its history.

    While it may, nothing of it is folded: the ledger can be compared with the truth, move for move.
    """
    sirens = [one.siren for one in region.landlords]
    enrol_landlords(settings, sirens, replay=True)
    with connect(settings, "ingest") as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO core.landlord (siren, name) VALUES (%s, %s) ON CONFLICT (siren) DO UPDATE "
            "SET name = excluded.name",
            [(one.siren, one.name) for one in region.landlords],
        )
        open_first_windows(connection, sirens, plan.start, (plan.end - plan.start).days + AHEAD_DAYS)
    (settings.instance_dir / "incidents.json").write_text(
        json.dumps([vars(one) for one in region.incidents], default=str, ensure_ascii=False, indent=1)
    )


def seed(settings: Settings, plan: Plan, region: Region, figures: Figures, console: Console) -> Iterator[Publication]:
    """Publish the past while the worker takes it, its clock standing still; return what is left to publish."""
    instance.run_workers(settings, 1, AcceleratedClock(plan.origin, datetime.now(UTC), 0.0).describe())
    started = time.monotonic()
    with progress(console) as bars:
        out = bars.add_task("Cinq ans publiés", total=None, count="")
        taken = bars.add_task("Cinq ans traités", total=None, count="", start=True)

        def sent(n: int) -> None:
            figures.published += n
            bars.update(out, count=number(figures.published))

        def told(n: int) -> None:
            bars.update(taken, completed=n, count=f"{number(n)} / {number(figures.published)}")

        rest = upload_past(settings, region, plan, sent)
        bars.update(out, total=figures.published, completed=figures.published)
        bars.update(taken, total=figures.published)
        wait_until_taken(settings, figures.published, told)
    figures.seeded, figures.seed_seconds = figures.published, time.monotonic() - started
    return rest


def stream(settings: Settings, plan: Plan, rest: Iterator[Publication], figures: Figures, console: Console) -> bool:
    """Let the days pass at the accelerated clock; return whether all of them did, and not Ctrl-C ended them."""
    instance.stop_workers(settings)
    clock = AcceleratedClock(plan.origin, datetime.now(UTC), plan.rate)
    instance.run_workers(settings, 1, clock.describe())
    grafana_service.start(settings)
    closing.say_where(settings, console)
    if not plan.once:
        console.print(f"Un jour dure {plan.seconds_per_day:g} s. Ctrl-C arrête les jours et montre le bilan.")
    with progress(console) as bars:
        days = bars.add_task("Jours qui passent", total=(plan.end - plan.live_from).days, count="")

        def sent(n: int) -> None:
            figures.published += n

        def tick() -> None:
            now = clock.now()
            live = figures.published - figures.seeded
            bars.update(days, completed=(now - plan.origin).days, count=f"{now:%d/%m/%Y} · {number(live)} événements")

        try:
            stream_days(settings, rest, clock, sent, tick)
        except KeyboardInterrupt:
            console.print("Arrêt demandé : plus rien n'est publié. (Ctrl-C encore : sans bilan.)")
            return False
        bars.update(days, completed=(plan.end - plan.live_from).days)
    return True


def progress(console: Console) -> Progress:
    """Return progress bars that tell how many, of how many, and since when."""
    return Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        console=console,
    )


def wait_until_taken(settings: Settings, published: int, tell: Callable[[int], None]) -> None:
    """Wait until each published event has its outcome, also across a restart of the database.

    Raises ServiceError if nothing moves for a minute.
    """
    last, since = -1, time.monotonic()
    while True:
        taken = count_taken(settings)
        if taken is not None:
            tell(taken)
            if taken >= published:
                return
            if taken != last:
                last, since = taken, time.monotonic()
        if time.monotonic() - since > STALLED_SECONDS:
            raise ServiceError(STALLED.format(taken=max(last, 0), published=published))
        time.sleep(0.2)


def count_taken(settings: Settings) -> int | None:
    """Return how many events have their outcome; None while the database is away."""
    try:
        with connect(settings, "ingest") as connection:
            return int(connection.execute(TAKEN).fetchall()[0][0])
    except psycopg.OperationalError:
        return None
