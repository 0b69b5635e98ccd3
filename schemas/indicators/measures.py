"""The measures that indicators are made of: the columns of `core.observed_window`, each with its French name.

Invariant: an expression is a sum of measures, each taken once with a sign, so that it adds up along territories and
is unknown (null) as soon as one of its measures is.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

LEVELS: dict[str, str] = {
    "all_dwellings": "Logements loués ou proposés de tous les bailleurs participants",
    "dwellings": "Logements loués ou proposés des bailleurs qui ont déclaré",
    "vacant": "Logements proposés et vacants",
    "vacant_over_3_months": "Logements proposés et vacants depuis plus de trois mois",
    "first_let_within_12_months": "Logements loués pour la première fois depuis moins de douze mois",
    "out_of_market": "Logements hors du marché (travaux, démolition, vente)",
}
"""Dwellings: means over the window."""

FLOWS: dict[str, str] = {
    "departures": "Départs effectifs, sorties techniques exclues",
    "departures_same_landlord": "Départs par mutation chez le même bailleur",
    "departures_other_landlord": "Départs chez un autre bailleur social",
    "departures_rehoused": "Départs par relogement",
    "departures_reason_unknown": "Départs sans motif connu",
    "left_same_qpv": "Départs vers le même QPV",
    "left_other_qpv": "Départs vers un autre QPV",
    "left_same_commune": "Départs vers la même commune, hors QPV",
    "left_same_epci": "Départs vers le même EPCI, hors de la commune",
    "left_departement": "Départs vers le même département, hors de l'EPCI",
    "left_region": "Départs vers la même région, hors du département",
    "left_elsewhere": "Départs hors de la région",
    "arrivals": "Arrivées effectives, retours de relogement provisoire exclus",
    "first_lettings": "Arrivées en première location",
    "arrivals_same_landlord": "Arrivées par mutation chez le même bailleur",
    "arrivals_rehoused": "Arrivées par relogement",
    "came_same_qpv": "Arrivées depuis le même QPV",
    "came_other_qpv": "Arrivées depuis un autre QPV",
    "came_same_commune": "Arrivées depuis la même commune, hors QPV",
    "came_same_epci": "Arrivées depuis le même EPCI, hors de la commune",
    "came_departement": "Arrivées depuis le même département, hors de l'EPCI",
    "came_region": "Arrivées depuis la même région, hors du département",
    "came_elsewhere": "Arrivées depuis le reste de la France ou l'étranger",
    "sold_to_tenant": "Logements vendus à leur occupant",
    "relet_dwellings_12_months": "Logements distincts reloués en douze mois",
    "notices": "Préavis reçus",
    "notices_withdrawn": "Préavis retirés",
}
"""Moves: sums over the window; `relet_dwellings_12_months` is that of the last month, always over 12."""

MEASURES: dict[str, str] = {**LEVELS, **FLOWS}

_TERM = re.compile(r"\s*([+-]?)\s*([a-z][a-z0-9_]*)\s*")


def _parsed(text: object) -> object:
    """Return the terms of `a + b - c`; ValueError if it is not a sum of known measures, each there once."""
    if not isinstance(text, str):
        return text
    terms: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None or (terms and not found[1]):
            raise ValueError(f"« {text} » is no sum of measures, at character {position + 1}")
        if found[2] not in MEASURES or found[2] in dict(terms):
            raise ValueError(f"« {found[2]} » in « {text} » is no measure, or stands there twice")
        terms.append((found[2], -1 if found[1] == "-" else 1))
        position = found.end()
    return tuple(terms)


Expression = Annotated[tuple[tuple[str, int], ...], BeforeValidator(_parsed)]
"""A sum of measures: (measure, +1 or -1)."""


def total(expression: Expression, measures: Mapping[str, float | None]) -> float | None:
    """Return the value of the expression, None if one of its measures is None; KeyError if one is not given."""
    values = [measures[name] for name, _ in expression]
    if any(value is None for value in values):
        return None
    return sum(sign * value for (_, sign), value in zip(expression, values, strict=True) if value is not None)


def at_most(expression: Expression, measures: Mapping[str, float | None]) -> float | None:
    """Return the most that the expression can be: what is taken off counts for nothing where it is None."""
    return total(expression, {name: measures[name] if sign > 0 else measures[name] or 0 for name, sign in expression})


def text_of(expression: Expression) -> str:
    """Return the expression as it is written in a record."""
    return "".join(
        f"{' - ' if sign < 0 else ' + ' if place else ''}{name}" for place, (name, sign) in enumerate(expression)
    )
