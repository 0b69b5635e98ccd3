"""Events spoilt at random, from a seed: what an implementation must survive, for tests, benchmarks and integrators.

A mutant of *values* is still JSON, and can stand in a batch beside others; a mutant of *bytes* may be anything.
The same seed gives the same mutants.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from schemas.conformance.events import CELL, TOTAL, Event, declaration, move, stock

Place = tuple[Any, Any]
PER_BATCH = 100
REASONS = ("mutation_interne", "accession", "deces", "emploi", "non_renseigne", "glissement_bail")
ROOMS = ("T1", "T2", "T3", "T4")
PLACES = (("31555", "QN03107M"), ("31555", None), ("09122", None), ("34172", None))
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**53 + 1, 2**63, -(2**63), 10**40, 1e308, "", " ", "0", "null", "é" * 50),
    *("\0", "\ud800", "\u202e31555", "e\u0301", "３１５５５", "٢٠٢٥-02", "2025-02-30", "9999-12-31", "0000-00-00"),
    *([], {}, [[]], [{}], {"": ""}, {"nom": "x"}, ["2025-02-27"], {"$ref": "#"}, "x" * 5_000, list(range(200))),
)
PIECES = (b"", b"\0", b"\xff", b"\xc3", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"-", b"e9", b"NaN")
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252", "utf-7")


def clean(draw: random.Random, number: int) -> Event:
    """Return a good event; one in fifty is a stock or a declaration. `number` makes its move its own."""
    kind = draw.random()
    if kind < 0.01:
        return stock({**CELL, "let": draw.randrange(1_000)}, revision=number)
    if kind < 0.02:
        return declaration(revision=number, control_totals=[TOTAL])
    commune, qpv = draw.choice(PLACES)
    return move(
        number,
        move_id=str(UUID(int=number << 64)),
        dwelling=str(UUID(int=draw.getrandbits(128))),
        effective_on=f"2025-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
        reason=draw.choice(REASONS),
        rooms=draw.choice(ROOMS),
        commune=commune,
        qpv_2024=qpv,
    )


def _places(value: Any) -> list[Place]:
    """Return (container, key) of every place in an event."""
    found: list[Place] = []
    for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(inside, dict | list):
            found += _places(inside)
    return found


def _swapped(event: Event, draw: random.Random) -> str:
    container, key = draw.choice(_places(event))
    container[key] = draw.choice(STRANGE)
    return json.dumps(event)


def _dropped(event: Event, draw: random.Random) -> str:
    container, key = draw.choice(_places(event))
    del container[key]
    return json.dumps(event)


def _renamed(event: Event, draw: random.Random) -> str:
    container = draw.choice([event, event["data"]])
    name = draw.choice(sorted(container))
    container[draw.choice([name.upper(), name + " ", name[:-1], "adresse", "x" * 300])] = container.pop(name)
    return json.dumps(event)


def _added(event: Event, draw: random.Random) -> str:
    draw.choice([event, event["data"]])[draw.choice(["remark", "nom", "NIR", "x", "", "\0"])] = draw.choice(STRANGE)
    return json.dumps(event)


def _doubled(event: Event, draw: random.Random) -> str:
    text = json.dumps(event)
    name = json.dumps(draw.choice(sorted(event["data"])))
    return text.replace(f"{name}: ", f"{name}: {json.dumps(draw.choice(STRANGE))}, {name}: ", 1)


def _nested(event: Event, draw: random.Random) -> str:
    depth = draw.choice((2, 50, 150, 254, 400, 2_000))
    opening, closing = draw.choice((("[", "]"), ('{"a":', "}")))
    container, key = draw.choice(_places(event))
    inside, container[key] = json.dumps(container[key]), "@@"
    return json.dumps(event).replace('"@@"', f"{opening * depth}{inside}{closing * depth}")


def _numbered(event: Event, draw: random.Random) -> str:
    number = draw.choice(("9" * 400, "9" * 5_000, "-0", "1e400", "1E+2", "0.1", "-1e-400", "NaN", "Infinity"))
    return json.dumps(event).replace(f'"revision": {event["data"]["revision"]}', f'"revision": {number}', 1)


def _retyped(event: Event, draw: random.Random) -> str:
    event["type"] = draw.choice(["", "x", event["type"][:-1] + "2", event["type"].upper(), None, 3, "\0", "x" * 9_000])
    return json.dumps(event)


OF_VALUES: tuple[Callable[[Event, random.Random], str], ...] = (
    *(_swapped, _swapped, _dropped, _renamed, _added, _doubled, _nested, _numbered, _retyped),
)


def mutant_of_values(draw: random.Random, number: int) -> bytes:
    """Return a spoilt event that is still JSON by its brackets."""
    return draw.choice(OF_VALUES)(clean(draw, number), draw).encode("utf-8", "surrogatepass")


def mutant_of_bytes(draw: random.Random, number: int) -> bytes:
    """Return the bytes of a good event flipped, cut, put in twice, spoilt by pieces, or in another encoding."""
    text = json.dumps(clean(draw, number))
    raw = text.encode()
    at = draw.randrange(len(raw))
    kind = draw.randrange(6)
    if kind == 0:
        return bytes([*raw[:at], raw[at] ^ (1 << draw.randrange(8)), *raw[at + 1 :]])
    if kind == 1:
        return raw[:at]
    if kind == 2:
        return raw[at:]
    if kind == 3:
        return raw[: at + draw.randrange(60)] + raw[at:]
    if kind == 4:
        return raw[:at] + draw.choice(PIECES) * draw.choice((1, 1, 1, 300)) + raw[at + draw.randrange(12) :]
    return text.replace("essai", "é").encode(draw.choice(ENCODINGS))


def batches(number: int, seed: int, of_bytes: int = 0, size: int = PER_BATCH) -> Iterator[tuple[bytes, int]]:
    """Yield (message, mutants): `number` mutants of values in batches of `size`, then `of_bytes` others alone."""
    draw = random.Random(seed)  # noqa: S311
    for first in range(0, number, size):
        mutants = [mutant_of_values(draw, first + n) for n in range(min(size, number - first))]
        yield b"[" + b",".join(mutants) + b"]", len(mutants)
    for n in range(of_bytes):
        yield mutant_of_bytes(draw, number + n), 1


def clean_batches(number: int, seed: int, size: int = PER_BATCH, first: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield (message, events) of good events: what mutants are to be compared with."""
    draw = random.Random(seed)  # noqa: S311
    for start in range(0, number, size):
        events = [clean(draw, first + start + n) for n in range(min(size, number - start))]
        yield json.dumps(events if size > 1 else events[0]).encode(), len(events)
