"""What was imported, in the landlord's folder: one JSON file a generation, and one for the list; replaced whole.

A file holds its origin (name, day, SHA-256) and its perimeters as WKB in Lambert 93, so that locating needs neither
the official file nor any conversion.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.errors import ShapelyError

from producers.errors import LandlordError
from producers.location.official_list import ImportedList, ListedQpv
from producers.location.perimeters import Imported, Perimeter

FORMAT = 1
LIST_FILE = "list_2024.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where stored perimeters or the stored list come from."""

    source: str
    imported_on: date
    sha256: str
    count: int
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """The perimeters of one generation, with their origin."""

    origin: Origin
    perimeters: tuple[Perimeter, ...]


@dataclass(frozen=True)
class PerimeterStore:
    """The folder `perimeters/` of a landlord's folder."""

    folder: Path

    def keep(self, imported: Imported, on: date) -> None:
        """Replace the perimeters of a generation; an interrupted import leaves the former ones."""
        rows = [
            {"code": one.code, "name": one.name, "communes": one.communes, "wkb": shapely.to_wkb(one.shape, hex=True)}
            for one in imported.perimeters
        ]
        self._write(_file(imported.generation), imported, on, {"mended": imported.mended, "perimeters": rows})

    def keep_list(self, imported: ImportedList, on: date) -> None:
        """Replace the official list."""
        self._write(LIST_FILE, imported, on, {"qpvs": [asdict(one) for one in imported.qpvs]})

    def read(self, generation: int) -> Stored | None:
        """Return what was imported of `generation`, None if nothing was. Raises LandlordError if it is damaged."""
        content = self._read(_file(generation))
        if content is None:
            return None
        try:
            perimeters = tuple(_perimeter(row) for row in content["perimeters"])
            return Stored(_origin(content, len(perimeters)), perimeters)
        except (KeyError, TypeError, ValueError, ShapelyError) as error:
            raise _damaged(self.folder / _file(generation)) from error

    def read_list(self) -> tuple[Origin, tuple[ListedQpv, ...]] | None:
        """Return the official list, None if it was not imported. Raises LandlordError if it is damaged."""
        content = self._read(LIST_FILE)
        if content is None:
            return None
        try:
            qpvs = tuple(ListedQpv(row["code"], row["name"], tuple(row["communes"])) for row in content["qpvs"])
            return _origin(content, len(qpvs)), qpvs
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(self.folder / LIST_FILE) from error

    def _write(self, name: str, imported: Imported | ImportedList, on: date, body: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        head = {"format": FORMAT, "source": imported.source, "imported_on": on.isoformat(), "sha256": imported.sha256}
        beside = self.folder / f"{name}.new"
        beside.write_text(json.dumps({**head, **body}, ensure_ascii=False), encoding="utf-8")
        beside.replace(self.folder / name)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            content = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise _damaged(self.folder / name) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise _damaged(self.folder / name)
        return content


def _file(generation: int) -> str:
    return f"qpv_{generation}.json"


def _origin(content: Mapping[str, Any], count: int) -> Origin:
    imported_on = date.fromisoformat(content["imported_on"])
    return Origin(content["source"], imported_on, content["sha256"], count, tuple(content.get("mended", ())))


def _perimeter(row: Mapping[str, Any]) -> Perimeter:
    shape = shapely.from_wkb(row["wkb"])
    if not isinstance(shape, (Polygon, MultiPolygon)):
        raise ValueError(f"no area: {shape.geom_type}")
    return Perimeter(row["code"], row["name"], tuple(row["communes"]), shape)


def _damaged(path: Path) -> LandlordError:
    return LandlordError(
        f"{path} est abîmé ou d'une autre version : importez de nouveau le fichier officiel "
        "(quartiers perimeters import FICHIER)."
    )
