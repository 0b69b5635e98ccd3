"""Quartiers whose months a test writes itself, in the database."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import psycopg

from runtime.settings import Settings
from tests.indicators.measured import month_after, territory, write_month

LAST = date(2026, 2, 1)
"""The last whole month: the database's day is 10 March 2026."""
MONTHS, QUARTIERS, RATE, DWELLINGS = 40, 30, 5.0, 400


@dataclass
class Quartiers:
    """Thirty quartiers of 400 dwellings with five moves a month, everything declared."""

    connection: psycopg.Connection[Any]
    instance: str
    codes: list[str]
    months: dict[tuple[str, date], dict[str, int]] = field(default_factory=dict)

    def change(self, code: str, month: date, **measures: int) -> None:
        """Write a month of a quartier again, with other measures."""
        self.months[code, month] |= measures
        number = territory(self.connection, "qpv_2024", code)
        self.connection.execute(
            "DELETE FROM core.observed_month WHERE (territory_id, month) = (%s, %s)", (number, month)
        )
        write_month(self.connection, number, "all", month, self.months[code, month])

    def change_all(self, month: date, **measures: int) -> None:
        """Write a month of every quartier again."""
        for code in self.codes:
            self.change(code, month, **measures)

    def on(self, day: str) -> None:
        """Let the database's day be this one."""
        self.connection.execute("UPDATE core.window_state SET as_of = %s", (day,))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()


def write_quartiers(settings: Settings, database: psycopg.Connection[Any]) -> Quartiers:
    """Write the quartiers and return them; it is 10 March 2026: February is whole, and still provisional."""
    rng = np.random.default_rng(4)
    named = database.execute(
        "SELECT code FROM core.territory WHERE level = 'qpv_2024' ORDER BY 1 LIMIT %s", (QUARTIERS,)
    )
    found = Quartiers(database, settings.instance, [code for (code,) in named])
    found.on("2026-03-10")
    with database.transaction():
        for code in found.codes:
            number = territory(database, "qpv_2024", code)
            for back in range(MONTHS):
                drawn = {name: int(rng.poisson(RATE)) for name in ("departures", "arrivals", "notices")}
                month = month_after(LAST, -back)
                found.months[code, month] = {"dwellings": DWELLINGS, "all_dwellings": DWELLINGS, **drawn}
                write_month(database, number, "all", month, found.months[code, month])
    return found
