"""The rules that make a location of what is known of one dwelling.

Each generation of QPV is decided by the first of these that can tell: the code given (or that of the identical
perimeter of the other generation), the address or the coordinates against the official perimeters, the RPLS flag, the
commune (one without any QPV). What cannot be told is `unknown`, never `outside`.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from producers.location.lineage import OTHER, QpvRegister
from producers.location.perimeters import generation_of
from producers.location.place import Location, Method, QpvStatus, Quality, Whereabouts
from producers.location.remarks import first_of
from schemas.territories.models import GENERATIONS

# From this day a QPV, and the RPLS flag, is one of 2024 (metropolitan France).
QPV_2024_SINCE = date(2024, 1, 1)


class Seen(NamedTuple):
    """What the perimeters of one generation say of a point: the QPV that covers it, and whether it is too near."""

    code: str | None
    doubtful: bool


class Evidence(NamedTuple):
    """What an address or coordinates tell: nothing where `seen`, by generation, is empty. Remarks met on the way."""

    method: Method
    quality: Quality
    seen: Mapping[int, Seen]
    remarks: tuple[str, ...]


class Finding(NamedTuple):
    """What is decided of one generation: `code` only where it is known which QPV."""

    status: QpvStatus
    code: str | None
    method: Method
    quality: Quality


NOTHING = Finding("unknown", None, "unknown", "unknown")


class LocatingRules(NamedTuple):
    """The rules, given the register and, by generation, the communes of which not every QPV has a perimeter."""

    register: QpvRegister
    undrawn: Mapping[int, frozenset[str]]
    imported: frozenset[int]

    def decide(self, place: Whereabouts, commune: str, on: date, evidence: Evidence) -> Location:
        """Return the location of a dwelling of `commune` (today's code); `on` says of which RPLS the flag is."""
        remarks = list(evidence.remarks)
        given = self._given(place, commune, remarks)
        found = {
            generation: self._with_point_checked(given[generation], evidence.seen.get(generation), remarks)
            if generation in given
            else self._by_point(generation, commune, evidence)
            or self._by_flag(generation, place, commune, on, remarks)
            or self._by_commune(generation, commune)
            for generation in GENERATIONS
        }
        present, former = self._with_twin(found, 2024), self._with_twin(found, 2015)
        if present.status == "unknown" and evidence.seen:
            remarks.append("perimeters_incomplete" if 2024 in self.imported else "no_perimeters")
        deciding = former if present.status == "unknown" and former.code else present
        return Location(
            commune,
            present.code,
            former.code,
            present.status,
            deciding.method,
            deciding.quality,
            first_of(remarks),
        )

    def _given(self, place: Whereabouts, commune: str, remarks: list[str]) -> dict[int, Finding]:
        """Return what the given codes say, of both generations where the perimeter is identical."""
        given: dict[int, Finding] = {}
        if not place.qpv_2024 and not place.qpv_2015:
            return given
        columns = [(year, code) for year, code in ((2024, place.qpv_2024), (2015, place.qpv_2015)) if code]
        # A code in its own column goes before one in the other's.
        for column, code in sorted(columns, key=lambda one: generation_of(one[1]) != one[0]):
            generation = generation_of(code)
            if generation is None or not self.register.knows(code, generation):
                remarks.append("unknown_qpv")
                continue
            if generation != column:
                remarks.append("wrong_generation")
            at_home = commune in self.register.communes_of[code]
            if not at_home:
                remarks.append("code_not_in_commune")
            given.setdefault(generation, Finding("inside", code, "code", "certain" if at_home else "uncertain"))
        for generation, finding in list(given.items()):
            if twin := self.register.twin(finding.code):
                given.setdefault(OTHER[generation], finding._replace(code=twin))
        return given

    def _with_point_checked(self, given: Finding, seen: Seen | None, remarks: list[str]) -> Finding:
        """Return the given code, doubted where a point that is drawn beyond doubt says otherwise."""
        if seen is None or seen.doubtful or seen.code == given.code or given.code is None:
            return given
        communes = self.register.communes_of[given.code]
        if seen.code is None and communes & self.undrawn[generation_of(given.code) or 2024]:
            return given
        remarks.append("code_and_point_differ")
        return given._replace(quality="uncertain")

    def _by_point(self, generation: int, commune: str, evidence: Evidence) -> Finding | None:
        seen = evidence.seen.get(generation)
        if seen is None:
            return None
        if seen.doubtful:
            return Finding("uncertain", None, evidence.method, "uncertain")
        if seen.code is not None:
            return Finding("inside", seen.code, evidence.method, evidence.quality)
        return (
            None if commune in self.undrawn[generation] else Finding("outside", None, evidence.method, evidence.quality)
        )

    def _by_flag(
        self, generation: int, place: Whereabouts, commune: str, on: date, remarks: list[str]
    ) -> Finding | None:
        """Return what the RPLS flag says: of its own generation, and less surely of today's where it is older."""
        of_flag = 2024 if on >= QPV_2024_SINCE else 2015
        if place.qpv_flag is None or generation not in {2024, of_flag}:
            return None
        if not place.qpv_flag:
            return Finding("outside", None, "flag", "certain" if generation == of_flag else "uncertain")
        if commune not in self.register.in_commune[of_flag]:
            remarks.append("flag_without_qpv")
            return NOTHING
        only = self.register.only_one_in(commune, generation) if generation == of_flag else None
        return Finding("inside", only, "flag", "uncertain")

    def _by_commune(self, generation: int, commune: str) -> Finding:
        """Return `outside` for a commune that has no QPV at all: the decrees name the communes of each."""
        nowhere = commune not in self.register.in_commune[generation]
        return Finding("outside", None, "flag", "certain") if nowhere else NOTHING

    def _with_twin(self, found: Mapping[int, Finding], generation: int) -> Finding:
        """Return the finding, completed by that of the other generation where the perimeter is identical."""
        finding, other = found[generation], found[OTHER[generation]]
        twin = self.register.twin(other.code)
        if twin is None or finding.code is not None or finding.status not in {"unknown", "inside"}:
            return finding
        return other._replace(code=twin)
