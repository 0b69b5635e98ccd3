"""`quartiers erase`: what is kept under a landlord's pseudonyms, erased at its demand."""

import getpass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from operations.commands.services import InstanceName
from runtime.clock import PARIS, SystemClock
from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Efface ce qui est gardé sous des pseudonymes, à la demande du bailleur, qui seul sait les calculer "
        "(`quartiers keys pseudonym`). Les comptes restent ; le bailleur reçoit un accusé ; un rapport à signer est "
        "écrit ici. Kafka garde les messages reçus au plus 30 jours."
    )
    def erase(
        landlord: Annotated[str, typer.Option(metavar="SIREN", help="Le bailleur.")],
        file: Annotated[Path | None, typer.Argument(metavar="[FICHIER]", help="Un pseudonyme par ligne.")] = None,
        dwelling: Annotated[UUID | None, typer.Option(help="Pseudonyme d'un logement.")] = None,
        move_id: Annotated[UUID | None, typer.Option(help="Pseudonyme d'un mouvement.")] = None,
        archive: Annotated[
            Path | None, typer.Option(help="Dossier de l'archive ; par défaut celui de l'instance, s'il existe.")
        ] = None,
        report: Annotated[Path | None, typer.Option(help="Où écrire le rapport ; ici sinon.")] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Ne rien demander.")] = False,
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load: `--help` does not wait for it.
        from consumers.archive import retention as archive_retention
        from operations import erasure, landlords
        from operations.commands.archive import folder_of
        from operations.verify import verify
        from runtime.database import connect
        from streams.retention import erasure as erasing

        settings, siren = Settings.load(name), landlords.checked_siren(landlord)
        given = [str(one) for one in (dwelling, move_id) if one is not None]
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
        pseudonyms = erasure.read_list([*lines, *given])
        called = landlords.name_of(settings, siren)
        landlords.require_all_read(settings, siren)
        if not yes and not typer.confirm(f"Effacer {len(pseudonyms)} pseudonyme(s) de {called}, pour toujours ?"):
            raise typer.Exit(1)
        now, folder = SystemClock().now(), folder_of(settings, archive)
        archived = archive_retention.erase(folder, siren, pseudonyms, now) if folder.exists() else None
        with connect(settings, "ingest", autocommit=True) as connection:
            erased = erasure.erase_now(connection, siren, pseudonyms)
            erasing.leave_notice(connection, siren, pseudonyms, erased, archived, now)
            equal = verify(connection).equal
        text = erasure.report(siren, called, getpass.getuser(), pseudonyms, erased, archived, now, equal=equal)
        day = now.astimezone(PARIS).date()
        path = erasure.unused(report or Path(f"effacement-{siren}-{day.isoformat()}.md"))
        path.write_text(text, encoding="utf-8")
        typer.echo(erasing.summary(len(pseudonyms), erased, archived, day).capitalize() + ".")
        typer.echo(f"Rapport à relire et signer : {path}")
        if not equal:
            raise typer.Exit(1)
