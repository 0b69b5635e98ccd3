"""The slow computation: every figure on measures, from the truth of the simulated region, in pandas.

Written from `DOMAIN.md` and the French text of each record, with the moves themselves in hand; nothing of the SQL, of
`streams/measures/` or of the records' expressions is used. What it takes as the rule:

- A departure or an arrival is effective and in scope; technical ones (provisional rehousing and the return from it,
  sale to the tenant) are neither. A month is that of the day of effect.
- A landlord's stock holds from its month until that of its next one. First lettings since its date add dwellings and
  sales to the tenant take them away, from the month after on. After a merger the old landlord's stock holds for the
  successor, until the successor's own stock of the day of the merger or later.
- A month is declared if the landlord's last declaration of that scope holds all its days; one of the quartiers only
  speaks of quartiers. A landlord without a stock outside of quartiers is in no figure but that of quartiers.
- Moves and dwellings are those of landlords that declared the month, `all` the dwellings of all that take part.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from producers.region import Truth
from schemas.territories import load

TECHNICAL = {"relogement_provisoire", "vente_occupant", "retour_relogement_provisoire"}
REHOUSED_FROM = {"relogement_npnru", "relogement_autre"}
LEFT_SOCIAL_HOUSING = {
    "conge_parc_prive",
    "accession",
    "deces",
    "ehpad_etablissement",
    "expulsion_impayes",
    "expulsion_autre",
    "abandon",
    "separation",
    "emploi",
    "autre",
}
PLACES = ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere", "unknown")
STATES = ("stock", "vacant", "long_vacant", "newly_let")
PLACE = ["commune", "qpv_2024", "qpv_2015"]
TERRITORY = ["level", "code", "part"]


class Merger(NamedTuple):
    """A landlord that another took over on a day."""

    successor: str
    day: date


@dataclass(frozen=True)
class Known:
    """What the slow computation is given: the truth, recorded mergers by old landlord, the last day."""

    truth: Truth
    mergers: dict[str, Merger]
    today: date


def number_of(month: date) -> int:
    """Return a month as a number that counts on by one."""
    return month.year * 12 + month.month - 1


def first_of(number: int) -> date:
    """Return the first day of a month's number."""
    return date(number // 12, number % 12 + 1, 1)


def moves_of(truth: Truth) -> pd.DataFrame:
    """Return the moves of the truth that are in scope, one a row; months as numbers."""
    rows = [
        {
            "landlord": landlord,
            "move_id": str(move_id),
            "dwelling": str(move.dwelling),
            "arrival": move.direction == "in",
            "effective": move.status == "effective",
            "cancelled_for": move.cancel_reason or "",
            "day": move.effective_on.toordinal(),
            "month": number_of(move.effective_on),
            "commune": move.commune,
            "qpv_2024": move.qpv_2024 or "",
            "qpv_2015": move.qpv_2015 or "",
            "reason": move.reason,
            "place": move.place,
            "began": number_of(move.tenancy_started_on),
            "noticed": -1 if move.notice_received_on is None else number_of(move.notice_received_on),
            "by_month": move.month_precision,
        }
        for (landlord, move_id), move in truth.moves.items()
        if move.in_scope
    ]
    return pd.DataFrame(rows)


def flows_of(moves: pd.DataFrame) -> pd.DataFrame:
    """Return the effective moves with one column of noughts and ones for each thing that is counted of them."""
    flows = moves[moves.effective].copy()
    ordinary = ~flows.reason.isin(TECHNICAL)
    out, inward = ordinary & ~flows.arrival, ordinary & flows.arrival
    columns = {
        "out": out,
        "out_same_landlord": out & (flows.reason == "mutation_interne"),
        "out_other_landlord": out & (flows.reason == "autre_bailleur"),
        "out_rehoused": out & flows.reason.isin(REHOUSED_FROM),
        "out_no_reason": out & (flows.reason == "non_renseigne"),
        "out_of_social_housing": out & flows.reason.isin(LEFT_SOCIAL_HOUSING),
        "in": inward,
        "in_first": inward & (flows.reason == "premiere_location"),
        "in_same_landlord": inward & (flows.reason == "mutation_interne"),
        "in_rehoused": inward & (flows.reason == "relogement"),
        "sold": ~flows.arrival & (flows.reason == "vente_occupant"),
    }
    columns |= {f"out_{place}": out & (flows.place == place) for place in PLACES}
    columns |= {f"in_{place}": inward & (flows.place == place) for place in PLACES}
    return pd.concat([flows[["landlord", "month", *PLACE]], pd.DataFrame(columns).astype(int)], axis=1)


class Held(NamedTuple):
    """The stock that holds for a landlord's dwellings in a month, in quartiers of 2024 or outside of them."""

    landlord: str
    month: int
    inside: bool
    stock: int


class Cover(NamedTuple):
    """Who answers for a landlord's month, and what is declared of it."""

    holder: str
    whole: bool
    quartiers_declared: bool
    declared: bool


def holder_of(known: Known, landlord: str, month: int) -> tuple[str, date | None]:
    """Return who answers for a landlord's dwellings in a month, and since which day if it is not itself."""
    since = None
    while landlord in known.mergers and month >= number_of(known.mergers[landlord].day):
        since = known.mergers[landlord].day
        landlord = known.mergers[landlord].successor
    return landlord, since


def stocks_held(known: Known) -> list[Held]:
    """Return which stock (its place in the truth) holds in each month."""
    held = []
    of_side: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, stock in sorted(enumerate(known.truth.stocks), key=lambda one: one[1].stock_on):
        of_side[stock.landlord, True].append(place)
        earlier = [known.truth.stocks[one] for one in of_side[stock.landlord, False]]
        if stock.scope == "whole_stock" or all(one.scope != "whole_stock" for one in earlier):
            of_side[stock.landlord, False].append(place)
    for (landlord, inside), places in of_side.items():
        begins = [number_of(known.truth.stocks[place].stock_on) for place in places]
        ends = [*begins[1:], number_of(known.today) + 1]
        for place, begin, end in zip(places, begins, ends, strict=True):
            for month in range(begin, end):
                holder, since = holder_of(known, landlord, month)
                own = [known.truth.stocks[one].stock_on for one in of_side[holder, inside]]
                if since and any(day >= since and number_of(day) <= month for day in own):
                    continue
                held.append(Held(landlord, month, inside, place))
    return held


def covers(known: Known, held: list[Held]) -> dict[tuple[str, int], Cover]:
    """Return who covers each landlord's month, by (landlord, month)."""
    whole: dict[tuple[str, int], bool] = {}
    for one in held:
        scope = known.truth.stocks[one.stock].scope
        key = one.landlord, one.month
        whole[key] = whole.get(key, False) or (not one.inside and scope == "whole_stock")
    of_holder: dict[tuple[str, int], bool] = {}
    for (landlord, month), is_whole in whole.items():
        key = holder_of(known, landlord, month)[0], month
        of_holder[key] = of_holder.get(key, False) or is_whole
    last: dict[tuple[str, str], Any] = {}
    for declaration in known.truth.declarations:
        key_of = declaration.landlord, declaration.scope
        if key_of not in last or declaration.revision > last[key_of].revision:
            last[key_of] = declaration
    everybody = (
        {landlord for landlord, _ in whole} | set(known.mergers) | {one.successor for one in known.mergers.values()}
    )
    found = {}
    for landlord in everybody:
        for month in range(min(month for _, month in whole), number_of(known.today) + 1):
            holder = holder_of(known, landlord, month)[0]
            if (holder, month) not in of_holder:
                continue
            of_whole = _holds(last.get((holder, "whole_stock")), month)
            of_quartiers = of_whole or _holds(last.get((holder, "qpv_only")), month)
            found[landlord, month] = Cover(
                holder, whole.get((landlord, month), of_holder[holder, month]), of_quartiers, of_whole
            )
    return found


def _holds(declaration: Any, month: int) -> bool:
    """Return whether a declaration holds every day of a month."""
    if declaration is None:
        return False
    first, last = first_of(month), date.fromordinal(first_of(month + 1).toordinal() - 1)
    return bool(declaration.complete_from <= first and last <= declaration.complete_through)


def dwellings_of(known: Known, held: list[Held], flows: pd.DataFrame) -> pd.DataFrame:
    """Return what each landlord has in each place and month: the stock that holds, moved on."""
    born = flows.assign(more=flows["in_first"] - flows["sold"])
    since: dict[str, list[tuple[int, tuple[str, str, str], int]]] = defaultdict(list)
    for landlord, month, *place, more in born[born.more != 0][["landlord", "month", *PLACE, "more"]].itertuples(
        index=False
    ):
        since[landlord].append((month, tuple(place), more))
    photos = [_photo(stock.cells) for stock in known.truth.stocks]
    rows = []
    for one in held:
        stock = known.truth.stocks[one.stock]
        here = {place: list(states) for place, states in photos[one.stock].items() if bool(place[1]) == one.inside}
        for month, place, more in since[one.landlord]:
            if bool(place[1]) == one.inside and stock.stock_on <= first_of(month) and month < one.month:
                here.setdefault(place, [0, 0, 0, 0])[0] += more
        rows += [(one.landlord, one.month, *place, max(states[0], 0), *states[1:]) for place, states in here.items()]
    return pd.DataFrame(rows, columns=["landlord", "month", *PLACE, *STATES])


def _photo(cells: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[int]]:
    """Return let or on offer, vacant, long vacant and newly let dwellings by place, rooms summed."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for cell in cells:
        states = found[cell["commune"], cell["qpv_2024"] or "", cell["qpv_2015"] or ""]
        short, long = cell["on_offer_vacant_up_to_3_months"], cell["on_offer_vacant_over_3_months"]
        for place, more in enumerate(
            (cell["let"] + short + long, short + long, long, cell["first_let_within_12_months"])
        ):
            states[place] += more
    return found


@cache
def territories_of(commune: str, qpv_2024: str, qpv_2015: str) -> tuple[tuple[str, str, str, bool], ...]:
    """Return (level, code, part, whether it is a figure of quartiers) of every territory that a place is in."""
    ladder = load().communes[commune]
    found = [("qpv_2024", qpv_2024, "all", True)] if qpv_2024 else []
    found += [("qpv_2015", qpv_2015, "all", True)] if qpv_2015 else []
    for level, code in (
        ("commune", commune),
        ("epci", ladder.epci),
        ("departement", ladder.departement),
        ("region", ladder.region),
    ):
        if code:
            found += [(level, code, "all", False)]
            found += [(level, code, "qpv", True) if qpv_2024 else (level, code, "hors_qpv", False)]
    return tuple(found)


def by_territory(frame: pd.DataFrame, cover: dict[tuple[str, int], Cover], extra: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the rows of places once for each territory and part that they count in, and whether they are declared.

    What a landlord does not cover is left out; `extra` names further columns to keep apart by.
    """
    values = [name for name in frame.columns if name not in ("landlord", "month", *PLACE, *extra)]
    small = frame.groupby(["landlord", "month", *PLACE, *extra], as_index=False)[values].sum()

    def rows() -> Iterator[tuple[Any, ...]]:
        for landlord, month, *rest in small.itertuples(index=False):
            covered = cover.get((landlord, month))
            if covered is None:
                continue
            for level, code, part, quartiers in territories_of(*rest[:3]):
                if quartiers or covered.whole:
                    declared = covered.quartiers_declared if quartiers else covered.declared
                    yield level, code, part, month, declared, *rest[3:]

    return pd.DataFrame(list(rows()), columns=[*TERRITORY, "month", "is_declared", *extra, *values])


def months_of(known: Known, linked: pd.DataFrame) -> pd.DataFrame:
    """Return what is counted by territory, part and month. `linked`: counts by landlord, month and place beside."""
    flows = flows_of(moves_of(known.truth))
    held = stocks_held(known)
    cover = covers(known, held)
    dwellings = dwellings_of(known, held, flows)
    keys = [*TERRITORY, "month"]
    had = by_territory(dwellings, cover)
    everything = had.groupby(keys)[["stock"]].sum().rename(columns={"stock": "everything"})
    parts = [everything, had[had.is_declared].groupby(keys)[list(STATES)].sum()]
    for frame in (flows, linked):
        spread = by_territory(frame, cover)
        parts.append(spread[spread.is_declared].drop(columns="is_declared").groupby(keys).sum())
    together = pd.concat(parts, axis=1).fillna(0)
    return together[(together != 0).any(axis=1)].reset_index()
