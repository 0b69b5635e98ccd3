"""An extract checked at the terminal: read twice under a progress bar, its report shown, nothing sent."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from producers.examination import Outlook
from producers.extract import wording
from producers.extract.annotated import annotated_copy
from producers.extract.check import Examination, Report
from producers.extract.mapping import load_mapping
from producers.extract.reading import Extract, open_extract
from producers.location.locator import open_locator
from producers.workspace import Workspace
from schemas.territories import load

ADDRESSES_FR = (
    "Les adresses ne sont cherchées qu'à l'envoi, ou par `quartiers publish --dry-run` : aucune n'est partie."
)


def inspect(file: Path, workspace: Workspace, mapping: Path, annotated: Path | None, show: int, today: date) -> int:
    """Show what is wrong of a file, of which at most `show` problems one by one; return how many errors it has."""
    extract, console = open_extract(file, load_mapping(mapping), today), Console()
    console.print(wording.opening(extract), markup=False, highlight=False)
    # No address is asked of a geocoding service: a check sends nothing to anyone.
    locator = open_locator(workspace, load(), offline=True)
    outlook = Outlook(
        locator, today, empty_qpv_unsaid=extract.mapping.empty_qpv_unsaid, by_month=extract.mapping.by_month
    )
    report = _read(extract, annotated, show, [outlook])
    if report.by_code:
        console.print(wording.problems_table(report))
        if show:
            console.print(wording.listed(report))
    further = list(outlook.lines_fr())
    if workspace.geocoding.exists() and "address" in extract.mapping.columns:
        further.append(ADDRESSES_FR)
    console.print(wording.summary(report, extract.mapping, further))
    if annotated is not None:
        console.print(f"Copie annotée : {annotated}", markup=False, highlight=False)
    errors = report.count("error")
    console.print(wording.next_step(file, errors), markup=False, highlight=False)
    return errors


def _read(extract: Extract, annotated: Path | None, show: int, looks: Iterable[Examination]) -> Report:
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
