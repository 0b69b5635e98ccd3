"""A published vintage written by hand, as the published layer holds it."""

import random
from datetime import date
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from schemas.indicators.measures import MEASURES

VINTAGE = date(2026, 4, 1)
MONTHS = (date(2026, 1, 1), date(2026, 2, 1))
RULES = {"threshold": 11, "minimum_population": 50}
TERRITORIES = (
    (1, "region", "76", "Occitanie"),
    (2, "departement", "31", "Haute-Garonne"),
    (3, "commune", "31555", "Toulouse"),
    (4, "qpv_2024", "QN03107M", 'La Reynerie, dite « la "Dalle" »'),
    (5, "qpv_2015", "QP031007", "Reynerie"),
    (6, "own", "contrat_grand-31", "Contrat de ville"),
    (7, "commune", "31001", "Sans un seul chiffre"),
)
STATUSES = ("value", "value", "value", "provisional", "secret", "not_covered", "no_data")

Row = tuple[date, int, str, int, date, str, int | None, str]


def empty(connection: psycopg.Connection[Any]) -> None:
    """Take away everything that is published."""
    connection.execute("TRUNCATE published.vintage, published.territory, published.figure CASCADE")


def add_vintage(connection: psycopg.Connection[Any], vintage: date = VINTAGE, mode: str = "suppression") -> None:
    """Publish a vintage without a figure, and the territories."""
    connection.execute(
        "INSERT INTO published.vintage (vintage, frozen_at, mode, rules, loss) VALUES (%s, %s, %s, %s, %s)",
        (vintage, f"{vintage.isoformat()}T04:00:00+00", mode, Jsonb(RULES), Jsonb({"secret": 3})),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO published.territory (territory_id, level, code, name) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            TERRITORIES,
        )


def add_figures(connection: psycopg.Connection[Any], rows: list[Row]) -> None:
    """Publish figures."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO published.figure VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", rows)


def drawn(seed: int, vintage: date = VINTAGE) -> list[Row]:
    """Return figures of every kind: each measure has each status somewhere."""
    draw, rows = random.Random(seed), list[Row]()
    for identity, level, _, _ in TERRITORIES[:-1]:
        for part in ("all",) if level.startswith("qpv") else ("all", "qpv", "hors_qpv", "non_localise"):
            for window in (1, 3, 12):
                for month in MONTHS:
                    for measure in MEASURES:
                        status = draw.choice(STATUSES)
                        there = status in ("value", "provisional")
                        value = draw.randrange(4000 if "dwellings" in measure else 400) if there else None
                        rows.append((vintage, identity, part, window, month, measure, value, status))
    return rows


def coherent(seed: int, vintage: date = VINTAGE) -> list[Row]:
    """Return figures as a publisher makes them: a window has one state, in which a measure may be secret."""
    draw, rows = random.Random(seed), list[Row]()
    states: dict[tuple[object, ...], str] = {}
    for row in drawn(seed, vintage):
        state = states.setdefault(row[1:5], draw.choice(("value", "value", "provisional", "not_covered", "no_data")))
        measure = row[5]
        told = state
        if state in ("value", "provisional") and "dwellings" not in measure and draw.random() < 0.1:
            told = "secret"
        value = {"all_dwellings": 4000, "dwellings": 2000 + draw.randrange(2000)}.get(measure, draw.randrange(400))
        rows.append((*row[:6], value if told in ("value", "provisional") else None, told))
    return rows


def figures(vintage: date, identity: int, window: int = 12, part: str = "all", **values: Any) -> list[Row]:
    """Return the figures of one window: a number is a value, a text a status."""
    return [
        (vintage, identity, part, window, MONTHS[-1], measure, *((None, it) if isinstance(it, str) else (it, "value")))
        for measure, it in values.items()
    ]
