"""Read the official files of perimeters as they are published: shapefile (folder, zip, .shp) or GeoJSON.

Nothing is decided here but what the bytes say: attributes as text, geometries moved to Lambert 93. Traps that are
met: a DBF in cp1252 without saying so, projected coordinates, several layers in one archive, a BOM.
"""

import hashlib
import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import shapefile
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely import force_2d, get_coordinates, total_bounds
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from producers.errors import LandlordError
from producers.location.projection import LAMBERT_93, WGS_84, shape_to_lambert_93

GEOJSON, SHAPEFILE = (".geojson", ".json"), (".shp",)
LAYERS = (*GEOJSON, *SHAPEFILE)
# Bounds of metropolitan France in Lambert 93, metres, loosely.
METRES = (0.0, 6_000_000.0, 1_300_000.0, 7_200_000.0)
DEGREES = (-180.0, -90.0, 180.0, 90.0)
# Official archives hold one layer a projection: the first of these that a name tells is taken.
PREFERRED = (("WGS84", "4326"), ("LB93", "L93", "LAMBERT93", "2154"))

Files = Mapping[str, Callable[[], bytes]]
Bounds = tuple[float, float, float, float]


class Feature(NamedTuple):
    """One feature: its number in the file from 1, attributes by lower-case name, shape in Lambert 93 or None."""

    number: int
    attributes: dict[str, str]
    shape: BaseGeometry | None


class Layer(NamedTuple):
    """The layer that was read: the file's name, the SHA-256 of its bytes, its features."""

    name: str
    sha256: str
    features: list[Feature]


def read_layer(path: Path) -> Layer:
    """Return the layer of a GeoJSON, of a shapefile or of an archive or folder that holds one.

    Raises LandlordError for what is none of these, or cannot be read.
    """
    try:
        files = _files(path)
        name = _only_layer(path, files)
        content = files[name]()
        read = _read_shapefile if PurePosixPath(name).suffix.lower() in SHAPEFILE else _read_geojson
        features = read(path, name, files)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise LandlordError(f"{path.name} ne peut pas être lu : {error}. Téléchargez-le de nouveau.") from error
    return Layer(path.name, hashlib.sha256(content).hexdigest(), features)


def _files(path: Path) -> Files:
    if path.is_dir():
        return {found.name: found.read_bytes for found in sorted(path.iterdir()) if found.is_file()}
    if not path.is_file():
        raise LandlordError(f"{path} n'existe pas : vérifiez le nom du fichier.")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
        return {name: partial(_unzipped, path, name) for name in names}
    if path.suffix.lower() in SHAPEFILE:
        beside = [found for found in path.parent.iterdir() if found.stem.lower() == path.stem.lower()]
        return {found.name: found.read_bytes for found in sorted(beside) if found.is_file()}
    return {path.name: path.read_bytes}


def _unzipped(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def _only_layer(path: Path, files: Files) -> str:
    layers = [name for name in files if PurePosixPath(name).suffix.lower() in LAYERS]
    for marks in PREFERRED:
        marked = [name for name in layers if any(mark in PurePosixPath(name).name.upper() for mark in marks)]
        if len(layers) > 1 and marked:
            layers = marked
            break
    if len(layers) == 1:
        return layers[0]
    if layers:
        raise LandlordError(
            f"{path.name} contient plusieurs couches ({', '.join(sorted(layers))}) : "
            "donnez celle de la France entière ou de la métropole, seule dans un dossier."
        )
    raise LandlordError(
        f"{path.name} n'est ni un GeoJSON, ni un shapefile (dossier, .zip ou .shp), ni la liste officielle en CSV. "
        "Les périmètres se téléchargent sur data.gouv.fr : « Quartiers prioritaires de la politique de la ville »."
    )


def _read_geojson(path: Path, name: str, files: Files) -> list[Feature]:
    try:
        document = json.loads(files[name]().decode("utf-8-sig"))
        features = document["features"]
        declared = (document.get("crs") or {}).get("properties", {}).get("name")
        found = [(one.get("properties") or {}, _shape(one.get("geometry"))) for one in features]
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise LandlordError(
            f"{path.name} n'est pas un GeoJSON lisible (une FeatureCollection en UTF-8 est attendue). "
            "Téléchargez-le de nouveau, sans l'ouvrir ni l'enregistrer avec un tableur."
        ) from error
    return _features(path, found, declared or WGS_84)


def _read_shapefile(path: Path, name: str, files: Files) -> list[Feature]:
    parts = {PurePosixPath(one).suffix.lower(): one for one in files if _stem(one) == _stem(name)}
    if ".dbf" not in parts:
        raise LandlordError(f"{path.name} : il manque le fichier .dbf de {name} ; donnez le dossier ou le .zip entier.")
    content = {part: files[one]() for part, one in parts.items() if part in {".shp", ".dbf", ".shx", ".cpg", ".prj"}}
    try:
        found = _records(content)
    except Exception as error:  # pyshp lets out whatever a wrong byte leads to: KeyError, struct.error, ...
        raise LandlordError(f"{path.name} : le shapefile {name} est abîmé. Téléchargez-le de nouveau.") from error
    texts = [text for attributes, _ in found for text in attributes.values()]
    encoding = _encoding(texts, content.get(".cpg"))
    found = [
        ({key: text.encode("latin-1").decode(encoding) for key, text in attributes.items()}, shape)
        for attributes, shape in found
    ]
    declared = content[".prj"].decode("utf-8", "replace") if ".prj" in content else None
    return _features(path, found, declared)


def _stem(name: str) -> str:
    return name[: -len(PurePosixPath(name).suffix)].lower()


def _encoding(texts: list[str], cpg: bytes | None) -> str:
    """Return the encoding of texts that were read as Latin-1: the one the .cpg says if it holds, UTF-8, cp1252."""
    said = (cpg or b"").decode("ascii", "ignore").strip().lower()
    for encoding in ("utf-8", "cp1252") if "1252" not in said else ("cp1252",):
        try:
            for text in texts:
                text.encode("latin-1").decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _records(content: Mapping[str, bytes]) -> list[tuple[dict[str, str], BaseGeometry | None]]:
    """Return attributes, read as Latin-1 so that no byte is lost, and shapes."""
    streams = {part[1:]: io.BytesIO(content[part]) for part in (".shp", ".dbf", ".shx") if part in content}
    with warnings.catch_warnings(action="ignore"), shapefile.Reader(**streams, encoding="latin-1") as reader:
        return [
            (
                {key: "" if value is None else str(value) for key, value in one.record.as_dict().items()},
                _shape(one.shape.__geo_interface__ if one.shape.points else None),
            )
            for one in reader.iterShapeRecords()
        ]


def _shape(geometry: Any) -> BaseGeometry | None:
    if not geometry or not geometry.get("coordinates", geometry.get("geometries")):
        return None
    flat: BaseGeometry = force_2d(shape_of(geometry))
    return None if flat.is_empty else flat


def _features(
    path: Path, found: list[tuple[dict[str, Any], BaseGeometry | None]], declared: str | CRS | None
) -> list[Feature]:
    source = _reference_system(path, [shape for _, shape in found if shape is not None], declared)
    return [
        Feature(
            number,
            {str(key).lower(): "" if value is None else str(value).strip() for key, value in attributes.items()},
            shape and shape_to_lambert_93(shape, source),
        )
        for number, (attributes, shape) in enumerate(found, start=1)
    ]


def _reference_system(path: Path, shapes: list[BaseGeometry], declared: str | CRS | None) -> CRS:
    """Return the system of the coordinates: the declared one unless the coordinates belie it, else a guess."""
    if not shapes:
        return WGS_84
    bounds = tuple(float(edge) for edge in total_bounds(shapes))
    try:
        said = CRS.from_user_input(declared) if declared else None
    except CRSError:
        said = None
    if said is not None and not (said.is_geographic and not _within(bounds, DEGREES)):
        return said
    for system, limits in ((WGS_84, DEGREES), (LAMBERT_93, METRES)):
        if _within(bounds, limits):
            return system
    x, y = get_coordinates(shapes[0])[0]
    raise LandlordError(
        f"{path.name} : système de coordonnées inconnu (premier point : {x:.0f}, {y:.0f}). "
        "Prenez le fichier en WGS84 ou en Lambert 93, avec son .prj."
    )


def _within(bounds: tuple[float, ...], limits: Bounds) -> bool:
    left, bottom, right, top = bounds
    return limits[0] <= left and limits[1] <= bottom and right <= limits[2] and top <= limits[3]
