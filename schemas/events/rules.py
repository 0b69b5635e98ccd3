"""What a well-formed event must also satisfy: known codes, known places, possible dates, no personal field.

The landlord's tool and the worker apply the same rules. `received_on` is the day the message reached the
broker, so that a replay of a topic decides as the first reading did.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from schemas.codes import code_list, known_code
from schemas.events.horizon import DefaultHorizon, Horizon
from schemas.events.lineage import Lineage, NoMerger
from schemas.events.models import (
    COUNTS,
    DECLARATION,
    STOCK,
    ControlTotal,
    CountCell,
    Counts,
    Declaration,
    Move,
    Stock,
    StockCell,
)
from schemas.events.places import place_of
from schemas.events.privacy import forbidden_path
from schemas.events.reading import Problem
from schemas.territories import Territories

EFFECTIVE_AHEAD = timedelta(days=14)
ANNOUNCED_AHEAD = timedelta(days=366)
EARLIEST = date(1900, 1, 1)

_ENVELOPE_FIELDS = frozenset({"specversion", "id", "source", "type", "time", "datacontenttype", "data"})
_FIELDS = {
    "move": frozenset(Move.model_fields),
    "stock": frozenset(Stock.model_fields),
    "declaration": frozenset(Declaration.model_fields),
    "counts": frozenset(Counts.model_fields),
}
_CELL_FIELDS = frozenset(StockCell.model_fields)
_COUNT_FIELDS = frozenset(CountCell.model_fields)
_TOTAL_FIELDS = frozenset(ControlTotal.model_fields)
MOVE_DEFAULTS = {name: field.default for name, field in Move.model_fields.items() if not field.is_required()}
_OPTIONAL_CODES = ("financing", "household_type", "household_size", "holder_age")
_codes_of = itemgetter("reason", "place", *_OPTIONAL_CODES)
_REMEMBERED = 50_000


def _coded_fields(reasons: str) -> list[tuple[str, str, frozenset[str | None]]]:
    """Return (field, code list, what it may hold): None too, where a field may be left out."""
    always = [
        ("reason", reasons, frozenset(code_list(reasons))),
        ("place", "place_class", frozenset(code_list("place_class"))),
    ]
    return [*always, *((name, name, frozenset({None, *code_list(name)})) for name in _OPTIONAL_CODES)]


_CODED = {"out": _coded_fields("departure_reason"), "in": _coded_fields("arrival_nature")}


_KINDS = {STOCK: "stock", DECLARATION: "declaration", COUNTS: "counts"}


def kind_of(event_type: str) -> str:
    """Return `move`, `stock`, `declaration` or `counts`."""
    return _KINDS.get(event_type, "move")


def direction_of(event_type: str) -> str:
    """Return `out` or `in` for a move's event type."""
    return "out" if event_type == "fr.data-quartiers.tenancy.move-out.v1" else "in"


@dataclass(frozen=True)
class Rules:
    """The rules, given the territories that are known."""

    territories: Territories
    lineage: Lineage = field(default_factory=NoMerger)
    horizon: Horizon = field(default_factory=DefaultHorizon)
    _good: set[tuple[str | None, ...]] = field(default_factory=set, repr=False, compare=False)

    def check(self, event: dict[str, Any], landlord: str, received_on: date) -> Problem | None:
        """Return why the event is refused, None if it is not. Completes a move's data with the defaults.

        `landlord` is the SIREN of the topic. A code that only a newer list knows is kept, and counted as `autre`.
        """
        if event["source"] != f"urn:siren:{landlord}":
            return Problem(
                "wrong_source",
                "/source",
                f"la source doit être urn:siren:{landlord}, titulaire de ce sujet Kafka",
            )
        kind, data = kind_of(event["type"]), event["data"]
        if not (event.keys() <= _ENVELOPE_FIELDS and data.keys() <= _FIELDS[kind]) and (
            problem := _personal(event, "", _ENVELOPE_FIELDS) or _personal(data, "/data", _FIELDS[kind])
        ):
            return problem
        if kind == "move":
            event["data"] = data = MOVE_DEFAULTS | data
            return self._check_move(data, direction_of(event["type"]), landlord, received_on) or (
                self._check_former(data, landlord) if data["former_move_id"] or data["former_landlord"] else None
            )
        if kind == "stock":
            return self._check_stock(data, received_on)
        if kind == "counts":
            return self._check_counts(data, landlord, received_on)
        return _check_declaration(data, received_on)

    def _check_move(self, data: dict[str, Any], direction: str, landlord: str, received_on: date) -> Problem | None:
        status = data["status"]
        if (status == "cancelled") != (data["cancel_reason"] is not None):
            return Problem(
                "invalid_field",
                "/data/cancel_reason",
                "cancel_reason accompagne le statut cancelled, et lui seul",
            )
        if status != "cancelled":
            ahead = EFFECTIVE_AHEAD if status == "effective" else ANNOUNCED_AHEAD
            if problem := _too_far(data["effective_on"], received_on, ahead, "/data/effective_on"):
                return problem
        if data["effective_on"] < EARLIEST:
            return Problem("invalid_field", "/data/effective_on", "date antérieure à 1900")
        first = self.horizon.first_day(landlord, received_on)
        if data["effective_on"] < first:
            return _too_old(data["effective_on"], first, "/data/effective_on")
        return self._check_known(data, direction)

    def _check_former(self, data: dict[str, Any], landlord: str) -> Problem | None:
        """Refuse an earlier identity that is none, or another landlord's that this one did not take over."""
        former = data["former_move_id"]
        predecessor = data["former_landlord"] or landlord
        if former is None:
            return Problem("invalid_field", "/data/former_landlord", "former_landlord accompagne former_move_id")
        if predecessor == landlord:
            same = former == data["move_id"]
            text = "un mouvement ne se remplace pas lui-même"
            return Problem("invalid_field", "/data/former_move_id", text) if same else None
        merger = self.lineage.merger(predecessor, landlord)
        if merger is None:
            text = f"aucune reprise de {predecessor} par {landlord} n'est enregistrée à l'observatoire"
            return Problem("not_successor", "/data/former_landlord", text)
        if data["effective_on"] < merger.earliest:
            text = f"mouvement antérieur au {merger.earliest.isoformat()}, d'avant une reprise plus ancienne"
            return Problem("not_successor", "/data/former_landlord", text)
        return None

    def _check_known(self, data: dict[str, Any], direction: str) -> Problem | None:
        """Check place and codes; a combination once found good is remembered."""
        place = (data["commune"], data["qpv_2024"], data["qpv_2015"], data["qpv_status"])
        if place not in self._good:
            if problem := self._check_place(data, "/data"):
                return problem
            self._remember(place)
        codes = (direction, *_codes_of(data))
        if codes not in self._good:
            problem, all_known = _check_codes(data, direction)
            if problem:
                return problem
            if all_known:
                self._remember(codes)
        return None

    def _remember(self, combination: tuple[str | None, ...]) -> None:
        if len(self._good) < _REMEMBERED:
            self._good.add(combination)

    def is_elsewhere(self, commune: str) -> bool:
        """Return whether a commune is of another région: what happens there is no error, and out of scope."""
        return commune not in self.territories.communes and self.territories.is_elsewhere(commune)

    def _check_place(self, data: dict[str, Any], at: str) -> Problem | None:
        known = self.territories
        if data["commune"] not in known.communes and not self.is_elsewhere(data["commune"]):
            return Problem("unknown_commune", f"{at}/commune", _unknown_commune(known, data["commune"]))
        for name in ("qpv_2024", "qpv_2015"):
            code = data.get(name)
            if code is not None and code not in known.qpvs:
                return Problem("unknown_qpv", f"{at}/{name}", f"quartier prioritaire inconnu : {code}")
        status = data.get("qpv_status")
        if data.get("qpv_2024") is not None and status not in (None, "inside"):
            return Problem(
                "invalid_field", f"{at}/qpv_status", f"{status} contredit qpv_2024 : attendu inside, ou rien"
            )
        return None

    def _check_stock(self, data: dict[str, Any], received_on: date) -> Problem | None:
        if problem := _too_far(data["stock_on"], received_on, timedelta(days=0), "/data/stock_on"):
            return problem
        seen = set()
        for index, cell in enumerate(data["cells"]):
            at = f"/data/cells/{index}"
            if not cell.keys() <= _CELL_FIELDS and (problem := _personal(cell, at, _CELL_FIELDS)):
                return problem
            if problem := self._check_place(cell, at):
                return problem
            key = (*place_of(cell), cell.get("rooms", "unknown"))
            if key in seen:
                return Problem("duplicate_cell", at, "deux lignes de stock pour le même lieu et la même typologie")
            seen.add(key)
        return None

    def _check_counts(self, data: dict[str, Any], landlord: str, received_on: date) -> Problem | None:
        first = date.fromisoformat(f"{data['month']}-01")
        if problem := _too_far(first, received_on, EFFECTIVE_AHEAD, "/data/month"):
            return problem
        earliest = self.horizon.first_day(landlord, received_on)
        if first < earliest:
            return _too_old(first, earliest, "/data/month")
        version = data.get("code_list_version", 1)
        seen = set()
        for index, cell in enumerate(data.get("cells", ())):
            at = f"/data/cells/{index}"
            if not cell.keys() <= _COUNT_FIELDS and (problem := _personal(cell, at, _COUNT_FIELDS)):
                return problem
            if problem := self._check_place(cell, at) or _check_counted_reason(cell, at, version):
                return problem
            key = (*place_of(cell), cell["direction"], cell.get("reason", "non_renseigne"))
            if key in seen:
                return Problem("duplicate_cell", at, "deux comptes pour le même lieu, le même sens et le même motif")
            seen.add(key)
        return None


def _check_counted_reason(cell: dict[str, Any], at: str, version: int) -> Problem | None:
    codes = "departure_reason" if cell["direction"] == "out" else "arrival_nature"
    reason = cell.get("reason", "non_renseigne")
    known = code_list(codes).get(reason)
    if known is None and known_code(codes, reason, version) is None:
        return Problem("unknown_code", f"{at}/reason", f"code inconnu de la liste {codes} : {reason}")
    if known is not None and known.nature_class == "out_of_scope":
        return Problem("invalid_field", f"{at}/reason", f"{reason} n'est pas un mouvement : ne le comptez pas")
    return None


def _unknown_commune(known: Territories, code: str) -> str:
    """Say what became of a commune that is not known under `code`."""
    now = known.commune_at(code, EARLIEST)
    if now is None:
        return f"commune inconnue : {code}"
    return f"commune fusionnée, code abandonné : {code} ; écrivez {now} ({known.communes[now].name})"


def _personal(value: dict[str, Any], at: str, known: frozenset[str]) -> Problem | None:
    path = forbidden_path(value, known)
    if path is None:
        return None
    pointer = at + "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in path)
    return Problem("personal_data", pointer, f"donnée personnelle interdite : {path[-1]}")


def _check_declaration(data: dict[str, Any], received_on: date) -> Problem | None:
    through, since = data["complete_through"], data.get("complete_from")
    if problem := _too_far(through, received_on, timedelta(days=0), "/data/complete_through"):
        return problem
    if since is not None and since > through:
        return Problem("invalid_field", "/data/complete_from", "complete_from est après complete_through")
    return _personal_total(data)


def _personal_total(declaration: dict[str, Any]) -> Problem | None:
    for index, total in enumerate(declaration.get("control_totals", ())):
        at = f"/data/control_totals/{index}"
        if not total.keys() <= _TOTAL_FIELDS and (problem := _personal(total, at, _TOTAL_FIELDS)):
            return problem
    return None


def _too_far(day: date, received_on: date, ahead: timedelta, pointer: str) -> Problem | None:
    if day <= received_on + ahead:
        return None
    limit = (received_on + ahead).isoformat()
    return Problem("too_far_ahead", pointer, f"date trop lointaine : {day.isoformat()}, au plus tard {limit}")


def _too_old(day: date, first: date, pointer: str) -> Problem:
    text = f"effet trop ancien : {day.isoformat()}, au plus tôt {first.isoformat()} sauf reprise d'historique"
    return Problem("too_far_back", pointer, text)


def _check_codes(data: dict[str, Any], direction: str) -> tuple[Problem | None, bool]:
    """Refuse unknown codes of known lists; those of a newer list are kept as sent. Return whether all are known."""
    all_known = True
    for name, codes, known in _CODED[direction]:
        code = data[name]
        if code in known:
            continue
        all_known = False
        if known_code(codes, code, data["code_list_version"]) is None:
            return Problem("unknown_code", f"/data/{name}", f"code inconnu de la liste {codes} : {code}"), False
    return None, all_known
