"""Communes, EPCI, départements, régions and both generations of QPV: official facts, checked when loaded."""

from schemas.territories.loader import load
from schemas.territories.models import Commune, Departement, Epci, Qpv, Region, Succession, Territories
from schemas.territories.tables import Problem, TerritoryError

__all__ = [
    "Commune",
    "Departement",
    "Epci",
    "Problem",
    "Qpv",
    "Region",
    "Succession",
    "Territories",
    "TerritoryError",
    "load",
]
