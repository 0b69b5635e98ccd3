"""What `quartiers check` says of an extract beyond its rows: where its dwellings are, and what would lose detail.

The same locator and the same coarsening as when it is sent, without keys and without what was sent before.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producers.coarsening import (
    COARSEST,
    FREE,
    STEPS_FR,
    Hashes,
    K,
    combination_hashes,
    discreet_reason,
    find_steps,
    without_days,
)
from producers.extract.records import DwellingRecord, MoveRecord
from producers.extract.wording import number_fr
from producers.location.place import Location, Locator
from producers.location.remarks import OUTSIDE_REGION, REMARKS
from producers.outcome import alone_line
from producers.uniqueness import count_alone, detail_of

_AT_ONCE = 500
_METHODS_FR = {
    "code": "par le code du quartier",
    "address": "par l'adresse",
    "coordinates": "par les coordonnées",
    "flag": "par l'indicateur QPV",
    "unknown": "sans information",
}
_SIDES_FR = {
    "inside": "dans un quartier",
    "outside": "hors de tout quartier",
    "uncertain": "à moins de 15 m d'une limite",
    "unknown": "non localisés",
}

EMPTY_QPV_FR = (
    '  Si une case QPV vide veut dire « hors quartier », dites-le dans mapping.toml, par empty_qpv = "outside" : '
    "sinon ces logements sont comptés à part, comme non localisés."
)


class Outlook:
    """Looks at the records that would be sent (`Examination`)."""

    def __init__(
        self, locator: Locator, on: date, k: int = K, *, empty_qpv_unsaid: bool = False, by_month: bool = False
    ) -> None:
        """`on` is the day of which the extract's commune codes are.

        `empty_qpv_unsaid`: there is a column of quartiers, and nobody said what an empty cell of it means.
        `by_month`: no day would leave.
        """
        self._by_month = by_month
        self._empty_qpv_unsaid = empty_qpv_unsaid
        self._locator, self._on, self._k = locator, on, k
        self._held: list[MoveRecord | DwellingRecord] = []
        self._hashes, self._details, self._counted = array("q"), array("q"), array("b")
        self._methods: Counter[str] = Counter()
        self._sides: Counter[str] = Counter()
        self._remarks: Counter[str] = Counter()

    def take(self, record: MoveRecord | DwellingRecord) -> None:
        """Look at one record."""
        self._held.append(record)
        if len(self._held) == _AT_ONCE:
            self._look()

    def _look(self) -> None:
        locations = self._locator.locate_all([one.where for one in self._held], self._on)
        for record, location in zip(self._held, locations, strict=True):
            self._methods[location.method] += 1
            self._sides[location.qpv_status] += 1
            if location.remark:
                self._remarks[location.remark] += 1
            if isinstance(record, MoveRecord) and location.remark != OUTSIDE_REGION:
                data = _combination(record, location)
                if self._by_month:
                    without_days(data)
                self._hashes.extend(combination_hashes(data, record.direction))
                self._details.append(detail_of(data))
                self._counted.append(record.status != "cancelled")
        self._held.clear()

    def lines_fr(self) -> Iterable[str]:
        """Return the lines of the report."""
        self._look()
        yield from _counted("Lieux", self._sides, _SIDES_FR)
        if self._empty_qpv_unsaid and self._sides["unknown"]:
            yield EMPTY_QPV_FR
        yield from _counted("Localisés", self._methods, _METHODS_FR)
        for code, number in self._remarks.most_common():
            yield f"  {number_fr(number)} : {REMARKS[code].message_fr}. {REMARKS[code].remedy_fr}"
        hashes, counted = self._arrays()
        found = find_steps(hashes, np.where(counted, FREE, 0).astype(np.int8), counted, self._k)
        steps = Counter(found.tolist())
        if number := sum(count for step, count in steps.items() if step):
            yield f"{number_fr(number)} mouvements, trop rares (moins de {self._k} semblables), perdront du détail :"
            yield from (
                f"  {number_fr(steps[step])} {STEPS_FR[step]}" for step in range(1, COARSEST + 1) if steps[step]
            )

        if counted.any():
            present = hashes[np.arange(len(found)), found]
            details = np.frombuffer(self._details, np.int64)
            yield alone_line(count_alone(present[counted], details[counted], found[counted]), by_month=self._by_month)

    def _arrays(self) -> tuple[Hashes, NDArray[np.bool_]]:
        counted = np.frombuffer(self._counted, np.int8).astype(np.bool_)
        return np.frombuffer(self._hashes, np.int64).reshape(-1, COARSEST + 1), counted


def _combination(record: MoveRecord, location: Location) -> dict[str, Any]:
    notice = record.notice_received_on
    return {
        "notice_received_on": notice.isoformat() if notice else None,
        "tenancy_started_on": record.tenancy_started_on,
        "place": record.place,
        "commune": location.commune,
        "qpv_2024": location.qpv_2024,
        "qpv_2015": location.qpv_2015,
        "effective_on": record.effective_on.isoformat(),
        "rooms": record.rooms,
        "financing": record.financing,
        "reason": discreet_reason(record.direction, record.reason),
        "household_type": record.household_type,
        "household_size": record.household_size,
        "holder_age": record.holder_age,
    }


def _counted(title: str, counts: Counter[str], labels: dict[str, str]) -> Iterable[str]:
    if counts:
        yield f"{title} : " + ", ".join(f"{number_fr(counts[key])} {labels[key]}" for key in labels if counts[key])
