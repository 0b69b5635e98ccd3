"""Official files as they are published, traps included, made small."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapefile
from pyproj import CRS
from shapely import box, transform
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from producers.location.perimeters import Perimeter
from producers.location.projection import to_degrees, to_lambert_93
from schemas.territories import load

OFFICIAL = Path(__file__).parents[4] / "shared" / "data" / "qpv"
needs_official_files = pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official files are not on this machine")

ON = date(2026, 11, 1)
TOULOUSE, MIRAIL, OLD_MIRAIL = "31555", "QN03107M", "QP031007"
PRADETTES, OLD_PRADETTES = "QN03106I", "QP031006"
IN_TIME_OF_2015 = date(2022, 6, 1)
VILLAGE, SAINT_GIRONS, PAMIERS = "31001", "09261", "09225"
NUMBERS = Sequence[tuple[float, float]]


def centre(code: str) -> tuple[float, float]:
    """Return the point that the tables have for a QPV, in metres."""
    qpv = load().qpvs[code]
    x, y = to_lambert_93([qpv.longitude], [qpv.latitude])
    return float(x[0]), float(y[0])


def square(code: str, half: float = 200.0) -> BaseGeometry:
    """Return a square around a QPV's point, in metres."""
    x, y = centre(code)
    return box(x - half, y - half, x + half, y + half)


def perimeter(code: str, half: float = 200.0) -> Perimeter:
    return Perimeter(code, load().qpvs[code].name, (), square(code, half))


def degrees(shape: BaseGeometry) -> BaseGeometry:
    return transform(shape, lambda points: np.column_stack(to_degrees(points[:, 0], points[:, 1])))


def geojson(
    path: Path,
    features: Iterable[tuple[dict[str, Any], BaseGeometry | dict[str, Any] | None]],
    *,
    crs: str | None = None,
    encoding: str = "utf-8",
) -> Path:
    document: dict[str, Any] = {"type": "FeatureCollection"}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    document["features"] = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": mapping(shape) if isinstance(shape, BaseGeometry) else shape,
        }
        for properties, shape in features
    ]
    path.write_text(json.dumps(document, ensure_ascii=False), encoding=encoding)
    return path


def shape_file(
    folder: Path,
    records: Iterable[tuple[str, str, str, Sequence[NUMBERS] | None]],
    *,
    name: str = "QP_WGS84",
    encoding: str = "cp1252",
    epsg: int | None = 4326,
) -> Path:
    """Write records (code, name, commune, rings) as the file of 2015 has them; no ring: a record without a shape."""
    folder.mkdir(exist_ok=True)
    with shapefile.Writer(str(folder / name), shapeType=shapefile.POLYGON, encoding=encoding) as writer:
        for field in ("CODE_QP", "NOM_QP", "COMMUNE_QP"):
            writer.field(field, "C", 254)
        for *attributes, rings in records:
            writer.record(*attributes)
            if rings is None:
                writer.null()
            else:
                writer.poly([list(ring) for ring in rings])
    if epsg is not None:
        (folder / f"{name}.prj").write_text(CRS.from_epsg(epsg).to_wkt("WKT1_ESRI"))
    return folder


def ring(shape: BaseGeometry) -> list[tuple[float, float]]:
    """Return the outer ring clockwise, as shapefiles have it."""
    return [(point[0], point[1]) for point in shape.normalize().exterior.coords]  # type: ignore[attr-defined]


def made(generation: int) -> list[Perimeter]:
    """Return a square for each QPV of a generation but those of Ariège."""
    return [perimeter(qpv.code) for qpv in load().qpvs_of(generation) if qpv.departement != "09"]


OF_2024, OF_2015 = made(2024), made(2015)
