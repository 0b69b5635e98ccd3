"""Fictitious social landlords: names that say so, and SIREN numbers that no real body bears."""

from dataclasses import dataclass
from typing import Literal

Cadence = Literal["live", "weekly", "monthly"]
Scope = Literal["whole_stock", "qpv_only"]


@dataclass(frozen=True)
class Landlord:
    """One landlord, how it publishes and where it lets.

    `lag_days` is the median number of days between an exit and its entry in the landlord's books, on which
    a landlord that is honest bases its declarations;
    `weight` its relative size; `departements` where it lets (empty: the whole region);
    `declares_daily` holds for live landlords, the others of them declare weekly.
    """

    siren: str
    name: str
    cadence: Cadence
    scope: Scope
    lag_days: float
    month_precision: bool
    departements: tuple[str, ...]
    weight: float
    declares_daily: bool
    location_method: Literal["code", "address", "coordinates", "flag"]


def fictitious_siren(number: int) -> str:
    """Return a SIREN that starts with 999 and passes Luhn's check."""
    body = f"999{number:05d}"
    total = 0
    for index, digit in enumerate(int(character) for character in reversed(body)):
        doubled = digit * 2 if index % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


_REGIONAL = ()
# name, cadence, départements, weight
_ROSTER: tuple[tuple[str, Cadence, tuple[str, ...], float], ...] = (
    ("Habitat fictif du Canal", "live", _REGIONAL, 0.9),
    ("Toits imaginaires d'Occitanie", "weekly", _REGIONAL, 0.7),
    ("Société fictive des Deux Mers", "monthly", _REGIONAL, 0.5),
    ("Logis inventé du Sud", "live", _REGIONAL, 0.4),
    ("Office fictif de l'Ariège", "monthly", ("09",), 2.0),
    ("Office fictif de l'Aude", "weekly", ("11",), 2.4),
    ("Office fictif de l'Aveyron", "monthly", ("12",), 2.4),
    ("Office fictif du Gard", "live", ("30",), 3.0),
    ("Office fictif de la Haute-Garonne", "weekly", ("31",), 2.4),
    ("Métropole imaginaire Habitat", "live", ("31",), 3.4),
    ("Office fictif du Gers", "weekly", ("32",), 2.0),
    ("Office fictif de l'Hérault", "live", ("34",), 2.6),
    ("Écusson imaginaire Habitat", "weekly", ("34",), 2.8),
    ("Office fictif du Lot", "monthly", ("46",), 2.0),
    ("Office fictif de la Lozère", "monthly", ("48",), 2.0),
    ("Office fictif des Hautes-Pyrénées", "live", ("65",), 2.2),
    ("Office fictif des Pyrénées-Orientales", "weekly", ("66",), 2.6),
    ("Office fictif du Tarn", "live", ("81",), 2.4),
    ("Office fictif de Tarn-et-Garonne", "weekly", ("82",), 2.2),
    ("Maisons inventées du Biterrois", "monthly", ("34",), 1.4),
    ("Foyers inventés des Cévennes", "live", ("30", "48"), 1.2),
    ("Cité fictive des Arènes", "weekly", ("30",), 1.2),
    ("Résidences fictives de la Garonne", "monthly", ("31", "82"), 1.2),
    ("Coopérative imaginaire du Roussillon", "weekly", ("66", "11"), 1.0),
    ("Habitat inventé des Pastels", "live", ("81", "12"), 1.0),
)
_MONTH_PRECISION = (13, 19)  # an ERP that keeps BAIL as mm/yyyy
_QPV_ONLY = (21, 24)
_LAG = {"live": 1.5, "weekly": 4.0, "monthly": 7.0}
_METHODS: tuple[Literal["code", "address", "coordinates", "flag"], ...] = (
    "address",
    "code",
    "address",
    "coordinates",
    "flag",
)


def roster() -> tuple[Landlord, ...]:
    """Return the region's landlords, always the same and in the same order."""
    return tuple(
        Landlord(
            siren=fictitious_siren(101 + 37 * index),
            name=name,
            cadence=cadence,
            scope="qpv_only" if index in _QPV_ONLY else "whole_stock",
            lag_days=_LAG[cadence] * (0.7 + 0.15 * (index % 5)),
            month_precision=index in _MONTH_PRECISION,
            departements=departements,
            weight=weight,
            declares_daily=cadence == "live" and index % 3 != 0,
            location_method=_METHODS[index % len(_METHODS)],
        )
        for index, (name, cadence, departements, weight) in enumerate(_ROSTER)
    )


REKEYED = 13  # Lot: where a change of ERP once made mobility "rise" from 12.4 to 20.1 %
SILENT = 5
ABSORBED, ABSORBER = 23, 16
SELLER = 8
OPTIMIST = 18  # declares up to yesterday, whatever its own delays
MISCOUNTER = 7  # once gives a control total that is not what it sent
