"""Histories: sets of events, and the ways in which they may arrive."""

from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from streams.ingest.decode import Message
from tests.streams.oracle import Oracle, Sent
from tests.streams.stage import SIRENS, TODAY, declaration, event, message, stock

PLACES: tuple[dict[str, str], ...] = (
    {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"},
    {"commune": "31555"},
    {"commune": "31555", "qpv_2024": "QN03117N"},
    {"commune": "31555", "qpv_2015": "QP031007"},
    {"commune": "65417", "qpv_2024": "QN06503M", "qpv_2015": "QP065003"},
    {"commune": "65440", "qpv_2024": "QN06503M", "qpv_2015": "QP065003", "qpv_status": "inside"},
    {"commune": "31555", "qpv_status": "inside"},
    {"commune": "31555", "qpv_status": "uncertain"},
    {"commune": "65440", "qpv_status": "unknown", "qpv_2015": "QP065003"},
)
# Both sides of the edges of the three windows, of months and of years; tomorrow's moves.
DAYS = (
    "2024-12-31 2025-01-01 2025-03-15 2025-03-16 2025-12-15 2025-12-16 2026-01-31 2026-02-13 2026-02-14 "
    "2026-03-14 2026-03-15 2026-03-16 2026-03-20"
).split()
REASONS = {
    "out": ("emploi", "mutation_interne", "relogement_npnru", "vente_occupant", "glissement_bail"),
    "in": ("relocation", "premiere_location", "renouvellement"),
}
OPTIONS: dict[str, tuple[Any, ...]] = {
    "date_precision": ("day", "month"),
    "notice_received_on": (None, "2025-12-01"),
    "rooms": ("T2", "T3"),
    "financing": (None, "PLUS", "PLAI"),
    "place": ("same_commune", "elsewhere"),
    "tenancy_started_on": (None, "2014-05", "2019-11"),
    "household_type": (None, "seul"),
    "household_size": (None, "3-4"),
    "holder_age": (None, "75+"),
    "location_quality": ("certain", "uncertain"),
}
SPOILERS = (
    {"commune": "31999"},
    {"effective_on": "2026-02-30"},
    {"effective_on": "2027-06-01", "status": "effective", "cancel_reason": None},
    {"reason": "demenagement", "code_list_version": 1},
    {"revision": "1"},
    {"qpv_2024": "QN03107M", "qpv_status": "outside"},
    {"nom": "Dupont"},
)


class Delivery(NamedTuple):
    """A message as the broker keeps it, and the events that it was made of."""

    message: Message
    day: date
    sent: list[Sent]


class History(NamedTuple):
    """Messages in the order in which they are read, and where takes end; each take goes back by some messages."""

    deliveries: list[Delivery]
    takes: list[tuple[int, int, int]]

    def oracle(self) -> Oracle:
        """Return what is true at the end."""
        truth = Oracle()
        for delivery in self.deliveries:
            for sent in delivery.sent:
                truth.tell(sent, delivery.day)
        return truth


@st.composite
def moves(draw: st.DrawFn) -> Sent:
    """A good move: one of three of its landlord, in some revision, in some state."""
    siren = draw(st.sampled_from(SIRENS))
    number = draw(st.integers(1, 3))
    direction = draw(st.sampled_from(("out", "out", "in")))
    status = draw(st.sampled_from(("effective", "effective", "effective", "announced", "cancelled")))
    data: dict[str, Any] = {
        "move_id": str(UUID(int=number)),
        "revision": draw(st.integers(1, 3)),
        "status": status,
        "effective_on": draw(st.sampled_from(DAYS)),
        "dwelling": str(UUID(int=1000 + number)),
        **draw(st.sampled_from(PLACES)),
        "reason": draw(st.sampled_from(REASONS[direction])),
    }
    if status == "cancelled":
        data["cancel_reason"] = draw(st.sampled_from(("mistake", "notice_withdrawn")))
    for name in draw(st.sets(st.sampled_from(sorted(OPTIONS)), max_size=3)):
        data[name] = draw(st.sampled_from(OPTIONS[name]))
    if draw(st.integers(0, 9)) == 9:
        data |= {"reason": "telework", "code_list_version": 2}
    return Sent(siren, event(siren, direction, data))


@st.composite
def registers(draw: st.DrawFn) -> Sent:
    """A good stock or declaration."""
    siren, revision = draw(st.sampled_from(SIRENS)), draw(st.integers(1, 2))
    if draw(st.booleans()):
        places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique_by=str))
        cells = [place | {"let": draw(st.integers(0, 3))} for place in places]
        day = draw(st.sampled_from(("2025-01-01", "2026-01-01")))
        return Sent(siren, stock(*cells, siren=siren, revision=revision, stock_on=day))
    scope = draw(st.sampled_from(("whole_stock", "qpv_only")))
    totals = [{"month": "2026-02", "direction": "out", "count": draw(st.integers(0, 2))}]
    through = draw(st.sampled_from(("2026-01-31", "2026-02-28")))
    changes = {"scope": scope, "complete_through": through, "control_totals": totals}
    return Sent(siren, declaration(siren, revision=revision, **changes))


@st.composite
def refused(draw: st.DrawFn) -> Sent:
    """An event that must end in quarantine."""
    sent = draw(moves())
    other = SIRENS[sent.siren == SIRENS[0]]
    bad: list[Any] = [{**sent.event, "data": sent.event["data"] | spoiler} for spoiler in SPOILERS]
    bad += [{**sent.event, "source": f"urn:siren:{other}"}, {**sent.event, "type": "fr.rent.v1"}, {}, 12, None]
    return Sent(sent.siren, draw(st.sampled_from(bad)), good=False)


@st.composite
def arrivals(draw: st.DrawFn, events: list[Sent]) -> History:
    """Some way in which these events may arrive: any order, repeats, messages, takes, and takes taken again."""
    repeats = draw(st.lists(st.sampled_from(events), max_size=5))
    order = draw(st.permutations([*events, *repeats]))
    waiting: dict[str, list[Sent]] = {siren: [] for siren in SIRENS}
    offsets = dict.fromkeys(SIRENS, 0)
    deliveries: list[Delivery] = []

    def send(siren: str) -> None:
        day = TODAY - timedelta(days=max(0, 2 - offsets[siren] // 2))
        made = message(offsets[siren], [sent.event for sent in waiting[siren]], siren=siren, day=day)
        deliveries.append(Delivery(made, day, waiting[siren]))
        waiting[siren] = []
        offsets[siren] += 1

    for sent in order:
        waiting[sent.siren].append(sent)
        if draw(st.integers(0, 2)) == 0:
            send(sent.siren)
    for siren in SIRENS:
        if waiting[siren]:
            send(siren)
    takes, start = [], 0
    while start < len(deliveries):
        end = min(start + draw(st.integers(1, 5)), len(deliveries))
        takes.append((max(0, start - draw(st.sampled_from((0, 0, 1, 3)))), start, end))
        start = end
    return History(deliveries, takes)


EVENT_SETS = st.lists(st.one_of(moves(), moves(), moves(), moves(), registers(), refused()), min_size=1, max_size=16)
