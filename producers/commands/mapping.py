"""`quartiers mapping draft`: propose how a landlord's extract is read."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Correspondances entre les extraits du bailleur et le contrat.")
    app.add_typer(family, name="mapping")

    @family.command("draft", help="Propose mapping.toml d'après les en-têtes et le contenu d'un extrait.")
    def draft_mapping(
        file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Extrait (CSV ou XLSX).")],
        folder: Annotated[Path, typer.Option(help="Dossier du bailleur.")] = Path(),
        sheet: Annotated[str, typer.Option(help="Feuille du classeur (défaut : la première qui a un en-tête).")] = "",
        name: Annotated[str, typer.Option(help="Nom de l'extrait (défaut : mouvements ou parc).")] = "",
        force: Annotated[bool, typer.Option("--force", help="Remplace l'extrait déjà décrit sous ce nom.")] = False,
    ) -> None:
        # What reads a file is slow to load: `--help` does not wait for it.
        from producers.extract.draft.drafting import draft, merge
        from producers.extract.fields import FIELDS
        from producers.workspace import Workspace

        proposal = draft(file, sheet)
        proposal.name = name or proposal.name
        workspace = Workspace(folder)
        text = merge(proposal, workspace.mapping, force=force)
        folder.mkdir(parents=True, exist_ok=True)
        workspace.mapping.write_text(text, encoding="utf-8")
        typer.echo(f"Écrit : {workspace.mapping}, extrait « {proposal.name} ».")
        labels = FIELDS[proposal.kind]
        if proposal.missing:
            said = ", ".join(labels[one].label_fr for one in proposal.missing)
            typer.secho(f"Colonnes non trouvées, à donner avant tout contrôle : {said}.", fg="yellow")
        if unsure := proposal.to_confirm():
            typer.echo(f"Colonnes à confirmer : {', '.join(proposal.choices[one].column for one in unsure)}.")
        if left := proposal.to_fill():
            typer.echo(
                f"Codes à compléter : {', '.join(f'{labels[field].label_fr} « {text} »' for field, text in left[:12])}."
            )
        personal = [column for column, why in proposal.ignored.items() if why]
        if personal:
            typer.echo(f"Colonnes qui semblent personnelles, laissées de côté : {', '.join(personal)}.")
        if proposal.other_sheets:
            others = ", ".join(f"« {one} »" for one in proposal.other_sheets)
            typer.echo(
                f"Feuille lue : « {proposal.sheet} ». Pas lues : {others}. Si l'une a aussi des mouvements, réunissez "
                "les feuilles en un seul tableau ; --sheet en choisit une autre."
            )
        typer.echo(f"Relisez {workspace.mapping}, puis : quartiers check {file}")
