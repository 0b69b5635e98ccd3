"""`quartiers detect`: any panel of counts, offline, through the detectors that the stream runs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operations.detection.choices import Epoch, Method

if TYPE_CHECKING:
    from operations.detection.run import Chosen

WRONG_INPUT = 2


class ThresholdMethod(StrEnum):
    """How Farrington's bound is derived."""

    DELTA = "delta"
    NB_PLUGIN = "nbPlugin"
    MUAN = "muan"


class Format(StrEnum):
    """How the answer is written."""

    CSV = "csv"
    JSON = "json"


class Frequency(StrEnum):
    """How many periods make a year."""

    MONTHS = "12"
    WEEKS = "52"


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
        method: Annotated[
            Method, typer.Option(help="pooled : toutes les séries ensemble ; farrington : chacune par elle-même.")
        ] = Method.POOLED,
        frequency: Annotated[
            Frequency | None, typer.Option(help="Périodes par an, quand les périodes sont de simples nombres.")
        ] = None,
        alpha: Annotated[
            float | None,
            typer.Option(help="Part de fausses alarmes admise : 0.01, et 0.05 pour farrington, comme en R."),
        ] = None,
        years_back: Annotated[int | None, typer.Option(min=1, help="Années d'historique (b) : 5.")] = None,
        half_window: Annotated[
            int | None,
            typer.Option(
                min=0, help="Périodes de part et d'autre de la même date (w) : 3 ; pooled : 0 mois ou 2 semaines."
            ),
        ] = None,
        no_periods: Annotated[
            int | None, typer.Option(min=1, help="Saisons de l'année (noPeriods) : 1, la même date seulement.")
        ] = None,
        weights_threshold: Annotated[
            float | None, typer.Option(min=0.0, help="Résidu au-delà duquel le passé pèse moins : 2.58.")
        ] = None,
        past_not_included: Annotated[
            int | None,
            typer.Option(
                min=0,
                help="Dernières périodes laissées hors des références (pastWeeksNotIncluded) : la demi-fenêtre ; "
                "pooled : 2 mois ou 9 semaines.",
            ),
        ] = None,
        trend: Annotated[bool, typer.Option("--trend/--no-trend", help="Tendance, si elle est établie.")] = True,
        trend_threshold: Annotated[
            float | None, typer.Option(min=0.0, max=1.0, help="Seuil pour la tendance (pThresholdTrend) : 0.05.")
        ] = None,
        reweight: Annotated[
            bool, typer.Option("--reweight/--no-reweight", help="Les flambées passées pèsent moins.")
        ] = True,
        threshold_method: Annotated[
            ThresholdMethod | None, typer.Option(help="Calcul de la borne de farrington : delta.")
        ] = None,
        recent_cases: Annotated[
            str | None,
            typer.Option(
                metavar="N,K",
                help="Pas d'alarme à moins de N événements sur K périodes (limit54) : 5,4 ; pooled : sans limite.",
            ),
        ] = None,
        epoch: Annotated[
            Epoch | None,
            typer.Option(help="Une année en arrière : la même date (dates, pour les semaines) ou 12 mois (index)."),
        ] = None,
        first: Annotated[str | None, typer.Option("--from", metavar="PÉRIODE", help="Première examinée.")] = None,
        last: Annotated[str | None, typer.Option("--to", metavar="PÉRIODE", help="Dernière examinée.")] = None,
        output: Annotated[Format, typer.Option("--format", help="Écriture du résultat.")] = Format.CSV,
    ) -> None:
        if alpha is not None and not 0 < alpha < 1:
            raise typer.BadParameter("entre 0 et 1, par exemple 0.01", param_hint="--alpha")
        recent = _pair(recent_cases)
        from operations.detection import run  # numpy and scipy are slow to load: `--help` does not wait for them

        chosen = run.Chosen(
            alpha=alpha,
            years_back=years_back,
            half_window=half_window,
            no_periods=no_periods,
            weights_threshold=weights_threshold,
            past_not_included=past_not_included,
            trend=trend,
            trend_threshold=trend_threshold,
            reweight=reweight,
            threshold_method=None if threshold_method is None else threshold_method.value,
            recent_cases=recent,
        )
        examine(file, method, chosen, frequency, epoch, (first, last), output)


def _pair(text: str | None) -> tuple[int, int] | None:
    """Return the two numbers of `--recent-cases`. Raises typer.BadParameter."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts) or int(parts[1]) < 1:
        raise typer.BadParameter("deux nombres, N,K, par exemple 5,4", param_hint="--recent-cases")
    return int(parts[0]), int(parts[1])


def examine(
    file: Path,
    method: Method,
    chosen: "Chosen",
    frequency: Frequency | None,
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
