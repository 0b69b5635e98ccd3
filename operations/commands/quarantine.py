"""`quartiers quarantine list | show | redrive | purge`: what was refused, why, and what to do with it."""

import dataclasses
import json
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.commands.services import InstanceName
from operations.numbers import number as in_french
from runtime.clock import PARIS, SystemClock, paris_today
from runtime.settings import Settings

if TYPE_CHECKING:
    import psycopg

    from operations.quarantine import Refused, Selection

PERSONAL_FR = "Ce contenu peut porter des données personnelles : ne le copiez ni ne l'envoyez."
Landlord = Annotated[str | None, typer.Option(help="Seulement ce bailleur (SIREN).")]
Why = Annotated[str | None, typer.Option("--reason", help="Seulement ce motif (par exemple unknown_commune).")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Reçus à partir de ce jour.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Reçus jusqu'à ce jour compris.")]
AsJson = Annotated[bool, typer.Option("--json", help="Pour une machine.")]


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Les événements refusés : les voir, les relire, les effacer.")
    app.add_typer(family, name="quarantine")

    @family.command("list", help="Compte les événements refusés par motif et montre les derniers, sans leur contenu.")
    def list_refused(
        landlord: Landlord = None,
        reason: Why = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, typer.Option("-n", min=1, help="Combien en montrer.")] = 50,
        as_json: AsJson = False,
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from operations import quarantine as refusals
        from runtime.database import connect

        chosen = selection(landlord, reason, since, until)
        with connect(Settings.load(name), "ingest") as connection:
            counts, rows = refusals.counted(connection, chosen), refusals.listed(connection, chosen, limit)
        if as_json:
            events = [told(row) for row in rows]
            typer.echo(json.dumps({"reasons": counts, "events": events}, default=str, ensure_ascii=False, indent=1))
        else:
            show_list(counts, rows)

    @family.command(help="Montre un événement refusé : le motif, l'endroit, le remède ; le contenu avec --payload.")
    def show(
        number: Annotated[int, typer.Argument(metavar="ID", help="Numéro que donne `quarantine list`.")],
        payload: Annotated[
            bool, typer.Option("--payload", help="Montre aussi le contenu, qui peut porter des données personnelles.")
        ] = False,
        name: InstanceName = None,
    ) -> None:
        from operations import quarantine as refusals
        from runtime.database import connect

        with connect(Settings.load(name), "ingest") as connection:
            row = refusals.found(connection, number)
            raw = refusals.content(connection, number) if payload else None
        if row is None:
            typer.secho(f"Erreur : aucun événement n° {number} en quarantaine ; voir `quarantine list`.", err=True)
            raise typer.Exit(1)
        for line in description(row):
            typer.echo(line)
        if payload and raw is None:
            typer.echo("Le contenu a été effacé.")
        elif raw is not None:
            typer.secho(PERSONAL_FR, fg="yellow", err=True)
            typer.echo(readable(raw.decode("utf-8", "backslashreplace")))

    @family.command(
        help="Relit les événements refusés après une correction des listes ou du programme : ce qui est valable "
        "maintenant est pris, et le bailleur en reçoit un accusé. Deux fois de suite : sans effet."
    )
    def redrive(
        landlord: Landlord = None,
        reason: Why = None,
        since: Since = None,
        until: Until = None,
        name: InstanceName = None,
    ) -> None:
        from operations import redrive as redriving
        from runtime.database import connect
        from streams.counters.chunks import FactChunks
        from streams.ingest.cells import Cells
        from streams.ingest.recorded import recorded_rules

        settings = Settings.load(name)

        def open_database() -> "psycopg.Connection[Any]":
            return connect(settings, "ingest")

        with open_database() as connection:
            done = redriving.redrive(
                *(connection, recorded_rules(open_database)),
                *(Cells(open_database), FactChunks(open_database)),
                today=paris_today(SystemClock()),
                chosen=selection(landlord, reason, since, until),
            )
        refused = done.tried - done.accepted
        typer.echo(f"Événements relus : {done.tried} ; acceptés : {done.accepted} ; encore refusés : {refused}.")

    @family.command(
        help="Efface le contenu des événements refusés depuis plus de trente jours, durée de sa conservation ; l'agent "
        "le fait chaque nuit. Motifs et comptes restent. Un événement effacé ne peut plus être relu."
    )
    def purge(
        older_than: Annotated[
            int | None, typer.Option(min=0, help="Reçus depuis plus de ce nombre de jours (trente sinon).")
        ] = None,
        landlord: Landlord = None,
        reason: Why = None,
        name: InstanceName = None,
    ) -> None:
        from operations import quarantine as refusals
        from runtime.database import connect
        from streams.retention.refused import KEPT_DAYS

        with connect(Settings.load(name), "ingest") as connection:
            chosen = selection(landlord, reason, None, None)
            purged = refusals.purge(
                connection,
                chosen,
                today=paris_today(SystemClock()),
                older_than=KEPT_DAYS if older_than is None else older_than,
            )
        typer.echo(f"Contenus effacés : {purged}. Motifs et comptes restent.")


def selection(landlord: str | None, reason: str | None, since: datetime | None, until: datetime | None) -> "Selection":
    """Return what the options choose. Raises typer.BadParameter for a reason that is no code."""
    from operations.quarantine import Selection
    from schemas.events.reasons import REASONS

    if reason is not None and reason not in REASONS:
        raise typer.BadParameter(f"motif inconnu : {reason} ; attendu : {', '.join(REASONS)}")
    return Selection(landlord, reason, since.date() if since else None, until.date() if until else None)


def show_list(counts: Any, rows: list["Refused"]) -> None:
    """Print the counts by reason and the events, without content or what quotes it."""
    console = Console()
    if not counts:
        console.print("La quarantaine est vide.")
        return
    totals = Table("Motif", "Événements", title="Par motif")
    for reason, n in counts.items():
        totals.add_row(reason, in_french(n))
    console.print(totals)
    table = Table("ID", "Reçu le", "Bailleur", "Motif", "Où", "Suite", title=f"Les derniers ({len(rows)})")
    for row in rows:
        received = f"{row.received_at.astimezone(PARIS):%d/%m/%Y %H:%M}"
        where = Text(readable(row.pointer or "tout"))
        table.add_row(str(row.quarantine_id), received, row.landlord, row.reason, where, row.state_fr)
    console.print(table)


def told(row: "Refused") -> dict[str, Any]:
    """Return what is known of a refused event, without the message: it quotes the sender."""
    return {name: value for name, value in dataclasses.asdict(row).items() if name != "message_fr"}


def description(row: "Refused") -> list[str]:
    """Return what is known of a refused event, line by line, without its content."""
    from schemas.events.reasons import REASONS

    known: dict[str, str] = {code: reason.remedy_fr for code, reason in REASONS.items()}
    lines = [
        f"Événement n° {row.quarantine_id}, {row.state_fr}",
        f"Bailleur : {row.landlord}",
        f"Reçu le : {row.received_at.astimezone(PARIS):%d/%m/%Y à %H:%M:%S}",
        f"Message : {row.topic}, partition {row.partition}, position {row.message_offset}, rang {row.event_index}",
        f"Motif : {row.reason}",
        f"Où : {row.pointer or 'tout'}",
        f"Ce qui ne va pas : {row.message_fr}",
        f"Remède : {known.get(row.reason, 'aucun')}",
    ]
    return [readable(line) for line in lines]


def readable(text: str) -> str:
    """Return a sender's text without what a terminal would obey: control characters are written as `\\x1b`."""
    return "".join(
        f"\\x{ord(one):02x}" if one not in "\n\t" and unicodedata.category(one) == "Cc" else one for one in text
    )
