"""`quartiers backtest`: how well the detectors do, on a file or on what was received, as a report with pictures."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from operations.commands.services import InstanceName
from operations.detection import options
from operations.detection.choices import Method

SEED = 2026
WRONG_INPUT = 2
OF_A_FILE = (
    "method frequency alpha years_back half_window no_periods weights_threshold past_not_included trend "
    "trend_threshold reweight threshold_method recent_cases epoch"
).split()
"""Options that choose a detector: the history is replayed with the one that the stream runs."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Mesure les détecteurs : fausses alarmes, détection, retard, précision, calibration. Sur un fichier comme "
        "ceux de `detect`, ou, sans fichier, sur l'historique de l'instance rejoué dans l'ordre d'arrivée. Écrit un "
        "rapport et ses images. Voyez docs/backtest.md."
    )
    def backtest(
        context: typer.Context,
        file: Annotated[
            Path | None,
            typer.Argument(
                metavar="[FICHIER]", exists=True, dir_okay=False, help="CSV ; sans fichier : l'historique de la base."
            ),
        ] = None,
        output: Annotated[Path, typer.Option(metavar="DOSSIER", help="Où écrire le rapport.")] = Path("backtest"),
        seed: Annotated[int, typer.Option(min=0, help="Même graine, mêmes chiffres.")] = SEED,
        truth: Annotated[
            Path | None,
            typer.Option(
                exists=True,
                dir_okay=False,
                help="Incidents connus (JSON) : ceux de `simulate` ou de la démonstration ; sans fichier de comptes.",
            ),
        ] = None,
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
        name: InstanceName = None,
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
        if file is None:
            _refuse_detectors(context)
        elif truth is not None:
            raise typer.BadParameter("va sans fichier de comptes : il y faut l'historique", param_hint="--truth")
        # numpy, scipy and the database's client are slow to load: `--help` does not wait for them.
        from operations.backtest import run
        from operations.detection.panel_file import PanelError
        from runtime.settings import Settings

        typed = _typed(sys.argv[1:])
        try:
            if file is None:
                limits = _month(first, "--from"), _month(last, "--to")
                written = run.on_history(Settings.load(name), truth, limits, seed, output, typed)
            else:
                yearly = None if frequency is None else int(frequency)
                written = run.on_file(file, method, chosen, yearly, epoch, (first, last), seed, output, typed)
        except PanelError as error:
            typer.secho(f"Erreur : {error}", fg="red", err=True)
            raise typer.Exit(WRONG_INPUT) from error
        typer.echo(f"Écrit dans {output} : {', '.join(one.name for one in written)}")


def _typed(words: list[str]) -> str:
    """Return the command as it was typed, of folders only the last name: a report goes from hand to hand."""
    return " ".join(["quartiers", *(Path(word).name if word.count("/") else word for word in words)])


def _refuse_detectors(context: typer.Context) -> None:
    """Raise typer.BadParameter for an option that chooses a detector."""
    for option in OF_A_FILE:
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(
                "va avec un fichier : l'historique est rejoué avec le détecteur des alertes",
                param_hint=f"--{option.replace('_', '-')}",
            )


def _month(text: str | None, option: str) -> date | None:
    """Return the first day of a month written 2026-03. Raises typer.BadParameter."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007
    except ValueError as error:
        raise typer.BadParameter(f"« {text} » n'est pas un mois : écrivez AAAA-MM", param_hint=option) from error
