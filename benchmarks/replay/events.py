"""A landlord's history sent again: batches of 500 events, in order of time, over Occitanie's real QPVs and communes.

97 % new moves, 2 % corrections, 0.9 % exact repeats, 0.1 % unreadable: every path of the worker is taken.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from producers.region.geography import read_geography
from producers.region.landlords import roster
from schemas.codes import code_list

START, DAYS = date(2021, 1, 1), 1_800
PER_MESSAGE = 500
_TEMPLATE = (
    '{"specversion":"1.0","id":"%s","source":"urn:siren:%s","type":"fr.data-quartiers.tenancy.move-%s.v1",'
    '"time":"%sT06:00:00Z","datacontenttype":"application/json","data":{"move_id":"%s","revision":%d,'
    '"status":"effective","effective_on":"%s","date_precision":"day","notice_received_on":"%s","dwelling":"%s",'
    '"commune":"%s",%s"location_method":"address","location_quality":"certain","rooms":"%s","financing":"%s",'
    '"reason":"%s","place":"%s","tenancy_started_on":"%s","household_type":"couple_enf","household_size":"3-4",'
    '"holder_age":"40-49"}}'
)
_UNREADABLE = '{"specversion":"1.0","id":"broken","type":"fr.data-quartiers.tenancy.move-out.v1","data":{}}'


def _places(departements: tuple[str, ...]) -> tuple[list[tuple[str, str]], list[float]]:
    """Return (commune, QPV fields) and their weights where a landlord lets."""
    geography = read_geography()
    places: list[tuple[str, str]] = []
    weights: list[float] = []
    for quartier in geography.quartiers:
        if not departements or quartier.departement in departements:
            new = f'"qpv_2024":"{quartier.code_2024}",' if quartier.code_2024 else ""
            old = f'"qpv_2015":"{quartier.codes_2015[0][0]}",' if quartier.codes_2015 else ""
            places.append((quartier.communes[0], new + old))
            weights.append(quartier.dwellings)
    outside = 2.5 * sum(weights)
    towns = [town for town in geography.towns if not departements or town.departement in departements]
    scale = outside / sum(town.weight for town in towns)
    places += [(town.code, "") for town in towns]
    weights += [town.weight * scale for town in towns]
    return places, weights


def history(total: int, seed: int = 2026) -> Iterator[tuple[str, bytes]]:
    """Yield (SIREN, message) until `total` events are made; the landlords take turns."""
    landlords = roster()
    each = total // len(landlords) + 1
    writers = [_landlord(one.siren, one.departements, each, seed + n) for n, one in enumerate(landlords)]
    made = 0
    while writers and made < total:
        for writer in list(writers):
            found = next(writer, None)
            if found is None:
                writers.remove(writer)
                continue
            siren, events = found
            events = events[: total - made]
            if events:
                made += len(events)
                yield siren, ("[" + ",".join(events) + "]").encode()


def _landlord(siren: str, departements: tuple[str, ...], total: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    rng = random.Random(seed)
    places, weights = _places(departements)
    reasons = {
        "out": [code for code, row in code_list("departure_reason").items() if row.nature_class == "ordinary"],
        "in": [code for code, row in code_list("arrival_nature").items() if row.nature_class == "ordinary"],
    }
    where = rng.choices(range(len(places)), weights, k=total)
    sent: list[str] = []
    events: list[str] = []
    for number in range(total):
        draw = rng.random()
        if draw < 0.001:
            event = _UNREADABLE
        elif draw < 0.01 and sent:
            event = rng.choice(sent)
        elif draw < 0.03 and sent:
            event = rng.choice(sent).replace('"revision":1,', '"revision":2,').replace('"rooms":"T3"', '"rooms":"T4"')
        else:
            event = _move(rng, siren, places[where[number]], START + timedelta(days=number * DAYS // total), reasons)
            if number % 50 == 0:
                sent.append(event)
        events.append(event)
        if len(events) == PER_MESSAGE:
            yield siren, events
            events = []
    if events:
        yield siren, events


def _move(rng: random.Random, siren: str, place: tuple[str, str], day: date, reasons: dict[str, list[str]]) -> str:
    direction = "out" if rng.random() < 0.5 else "in"
    move_id, dwelling = UUID(int=rng.getrandbits(128)), UUID(int=rng.getrandbits(128))
    on = day.isoformat()
    return _TEMPLATE % (
        *(move_id, siren, direction, on, move_id, 1, on, (day - timedelta(days=60)).isoformat(), dwelling),
        *place,
        rng.choice(("T1", "T2", "T3", "T3", "T4", "T5")),
        rng.choice(("PLAI", "PLUS", "PLUS", "PLS")),
        rng.choice(reasons[direction]),
        rng.choice(("same_commune", "same_epci", "unknown")),
        f"{rng.randint(1990, 2020)}-{rng.randint(1, 12):02d}",
    )
