"""`quartiers landlord add | list | rotate-password | suspend | resume | merge | backfill`: who publishes here."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from operations.numbers import number
from runtime.clock import PARIS, SystemClock, paris_today
from runtime.connection import FILE_NAME
from runtime.settings import Settings

if TYPE_CHECKING:
    from operations.landlords import Standing

Siren = Annotated[str, typer.Argument(metavar="SIREN", help="Neuf chiffres.")]
Bootstrap = Annotated[
    str | None, typer.Option(metavar="NOM:PORT", help="Adresse donnée au bailleur ; par défaut, celle de ce serveur.")
]
Gateway = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Adresse de la passerelle ; par défaut, celle de `up --gateway`."),
]
Kit = Annotated[Path | None, typer.Option(help="Dossier du kit ; par défaut kit-SIREN, ici.")]
Contact = Annotated[str, typer.Option(envvar="QUARTIERS_CONTACT", help="Qui appeler, écrit dans le kit.")]
WHOM = "Appelez votre interlocuteur à l'observatoire : ses coordonnées sont dans votre convention."


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Les bailleurs : les accueillir, les suivre, les suspendre.")
    app.add_typer(family, name="landlord")
    _add_standing(family)
    _add_backfill(family)

    @family.command(help="Accueille un bailleur : compte, sujets, droits, et le kit à lui remettre. Sans effet répété.")
    def add(
        siren: Siren,
        name: Annotated[str, typer.Option(help="Nom du bailleur.")],
        dwellings: Annotated[int | None, typer.Option(min=1, help="Logements attendus d'après la convention.")] = None,
        bootstrap: Bootstrap = None,
        gateway: Gateway = None,
        kit: Kit = None,
        contact: Contact = WHOM,
        instance: InstanceName = None,
    ) -> None:
        # Kafka's and the database's clients are slow to load, here and below: `--help` does not wait for them.
        from operations import landlords
        from operations.backfill import open_first_windows
        from operations.landing_kit import Access, checked_bootstrap, write_kit
        from runtime.database import connect

        settings, siren = Settings.load(instance), landlords.checked_siren(siren)
        folder = kit or Path(f"kit-{siren}")
        access = Access(siren, name, checked_bootstrap(settings, bootstrap), address_of(settings, gateway), contact)
        password = None if landlords.is_enrolled(settings, siren) else landlords.new_password()
        # The kit first: a password that the broker knows and nobody else is lost.
        tool = write_kit(settings, folder, access, password)
        landlords.enrol(settings, siren, name, dwellings, password)
        with connect(settings, "ingest") as connection:
            closings = open_first_windows(connection, [siren], paris_today(SystemClock()))
        typer.echo(f"{name} ({siren}) est accueilli. Kit à lui remettre par un canal sûr : {folder}")
        for closes_on in closings:
            typer.echo(f"Son historique est pris jusqu'au {closes_on:%d/%m/%Y} exclu (`quartiers landlord backfill`).")
        if tool is None:
            typer.echo("Joignez-y le fichier .whl de l'outil : `make wheel` le fait, et le kit suivant l'aura.")
        if not (folder / FILE_NAME).exists():
            typer.echo(
                "Son mot de passe existe déjà et n'est gardé nulle part ici : il a son fichier de connexion, ou "
                f"`quartiers landlord rotate-password {siren}` en fait un autre."
            )

    @family.command("list", help="Montre les bailleurs : état, dernier message lu, messages en attente, quarantaine.")
    def show_all(instance: InstanceName = None) -> None:
        from operations import landlords

        standings = landlords.overview(Settings.load(instance))
        if not standings:
            typer.echo("Aucun bailleur encore : `quartiers landlord add SIREN --name NOM` accueille le premier.")
            return
        Console().print(table(standings))

    @family.command(help="Remplace le mot de passe d'un bailleur, aussitôt, et refait son kit.")
    def rotate_password(
        siren: Siren,
        bootstrap: Bootstrap = None,
        gateway: Gateway = None,
        kit: Kit = None,
        contact: Contact = WHOM,
        instance: InstanceName = None,
    ) -> None:
        from operations import landlords
        from operations.landing_kit import Access, checked_bootstrap, write_kit

        settings, siren = Settings.load(instance), landlords.checked_siren(siren)
        folder = kit or Path(f"kit-{siren}")
        name, password = landlords.name_of(settings, siren), landlords.new_password()
        access = Access(siren, name, checked_bootstrap(settings, bootstrap), address_of(settings, gateway), contact)
        write_kit(settings, folder, access, password)
        landlords.change_password(settings, siren, password)
        typer.echo(
            f"{name} : l'ancien mot de passe n'ouvre plus rien (une connexion déjà ouverte s'éteint dans l'heure). "
            f"Nouveau kit : {folder}"
        )


def _add_standing(family: typer.Typer) -> None:
    @family.command(help="Retire à un bailleur le droit d'écrire, aussitôt. Son historique reste.")
    def suspend(siren: Siren, instance: InstanceName = None) -> None:
        from operations import landlords

        siren = landlords.checked_siren(siren)
        landlords.suspend(Settings.load(instance), siren, SystemClock().now())
        typer.echo(f"{siren} n'écrit plus. `quartiers landlord resume {siren}` lui rend ce droit.")

    @family.command(help="Rend à un bailleur suspendu le droit d'écrire.")
    def resume(siren: Siren, instance: InstanceName = None) -> None:
        from operations import landlords

        siren = landlords.checked_siren(siren)
        landlords.resume(Settings.load(instance), siren)
        typer.echo(f"{siren} peut de nouveau écrire.")

    @family.command(help="Enregistre qu'un bailleur en a repris un autre : ses corrections corrigent, sans doubler.")
    def merge(
        old: Annotated[str, typer.Argument(metavar="ANCIEN", help="SIREN du bailleur repris.")],
        new: Annotated[str, typer.Argument(metavar="NOUVEAU", help="SIREN de celui qui le reprend.")],
        on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Jour de la reprise.")],
        key_handed_over: Annotated[
            bool,
            typer.Option(
                "--key-handed-over", help="Le repreneur a la clé de pseudonymes de l'ancien. Sinon, série rompue."
            ),
        ] = False,
        instance: InstanceName = None,
    ) -> None:
        from operations import landlords

        before, after, day = landlords.checked_siren(old), landlords.checked_siren(new), on.date()
        landlords.merge(
            *(Settings.load(instance), before, after, day),
            key_handed_over=key_handed_over,
            now=SystemClock().now(),
        )
        typer.echo(f"{before} est repris par {after} depuis le {day:%d/%m/%Y}, et n'écrit plus.")
        if not key_handed_over:
            typer.echo("Sans l'ancienne clé, les mouvements ne se raccordent pas : la série est marquée rompue.")


def _add_backfill(family: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True,
        help="Les fenêtres de reprise d'historique : ce qui est plus vieux que la durée de conservation n'est pris que "
        "pendant qu'une fenêtre est ouverte, puis replié la nuit d'après.",
    )
    family.add_typer(group, name="backfill")

    @group.command("open", help="Ouvre une fenêtre, dès aujourd'hui.")
    def open_one(
        siren: Siren,
        since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m"], help="Premier mois d'effet pris.")],
        days: Annotated[int, typer.Option(min=1, max=366, help="Nombre de jours.")] = 90,
        instance: InstanceName = None,
    ) -> None:
        from operations import backfill, landlords
        from runtime.database import connect

        siren, today = landlords.checked_siren(siren), paris_today(SystemClock())
        with connect(Settings.load(instance), "ingest") as connection:
            closes_on = backfill.open_window(connection, siren, today, since.date(), days)
        typer.echo(f"{siren} peut envoyer ses mouvements depuis {since:%m/%Y}, jusqu'au {closes_on:%d/%m/%Y} exclu.")

    @group.command("close", help="Ferme la fenêtre d'un bailleur, aussitôt ; ce qui est ancien est replié la nuit.")
    def close_one(siren: Siren, instance: InstanceName = None) -> None:
        from operations import backfill, landlords
        from runtime.database import connect

        siren = landlords.checked_siren(siren)
        with connect(Settings.load(instance), "ingest") as connection:
            closed = backfill.close_window(connection, siren, paris_today(SystemClock()))
        typer.echo(f"Fenêtre de {siren} fermée." if closed else f"{siren} n'avait pas de fenêtre ouverte.")

    @group.command("list", help="Montre les fenêtres, ouvertes ou passées.")
    def list_all(instance: InstanceName = None) -> None:
        from operations import backfill
        from runtime.database import connect

        today = paris_today(SystemClock())
        with connect(Settings.load(instance), "ingest") as connection:
            found = backfill.windows(connection)
        made = Table("SIREN", "Bailleur", "Ouverte le", "Ferme le", "Depuis le mois", "État", title="Reprises")
        for one in found:
            dates = (f"{one.opened_on:%d/%m/%Y}", f"{one.closes_on:%d/%m/%Y}", f"{one.from_month:%m/%Y}")
            made.add_row(one.landlord, one.name, *dates, "ouverte" if one.is_open(today) else "fermée")
        Console().print(made)


def address_of(settings: Settings, gateway: str | None) -> str:
    """Return the gateway's address for landlords: the one that was given, else this instance's if it has one."""
    if gateway is not None:
        return gateway
    from operations.services import gateway_service

    return gateway_service.url(settings) if gateway_service.is_wanted(settings) else ""


def table(standings: list["Standing"]) -> Table:
    """Return the list as a table."""
    made = Table(title="Bailleurs (logements attendus)")
    made.add_column("SIREN", no_wrap=True)
    for heading in ("Bailleur", "État", "Dernière lecture"):
        made.add_column(heading, overflow="fold")
    for heading in ("Logements", "À lire", "Refusés"):
        made.add_column(heading, justify="right")
    for one in standings:
        read = f"{one.last_read_at.astimezone(PARIS):%d/%m/%Y %H:%M}" if one.last_read_at else "jamais"
        made.add_row(
            *(one.siren, one.name, state(one), read),
            number(one.expected_dwellings) if one.expected_dwellings else "–",
            "sujet absent" if one.waiting is None else number(one.waiting),
            number(one.quarantined),
        )
    return made


def state(one: "Standing") -> str:
    """Return in a few words whether the landlord writes, and why not."""
    if one.merged_into:
        broken = ", série rompue" if one.series_broken else ""
        return f"repris par {one.merged_into} le {one.merged_on:%d/%m/%Y}{broken}"
    return f"suspendu le {one.suspended_at.astimezone(PARIS):%d/%m/%Y}" if one.suspended_at else "actif"
