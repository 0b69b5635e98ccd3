"""Where a row's dwelling is: commune, codes, flag, coordinates and address into `Whereabouts`.

Invariant: a commune that is not known leaves no whereabouts. Lambert 93 is converted by chunks of rows.
"""

import math
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from producers.extract.fields import FIELDS
from producers.extract.mapping import ExtractMapping
from producers.extract.personal import quotable
from producers.extract.problems import problem
from producers.extract.records import RowProblem
from producers.extract.tables import getter_of
from producers.extract.vocabulary import NO_QPV, communes_named, flag_of, folded, qpv_generation
from producers.location.place import Whereabouts
from producers.location.projection import to_degrees
from schemas.territories import load

_REMEMBERED = 20_000
_POINTS = 50_000
_CODES = ("commune", "commune_name", "postal_code", "qpv", "qpv_2024", "qpv_2015", "qpv_flag")
# degrees: metropolitan France and Corsica, with room to spare
_WEST, _EAST, _SOUTH, _NORTH = -6.0, 10.5, 41.0, 51.5

Point = tuple[float, float] | None


class Place(NamedTuple):
    """What the cells of a row say of its place; `where` is None if its commune is not known."""

    where: Whereabouts | None
    problems: Sequence[RowProblem]


class Places:
    """Reads the place of each row of one table."""

    def __init__(
        self,
        mapping: ExtractMapping,
        index: Mapping[str, tuple[int, ...]],
        header: Sequence[str],
        communes: Container[str],
    ) -> None:
        self.mapping, self.header, self.communes = mapping, header, communes
        self.index = index
        self._code_cells = getter_of([self.index[name][0] for name in _CODES if name in self.index])
        self._address = self.index.get("address", ())
        self._xy = (self.index["x"][0], self.index["y"][0]) if "x" in self.index else None
        self._known: dict[tuple[str, ...], Place] = {}
        self._points: dict[tuple[str, str], Point] = {}
        self._territories = load()

    def coded(self, cells: list[str]) -> Place:
        """Return what the codes of a row say, without coordinates and address: the same for many rows."""
        key = self._code_cells(cells)
        found = self._known.get(key)
        if found is None:
            found = self._read_codes(cells)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def read(self, cells: list[str]) -> Place:
        """Return the place of a row; its problems bear the line 0."""
        coded = self.coded(cells)
        if self._xy is None and not self._address:
            return coded
        where, problems = coded
        longitude = latitude = None
        if self._xy is not None:
            pair = (cells[self._xy[0]], cells[self._xy[1]])
            if pair not in self._points:
                self.convert([cells])
            point = self._points[pair]
            if point is not None:
                longitude, latitude = point
            elif any(one not in self.mapping.empty for one in pair):
                problems = [*problems, self._problem("bad_coordinates", "x", pair[0])]
        if where is None:
            return Place(None, problems)
        made = Whereabouts(
            where.commune, where.qpv_2024, where.qpv_2015, where.qpv_flag, longitude, latitude, self._street(cells)
        )
        return Place(made, problems)

    def _street(self, cells: list[str]) -> str | None:
        return " ".join([cells[index] for index in self._address if cells[index]]) or None

    def convert(self, rows: Sequence[list[str]]) -> None:
        """Convert the coordinates of some rows, all at once."""
        if "x" not in self.index:
            return
        x, y = self.index["x"][0], self.index["y"][0]
        if len(self._points) > _POINTS:
            self._points.clear()
        wanted = {pair for cells in rows if (pair := (cells[x], cells[y])) not in self._points}
        numbers = {pair: (self._number(pair[0]), self._number(pair[1])) for pair in wanted}
        good = [
            (pair, both[0], both[1]) for pair, both in numbers.items() if both[0] is not None and both[1] is not None
        ]
        self._points.update(dict.fromkeys(wanted))
        if good:
            pairs, east, north = zip(*good, strict=True)
            self._points.update(zip(pairs, self._degrees(east, north), strict=True))

    def _number(self, text: str) -> float | None:
        plain = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "")
        if self.mapping.decimal == ",":
            plain = plain.replace(",", ".")
        try:
            number = float(plain)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _degrees(self, east: Sequence[float], north: Sequence[float]) -> list[Point]:
        if self.mapping.coordinates == "lambert93":
            longitudes, latitudes = (found.tolist() for found in to_degrees(east, north))
        else:
            longitudes, latitudes = list(east), list(north)
        return [
            (float(one), float(other)) if _WEST <= one <= _EAST and _SOUTH <= other <= _NORTH else None
            for one, other in zip(longitudes, latitudes, strict=True)
        ]

    def _problem(self, code: str, name: str, value: str, **facts: object) -> RowProblem:
        column = self.header[self.index[name][0]]
        return problem(code, 0, column, quotable(column, value, FIELDS[self.mapping.kind][name].kind), **facts)

    def _cell(self, cells: list[str], name: str) -> str:
        if name not in self.index:
            return ""
        text = cells[self.index[name][0]]
        return "" if text in self.mapping.empty else text

    def _read_codes(self, cells: list[str]) -> Place:
        problems: list[RowProblem] = []
        commune = self._commune(cells, problems)
        codes = self._qpv_codes(cells, problems)
        flag = self._flag(cells, problems)
        if flag is None and codes is not None and not codes[2024] and self._says_none(cells):
            flag = False
        if codes is None or not commune:
            return Place(None, problems)
        return Place(Whereabouts(commune, codes[2024], codes[2015], flag), problems)

    def _commune(self, cells: list[str], problems: list[RowProblem]) -> str:
        said = self._cell(cells, "commune")
        code = said.upper()
        if code:
            if code in self.communes:
                return code
            if self._territories.is_elsewhere(code):
                problems.append(self._problem("outside_region", "commune", code))
                return code
            if len(code) == 4 and "0" + code in self.communes:
                problems.append(self._problem("lost_zero", "commune", code, read="0" + code))
                return "0" + code
            problems.append(self._problem("unknown_commune", "commune", said))
            return ""
        name = self._cell(cells, "commune_name")
        if not name:
            problems.append(
                self._problem("missing_commune", "commune" if "commune" in self.index else "commune_name", "")
            )
            return ""
        found = communes_named(name, self._cell(cells, "postal_code")) or communes_named(name)
        if len(found) == 1:
            return found[0]
        problems.append(self._problem("ambiguous_commune" if found else "unknown_commune", "commune_name", name))
        return ""

    def _qpv_codes(self, cells: list[str], problems: list[RowProblem]) -> dict[int, str | None] | None:
        """Return the QPV code of each generation, None if one is not known."""
        codes: dict[int, str | None] = {2024: None, 2015: None}
        for name, expected in (("qpv_2024", 2024), ("qpv_2015", 2015), ("qpv", 0)):
            text = self._cell(cells, name)
            if not text or folded(text) in NO_QPV:
                continue
            code = text.upper().replace(" ", "")
            generation = qpv_generation(code)
            if generation is None or code not in self._territories.qpvs:
                problems.append(self._problem("unknown_qpv", name, text))
                return None
            if expected and generation != expected:
                problems.append(
                    self._problem("qpv_other_generation", name, text, generation=generation, expected=expected)
                )
            codes[generation] = codes[generation] or code
        return codes

    def _says_none(self, cells: list[str]) -> bool:
        """Return whether a column of today's quartiers says that there is none: in words, or by being empty."""
        for name in ("qpv_2024", "qpv"):
            if name in self.index:
                text = self._cell(cells, name)
                return folded(text) in NO_QPV if text else self.mapping.empty_qpv == "outside"
        return False

    def _flag(self, cells: list[str], problems: list[RowProblem]) -> bool | None:
        text = self._cell(cells, "qpv_flag")
        if not text:
            return None
        if answer := self.mapping.codes.get("qpv_flag", {}).get(text.casefold()):
            return answer == "yes"
        flag = flag_of(text)
        if flag is None:
            problems.append(self._problem("unknown_flag", "qpv_flag", text))
        return flag
