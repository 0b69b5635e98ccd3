"""Where dwellings are, many at once: one decision for moves and for stock, for one dwelling and for a million."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from producers.location.decision import Evidence, LocatingRules, Seen
from producers.location.geocoding import AddressService, Found, Geocoder, Query
from producers.location.lineage import QpvRegister
from producers.location.official_list import ListedQpv
from producers.location.perimeter_map import PerimeterMap
from producers.location.perimeters import Perimeter
from producers.location.place import Location, Quality, Whereabouts
from producers.location.points import Surroundings
from producers.location.remarks import OUTSIDE_REGION, UNKNOWN_COMMUNE
from producers.location.store import PerimeterStore
from producers.workspace import Workspace
from schemas.territories import Territories
from schemas.territories.models import GENERATIONS

NO_EVIDENCE = Evidence("unknown", "unknown", {}, ())


class OfficialLocator:
    """Locates dwellings by the tables and the official perimeters. Pure, but for `geocoder`, which asks a service.

    `perimeters` are those of each imported generation; a code that `territories` does not know is not used, since
    the server would refuse it.
    """

    def __init__(
        self,
        territories: Territories,
        perimeters: Mapping[int, Sequence[Perimeter]],
        listed: Iterable[ListedQpv] = (),
        geocoder: Geocoder | None = None,
    ) -> None:
        self._territories = territories
        drawn_there = chain.from_iterable(perimeters.values())
        self._register = register = QpvRegister(territories, [*listed, *drawn_there])
        self._surroundings = Surroundings(territories)
        self._geocoder = geocoder
        self._maps = {
            generation: PerimeterMap(one for one in perimeters.get(generation, ()) if one.code in register.communes_of)
            for generation in GENERATIONS
        }
        undrawn = {
            generation: register.undrawn(generation, frozenset(self._maps[generation].codes))
            for generation in GENERATIONS
        }
        drawn = frozenset(generation for generation in GENERATIONS if self._maps[generation].codes)
        self._rules = LocatingRules(register, undrawn, drawn)

    def locate(self, place: Whereabouts, on: date) -> Location:
        """Return the location; `on` is the day of which the extract's commune codes are."""
        return self.locate_all([place], on)[0]

    def locate_all(self, places: Sequence[Whereabouts], on: date) -> list[Location]:
        """Return the location of each place. Raises GeocodingError if a configured service fails."""
        now = {code: self._territories.commune_at(code, on) for code in {place.commune for place in places}}
        communes = [now[place.commune] for place in places]
        return [
            self._nowhere(place) if commune is None else self._rules.decide(place, commune, on, evidence)
            for place, commune, evidence in zip(places, communes, self._evidence(places, communes, on), strict=True)
        ]

    def _nowhere(self, place: Whereabouts) -> Location:
        remark = OUTSIDE_REGION if self._territories.is_elsewhere(place.commune) else UNKNOWN_COMMUNE
        return Location(place.commune, None, None, "unknown", "unknown", "unknown", remark)

    def _evidence(self, places: Sequence[Whereabouts], communes: Sequence[str | None], on: date) -> Iterator[Evidence]:
        """Yield what the address or the coordinates of each place tell."""
        addresses = self._addresses(places, communes)
        points = self._surroundings.points(places, addresses)
        maps = [
            (generation, perimeter_map.codes, sightings.area.tolist(), sightings.doubtful.tolist())
            for generation, perimeter_map in self._maps.items()
            for sightings in [perimeter_map.find(points.x, points.y)]
        ]
        astray = self._surroundings.far(communes, points.x, points.y).tolist()
        for index, commune in enumerate(communes):
            method = points.method[index]
            if commune is None or method is None:
                yield self._no_point(index, addresses, points.unusable(index))
                continue
            seen = {
                generation: Seen(codes[area[index]] if area[index] >= 0 else None, doubtful[index])
                for generation, codes, area, doubtful in maps
            }
            address = addresses.get(index)
            far = (
                astray[index]
                or (address is not None and self._territories.commune_at(address.commune, on) != commune)
                or any(self._is_of_another(commune, one) for one in seen.values())
            )
            quality: Quality = "certain" if points.precise[index] and not far else "uncertain"
            yield Evidence(method, quality, seen, ("commune_far_from_point",) if far else ())

    def _addresses(self, places: Sequence[Whereabouts], communes: Sequence[str | None]) -> dict[int, Found | None]:
        """Return, by index, where the addresses are of places that no code places today: None if not found."""
        if self._geocoder is None:
            return {}
        asked = {
            index: Query(place.address, commune)
            for index, (place, commune) in enumerate(zip(places, communes, strict=True))
            if place.address and commune and not self._has_code(place)
        }
        return dict(zip(asked, self._geocoder.find(list(asked.values())), strict=True)) if asked else {}

    def _has_code(self, place: Whereabouts) -> bool:
        return self._register.knows(place.qpv_2024 or "", 2024) or self._register.twin(place.qpv_2015) is not None

    def _is_of_another(self, commune: str, seen: Seen) -> bool:
        return seen.code is not None and not seen.doubtful and commune not in self._register.communes_of[seen.code]

    @staticmethod
    def _no_point(index: int, addresses: Mapping[int, Found | None], unusable: str) -> Evidence:
        missed = index in addresses and addresses[index] is None
        remarks = [remark for remark in (unusable, "address_not_found" if missed else "") if remark]
        return NO_EVIDENCE._replace(remarks=tuple(remarks)) if remarks else NO_EVIDENCE


def open_locator(workspace: Workspace, territories: Territories, *, offline: bool = False) -> OfficialLocator:
    """Return the locator of a landlord's folder, with the perimeters and the geocoding service it has, if any.

    `offline`: without the service, so that no address leaves. Raises LandlordError if what is there is damaged.
    """
    store = PerimeterStore(workspace.perimeters)
    stored = {generation: store.read(generation) for generation in GENERATIONS}
    listed = store.read_list()
    return OfficialLocator(
        territories,
        {generation: one.perimeters for generation, one in stored.items() if one},
        listed[1] if listed else (),
        None if offline else AddressService.read(workspace.geocoding),
    )
