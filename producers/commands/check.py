"""`quartiers check`: read an extract and say what is wrong in it, offline; nothing is sent."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from producers.examination import Outlook
from producers.extract import wording
from producers.extract.annotated import annotated_copy
from producers.extract.check import Examination, Report
from producers.extract.mapping import ExtractMapping, load_mapping
from producers.extract.reading import Extract, open_extract
from producers.location.locator import open_locator
from producers.workspace import Workspace
from runtime.clock import SystemClock, paris_today
from schemas.territories import load

ADDRESSES_FR = (
    "Les adresses ne sont cherchées qu'à l'envoi, ou par `quartiers publish --dry-run` : aucune n'est partie."
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "check",
        help="Contrôle un extrait sans rien envoyer : erreurs et avertissements par ligne, et comptes par mois.",
    )
    def check_file(
        file: Annotated[Path, typer.Argument(help="Extrait à contrôler (CSV ou XLSX).")],
        folder: Annotated[Path, typer.Option(help="Dossier du bailleur.")] = Path(),
        mapping: Annotated[
            Path | None, typer.Option(help="Correspondances (défaut : mapping.toml du dossier).")
        ] = None,
        annotated: Annotated[Path | None, typer.Option(help="Copie annotée à écrire.")] = None,
        show: Annotated[int, typer.Option(min=0, help="Nombre de problèmes à détailler.")] = 20,
    ) -> None:
        workspace = Workspace(folder)
        today = paris_today(SystemClock())
        extract = open_extract(file, load_mapping(mapping or workspace.mapping), today)
        console = Console()
        console.print(wording.opening(extract), markup=False, highlight=False)
        looks = list(examinations(workspace, today, extract.mapping))
        report = run(extract, annotated, show, looks, console)
        if report.by_code:
            console.print(wording.problems_table(report))
            if show:
                console.print(wording.listed(report))
        further = [line for one in looks for line in one.lines_fr()]
        if workspace.geocoding.exists() and "address" in extract.mapping.columns:
            further.append(ADDRESSES_FR)
        console.print(wording.summary(report, extract.mapping, further))
        if annotated is not None:
            console.print(f"Copie annotée : {annotated}", markup=False, highlight=False)
        if report.count("error"):
            raise typer.Exit(1)


def examinations(workspace: Workspace, today: date, mapping: ExtractMapping) -> Iterable[Examination]:
    """Return the further looks at the records of a file: where the dwellings are, and what would lose detail.

    No address is asked of a geocoding service: a check sends nothing to anyone.
    """
    locator = open_locator(workspace, load(), offline=True)
    return (Outlook(locator, today, empty_qpv_unsaid=mapping.empty_qpv_unsaid),)


def run(extract: Extract, annotated: Path | None, show: int, looks: Iterable[Examination], console: Console) -> Report:
    """Read the file twice under a progress bar, copying it with notes if `annotated` says where."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    size, report = extract.table.size, Report(show)
    with bar, annotated_copy(extract.table, annotated) if annotated else nullcontext() as copy:
        survey = bar.add_task("Doublons", total=size or None)
        second = bar.add_task("Contrôle", total=size or None)
        extract.watch = lambda done: bar.update(survey, completed=done)
        extract.survey()
        extract.watch = lambda done: bar.update(second, completed=done)
        report.note(extract.problems)
        for reading in extract.rows():
            report.take(reading)
            for record in reading.records:
                for look in looks:
                    look.take(record)
            if copy is not None:
                copy.write(reading.row, reading.problems)
    return report
