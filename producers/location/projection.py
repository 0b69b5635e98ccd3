"""Degrees (WGS 84) and metres (Lambert 93, EPSG:2154): distances are only ever measured in metres."""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from shapely import transform
from shapely.geometry.base import BaseGeometry

WGS_84 = CRS.from_epsg(4326)
LAMBERT_93 = CRS.from_epsg(2154)

Coordinates = NDArray[np.float64]


@cache
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_lambert_93(longitudes: ArrayLike, latitudes: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Return x and y in metres, shape (n,) each, of `n` points in degrees; what cannot be projected is infinite."""
    x, y = _transformer(WGS_84, LAMBERT_93).transform(np.asarray(longitudes, float), np.asarray(latitudes, float))
    return np.asarray(x), np.asarray(y)


def to_degrees(x: ArrayLike, y: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Return longitudes and latitudes, shape (n,) each, of `n` points in Lambert 93."""
    longitudes, latitudes = _transformer(LAMBERT_93, WGS_84).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(longitudes), np.asarray(latitudes)


def shape_to_lambert_93(shape: BaseGeometry, source: CRS) -> BaseGeometry:
    """Return `shape`, whose coordinates are those of `source`, in Lambert 93."""
    if source == LAMBERT_93:
        return shape
    move = _transformer(source, LAMBERT_93).transform
    return transform(shape, lambda points: np.column_stack(move(points[:, 0], points[:, 1])))
