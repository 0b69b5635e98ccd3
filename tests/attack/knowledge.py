"""What an outsider knows: the public geography, the published figures, and that households are whole and not negative.

Written from DOMAIN.md and the published tables alone: nothing here knows how figures were held back. An attacker that
knew more than the truth would find leaks that are none: `Figures` come from the database as the role under attack
sees them, and a landlord's `own` rows are that landlord's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, LiteralString, NamedTuple, cast

import pandas as pd
import psycopg
from psycopg import sql

from schemas.territories import Territories

PARTS = ("all", "qpv", "hors_qpv", "non_localise")
DESTINATIONS = ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere")


class Breakdown(NamedTuple):
    """A total and the classes that divide it; what the classes leave of the total is one more class."""

    total: str
    partitions: tuple[tuple[str, ...], ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """The total and all classes."""
        return self.total, *(one for classes in self.partitions for one in classes)


BREAKDOWNS = (
    Breakdown(
        "departures",
        (
            tuple(f"left_{one}" for one in DESTINATIONS),
            (
                "departures_same_landlord",
                "departures_other_landlord",
                "departures_rehoused",
                "departures_reason_unknown",
            ),
        ),
    ),
    Breakdown(
        "arrivals",
        (
            tuple(f"came_{one}" for one in DESTINATIONS),
            ("first_lettings", "arrivals_same_landlord", "arrivals_rehoused"),
        ),
    ),
    Breakdown("notices", (("notices_withdrawn",),)),
    Breakdown("sold_to_tenant"),
    Breakdown("relet_dwellings_12_months"),
)
PUBLISHED_MEASURES = (*BREAKDOWNS[0].measures, *BREAKDOWNS[1].measures, "relet_dwellings_12_months")
LEVELS_NOT_FLOWS = ("relet_dwellings_12_months",)
"""Measures that are of their month whatever the window: a longer window adds nothing up."""


class Place(NamedTuple):
    """A territory and a part of it, as a figure names them."""

    level: str
    code: str
    part: str = "all"


class Leaf(NamedTuple):
    """A piece of land that no figure divides further.

    `status`: inside, outside or unlocated, of the QPVs of 2024. `ladder` is false for what a landlord that declares
    its quartiers only has there: the quartier's figure counts it, and the commune's part `qpv`, but not its whole.
    """

    commune: str
    qpv_2024: str | None
    qpv_2015: str | None
    status: str
    ladder: bool = True


class Rungs(NamedTuple):
    """What a commune lies in."""

    epci: str
    departement: str
    region: str


class Own(NamedTuple):
    """What one landlord knows: its moves by (leaf, measure, month), and the leaves where nobody else lets."""

    moves: Mapping[tuple[Leaf, str, int], int]
    alone: frozenset[Leaf]


@dataclass(frozen=True)
class Geography:
    """The leaves, and which of them each place is made of."""

    leaves: tuple[Leaf, ...]
    rungs: Mapping[str, Rungs]
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Territories of one's own: the codes (QPVs of 2024 and communes) that each is made of."""

    @cached_property
    def places(self) -> dict[Place, tuple[int, ...]]:
        """The leaves of each place, by number."""
        found: dict[Place, list[int]] = {}
        for number, leaf in enumerate(self.leaves):
            for place in self._places_of(leaf):
                found.setdefault(place, []).append(number)
        return {place: tuple(leaves) for place, leaves in found.items()}

    def _places_of(self, leaf: Leaf) -> Iterable[Place]:
        part = {"inside": "qpv", "outside": "hors_qpv", "unlocated": "non_localise"}[leaf.status]
        for level, code in ("qpv_2024", leaf.qpv_2024), ("qpv_2015", leaf.qpv_2015):
            if code:
                yield Place(level, code, "all")
                yield Place(level, code, part)
        ladder = [("commune", leaf.commune), *self.rungs[leaf.commune]._asdict().items()]
        ladder += [("own", code) for code, of in self.sets.items() if {leaf.commune, leaf.qpv_2024} & of]
        for level, code in ladder:
            if leaf.ladder:
                yield Place(level, code, "all")
            if leaf.ladder or part == "qpv":
                yield Place(level, code, part)


def public_geography(territories: Territories, beyond: Iterable[str] = ()) -> Geography:
    """Return the leaves that official perimeters allow.

    A QPV of 2024 with an unchanged perimeter (statut I) is its predecessor; a modified one shares land with it and
    both have land of their own; a new one has none in common. `beyond`: the QPVs in which a landlord lets that
    declares its quartiers only.
    """
    leaves: set[Leaf] = set()
    for code in territories.communes:
        leaves |= {Leaf(code, None, None, "outside"), Leaf(code, None, None, "unlocated")}
    succeeded: set[str] = set()
    land = {old.code: set(old.communes) for old in territories.qpvs_of(2015)}
    for new in territories.qpvs_of(2024):
        for old_code in new.lineage:
            land[old_code] |= set(new.communes)
        if new.statut == "I":
            succeeded |= set(new.lineage)
    for new in territories.qpvs_of(2024):
        communes = set(new.communes).union(*(land[old_code] for old_code in new.lineage))
        leaves |= {Leaf(commune, new.code, old, "inside") for commune in communes for old in new.lineage}
        if new.statut != "I":
            leaves |= {Leaf(commune, new.code, None, "inside") for commune in communes}
    for old_code in land.keys() - succeeded:
        for commune in land[old_code]:
            leaves |= {Leaf(commune, None, old_code, status) for status in ("outside", "unlocated")}
    apart = set(beyond)
    leaves |= {leaf._replace(ladder=False) for leaf in leaves if leaf.qpv_2024 in apart or leaf.qpv_2015 in apart}
    rungs = {one.code: Rungs(one.epci, one.departement, one.region) for one in territories.communes.values()}
    return Geography(tuple(sorted(leaves, key=str)), rungs)


def leaf_of(commune: str, qpv_2024: str | None, qpv_2015: str | None, qpv_status: str) -> Leaf:
    """Return the leaf of a cell as the ledger names it."""
    status = qpv_status if qpv_status in {"inside", "outside"} else "unlocated"
    return Leaf(commune, qpv_2024, qpv_2015, status)


COLUMNS = ["vintage", "level", "code", "part", "window", "month", "measure", "low", "high", "status"]
"""Of a table of figures. `month`: months since year 0 (see `month_number`). `low`, `high`: what the count lies between,
both included; the published number where nothing is rounded, missing where the figure is secret."""


def month_number(text: str) -> int:
    """Return the months since year 0 of a date."""
    day = date.fromisoformat(text)
    return day.year * 12 + day.month - 1


PUBLISHED = """
SELECT vintage.vintage::text AS vintage, level, code, part, window_months AS "window",
    (extract(year FROM month) * 12 + extract(month FROM month) - 1)::integer AS month, measure,
    value::float8 AS low, value::float8 AS high, status
FROM published.figure JOIN published.territory USING (territory_id) JOIN published.vintage USING (vintage)
"""
SHOWN_TO_STAFF = """
SELECT 'staff' AS vintage, level, code, part, window_months AS "window",
    (extract(year FROM month) * 12 + extract(month FROM month) - 1)::integer AS month, {measure} AS measure,
    {column}::float8 AS low, {column}::float8 AS high,
    CASE WHEN status IN ('value', 'provisional') AND {column} IS NULL THEN 'secret' ELSE status END AS status
FROM staff.measure JOIN staff.territory USING (level, territory_id) WHERE month >= {first}
"""
LIVE = """
SELECT 'live' AS vintage, level, code, part,
    CASE window_days WHEN 30 THEN 1 WHEN 90 THEN 2 ELSE 3 END AS "window", 0 AS month, {measure} AS measure,
    {column}::float8 AS low, {column}::float8 AS high, {column}_status AS status
FROM staff.rolling JOIN staff.territory USING (territory_id)
"""
"""Live windows end on one day and hold one another: as windows of one, two and three stretches of days."""


def published_figures(connection: psycopg.Connection[Any]) -> pd.DataFrame:
    """Return all that is published, of all vintages; rounded figures as they are published (see `base_of`)."""
    return _read(connection, PUBLISHED)


def staff_figures(connection: psycopg.Connection[Any], breakdown: Breakdown, since: int = 0) -> pd.DataFrame:
    """Return every count of a total and its classes in declared windows that the observatory's staff can read.

    `since`: months since year 0 of the first month with which windows end.
    """
    read = [_read(connection, SHOWN_TO_STAFF, one, since) for one in breakdown.measures]
    return pd.concat(read)


def live_figures(connection: psycopg.Connection[Any]) -> pd.DataFrame:
    """Return the live windows of 30, 90 and 365 days as staff reads them."""
    return pd.concat([_read(connection, LIVE, one) for one in ("departures", "arrivals")])


def _read(connection: psycopg.Connection[Any], query: str, measure: str = "", since: int = 0) -> pd.DataFrame:
    first = date(since // 12, since % 12 + 1, 1) if since else date.min
    statement = sql.SQL(cast(LiteralString, query)).format(
        measure=sql.Literal(measure), column=sql.SQL(cast(LiteralString, measure)), first=sql.Literal(first)
    )
    with connection.cursor() as cursor:
        rows = cursor.execute(statement).fetchall()
    found = pd.DataFrame(rows, columns=COLUMNS).astype({"low": float, "high": float, "month": int, "window": int})
    return found[found["low"].notna() | found["status"].isin(("secret", "no_data", "not_covered"))]


def base_of(connection: psycopg.Connection[Any]) -> int:
    """Return to which multiples vintages are rounded, by the rules published with them; 0 where they are exact."""
    told = connection.execute("SELECT DISTINCT mode, rules FROM published.vintage").fetchall()
    bases = {int(rules["publication"]["base_d_arrondi"]) if mode == "rounding" else 0 for mode, rules in told}
    if len(bases) > 1:
        raise ValueError("vintages of both modes, or of two bases: what they tell together is not modelled")
    return bases.pop()


BEYOND = """
SELECT DISTINCT quartier FROM core.stock JOIN core.stock_cell USING (landlord, stock_on) JOIN core.cell USING (cell_id),
    unnest(ARRAY[qpv_2024, qpv_2015]) AS quartier WHERE scope = 'qpv_only' AND quartier IS NOT NULL
"""
"""The quartiers in which a landlord lets that declares its quartiers only: conventions say so, the ledger here."""
OWN = """
SELECT commune, qpv_2024, qpv_2015, qpv_status, scope <> 'qpv_only' AS ladder,
    (extract(year FROM month) * 12 + extract(month FROM month) - 1)::integer AS month, {measures}
FROM core.published_base JOIN core.cell USING (cell_id)
CROSS JOIN LATERAL (SELECT CASE WHEN qpv_only THEN 'qpv_only' ELSE 'whole_stock' END AS scope) AS declared
WHERE landlord = %(landlord)s
"""
LETTING = """
SELECT commune, qpv_2024, qpv_2015, qpv_status, ladder, array_agg(DISTINCT landlord) AS landlords
FROM (SELECT landlord, cell_id, scope <> 'qpv_only' AS ladder
      FROM core.stock_cell JOIN core.stock USING (landlord, stock_on)
      WHERE "let" + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months > 0
      UNION SELECT landlord, cell_id, NOT qpv_only FROM core.published_base) AS seen JOIN core.cell USING (cell_id)
GROUP BY 1, 2, 3, 4, 5
"""
"""Who lets where is public (RPLS), and who declares its quartiers only is in the conventions."""


def own_moves(connection: psycopg.Connection[Any], landlord: str, geography: Geography) -> Own:
    """Return what a landlord knows: its own moves, and where nobody else lets. The connection reads the ledger."""
    moves: Counter[tuple[Leaf, str, int]] = Counter()
    query = sql.SQL(cast(LiteralString, OWN)).format(
        measures=sql.SQL(", ").join(map(sql.Identifier, PUBLISHED_MEASURES))
    )
    for commune, new, old, status, ladder, month, *counts in connection.execute(query, {"landlord": landlord}):
        leaf = leaf_of(commune, new, old, status)._replace(ladder=ladder)
        for measure, count in zip(PUBLISHED_MEASURES, counts, strict=True):
            moves[leaf, measure, month] += count
    tenants: dict[Leaf, set[str]] = {}
    for *cell, ladder, landlords in connection.execute(LETTING):
        tenants.setdefault(leaf_of(*cell)._replace(ladder=ladder), set()).update(landlords)
    others = {leaf for leaf, found in tenants.items() if found != {landlord}}
    alone = set(geography.leaves) - others
    return Own(moves, frozenset(alone))


def protection_of(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Return the protection level and the threshold that are published with the newest vintage."""
    rules = connection.execute("SELECT rules FROM published.vintage ORDER BY vintage DESC LIMIT 1").fetchall()[0][0]
    return int(rules["publication"]["largeur_protegee"]), int(rules["publication"]["seuil"])


def toy_figures(rows: Iterable[tuple[Place, int, int, str, int | None]], vintage: str = "2026-01-01") -> pd.DataFrame:
    """Return figures written by hand: place, window, month, measure, and the count or None where it is secret."""
    return pd.DataFrame(
        [
            (vintage, *place, window, month, measure, value, value, "secret" if value is None else "value")
            for place, window, month, measure, value in rows
        ],
        columns=COLUMNS,
    ).astype({"low": float, "high": float})
