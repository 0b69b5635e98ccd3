"""The options of `quartiers detect` and `quartiers backtest`: what they mean is said once. Light to load."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from operations.detection.choices import Epoch, Method

if TYPE_CHECKING:
    from operations.detection.run import Chosen


class ThresholdMethod(StrEnum):
    """How Farrington's bound is derived."""

    DELTA = "delta"
    NB_PLUGIN = "nbPlugin"
    MUAN = "muan"


class Frequency(StrEnum):
    """How many periods make a year."""

    MONTHS = "12"
    WEEKS = "52"


MethodName = Annotated[
    Method, typer.Option(help="pooled : toutes les séries ensemble ; farrington : chacune par elle-même.")
]
FrequencyChoice = Annotated[
    Frequency | None, typer.Option(help="Périodes par an, quand les périodes sont de simples nombres.")
]
Alpha = Annotated[
    float | None, typer.Option(help="Part de fausses alarmes admise : 0.01, et 0.05 pour farrington, comme en R.")
]
YearsBack = Annotated[int | None, typer.Option(min=1, help="Années d'historique (b) : 5.")]
HalfWindow = Annotated[
    int | None,
    typer.Option(min=0, help="Périodes de part et d'autre de la même date (w) : 3 ; pooled : 0 mois ou 2 semaines."),
]
NoPeriods = Annotated[
    int | None, typer.Option(min=1, help="Saisons de l'année (noPeriods) : 1, la même date seulement.")
]
WeightsThreshold = Annotated[
    float | None, typer.Option(min=0.0, help="Résidu au-delà duquel le passé pèse moins : 2.58.")
]
PastNotIncluded = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Dernières périodes laissées hors des références (pastWeeksNotIncluded) : la demi-fenêtre ; "
        "pooled : 2 mois ou 9 semaines.",
    ),
]
Trend = Annotated[bool, typer.Option("--trend/--no-trend", help="Tendance, si elle est établie.")]
TrendThreshold = Annotated[
    float | None, typer.Option(min=0.0, max=1.0, help="Seuil pour la tendance (pThresholdTrend) : 0.05.")
]
Reweight = Annotated[bool, typer.Option("--reweight/--no-reweight", help="Les flambées passées pèsent moins.")]
Threshold = Annotated[ThresholdMethod | None, typer.Option(help="Calcul de la borne de farrington : delta.")]
RecentCases = Annotated[
    str | None,
    typer.Option(
        metavar="N,K",
        help="Pas d'alarme à moins de N événements sur K périodes (limit54) : 5,4 ; pooled : sans limite.",
    ),
]
EpochChoice = Annotated[
    Epoch | None,
    typer.Option(help="Une année en arrière : la même date (dates, pour les semaines) ou 12 mois (index)."),
]
First = Annotated[str | None, typer.Option("--from", metavar="PÉRIODE", help="Première examinée.")]
Last = Annotated[str | None, typer.Option("--to", metavar="PÉRIODE", help="Dernière examinée.")]


def chosen(
    alpha: float | None,
    years_back: int | None,
    half_window: int | None,
    no_periods: int | None,
    weights_threshold: float | None,
    past_not_included: int | None,
    trend: bool,
    trend_threshold: float | None,
    reweight: bool,
    threshold_method: ThresholdMethod | None,
    recent_cases: str | None,
) -> "Chosen":
    """Return what was asked for. Raises typer.BadParameter for what cannot be."""
    if alpha is not None and not 0 < alpha < 1:
        raise typer.BadParameter("entre 0 et 1, par exemple 0.01", param_hint="--alpha")
    recent = _pair(recent_cases)
    from operations.detection import run  # numpy and scipy are slow to load: `--help` does not wait for them

    return run.Chosen(
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


def _pair(text: str | None) -> tuple[int, int] | None:
    """Return the two numbers of `--recent-cases`. Raises typer.BadParameter."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts) or int(parts[1]) < 1:
        raise typer.BadParameter("deux nombres, N,K, par exemple 5,4", param_hint="--recent-cases")
    return int(parts[0]), int(parts[1])
