"""The territories the observatory counts in: communes, EPCI, départements, régions and the QPVs.

All are frozen values keyed by their official code; names are labels only and never a key.
"""

import re
from dataclasses import dataclass, field
from datetime import date

GENERATIONS = (2015, 2024)

_COMMUNE = re.compile(r"(0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5])[0-9]{3}|97[1-8][0-9]{2}|98[4-9][0-9]{2}")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune with its ladder; `epci` is empty only for a commune that belongs to none."""

    code: str
    name: str
    epci: str
    departement: str
    region: str
    population: int | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """A commune code that was given up: from the day `since` its land lies in the commune `successor`."""

    code: str
    name: str
    successor: str
    since: date


@dataclass(frozen=True, slots=True)
class Epci:
    """An intercommunality with its own taxation, keyed by its SIREN; `nature` is CC, CA, CU or METRO."""

    code: str
    name: str
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Departement:
    """A département and its région."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class Region:
    """A région."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Qpv:
    """A quartier prioritaire of one generation.

    `statut` is N, M, I or C for 2024 and empty for 2015; `lineage` holds the 2015 codes a QPV of 2024 comes
    from and is empty for 2015. `epci` is today's, derived from the communes for 2015. `dwellings`,
    `vacancy_percent` and `rotation_percent` are INSEE's RPLS at 1 January 2022, None where unknown or secret:
    for 2024 they describe the *old* perimeter, see `rpls_on_this_perimeter`. Longitude and latitude (degrees,
    WGS 84) are an approximate point; `centroid_source` says how it was found.
    """

    code: str
    generation: int
    name: str
    statut: str
    departement: str
    communes: tuple[str, ...]
    epci: tuple[str, ...]
    lineage: tuple[str, ...]
    dwellings: int | None
    vacancy_percent: float | None
    rotation_percent: float | None
    longitude: float
    latitude: float
    centroid_source: str

    @property
    def rpls_on_this_perimeter(self) -> bool:
        """Whether the RPLS figures describe this very perimeter: show them as a denominator only then."""
        return self.generation == 2015 or self.statut == "I"


@dataclass(frozen=True, slots=True)
class Territories:
    """Every territory by code. Treat the dictionaries as read-only: the packaged ones are shared."""

    communes: dict[str, Commune]
    epcis: dict[str, Epci]
    departements: dict[str, Departement]
    regions: dict[str, Region]
    qpvs: dict[str, Qpv]
    successions: dict[str, Succession] = field(default_factory=dict)

    def commune_at(self, code: str, on: date) -> str | None:
        """Return today's code of the commune that had `code` on the day `on`, None for a code never heard of.

        A code already given up on that day is followed too: an ERP keeps it for years, and it means the same land.
        """
        while True:
            succession = self.successions.get(code)
            if succession is None or (succession.since <= on and code in self.communes):
                return code if code in self.communes else None
            code, on = succession.successor, max(on, succession.since)

    def is_elsewhere(self, code: str) -> bool:
        """Return whether `code` looks like a commune of a département that is not observed: no fault, no matter."""
        return bool(_COMMUNE.fullmatch(code)) and departement_of_commune(code) not in self.departements

    def qpvs_of(self, generation: int) -> list[Qpv]:
        """Return the QPVs of `generation` (2015 or 2024) by code; ValueError for another year."""
        if generation not in GENERATIONS:
            raise ValueError(f"no QPV generation {generation}: use one of {GENERATIONS}")
        return sorted((qpv for qpv in self.qpvs.values() if qpv.generation == generation), key=lambda qpv: qpv.code)


def departement_of_commune(code: str) -> str:
    """Return the département that a commune code begins with: two characters, three overseas."""
    return code[:3] if code.startswith(("97", "98")) else code[:2]
