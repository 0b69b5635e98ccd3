"""Where the extract's coordinates and addresses are: points in Lambert 93, and whether each can be believed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.location.geocoding import Found
from producers.location.place import Method, Whereabouts
from producers.location.projection import Coordinates, to_lambert_93
from schemas.territories import Territories

# How far around the QPVs a point of the région may be, degrees: the région reaches less than this beyond them.
MARGIN_DEGREES = 1.0
# No commune with a QPV reaches this far from its QPVs, no département this far from its own: metres.
COMMUNE_METRES, DEPARTEMENT_METRES = 20_000.0, 130_000.0


class Points(NamedTuple):
    """The points of `n` places, arrays of shape (n,): metres, NaN without a usable point; `swapped`, `outside`: why.

    `method` says for each where the point is from, None without one; `precise` is false for a street's middle.
    """

    x: Coordinates
    y: Coordinates
    method: list[Method | None]
    precise: list[bool]
    swapped: NDArray[np.bool_]
    outside: NDArray[np.bool_]

    def unusable(self, index: int) -> str:
        """Return the remark on coordinates that cannot be used, an empty text where none were given."""
        if self.swapped[index]:
            return "point_swapped"
        return "point_outside_region" if self.outside[index] else ""


class Surroundings:
    """What the tables say of where communes are: by their QPVs, else by those of their département."""

    def __init__(self, territories: Territories) -> None:
        qpvs = list(territories.qpvs.values())
        longitudes = np.array([qpv.longitude for qpv in qpvs])
        latitudes = np.array([qpv.latitude for qpv in qpvs])
        self._west, self._east = longitudes.min() - MARGIN_DEGREES, longitudes.max() + MARGIN_DEGREES
        self._south, self._north = latitudes.min() - MARGIN_DEGREES, latitudes.max() + MARGIN_DEGREES
        self._of_commune: dict[str, list[tuple[float, float]]] = {}
        self._of_departement: dict[str, list[tuple[float, float]]] = {}
        x, y = to_lambert_93(longitudes, latitudes)
        for qpv, *point in zip(qpvs, x.tolist(), y.tolist(), strict=True):
            self._of_departement.setdefault(qpv.departement, []).append((point[0], point[1]))
            for commune in qpv.communes:
                self._of_commune.setdefault(commune, []).append((point[0], point[1]))
        self._departements = {code: commune.departement for code, commune in territories.communes.items()}

    def points(self, places: Sequence[Whereabouts], found: Mapping[int, Found | None]) -> Points:
        """Return the points of `places`: the address that was found (by index in `places`), else the coordinates."""
        count = len(places)
        longitudes, latitudes = np.full(count, np.nan), np.full(count, np.nan)
        method: list[Method | None] = [None] * count
        precise = [True] * count
        for index, place in enumerate(places):
            address = found.get(index)
            if address is not None:
                longitudes[index], latitudes[index] = address.longitude, address.latitude
                method[index], precise[index] = "address", address.precise
            elif place.longitude is not None and place.latitude is not None:
                longitudes[index], latitudes[index] = place.longitude, place.latitude
                method[index] = "coordinates"
        inside = self._holds(longitudes, latitudes)
        swapped = self._holds(latitudes, longitudes) & ~inside
        given = np.array([one is not None for one in method], dtype=np.bool_)
        longitudes[~inside] = latitudes[~inside] = np.nan
        x, y = to_lambert_93(longitudes, latitudes)
        for unusable in np.nonzero(given & ~inside)[0].tolist():
            method[unusable] = None
        return Points(x, y, method, precise, swapped, given & ~inside & ~swapped)

    def _holds(self, longitudes: Coordinates, latitudes: Coordinates) -> NDArray[np.bool_]:
        held: NDArray[np.bool_] = (
            (longitudes >= self._west)
            & (longitudes <= self._east)
            & (latitudes >= self._south)
            & (latitudes <= self._north)
        )
        return held

    def far(self, communes: Sequence[str | None], x: Coordinates, y: Coordinates) -> NDArray[np.bool_]:
        """Return which of `n` points (metres) cannot be in their commune. What the tables do not know is not far."""
        far = np.zeros(len(communes), dtype=np.bool_)
        members: dict[str, list[int]] = {}
        for index, commune in enumerate(communes):
            if commune is not None:
                members.setdefault(commune, []).append(index)
        for commune, indices in members.items():
            near, metres = self._of_commune.get(commune), COMMUNE_METRES
            if near is None:
                near, metres = self._of_departement.get(self._departements[commune], []), DEPARTEMENT_METRES
            if not near:
                continue
            nearest = np.min([np.hypot(x[indices] - east, y[indices] - north) for east, north in near], axis=0)
            far[indices] = nearest > metres
        return far
