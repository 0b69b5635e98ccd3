"""What the tables say of QPVs: which lie in a commune, and which two of 2015 and 2024 are one perimeter."""

from collections.abc import Iterable
from datetime import date

from producers.location.official_list import ListedQpv
from producers.location.perimeters import Perimeter, generation_of
from schemas.territories import Territories
from schemas.territories.models import GENERATIONS

OTHER = {2015: 2024, 2024: 2015}
# The day of which the commune codes of the official files of 2024 are.
FILES_OF = date(2024, 1, 1)


class QpvRegister:
    """The QPVs that the observatory knows, by commune and by lineage.

    `official` is what the imported files say: they may name more communes of a known QPV, never a new QPV, since the
    server would refuse its code.
    """

    def __init__(self, territories: Territories, official: Iterable[ListedQpv | Perimeter] = ()) -> None:
        self.communes_of = {code: frozenset(qpv.communes) for code, qpv in territories.qpvs.items()}
        for one in official:
            if one.code in self.communes_of:
                today = {territories.commune_at(commune, FILES_OF) for commune in one.communes}
                self.communes_of[one.code] |= {commune for commune in today if commune is not None}
        self.in_commune: dict[int, dict[str, set[str]]] = {generation: {} for generation in GENERATIONS}
        for code, communes in self.communes_of.items():
            for commune in communes:
                self.in_commune[territories.qpvs[code].generation].setdefault(commune, set()).add(code)
        identical = [qpv for qpv in territories.qpvs.values() if qpv.statut == "I"]
        self._twin = {qpv.code: qpv.lineage[0] for qpv in identical} | {qpv.lineage[0]: qpv.code for qpv in identical}

    def twin(self, code: str | None) -> str | None:
        """Return the QPV of the other generation with the identical perimeter (statut I), None where there is none.

        A modified (M) or new (N) perimeter says nothing of the other generation.
        """
        return self._twin.get(code) if code else None

    def knows(self, code: str, generation: int) -> bool:
        """Return whether `code` is a known QPV of `generation`."""
        return code in self.communes_of and generation_of(code) == generation

    def undrawn(self, generation: int, drawn: frozenset[str]) -> frozenset[str]:
        """Return the communes with a QPV of `generation` that is not among `drawn`: there, no one can say outside."""
        return frozenset(commune for commune, codes in self.in_commune[generation].items() if not codes <= drawn)

    def only_one_in(self, commune: str, generation: int) -> str | None:
        """Return the QPV of a commune that has exactly one of `generation`."""
        codes = self.in_commune[generation].get(commune, set())
        return next(iter(codes)) if len(codes) == 1 else None
