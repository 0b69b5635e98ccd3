"""From a published layer to trustworthy perimeters: codes known by their form, shapes valid, places plausible."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from numpy import isfinite
from shapely import get_coordinates, make_valid, union_all
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from producers.errors import LandlordError
from producers.location.perimeter_files import Feature, Layer
from producers.location.projection import to_lambert_93
from schemas.territories import Territories
from schemas.territories.checks import departement_of_qpv

QPV_CODES = {
    2015: re.compile(r"QP([0-9]{3}|02[AB])[0-9]{3}"),
    2024: re.compile(r"QN([0-9]{3}|02[AB])[0-9]{2}[NMIC]"),
}
NAMES = ("lib_qp", "nom_qp")
# A perimeter this far from the place the tables have for it is another place, or its axes are swapped.
ASTRAY_METRES = 30_000


@dataclass(frozen=True, slots=True)
class Perimeter:
    """One QPV's perimeter, valid, in Lambert 93; `communes` as the file names them, empty in that of 2015."""

    code: str
    name: str
    communes: tuple[str, ...]
    shape: BaseGeometry


@dataclass(slots=True)
class Imported:
    """The perimeters of one generation found in a file, and what was noticed. Problems are French sentences."""

    generation: int
    source: str
    sha256: str
    perimeters: list[Perimeter] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    left_out: int = 0
    problems: list[str] = field(default_factory=list)


@lru_cache(maxsize=8_192)
def generation_of(code: str) -> int | None:
    """Return 2015 or 2024 by the form of a QPV's code, None for what is no such code."""
    return next((year for year, pattern in QPV_CODES.items() if pattern.fullmatch(code)), None)


def unwrapped(text: str) -> str:
    """Return what a spreadsheet's `="57"` wraps: official files protect their codes that way."""
    wrapped = re.fullmatch(r'="?(.*?)"?', text.strip())
    return (wrapped[1] if wrapped else text).strip()


def commune_codes(text: str) -> tuple[str, ...]:
    """Return the commune codes of a field: several may be joined by `;` or `,`, leading zeros may be gone."""
    return tuple(code.upper().zfill(5) for code in re.split(r"[;,\s]+", unwrapped(text)) if code)


def perimeters_of(layer: Layer, territories: Territories, *, everywhere: bool = False) -> list[Imported]:
    """Return the layer's perimeters, one `Imported` a generation; outside the observed départements none.

    `everywhere` keeps the rest of metropolitan France too; never overseas, where Lambert 93 has no meaning.
    Raises LandlordError if the layer is no layer of perimeters, or lies where its codes say it cannot.
    """
    found: dict[int, Imported] = {}
    shapes: dict[str, list[Polygon]] = {}
    nameless: list[str] = []
    for feature in layer.features:
        code = unwrapped(feature.attributes.get("code_qp", "")).upper()
        generation = generation_of(code)
        if generation is None:
            nameless.append(f"objet {feature.number} : « {code} » n'est pas un code de QPV, laissé de côté")
            continue
        imported = found.setdefault(generation, Imported(generation, layer.name, layer.sha256))
        if not _kept(code, territories, everywhere):
            imported.left_out += 1
        else:
            _add(imported, feature, code, shapes)
    usable = [found[generation] for generation in sorted(found) if found[generation].perimeters]
    if not usable:
        raise LandlordError(_why_none(layer, [*found.values()]))
    for imported in usable:
        imported.perimeters.sort(key=lambda one: one.code)
        _check_place(imported, territories)
    usable[0].problems += nameless
    return usable


def _why_none(layer: Layer, found: list[Imported]) -> str:
    """Say why a layer gives no perimeter at all."""
    if not found:
        seen = ", ".join(sorted(layer.features[0].attributes)) if layer.features else "aucun objet"
        return (
            f"{layer.name} ne contient aucun périmètre : une colonne code_qp, avec des codes comme QP031007 ou "
            f"QN03107M, est attendue (vu : {seen}). Est-ce bien le fichier des quartiers prioritaires ?"
        )
    left_out = sum(one.left_out for one in found)
    why = [f"{left_out} d'une autre région"] if left_out else []
    why += [problem for one in found for problem in one.problems][:1]
    return (
        f"{layer.name} : aucun périmètre utilisable ({' ; '.join(why)}). "
        "Rien n'a été importé : prenez le fichier national."
    )


def _kept(code: str, territories: Territories, everywhere: bool) -> bool:
    departement = departement_of_qpv(code)
    return departement in territories.departements or (everywhere and not departement.startswith("97"))


def _add(imported: Imported, feature: Feature, code: str, shapes: dict[str, list[Polygon]]) -> None:
    if feature.shape is None:
        imported.problems.append(f"objet {feature.number} ({code}) : sans géométrie, laissé de côté")
        return
    shape, mended = _valid(feature.shape)
    if not shape:
        imported.problems.append(
            f"objet {feature.number} ({code}) : ce n'est pas une surface aux coordonnées lisibles, laissé de côté"
        )
        return
    if mended:
        imported.mended.append(code)
    name = next((feature.attributes[key] for key in NAMES if feature.attributes.get(key)), code)
    communes = commune_codes(feature.attributes.get("insee_com", ""))
    before = [one for one in imported.perimeters if one.code == code]
    if before:
        communes = tuple(sorted({*communes, *before[0].communes}))
        imported.perimeters.remove(before[0])
    shapes[code] = [*shapes.get(code, []), *shape]
    imported.perimeters.append(Perimeter(code, name, communes, union_all(shapes[code])))


def _valid(shape: BaseGeometry) -> tuple[list[Polygon], bool]:
    """Return the polygons of `shape`, mended where needed, and whether they were.

    The `structure` method keeps ground that a self-touching or doubled ring covers; `linework` would turn it out.
    """
    if not isfinite(get_coordinates(shape)).all():
        return [], False
    mended = not shape.is_valid
    if mended:
        shape = make_valid(shape, method="structure", keep_collapsed=False)
    return [part for part in _parts(shape) if isinstance(part, Polygon) and part.area > 0], mended


def _parts(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in getattr(shape, "geoms", [shape]):
        yield from _parts(part) if hasattr(part, "geoms") else [part]


def _check_place(imported: Imported, territories: Territories) -> None:
    known = [(one, territories.qpvs[one.code]) for one in imported.perimeters if one.code in territories.qpvs]
    if not known:
        return
    x, y = to_lambert_93([qpv.longitude for _, qpv in known], [qpv.latitude for _, qpv in known])
    astray = [
        perimeter.code
        for (perimeter, _), east, north in zip(known, x, y, strict=True)
        if not perimeter.shape.distance(Point(east, north)) <= ASTRAY_METRES
    ]
    if astray:
        raise LandlordError(
            f"{imported.source} : {len(astray)} périmètre(s) ne sont pas où ils devraient être "
            f"({', '.join(astray[:3])}) : longitude et latitude sont-elles inversées, ou le .prj est-il faux ? "
            "Rien n'a été importé."
        )
