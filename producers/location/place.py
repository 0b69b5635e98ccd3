"""What an extract says of where a dwelling is, and what locating makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

Method = Literal["code", "address", "coordinates", "flag", "unknown"]
Quality = Literal["certain", "uncertain", "unknown"]
QpvStatus = Literal["inside", "outside", "uncertain", "unknown"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the extract has of one dwelling's place. Nothing of it but the commune and the codes is ever sent.

    `longitude` and `latitude` are degrees (WGS 84): the mapping says what the columns are, and Lambert 93 is
    converted as rows are read. `qpv_flag` is the RPLS flag: True (1, in a QPV), False (2), None (not said).
    """

    commune: str
    qpv_2024: str | None = None
    qpv_2015: str | None = None
    qpv_flag: bool | None = None
    longitude: float | None = None
    latitude: float | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a dwelling is, as it is sent. `commune` is today's code, after mergers and renamings.

    `remark` is a code of what a clerk should look at (empty: nothing), for instance `commune_far_from_point`.
    """

    commune: str
    qpv_2024: str | None
    qpv_2015: str | None
    qpv_status: QpvStatus
    method: Method
    quality: Quality
    remark: str = ""


class Locator(Protocol):
    """Decides where a dwelling is: the same decision for moves and for stock, for one and for many."""

    def locate(self, place: Whereabouts, on: date) -> Location:
        """Return the location; `on` is the day of which the extract's commune codes are."""
        ...

    def locate_all(self, places: Sequence[Whereabouts], on: date) -> list[Location]:
        """Return the location of each place, as `locate` would: much faster for many."""
        ...
