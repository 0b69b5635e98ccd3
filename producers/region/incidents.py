"""What happens out of the ordinary, with labels: so that alerts can be judged against the truth.

Dates are counted back from the end, so that a short history has the most useful ones; an incident
that would begin less than two months after the start does not happen. One landlord's declarations are too
optimistic from the first day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from producers.region.landlords import (
    ABSORBED,
    ABSORBER,
    MISCOUNTER,
    OPTIMIST,
    REKEYED,
    SELLER,
    SILENT,
    Landlord,
)

Kind = Literal[
    "demolition",
    "doubled_departures",
    "rekeyed_erp",
    "silence",
    "sale",
    "merger",
    "optimistic_declarations",
    "wrong_control_total",
]

DEMOLISHED_QPV = "QN03003M"
DOUBLED_QPV = "QN03405M"
DEMOLITION_HOUSEHOLDS = 150
SALE_DWELLINGS = 400
WRONG_BY = 2
_WRONG_DAYS_BEFORE_END = 8


@dataclass(frozen=True)
class Incident:
    """A labelled incident from `start` to `end` (excluded), in one QPV or at one landlord (SIREN)."""

    kind: Kind
    label_fr: str
    qpv: str | None
    landlord: str | None
    start: date
    end: date


def scaled(number: float, scale: float) -> int:
    """Return a number of dwellings at the scale of the simulation, at least one."""
    return max(round(number * scale), 1)


def _month(day: date, shift: int) -> date:
    """Return the first of the month `shift` months after the month of `day`."""
    number = day.year * 12 + day.month - 1 + shift
    return date(number // 12, number % 12 + 1, 1)


def _quarter(day: date) -> date:
    """Return the first day of the quarter of `day`: stocks are photographed then."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def plan_incidents(start: date, end: date, landlords: tuple[Landlord, ...], scale: float) -> tuple[Incident, ...]:
    """Return the incidents of a region simulated from `start` to `end`, by date."""
    sale, merger = _quarter(_month(end, -20)), _quarter(_month(end, -15))
    rekeyed = _month(end, -9) + timedelta(days=13)
    siren = [one.siren for one in landlords]
    plans = (
        Incident(
            "sale",
            f"Vente de {scaled(SALE_DWELLINGS, scale)} logements : le stock baisse, les départs aussi",
            None,
            siren[SELLER],
            sale,
            sale + timedelta(days=1),
        ),
        Incident(
            "merger",
            f"Fusion : {landlords[ABSORBED].name} rejoint {landlords[ABSORBER].name}",
            None,
            siren[ABSORBED],
            merger,
            merger + timedelta(days=1),
        ),
        Incident(
            "demolition",
            f"Démolition : {2 * scaled(DEMOLITION_HOUSEHOLDS / 2, scale)} ménages "
            "relogés en deux mois (relogement_npnru)",
            DEMOLISHED_QPV,
            None,
            _month(end, -13),
            _month(end, -11),
        ),
        Incident(
            "rekeyed_erp",
            "Changement de logiciel : une année de mouvements renvoyée sous de nouveaux identifiants, sans "
            "annulation des anciens : le registre les compte deux fois. La suite n'a que les nouveaux",
            None,
            siren[REKEYED],
            rekeyed,
            rekeyed + timedelta(days=1),
        ),
        Incident(
            "doubled_departures",
            "Les départs ordinaires doublent pendant trois mois",
            DOUBLED_QPV,
            None,
            _month(end, -7),
            _month(end, -4),
        ),
        Incident(
            "silence",
            "Quatre mois sans envoi ni déclaration, puis rattrapage",
            None,
            siren[SILENT],
            _month(end, -6),
            _month(end, -2),
        ),
        Incident(
            "wrong_control_total",
            f"Un total de contrôle faux : {WRONG_BY} départs de trop pour le dernier mois entier déclaré",
            None,
            siren[MISCOUNTER],
            end - timedelta(days=_WRONG_DAYS_BEFORE_END),
            end - timedelta(days=_WRONG_DAYS_BEFORE_END - 1),
        ),
    )
    optimistic = Incident(
        "optimistic_declarations",
        "Déclarations trop optimistes, toujours jusqu'à la veille : "
        "une part des départs du dernier mois déclaré n'est envoyée qu'après",
        None,
        siren[OPTIMIST],
        start,
        end,
    )
    return (optimistic, *(one for one in plans if one.start >= _month(start, 2)))
