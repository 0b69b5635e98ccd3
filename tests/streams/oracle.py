"""The oracle: what the ledger and every counter must hold after these deliveries, in a few plain dictionaries.

It is told the events as they were meant, message after message, and never sees the worker's reading of them.
Only the two content hashes are the product's own: which of two contents is the greater is arbitrary.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from schemas.events.rules import MOVE_DEFAULTS
from schemas.territories import load
from streams.ingest.decode import content_hash, register_hash
from tests.streams.stage import Event, Stage

WINDOWS = (30, 90, 365)
NATURES = {
    # Only a newer list knows it: counted as `autre`.
    ("out", "telework"): "ordinary",
    ("in", "telework"): "ordinary",
    ("out", "emploi"): "ordinary",
    ("out", "autre"): "ordinary",
    ("out", "mutation_interne"): "internal",
    ("out", "relogement_npnru"): "relogement",
    ("out", "vente_occupant"): "technical",
    ("in", "relocation"): "ordinary",
    ("in", "autre"): "ordinary",
    ("in", "premiere_location"): "first_letting",
}
"""What is not here is no move: out of scope."""
KEPT = (
    "revision status date_precision cancel_reason location_method location_quality rooms financing reason place "
    "household_type household_size holder_age"
).split()
PLACE = ("commune", "qpv_2024", "qpv_2015", "qpv_status")
State = dict[str, Any]


class Sent(NamedTuple):
    """An event and whether it is a good one."""

    siren: str
    event: Event
    good: bool = True


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _place(data: dict[str, Any]) -> tuple[str | None, ...]:
    told = data.get("qpv_status") or ("inside" if data.get("qpv_2024") else "outside")
    return (data["commune"], data.get("qpv_2024"), data.get("qpv_2015"), told)


def _ladder(commune: str, qpv_2024: str | None, qpv_2015: str | None, _status: str) -> list[tuple[str, str]]:
    place = load().communes[commune]
    rungs = [("qpv_2024", qpv_2024), ("qpv_2015", qpv_2015), ("commune", commune), ("epci", place.epci)]
    rungs += [("departement", place.departement), ("region", place.region)]
    return [(level, code) for level, code in rungs if code]


class Oracle:
    """Last writer wins, by hand."""

    def __init__(self) -> None:
        self.moves: dict[tuple[str, str], tuple[tuple[int, bytes], State]] = {}
        self.declarations: dict[tuple[str, str], tuple[tuple[int, bytes], State]] = {}
        self.stocks: dict[tuple[str, str], tuple[tuple[int, bytes], State]] = {}
        self.received: Counter[tuple[str, date]] = Counter()
        self.refused: Counter[str] = Counter()

    def tell(self, sent: Sent, day: date) -> None:
        """Take in one delivery of an event, received on a day."""
        self.received[sent.siren, day] += 1
        if not sent.good:
            self.refused[sent.siren] += 1
            return
        kind, data = sent.event["type"].split(".")[-2], sent.event["data"]
        if kind in ("stock", "declaration"):
            rank = (data["revision"], register_hash(data, kind))
            register, key = (self.stocks, "stock_on") if kind == "stock" else (self.declarations, "scope")
            self._keep(register, (sent.siren, data[key]), rank, {**data, "received_on": day})
            return
        full = {**MOVE_DEFAULTS, **data, "direction": kind.removeprefix("move-")}
        rank = (full["revision"], content_hash(full))
        self._keep(self.moves, (sent.siren, data["move_id"]), rank, {**full, "received_on": day})

    @staticmethod
    def _keep(register: dict[Any, Any], key: Any, rank: tuple[int, bytes], state: State) -> None:
        if key not in register or rank > register[key][0]:
            register[key] = (rank, state)

    def expected(self, as_of: date) -> dict[str, Any]:
        """Return what `observed` must return."""
        rows: dict[str, Any] = {"moves": set(), "daily": Counter(), "monthly": Counter(), "rolling": Counter()}
        rows["facts"] = Counter()
        for (siren, move_id), ((_, hashed), state) in self.moves.items():
            day, flow = _effective_day(state), _flow(state)
            place: Any = _place(state)
            tenancy = _day(state["tenancy_started_on"] and state["tenancy_started_on"] + "-01")
            kept = tuple(state[name] for name in KEPT)
            dates = (state["received_on"], day, _day(state["notice_received_on"]), tenancy)
            ids = (siren, UUID(move_id), UUID(state["dwelling"]), hashed)
            rows["moves"].add((*ids, *dates, state["direction"], *place, *(flow or (None,) * 4), *kept))
            if flow is None:
                continue
            month = day.replace(day=1)
            rows["daily"][(siren, *place, day, *flow)] += 1
            described = (state["reason"], state["place"], state["rooms"], state["financing"])
            rows["facts"][(siren, *place, month, *flow, tenancy, *described)] += 1
            for rung in _ladder(*place):
                rows["monthly"][(siren, *rung, month, *flow)] += 1
                for days in WINDOWS:
                    if as_of - timedelta(days=days) < day <= as_of:
                        rows["rolling"][(siren, *rung, days, *flow)] += 1
        rows["declarations"] = {
            (siren, scope, *rank, _day(state["complete_through"]), state["received_on"])
            for (siren, scope), (rank, state) in self.declarations.items()
        }
        rows["stocks"] = {
            (siren, _day(stock_on), *rank, state["received_on"], *_place(cell), cell["let"])
            for (siren, stock_on), (rank, state) in self.stocks.items()
            for cell in state["cells"]
        }
        rows["received"] = self.received
        rows["refused"] = self.refused
        return rows


def _effective_day(state: State) -> date:
    day = date.fromisoformat(state["effective_on"])
    return day.replace(day=1) if state["date_precision"] == "month" else day


def _flow(state: State) -> tuple[str, str, bool | None, bool] | None:
    nature = NATURES.get((state["direction"], state["reason"]))
    if nature is None or state["status"] != "effective":
        return None
    inside = True if state["qpv_2024"] else {"outside": False}.get(_place(state)[3] or "")
    return state["direction"], nature, inside, state["date_precision"] == "month"


FLOW = "f.direction, f.nature_class, f.inside_qpv, f.month_precision"
CELL = "c.commune, c.qpv_2024, c.qpv_2015, c.qpv_status"
QUERIES = {
    "moves": "SELECT landlord, move_id, dwelling, content_hash, received_on, effective_on, notice_received_on, "
    f"tenancy_started_on, m.direction, {CELL}, {FLOW}, {', '.join(KEPT)} "
    "FROM core.move AS m JOIN core.cell AS c USING (cell_id) LEFT JOIN core.flow AS f USING (flow)",
    "daily": f"SELECT landlord, {CELL}, day, {FLOW}, n "
    "FROM core.daily_counter JOIN core.cell AS c USING (cell_id) JOIN core.flow AS f USING (flow)",
    "monthly": f"SELECT landlord, level, code, month, {FLOW}, n "
    "FROM core.monthly_counter JOIN core.territory USING (territory_id) JOIN core.flow AS f USING (flow)",
    "rolling": f"SELECT landlord, level, code, window_days, {FLOW}, n "
    "FROM core.rolling_counter JOIN core.territory USING (territory_id) JOIN core.flow AS f USING (flow)",
    "facts": f"SELECT landlord, {CELL}, effect_month, {FLOW}, tenancy_started_on, reason, place, rooms, financing, "
    "sum(delta) FROM core.fact JOIN core.cell AS c USING (cell_id) JOIN core.flow AS f USING (flow) "
    "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 HAVING sum(delta) <> 0",
    "declarations": "SELECT DISTINCT ON (landlord, scope) landlord, scope, revision, content_hash, complete_through, "
    "received_on FROM core.declaration ORDER BY landlord, scope, revision DESC, content_hash DESC",
    "stocks": "SELECT landlord, stock_on, revision, content_hash, received_on, "
    f"{CELL}, let FROM core.stock JOIN core.stock_cell USING (landlord, stock_on) JOIN core.cell AS c USING (cell_id)",
    "received": "SELECT landlord, received_on, sum(n) FROM core.tally GROUP BY 1, 2",
    "refused": "SELECT landlord, count(*) FROM core.quarantine GROUP BY 1",
}
COUNTED = ("daily", "monthly", "rolling", "facts", "received", "refused")


def observed(stage: Stage) -> dict[str, Any]:
    """Return what the database holds, with names in place of numbers."""
    found: dict[str, Any] = {}
    for name, query in QUERIES.items():
        rows = stage.rows(query)
        if name in COUNTED:
            found[name] = {row[:-1] if len(row) > 2 else row[0]: int(row[-1]) for row in rows}
        else:
            found[name] = set(rows)
        assert len(found[name]) == len(rows), f"two rows of {name} for one key"
    return found
