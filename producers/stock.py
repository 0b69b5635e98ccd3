"""A landlord's dwellings, counted by place and rooms: the denominators. No list of dwellings leaves.

Invariant: each dwelling is in exactly one of the columns of one cell, and the running tenancies of a cell add up to
its let dwellings. The place is decided by the same locator as a move's.
"""

from collections import Counter
from datetime import date
from typing import Any, Literal

from producers.errors import LandlordError
from producers.events import Registered, registered
from producers.extract.records import DwellingRecord
from producers.journal import Journal
from producers.keys import months_later
from producers.location.place import Location
from producers.messages import MAX_BYTES
from schemas.events.models import STOCK

Scope = Literal["whole_stock", "qpv_only"]
_Place = tuple[str, str | None, str | None, str, str]
_OFF_MARKET = {
    "works": "out_of_market_works",
    "demolition": "out_of_market_demolition",
    "sale": "out_of_market_sale",
}
_SHORT, _LONG = "on_offer_vacant_up_to_3_months", "on_offer_vacant_over_3_months"
_FIRST = "first_let_within_12_months"


class StockCount:
    """Counts dwellings as they are read; `stock_on` is the date of the extract."""

    def __init__(self, stock_on: date) -> None:
        self._stock_on = stock_on
        self._long_since, self._first_since = months_later(stock_on, -3), months_later(stock_on, -12)
        self._cells: dict[_Place, Counter[str]] = {}
        self._started: dict[_Place, Counter[str]] = {}

    def add(self, record: DwellingRecord, location: Location) -> None:
        """Count a dwelling."""
        place = (location.commune, location.qpv_2024, location.qpv_2015, location.qpv_status, record.rooms)
        cell = self._cells.setdefault(place, Counter())
        if record.mode == "let":
            cell["let"] += 1
            start = record.tenancy_started_on
            self._started.setdefault(place, Counter())[str(start.year) if start else "unknown"] += 1
        elif record.mode == "vacant":
            since = record.vacant_since or record.last_departure_on
            cell[_LONG if since and since < self._long_since else _SHORT] += 1
        else:
            cell[_OFF_MARKET[record.mode]] += 1
        if record.mode in ("let", "vacant") and record.first_let_on and record.first_let_on > self._first_since:
            cell[_FIRST] += 1

    @property
    def dwellings(self) -> int:
        """How many dwellings were counted."""
        return sum(cell.total() - cell[_FIRST] for cell in self._cells.values())

    def data(self, scope: Scope) -> dict[str, Any]:
        """Return the `data` of the stock, but its revision; for `qpv_only`, the dwellings in a QPV of 2024 alone."""
        cells = []
        for place in sorted(self._cells, key=lambda one: tuple(part or "" for part in one)):
            commune, qpv_2024, qpv_2015, status, rooms = place
            if scope == "qpv_only" and status != "inside":
                continue
            cell: dict[str, Any] = {"commune": commune, "qpv_status": status, "rooms": rooms}
            cell |= {name: code for name, code in (("qpv_2024", qpv_2024), ("qpv_2015", qpv_2015)) if code}
            cell |= {"let": 0} | dict(sorted(self._cells[place].items()))
            if started := self._started.get(place):
                cell["tenancies_by_start_year"] = dict(sorted(started.items()))
            cells.append(cell)
        return {"stock_on": self._stock_on.isoformat(), "scope": scope, "cells": cells}


def stock_event(data: dict[str, Any], siren: str, extracted: int, journal: Journal) -> Registered:
    """Return the stock's event; its revision is written down.

    Raises LandlordError if it has no dwelling, or does not fit in a message.
    """
    if not data["cells"]:
        raise LandlordError("aucun logement n'est dans le champ déclaré : le parc n'a rien à dire.")
    made = registered(f"stock {data['stock_on']}", STOCK, f"stock-{data['stock_on']}", data, siren, extracted, journal)
    if len(made.payload) > MAX_BYTES:
        raise LandlordError(
            f"le parc compte {len(data['cells'])} lignes (commune, quartier, typologie), trop pour un message : "
            "appelez l'observatoire."
        )
    return made
