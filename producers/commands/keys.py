"""`quartiers keys`: make, rotate, compare and retire the landlord's pseudonym keys."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from producers import keys
from producers.errors import LandlordError
from producers.workspace import Workspace
from runtime.clock import SystemClock, paris_today

PERIOD_MONTHS = 26
Folder = Annotated[Path, typer.Option("--folder", help="Dossier du bailleur.")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help=f"Dernier jour de la période à deux clés ; {PERIOD_MONTHS} mois sinon."),
]


def _today() -> date:
    return paris_today(SystemClock())


def _end(until: datetime | None, today: date) -> date:
    return until.date() if until else keys.months_later(today, PERIOD_MONTHS)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Clés de pseudonymes : elles ne quittent jamais votre machine.")
    app.add_typer(group, name="keys")
    for name, command in _COMMANDS.items():
        group.command(name)(command)


def init(folder: Folder = Path()) -> None:
    """Crée la clé de pseudonymes, une fois pour toutes."""
    path = Workspace(folder).keys
    ring = keys.Keyring(keys.new_key(_today()))
    keys.create(path, ring)
    typer.echo(f"Clé {ring.current.id} créée dans {path}, lisible par vous seul.")
    typer.echo(
        "Gardez-en une copie en lieu sûr, hors de cette machine, puis vérifiez-la : "
        "`quartiers keys backup-check COPIE`. Sans elle, vos envois suivants compteraient deux fois."
    )


def rotate(folder: Folder = Path(), until: Until = None) -> None:
    """Change de clé ; l'ancienne est encore nommée un temps, pour que rien ne compte deux fois."""
    path, today = Workspace(folder).keys, _today()
    ring = keys.rotated(keys.read(path), today, _end(until, today))
    keys.save(path, ring)
    typer.echo(f"Nouvelle clé {ring.current.id}. L'ancienne, {ring.previous.id if ring.previous else ''}, reste.")
    typer.echo(
        f"Jusqu'au {ring.until:%d/%m/%Y}, chaque mouvement envoyé dira aussi son ancien identifiant : l'observatoire y "
        "reconnaît le même mouvement, qui est corrigé et jamais compté deux fois. Passé ce jour, lancez "
        "`quartiers keys retire` ; d'ici là, tout mouvement que vous pourriez encore corriger doit avoir été renvoyé."
    )
    typer.echo("Refaites la copie de sauvegarde, puis `quartiers keys backup-check COPIE`.")


def retire(
    folder: Folder = Path(),
    now: Annotated[bool, typer.Option("--now", help="Sans attendre la fin de la période.")] = False,
) -> None:
    """Termine la période à deux clés : les anciennes ne sont plus nommées."""
    path = Workspace(folder).keys
    ring = keys.read(path)
    after = keys.retire(ring)
    if ring.predecessors and not now:
        raise LandlordError(
            "la clé d'un ancien bailleur reste en service tant que vous renvoyez de ses mouvements : ceux qui l'ont "
            "nommé ne se corrigent plus sans elle, et compteraient deux fois s'ils étaient renvoyés sous une nouvelle "
            "clé. `--now` pour la retirer quand même."
        )
    if ring.ends_on and ring.ends_on >= _today() and not now:
        raise LandlordError(
            f"la période à deux clés court jusqu'au {ring.ends_on:%d/%m/%Y}. Avant, un mouvement corrigé sans avoir "
            "été renvoyé compterait deux fois ; `--now` pour terminer quand même."
        )
    keys.save(path, after)
    typer.echo(
        "Les anciennes clés ne servent plus ; elles restent dans le fichier pour retrouver un ancien pseudonyme."
    )


def add_predecessor(
    siren: Annotated[str, typer.Argument(help="SIREN de l'ancien bailleur.")],
    file: Annotated[Path, typer.Argument(help="Son fichier de clés, keys.json.")],
    dwellings: Annotated[
        Path | None, typer.Option(help="Fichier des logements qui en viennent, un identifiant par ligne.")
    ] = None,
    folder: Folder = Path(),
    until: Until = None,
) -> None:
    """Après une fusion : ajoute la clé de l'ancien bailleur, pour que rien de lui ne soit compté deux fois."""
    path, today = Workspace(folder).keys, _today()
    came = _lines(dwellings) if dwellings else []
    theirs = keys.read(file)
    ring = keys.with_predecessor(keys.read(path), siren, theirs.current, _end(until, today), came)
    keys.save(path, ring)
    if theirs.previous:
        typer.echo(
            f"Attention : {siren} était en train de changer de clé. Ce qu'il n'a pas renvoyé sous la nouvelle ne se "
            "raccorde pas et compterait deux fois : appelez l'observatoire avant tout envoi."
        )
    typer.echo(
        f"Jusqu'au {ring.ends_on:%d/%m/%Y}, les mouvements "
        f"{f'de {len(came)} logements' if came else 'envoyés'} diront aussi leur identifiant chez {siren}."
    )
    typer.echo("Refaites la copie de sauvegarde, puis `quartiers keys backup-check COPIE`.")


def pseudonym(
    dwelling: Annotated[
        list[str] | None, typer.Option(help="Identifiant d'un logement, comme dans vos extraits.")
    ] = None,
    lease: Annotated[list[str] | None, typer.Option(help="Identifiant d'un bail, comme dans vos extraits.")] = None,
    folder: Folder = Path(),
) -> None:
    """Donne les pseudonymes d'un logement ou d'un bail, un par ligne, sous toutes vos clés : pour un effacement."""
    if not dwelling and not lease:
        raise typer.BadParameter("dites --dwelling ou --lease, une ou plusieurs fois")
    ring = keys.read(Workspace(folder).keys)
    for one in keys.every_pseudonym(ring, dwelling or [], lease or []):
        typer.echo(one)
    typer.echo(
        "Ces pseudonymes désignent un logement ou un bail : remettez-les à l'observatoire par un canal sûr, puis "
        "effacez-les.",
        err=True,
    )


def backup_check(
    copy: Annotated[Path, typer.Argument(help="La copie de sauvegarde.")], folder: Folder = Path()
) -> None:
    """Dit si une copie de sauvegarde contient les mêmes clés ; code 1 sinon."""
    ring = keys.read(Workspace(folder).keys)
    missing = keys.missing_from(ring, keys.read(copy))
    if missing:
        raise LandlordError(
            f"{copy} n'a pas {'les clés' if len(missing) > 1 else 'la clé'} {', '.join(key.id for key in missing)} : "
            "refaites la copie."
        )
    typer.echo(f"{copy} contient les mêmes clés : {', '.join(key.id for key in ring.all_keys())}.")


def _lines(path: Path) -> list[str]:
    try:
        found = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise LandlordError(f"{path} ne peut pas être lu : un texte en UTF-8 est attendu.") from error
    if not found:
        raise LandlordError(f"{path} ne contient aucun logement.")
    return found


_COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "rotate": rotate,
    "retire": retire,
    "add-predecessor": add_predecessor,
    "backup-check": backup_check,
    "pseudonym": pseudonym,
}
