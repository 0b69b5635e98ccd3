"""Which perimeters points lie in, and which points lie too near a border to say: one generation, many points at once.

The decision for a point depends on nothing but the point and the perimeters: neither on the other points nor on the
order of the perimeters.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from producers.location.perimeters import Perimeter
from producers.location.projection import Coordinates

BORDER_METRES = 15.0


class Sightings(NamedTuple):
    """What was seen of `n` points; arrays of shape (n,).

    `area` is the index in `PerimeterMap.codes` of a perimeter that covers the point, -1 for none. `doubtful`: within
    15 m of a border, in or out, or covered by two perimeters.
    """

    area: NDArray[np.intp]
    doubtful: NDArray[np.bool_]


class PerimeterMap:
    """The perimeters of one generation, indexed."""

    def __init__(self, perimeters: Iterable[Perimeter]) -> None:
        ordered = sorted(perimeters, key=lambda one: one.code)
        self.codes = tuple(one.code for one in ordered)
        shapes = [one.shape for one in ordered]
        self._areas = STRtree(shapes)
        self._borders = STRtree(_segments(shapes))

    def find(self, x: Coordinates, y: Coordinates) -> Sightings:
        """Return the sightings of `n` points in Lambert 93, shape (n,); a point that is not finite is nowhere."""
        area = np.full(len(x), -1, dtype=np.intp)
        doubtful = np.zeros(len(x), dtype=np.bool_)
        (there,) = np.nonzero(np.isfinite(x) & np.isfinite(y))
        if not self.codes or not len(there):
            return Sightings(area, doubtful)
        points = shapely.points(x[there], y[there])
        point, covering = self._areas.query(points, predicate="intersects")
        area[there[point]] = covering
        doubtful[there] = np.bincount(point, minlength=len(there)) > 1
        near, _ = self._borders.query(points, predicate="dwithin", distance=BORDER_METRES)
        doubtful[there[near]] = True
        return Sightings(area, doubtful)


def _segments(shapes: list[BaseGeometry]) -> NDArray[np.object_]:
    """Return each stretch of border as a line of its own: a tree of short lines answers at once."""
    stretches = [np.empty((0, 2, 2))]
    for ring in shapely.get_parts(shapely.boundary(shapes)):
        corners = shapely.get_coordinates(ring)
        stretches.append(np.stack([corners[:-1], corners[1:]], axis=1))
    return np.asarray(shapely.linestrings(np.concatenate(stretches)), dtype=np.object_)
