"""Quarterly photographs of the stock: what each landlord has at a date, by cell.

A photograph is kept as a table of counts by cell (cells x states) and a table by start year, and only
turned into an event when it is published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producers.region.draws import DAY, Bools, Ints, day_of, first_day
from producers.region.dwellings import ROOMS, Dwellings
from producers.region.landlords import ABSORBED, ABSORBER, Landlord
from producers.region.occupancy import Occupancy

FIRST_YEAR = 1955
_YEARS = 100
_STATES = (
    "let",
    "on_offer_vacant_up_to_3_months",
    "on_offer_vacant_over_3_months",
    "first_let_within_12_months",
    "out_of_market_works",
    "out_of_market_demolition",
    "out_of_market_sale",
)
_SALE_NOTICE_DAYS = 95
NOT_LET = np.iinfo(np.int16).min


@dataclass(frozen=True)
class Photo:
    """The stock at day number `day`: counts by cell and state, tenancies by cell and start year.

    By dwelling, what RPLS would know: whether it is let or on offer, and the month (number) in which the present lease
    began, NOT_LET where there is none.
    """

    day: int
    counts: NDArray[np.uint16]
    years: NDArray[np.uint16]
    on_market: Bools
    lease_began: NDArray[np.int16]


def photograph(dwellings: Dwellings, state: Occupancy, day: int, sold: tuple[int, Ints]) -> Photo:
    """Count the dwellings by cell at the morning of `day`."""
    opened = dwellings.opens <= day
    gone = state.gone_from <= day
    on_sale = np.zeros(gone.size, dtype=bool)
    if 0 < first_day(sold[0]) - day <= _SALE_NOTICE_DAYS:
        on_sale[sold[1]] = True
    here = opened & ~gone
    market = here & ~on_sale & ~state.works
    let = market & (state.let_from <= day)
    vacant = market & ~let
    lasting = day - state.vacant_from > 90
    masks = (
        let,
        vacant & ~lasting,
        vacant & lasting,
        let & (dwellings.opens > day - 365),
        here & state.works,
        state.demolished & gone & (state.gone_from > day - 730),
        here & on_sale,
    )
    size = len(dwellings.cells)
    counts = np.stack([np.bincount(dwellings.cell[mask], minlength=size) for mask in masks], axis=1)
    year = np.clip(1970 + state.tenancy[let] // 12 - FIRST_YEAR, 0, _YEARS - 1)
    flat = np.bincount(dwellings.cell[let] * _YEARS + year, minlength=size * _YEARS)
    began = np.where(let, state.tenancy, NOT_LET).astype(np.int16)
    return Photo(day, counts.astype(np.uint16), flat.reshape(size, _YEARS).astype(np.uint16), market, began)


def stock_cells(
    dwellings: Dwellings, photo: Photo, owned: Sequence[int], emptied: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the cells of a stock event: those `owned`, and at zero those `emptied` by a merger."""
    merged: dict[tuple[str, str | None, str | None, int], tuple[Ints, Ints]] = {}
    for number in [*owned, *emptied]:
        cell = dwellings.cells[number]
        factor = 0 if number in emptied else 1
        key = (cell.commune, cell.qpv_2024, cell.qpv_2015, cell.rooms)
        counts = photo.counts[number].astype(np.int64) * factor
        years = photo.years[number].astype(np.int64) * factor
        if key in merged:
            counts, years = counts + merged[key][0], years + merged[key][1]
        merged[key] = (counts, years)
    return [_cell(key, *merged[key]) for key in sorted(merged, key=str)]


def _cell(key: tuple[str, str | None, str | None, int], counts: Ints, years: Ints) -> dict[str, Any]:
    cell: dict[str, Any] = {"commune": key[0], "qpv_2024": key[1], "qpv_2015": key[2], "rooms": ROOMS[key[3]]}
    cell.update(zip(_STATES, counts.tolist(), strict=True))
    running = np.flatnonzero(years)
    cell["tenancies_by_start_year"] = {
        str(FIRST_YEAR + year): count for year, count in zip(running.tolist(), years[running].tolist(), strict=True)
    }
    return cell


@dataclass(frozen=True)
class DueStock:
    """A stock to send at `instant` (seconds): cells `owned`, and at zero the cells `emptied`."""

    instant: int
    photo: Photo
    owned: tuple[int, ...]
    emptied: tuple[int, ...]

    def data(self, dwellings: Dwellings, landlord: Landlord) -> dict[str, Any]:
        """Return the data of the stock event."""
        cells = stock_cells(dwellings, self.photo, self.owned, self.emptied)
        return {
            "stock_on": day_of(self.photo.day).isoformat(),
            "revision": self.instant - 600,
            "scope": landlord.scope,
            "cells": cells,
        }


def _cells_of(dwellings: Dwellings, number: int, qpv_only: bool) -> tuple[int, ...]:
    """Return the cells that a landlord reports on."""
    return tuple(
        index
        for index, cell in enumerate(dwellings.cells)
        if cell.landlord == number and not (qpv_only and cell.qpv_2024 is None and cell.qpv_2015 is None)
    )


def due_stocks(
    dwellings: Dwellings,
    photos: list[Photo],
    landlord: Landlord,
    number: int,
    *,
    span: tuple[int, int],
    merger: int,
    silence: tuple[int, int] | None,
) -> tuple[DueStock, ...]:
    """Return the stocks that the landlord, `number` in the roster, sends between the days of `span`.

    On day `merger` the absorbed landlord sends its last stock, all zeros, and the absorber's holds both;
    what falls within the days of `silence` is sent at their end.
    """
    own = _cells_of(dwellings, number, landlord.scope == "qpv_only")
    taken = _cells_of(dwellings, ABSORBED, qpv_only=False) if number == ABSORBER else ()
    if not own:
        return ()
    due: list[DueStock] = []
    for photo in photos:
        if number == ABSORBED and photo.day > merger:
            break
        leaving = number == ABSORBED and photo.day == merger
        day = max(photo.day, span[0]) + 2 + number % 4
        if silence is not None and silence[0] <= day < silence[1]:
            day = silence[1]
        if day < span[1]:
            instant = day * DAY + 3 * 3600 + 1800 + len(due) % 60
            owned = () if leaving else own + (taken if photo.day >= merger else ())
            due.append(DueStock(instant, photo, owned, own if leaving else ()))
    return tuple(due)
