"""`quartiers detect`: any panel of counts, offline, through the detectors that the stream runs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operations.detection import options
from operations.detection.choices import Epoch, Method

if TYPE_CHECKING:
    from operations.detection.run import Chosen

WRONG_INPUT = 2


class Format(StrEnum):
    """How the answer is written."""

    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Signale les comptes inhabituels d'un fichier CSV : series,period,count[,exposure][,coverage]. Sans base "
        "ni Kafka. Le résultat va à la sortie standard. Voyez docs/detection.md."
    )
    def detect(
        file: Annotated[
            Path,
            typer.Argument(
                metavar="FICHIER", exists=True, dir_okay=False, help="CSV, une ligne par série et par période."
            ),
        ],
        method: options.MethodName = Method.POOLED,
        frequency: options.FrequencyChoice = None,
        alpha: options.Alpha = None,
        years_back: options.YearsBack = None,
        half_window: options.HalfWindow = None,
        no_periods: options.NoPeriods = None,
        weights_threshold: options.WeightsThreshold = None,
        past_not_included: options.PastNotIncluded = None,
        trend: options.Trend = True,
        trend_threshold: options.TrendThreshold = None,
        reweight: options.Reweight = True,
        threshold_method: options.Threshold = None,
        recent_cases: options.RecentCases = None,
        epoch: options.EpochChoice = None,
        first: options.First = None,
        last: options.Last = None,
        output: Annotated[Format, typer.Option("--format", help="Écriture du résultat.")] = Format.CSV,
    ) -> None:
        chosen = options.chosen(
            alpha,
            years_back,
            half_window,
            no_periods,
            weights_threshold,
            past_not_included,
            trend,
            trend_threshold,
            reweight,
            threshold_method,
            recent_cases,
        )
        examine(file, method, chosen, frequency, epoch, (first, last), output)


def examine(
    file: Path,
    method: Method,
    chosen: "Chosen",
    frequency: options.Frequency | None,
    epoch: Epoch | None,
    limits: tuple[str | None, str | None],
    output: Format,
) -> None:
    """Read, test and write. Raises typer.Exit(2) for a file or options that cannot be used."""
    from operations.detection import run, writing
    from operations.detection.panel_file import PanelError, read_panel, without_the_future
    from runtime.clock import SystemClock, paris_today

    try:
        whole = read_panel(file, None if frequency is None else int(frequency), epoch)
        panel, future = without_the_future(whole, paris_today(SystemClock()))
        tested = run.tested_periods(panel, *limits)
        found = run.detect(panel, method, chosen, tested, future)
    except PanelError as error:
        typer.secho(f"Erreur : {error}", fg="red", err=True)
        raise typer.Exit(WRONG_INPUT) from error
    for one in run.remarks(panel, method, chosen, future):
        typer.echo(one, err=True)
    write = writing.as_csv if output is Format.CSV else writing.as_json
    write(run.rows(panel, tested, found))
