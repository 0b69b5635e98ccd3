"""From a file or the database to a report: what is judged, measured with a bar of progress, and written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from operations.backtest import report
from operations.backtest.history import History, read_history, read_labels
from operations.detection import run as detection
from operations.detection.choices import Epoch, Method
from operations.detection.panel_file import PanelError, read_panel, without_the_future
from operations.detection.run import Chosen
from runtime.clock import SystemClock, paris_today
from runtime.database import connect
from runtime.settings import Settings
from streams.alerts.family import RULES
from streams.alerts.inputs import OPTIONS
from streams.backtest.detector import Detector, farrington_detector, pooled_detector
from streams.backtest.draws import modelled
from streams.backtest.incidents import LENGTHS
from streams.backtest.measured import Measured, measure
from streams.detection.calendar import MONTHS, Calendar
from streams.detection.pooled import Options, Panel
from streams.detection.verdicts import Ints

Tell = Callable[[float], None]


def on_file(
    file: Path,
    method: Method,
    chosen: Chosen,
    frequency: int | None,
    epoch: Epoch | None,
    limits: tuple[str | None, str | None],
    seed: int,
    output: Path,
    command: str,
) -> list[Path]:
    """Judge a detector on a file; return what was written. `command` is told in the report.

    Raises PanelError and OSError.
    """
    whole = read_panel(file, frequency, epoch)
    panel, future = without_the_future(whole, paris_today(SystemClock()))
    calendar = panel.periods.calendar
    detection.check(method, chosen, calendar.frequency)
    tested = detection.tested_periods(panel, *limits)
    tested = tested[tested < future]
    usual = chosen.for_pooled(calendar.frequency)
    alpha = usual.alpha if method is Method.POOLED else chosen.for_farrington().alpha
    detector = (
        pooled_detector(calendar, usual)
        if method is Method.POOLED
        else farrington_detector(calendar, chosen.for_farrington())
    )
    counts = Panel.of(panel.counts, panel.exposure, panel.coverage)
    measured, judged = _measured(detector, counts, calendar, usual, tested, alpha, seed)
    subject = report.Subject(
        title_fr=f"Rétro-examen de {file.name}",
        command=command,
        series=len(panel.series),
        first=panel.periods.label(int(judged[0])),
        last=panel.periods.label(int(judged[-1])),
        method=method.value,
        alpha=alpha,
        seed=seed,
        unit="mois" if calendar.frequency == MONTHS else "semaine",
        units="mois" if calendar.frequency == MONTHS else "semaines",
    )
    return report.write(output, subject, measured, None)


def on_history(
    settings: Settings,
    truth: Path | None,
    limits: tuple[date | None, date | None],
    seed: int,
    output: Path,
    command: str,
) -> list[Path]:
    """Judge the stream's detectors on what the instance has received; return what was written. `command` is told in it.

    Raises PanelError, OSError and psycopg.Error.
    """
    labels = None if truth is None else read_labels(truth)
    with connect(settings, "ingest") as connection, bar("Historique rejoué, jour par jour") as tell:
        history = read_history(connection, labels, *limits, tell)
    tested = np.arange(history.panel.counts.shape[1])
    detector = pooled_detector(history.calendar, OPTIONS)
    measured, judged = _measured(detector, history.panel, history.calendar, OPTIONS, tested, RULES.watch, seed)
    subject = report.Subject(
        title_fr="Rétro-examen de l'historique",
        command=command,
        series=len(history.panel.counts),
        first=label(history, int(judged[0])),
        last=label(history, int(judged[-1])),
        method=Method.POOLED.value,
        alpha=RULES.watch,
        seed=seed,
        unit="mois",
        units="mois",
    )
    return report.write(output, subject, measured, history)


def label(history: History, place: int) -> str:
    """Return a month of the history as it is written: 2026-03."""
    month = history.arrivals.first_month + place
    return f"{month // MONTHS:04}-{month % MONTHS + 1:02}"


def _measured(
    detector: Detector, panel: Panel, calendar: Calendar, options: Options, tested: Ints, alpha: float, seed: int
) -> tuple[Measured, Ints]:
    """Return what was measured, and the periods of which something could be said. Raises PanelError."""
    source = modelled(panel, calendar, options)
    if source is None:
        raise PanelError("aucun événement : il n'y a rien à mesurer.")
    given = detector(panel, tested).tested.given.any(axis=0)
    judged = tested[given]
    if len(judged) < max(LENGTHS):
        raise PanelError(
            "trop peu d'historique : il faut au moins trois périodes qui aient un verdict ; `quartiers detect` dit "
            "pourquoi les autres n'en ont pas."
        )
    judged = np.arange(judged[0], judged[-1] + 1)
    with bar("Détecteur mesuré") as tell:
        return measure(detector, source, judged, alpha, calendar.frequency, seed, tell), judged


@contextmanager
def bar(what: str) -> Iterator[Tell]:
    """Show how much of some work is done."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda share: progress.update(task, completed=share)
