"""The synthetic region, from arguments alone: who lets what, who leaves when, and what is published.

Pure: no clock, no broker, no database; the same arguments give the same bytes in any process.
"""

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from producers.region.calendars import Calendar, make_calendar
from producers.region.declarations import due_declarations
from producers.region.delivery import Outbox, Publication, deliver
from producers.region.disorder import disturb
from producers.region.draws import DAY, Ints, day_number, month_number, stream
from producers.region.dwellings import Dwellings, build_dwellings
from producers.region.geography import read_geography
from producers.region.households import describe
from producers.region.incidents import Incident, plan_incidents
from producers.region.landlords import ABSORBED, ABSORBER, MISCOUNTER, OPTIMIST, REKEYED, SILENT, Landlord, roster
from producers.region.lifecycle import (
    Versions,
    join,
    write_double_entries,
    write_versions,
)
from producers.region.register import ENTERED_TWICE, FIRST_KEY, NEW_ERP, Register, build_register
from producers.region.shocks import shocks_of
from producers.region.stocks import Photo, due_stocks
from producers.region.tenancies import ORDINARY, walk
from producers.region.truth import ContentHash, Truth, TruthMove, tell_truth
from producers.region.wire import Writer

__all__ = ["Publication", "Region", "Truth", "TruthMove", "simulate"]

_NOTICES_AHEAD = 4  # months simulated past the end: their notices are published before it
_DOUBLE_ENTRIES = 0.001
_REKEYED_DAYS = 365


@dataclass(frozen=True)
class Region:
    """A simulated region: its landlords, its labelled incidents, and all that it publishes."""

    landlords: list[Landlord]
    incidents: list[Incident]
    dwellings: Dwellings
    register: Register
    photos: list[Photo]
    senders: list[tuple[Outbox, Writer]]

    def publications(self) -> Iterator[Publication]:
        """Yield every message from `start` to `end` (excluded), by instant; ties by landlord."""
        return heapq.merge(*self.publications_by_landlord().values(), key=lambda one: one.published_at)

    def publications_by_landlord(self) -> dict[str, Iterator[Publication]]:
        """Return each landlord's own messages by instant, keyed by SIREN."""
        return {outbox.landlord.siren: deliver(outbox, writer, self.register) for outbox, writer in self.senders}

    def truth(self, content_hash: ContentHash) -> Truth:
        """Return what a correct ledger holds at the end.

        `content_hash` is given the direction (out, in) and the `data` object of a move (a dict with the keys
        and values of the wire) and decides between two contents under one revision: the greater hash wins.
        """
        return tell_truth(self.senders, content_hash)


def simulate(
    start: date, end: date, seed: int = 2026, scale: float = 1.0, departements: Collection[str] = ()
) -> Region:
    """Simulate the region from `start` to `end` (excluded, both at midnight UTC).

    `scale` multiplies the stock of about 300,000 dwellings; `departements`: those alone, where any are named. Raises
    ValueError unless start < end.
    """
    if start >= end or scale <= 0:
        raise ValueError("start must be before end, and scale above zero")
    landlords = roster()
    incidents = plan_incidents(start, end, landlords, scale)
    dates = {one.kind: (day_number(one.start), day_number(one.end)) for one in incidents}
    first, last = day_number(start), day_number(end)
    never = last + 10_000
    merger = dates.get("merger", (never, never))[0]
    geography = read_geography().within(departements) if departements else read_geography()
    dwellings = build_dwellings(geography, landlords, start=first, end=last, seed=seed, scale=scale)
    shocks = shocks_of(incidents, dwellings, seed, scale)
    moves, photos = walk(dwellings, month_number(start), month_number(end) + _NOTICES_AHEAD, seed, shocks)
    register = build_register(moves, dwellings, describe(moves, dwellings, seed), landlords, merger=merger, seed=seed)
    doubles = _double_entries(register, seed)
    register = register.extended(doubles, ENTERED_TWICE)
    rekeyed = dates.get("rekeyed_erp", (never, never))[0]
    calendars = [
        make_calendar(
            one,
            number,
            first=first - 120,
            last=last + 400,
            silence=dates.get("silence") if number == SILENT else None,
            stops=merger if number == ABSORBED else never,
        )
        for number, one in enumerate(landlords)
    ]
    # the new ERP knows a year of moves, and all that follow
    known = np.flatnonzero(
        (register.landlord == REKEYED) & (register.key == FIRST_KEY) & (register.effective >= rekeyed - _REKEYED_DAYS)
    )
    register = register.extended(known, NEW_ERP)
    senders = []
    for number, landlord in enumerate(landlords):
        versions = _versions(
            register, landlord, number, calendars[number], opening=first, merger=merger, rekeyed=rekeyed, seed=seed
        )
        inside = (versions.published >= first * DAY) & (versions.published < last * DAY)
        stocks = due_stocks(
            dwellings,
            photos,
            landlord,
            number,
            span=(first, last),
            merger=merger,
            silence=dates.get("silence") if number == SILENT else None,
        )
        declarations = due_declarations(
            landlord,
            calendars[number],
            span=(first, last),
            optimistic=number == OPTIMIST,
            wrong_on=dates["wrong_control_total"][0]
            if number == MISCOUNTER and "wrong_control_total" in dates
            else None,
        )
        outbox = Outbox(landlord, calendars[number], versions.take(np.flatnonzero(inside)), stocks, declarations)
        senders.append((outbox, Writer(register, dwellings, landlords, number, seed)))
    return Region(list(landlords), list(incidents), dwellings, register, photos, senders)


def _double_entries(register: Register, seed: int) -> Ints:
    """Choose the leases that a clerk enters twice."""
    draw = stream(seed, "double entries").random(register.dwelling.size)
    return np.flatnonzero((draw < _DOUBLE_ENTRIES) & (register.origin == ORDINARY) & register.arrival)


def _versions(
    register: Register,
    landlord: Landlord,
    number: int,
    calendar: Calendar,
    *,
    opening: int,
    merger: int,
    rekeyed: int,
    seed: int,
) -> Versions:
    """Return all that one landlord sends about its moves, in order of publication."""
    rng = stream(seed, "lifecycle", landlord.siren)
    own = (register.landlord == number) & (register.key == FIRST_KEY)
    rows = np.flatnonzero(own & ~register.taken_over)
    parts = [write_versions(register, rows, landlord, calendar, rng, opening=opening * DAY)]
    if number == ABSORBER:
        rows = np.flatnonzero(own & register.taken_over)
        parts.append(write_versions(register, rows, landlord, calendar, rng, not_before=(merger + 1) * DAY))
    twice = np.flatnonzero((register.landlord == number) & (register.key == ENTERED_TWICE))
    parts.append(write_double_entries(register, twice, landlord, calendar, rng))
    if number != REKEYED:
        return disturb(register, join(parts), calendar, number, rng)
    rows = np.flatnonzero((register.landlord == number) & (register.key == NEW_ERP))
    parts.append(write_versions(register, rows, landlord, calendar, rng, not_before=rekeyed * DAY))
    versions = disturb(register, join(parts), calendar, number, rng)
    # the old ERP says nothing after the change, not even corrections
    by_new = register.key[versions.row] == NEW_ERP
    return versions.take(np.flatnonzero(by_new | (versions.published < rekeyed * DAY)))
