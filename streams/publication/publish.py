"""Make the vintage of a month: read, decide, write once, never again.

Invariant: a vintage holds the windows that end with its month, and what it hides is hidden with regard to all vintages
before it. Vintages follow month by month; the first is the only one that can be any month.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import psycopg

from schemas.secrecy import Rules
from streams.publication import memory
from streams.publication.base import (
    FAMILIES,
    FROZEN,
    KEPT,
    MEASURES,
    Places,
    by_atom,
    first_day,
    freeze,
    number,
    read_moves,
    read_places,
)
from streams.publication.closed import closed, read_letting, read_undeclared
from streams.publication.divisions import DECEMBER, divide, year_of
from streams.publication.loss import lost
from streams.publication.rounding import phases, rounded
from streams.secrecy.lattice import Bools, Ints
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import WINDOWS, Shown, advance, start
from streams.secrecy.tables import TableLimits

# Publishers take their turn: two never make one vintage.
TURN = 7_240_013
_WINDOWS = """
SELECT territory_id, part, window_months, months, all_dwellings, dwellings
FROM core.observed_window WHERE month = %s
"""
_NAMED = """
INSERT INTO published.territory (territory_id, level, code, name, departement, longitude, latitude)
SELECT territory_id, level, code, name, departement, longitude, latitude FROM core.territory
ON CONFLICT (territory_id) DO UPDATE SET name = excluded.name, departement = excluded.departement,
    longitude = excluded.longitude, latitude = excluded.latitude
WHERE (territory.name, territory.departement, territory.longitude, territory.latitude)
    IS DISTINCT FROM (excluded.name, excluded.departement, excluded.longitude, excluded.latitude)
"""
_FIGURES = """
COPY published.figure (vintage, territory_id, part, window_months, month, measure, value, status) FROM STDIN
"""
DWELLINGS = "dwellings"


class PublicationError(ValueError):
    """A vintage cannot be made; the message, in French, says why and what to do."""


@dataclass(frozen=True)
class Vintage:
    """A vintage as made: its month, its mode, what was held back by measure, level and window."""

    month: date
    mode: str
    loss: Mapping[str, Any]
    figures: int


class Covered(NamedTuple):
    """What is known of a window beside its moves."""

    status: str
    all_dwellings: int
    dwellings: int


@dataclass(frozen=True)
class _Read:
    """What the database said, before anything is decided."""

    month: int
    first: int
    places: Places
    landlords: Sequence[str]
    moves: Mapping[str, Ints]
    patterns: Mapping[str, Any]
    covered: Mapping[tuple[int, str, int], Covered]
    closed: Bools
    undeclared: Bools
    key: bytes


def last_vintage(connection: psycopg.Connection[Any]) -> date | None:
    """Return the month of the newest vintage."""
    found: date | None = connection.execute("SELECT max(vintage) FROM published.vintage").fetchall()[0][0]
    return found


def last_mode(connection: psycopg.Connection[Any]) -> str | None:
    """Return the mode of the newest vintage."""
    found = connection.execute("SELECT mode FROM published.vintage ORDER BY vintage DESC LIMIT 1").fetchall()
    return str(found[0][0]) if found else None


def mode_of(rules: Rules) -> str:
    """Return the mode that rules ask for, as vintages name it."""
    return "rounding" if rules.publication.mode == "arrondi" else "suppression"


def publish(connection: psycopg.Connection[Any], rules: Rules, month: date) -> Vintage:
    """Make the vintage of a month and return it. Takes seconds, of which none in a transaction.

    Raises PublicationError if it exists, or is not the month after the last one, or the mode is another than so far, or
    another publisher is at it.
    """
    with connection.transaction():
        held = connection.execute("SELECT pg_try_advisory_lock(%s)", (TURN,)).fetchall()[0][0]
    if not held:
        raise PublicationError("Une autre publication est en cours : attendez qu'elle finisse.")
    try:
        with connection.transaction():
            read = _read(connection, rules, month.replace(day=1))
        rows, patterns, loss = _decide(read, rules)
        mode = mode_of(rules)
        with connection.transaction():
            _write(connection, rules, read, mode, rows, patterns, loss)
        return Vintage(first_day(read.month), mode, loss, len(rows))
    finally:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_unlock(%s)", (TURN,))


def _read(connection: psycopg.Connection[Any], rules: Rules, month: date) -> _Read:
    last = last_vintage(connection)
    if last is not None and number(month) != number(last) + 1:
        raise PublicationError(
            f"Le dernier millésime est celui de {last:%m/%Y} : le suivant est celui de "
            f"{first_day(number(last) + 1):%m/%Y}, pas de {month:%m/%Y}."
        )
    wanted = number(month)
    if (before := last_mode(connection)) not in {None, mode_of(rules)}:
        raise PublicationError(
            "Les millésimes se suivent dans un seul mode : des comptes arrondis diraient ce qui a été masqué, "
            f"et l'inverse. Remettez `mode` comme il était ({'arrondi' if before == 'rounding' else 'suppression'})."
        )
    stored = dict(
        connection.execute("SELECT measure, pattern FROM core.published_pattern WHERE vintage = %s", (last,)).fetchall()
    )
    begun: date | None = connection.execute("SELECT min(month) FROM core.published_base").fetchall()[0][0]
    first = number(begun) if last is not None and begun is not None else wanted - MONTHS + 1
    freeze(connection, first, wanted)
    landlords = [one for (one,) in connection.execute("SELECT siren FROM core.landlord ORDER BY 1").fetchall()]
    known = connection.execute("SELECT DISTINCT landlord FROM core.published_base").fetchall()
    landlords += sorted({one for (one,) in known} - set(landlords))
    moves = read_moves(connection, FROZEN, first, wanted)
    places = read_places(connection, moves)
    if not places.keys:
        raise PublicationError("Aucun lieu n'est connu : rien n'a encore été reçu.")
    connection.execute(
        "INSERT INTO core.published_key (key) VALUES (%s) ON CONFLICT DO NOTHING", (secrets.token_bytes(32),)
    )
    key = bytes(connection.execute("SELECT key FROM core.published_key").fetchall()[0][0])
    counted = by_atom(moves, places, landlords, first, wanted, KEPT)
    covered = read_covered(connection, month)
    undeclared = read_undeclared(connection, places, first, wanted)
    empty = closed(places, landlords, read_letting(connection, moves))
    return _Read(wanted, first, places, landlords, counted, stored, covered, empty, undeclared, key)


def read_covered(connection: psycopg.Connection[Any], month: date) -> dict[tuple[int, str, int], Covered]:
    """Return, by territory, part and window that ends with a month, its status and dwellings."""
    rule = "SELECT least_completeness, through FROM core.staff_rule CROSS JOIN core.settled"
    least, settled = connection.execute(rule).fetchall()[0]
    found = {}
    for territory, part, window, months, all_dwellings, dwellings in connection.execute(_WINDOWS, (month,)):
        if all_dwellings == 0:
            status = "not_covered"
        elif months < window or dwellings == 0:
            status = "no_data"
        else:
            status = "provisional" if dwellings < least * all_dwellings or month > settled else "value"
        found[territory, part, window] = Covered(status, round(all_dwellings), round(dwellings))
    return found


def _decide(read: _Read, rules: Rules) -> tuple[list[tuple[Any, ...]], dict[str, Any], dict[str, Any]]:
    """Return the rows of `published.figure`, the patterns to keep and what is lost."""
    lattice = read.places.lattice
    keys = list(zip(lattice.territory, lattice.parts, strict=True))
    nothing = Covered("no_data", 0, 0)
    peopled = np.array(
        [
            read.covered.get((territory, part, MONTHS), nothing).dwellings >= rules.population.logements_minimum
            for territory, part in keys
        ]
    )
    patterns, loss = {}, {}
    whole: dict[str, Bools] = {}
    rows: list[tuple[Any, ...]] = []
    for measure in MEASURES:
        counts = Counts.of(read.first, read.moves[measure], read.closed)
        month = Month(read.month, counts, peopled, consents(read.landlords, rules), read.undeclared)
        if rules.publication.mode == "arrondi":
            shown, values = _rounded(read, rules, measure, peopled)
        else:
            pattern, shown = decide(read, rules, measure, month)
            patterns[measure] = memory.written(pattern, read.places, read.landlords)
            values = {window: month.of(lattice, window)[0] for window in WINDOWS}
        loss[measure] = lost(lattice, shown, {window: month.of(lattice, window)[0] for window in WINDOWS}, values)
        rows += _rows(read, keys, measure, shown, values)
        whole[measure] = shown.shown[MONTHS] & peopled
    if read.month % MONTHS == DECEMBER and rules.publication.mode == "suppression":
        divided, held_back = _divided(read, rules, keys, whole)
        rows, loss = [*rows, *divided], {**loss, **held_back}
    for (territory, part, window), one in read.covered.items():
        enough = one.dwellings >= rules.population.logements_minimum
        told = one.status if enough or one.status not in {"value", "provisional"} else "secret"
        value = one.dwellings if told in {"value", "provisional"} else None
        rows.append((territory, part, window, DWELLINGS, value, told))
    return rows, patterns, loss


def _divided(
    read: _Read, rules: Rules, keys: Sequence[tuple[int, str]], whole: Mapping[str, Bools]
) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """Return the rows of how moves divide over the year that ends, and what is lost of it.

    `whole`: by measure, the figures of which the year's total is shown.
    """
    lattice = read.places.lattice
    limits = TableLimits(rules.publication.seuil, rules.publication.largeur_protegee, rules.dominance.part_maximale)
    rows: list[tuple[Any, ...]] = []
    loss = {}
    for one in divide(lattice, read.moves, consents(read.landlords, rules), whole, limits, FAMILIES):
        reason = ["" if seen else "complement" for seen in one.shown]
        shown = Shown({MONTHS: one.shown}, {MONTHS: reason})
        total = {MONTHS: lattice.members @ year_of(read.moves, one.total)[0]}
        loss[one.name] = lost(lattice, shown, total, total)
        for measure in one.measures:
            values = {MONTHS: lattice.members @ year_of(read.moves, measure)[0]}
            rows += _rows(read, keys, measure, shown, values)
    return rows, loss


def consents(landlords: Sequence[str], rules: Rules) -> Bools:
    """Return by view whether that landlord agreed to be recognised; view 0 is everybody's."""
    return np.array([True, *(rules.dominance.consents(one) for one in landlords)])


def limits_of(rules: Rules) -> Limits:
    """Return what the engine needs of the rules of publication."""
    return Limits(
        threshold=rules.publication.seuil,
        protection=rules.publication.largeur_protegee,
        entry=rules.publication.marge_d_entree,
        dominance=rules.dominance.part_maximale,
        insiders=False,
    )


def decide(read: _Read, rules: Rules, measure: str, month: Month) -> tuple[Any, Shown]:
    """Return the pattern of a measure after this month, and what is shown of it."""
    lattice, limits = read.places.lattice, limits_of(rules)
    if measure not in read.patterns:
        return start(lattice, month, limits)
    return advance(lattice, month, limits, memory.read_back(read.patterns[measure], read.places, read.landlords))


def _rounded(read: _Read, rules: Rules, measure: str, peopled: Bools) -> tuple[Shown, dict[int, Ints]]:
    """Return the mode in which all but what too few dwellings make is shown, rounded."""
    lattice, base = read.places.lattice, rules.publication.base_d_arrondi
    names = [""] * lattice.atoms
    for key, atom in reversed(list(zip(read.places.keys, lattice.atom_of.tolist(), strict=True))):
        names[atom] = f"{measure} {key[0]} {key[1]}"
    moves = Counts.of(read.first, rounded(read.moves[measure][0], phases(read.key, names, base), base)[None])
    month = Month(read.month, moves, peopled, np.ones(1, dtype=bool))
    reason = ["" if enough else "population" for enough in peopled]
    shown = Shown(dict.fromkeys(WINDOWS, peopled), dict.fromkeys(WINDOWS, reason))
    return shown, {window: month.of(lattice, window)[0] for window in WINDOWS}


def _rows(
    read: _Read, keys: Sequence[tuple[int, str]], measure: str, shown: Shown, values: Mapping[int, Ints]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a measure. `hors_qpv` and `non_localise` are told over 12 months only."""
    lattice, known = read.places.lattice, set(keys)
    for window in shown.shown:
        for index, (territory, part) in enumerate(keys):
            if window != MONTHS and not lattice.short[index]:
                continue
            covered = read.covered.get((territory, part, window))
            status = covered.status if covered else "no_data"
            if status in {"value", "provisional"} and not shown.shown[window][index]:
                status = "secret"
            value = int(values[window][index]) if status in {"value", "provisional"} else None
            yield territory, part, window, measure, value, status
    for (territory, part, window), covered in read.covered.items():
        if window in shown.shown and (territory, part) not in known and covered.status in {"not_covered", "no_data"}:
            yield territory, part, window, measure, None, covered.status


def _write(
    connection: psycopg.Connection[Any],
    rules: Rules,
    read: _Read,
    mode: str,
    rows: Sequence[tuple[Any, ...]],
    patterns: Mapping[str, Any],
    loss: Mapping[str, Any],
) -> None:
    vintage = first_day(read.month)
    connection.execute(_NAMED)
    connection.execute(
        "INSERT INTO published.vintage (vintage, mode, rules, loss) VALUES (%s, %s, %s, %s)",
        (vintage, mode, rules.model_dump_json(), json.dumps(loss)),
    )
    copying = (
        "COPY published.figure (vintage, territory_id, part, window_months, month, measure, value, status) FROM STDIN"
    )
    with connection.cursor().copy(copying) as copy:
        for territory, part, window, measure, value, status in rows:
            copy.write_row((vintage, territory, part, window, vintage, measure, value, status))
    for measure, pattern in patterns.items():
        connection.execute(
            "INSERT INTO core.published_pattern (vintage, measure, pattern) VALUES (%s, %s, %s)",
            (vintage, measure, json.dumps(pattern)),
        )
