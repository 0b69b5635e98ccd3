"""How the figures of a report are written in French: shares with their intervals, names, dates."""

import math
from collections.abc import Iterable, Mapping
from datetime import date

from operations.numbers import number
from schemas.indicators.intervals import wilson_interval
from streams.backtest.calm import Share

SIZES_FR = {"under 1": "moins de 1", "1 to 5": "de 1 à 5", "5 to 20": "de 5 à 20", "20 or more": "20 ou plus"}
COVERAGES_FR = {
    "whole": "parc entièrement déclaré",
    "0.8 to 1": "de 80 à 100 % déclaré",
    "0.6 to 0.8": "de 60 à 80 % déclaré",
    "0.5 to 0.6": "de 50 à 60 % déclaré",
}
QUIET_FR = {
    "own": "comme le modèle les attend",
    "phi 1.3": "surdispersion 1,3",
    "phi 2": "surdispersion 2",
    "steps": "stocks en marche : 3 séries sur 10 perdent 30 % de leur parc",
    "coverage": "60 % du parc déclaré partout",
    "batches": "envois groupés, couverture dite",
    "batches untold": "envois groupés, couverture non dite",
    "corrections": "corrections : comptes divisés par deux, ou négatifs",
}
MONTHS_FR = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()


def decimal(value: float, digits: int = 2) -> str:
    """Return a number with a comma, a dash for what is not known."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}".replace(".", ",")


def percent(value: float, digits: int = 0) -> str:
    """Return a share that is given in percent."""
    return "–" if math.isnan(value) else f"{decimal(value, digits)} %"


def interval(share: Share) -> tuple[float, float]:
    """Return the bounds of a share in percent at 95 % (Wilson), as if its tests were independent."""
    if not share.tests:
        return float("nan"), float("nan")
    low, high = wilson_interval(share.hits, share.tests)
    return 100 * low, 100 * high


def month(day: date) -> str:
    """Return a month in words."""
    return f"{MONTHS_FR[day.month - 1]} {day.year}"


def day(one: date) -> str:
    """Return a day as the French write it."""
    return f"{one:%d/%m/%Y}"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(header)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def reasons(found: Mapping[str, int]) -> str:
    """Return why so many tests had no verdict, in words."""
    names = {
        "no_data": "rien de connu",
        "negative_count": "compte négatif",
        "exposure_zero": "exposition nulle ou inconnue",
        "coverage_below_half": "moins de la moitié déclarée",
        "coverage_missing": "couverture inconnue",
        "too_little_history": "trop peu d'historique",
        "no_events": "aucun événement dans l'historique",
        "no_convergence": "le modèle ne s'ajuste pas",
        "in_the_future": "à venir",
    }
    told = [f"{number(n)} ({names[code.partition(':')[2]]})" for code, n in sorted(found.items())]
    return ", ".join(told) or "aucun"
