"""Four places with a few moves each: a quartier, its commune around it, what is not located there, and elsewhere."""

from typing import Any

import psycopg

from runtime.settings import Settings
from streams.publication.live import show_live
from tests.dashboards.filling import fill
from tests.dashboards.queries import QUARTIER
from tests.streams.stage import Stage, declaration, message, move, stock

QUIET = {"commune": "09122", "qpv_2024": "QN00902M", "qpv_2015": "QP009002"}
AROUND = {"commune": "09122"}
UNLOCATED = {"commune": "09122", "qpv_status": "unknown"}
SECOND = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
VARIABLES = QUARTIER | {"departement": "09", "qpv": "QN00902M", "territoire": "QN00902M"}


def moves_in(place: dict[str, str], direction: str, count: int, first: int) -> list[dict[str, Any]]:
    return [
        move(number=first + number, direction=direction, effective_on="2026-02-20", **place) for number in range(count)
    ]


def told(settings: Settings, database: psycopg.Connection[Any], counts: dict[str, int]) -> None:
    """Send a stock of two years, these counts of February's departures, 20 arrivals everywhere, and declare."""
    stage = Stage(settings, database)
    places = {"inside": QUIET, "outside": AROUND, "unlocated": UNLOCATED, "elsewhere": SECOND}
    cells = [place | {"let": 400} for place in places.values()]
    events = [stock(*cells, stock_on="2024-01-01"), declaration()]
    for rank, (where, place) in enumerate(places.items()):
        events += moves_in(place, "out", counts[where], 1000 * rank + 1)
        events += moves_in(place, "in", 20, 1000 * rank + 501)
    assert stage.take(message(0, events)) == 1
    assert stage.rows("SELECT count(*) FROM core.move") == [(sum(counts.values()) + 20 * len(places),)]
    stage.close()
    show_live(database)
    fill(settings)
