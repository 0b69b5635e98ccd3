"""What needs the link between the moves of one dwelling: kept up with the ledger, and equal to a recount."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.lineage import RecordedLineage
from streams.measures.linked import add_levels, forget_moves, recount_linked, refresh_linked
from tests.streams.stage import SIRENS, Event, Stage, message, move

pytestmark = pytest.mark.services
EVERYTHING = 2**62
OLD, NEW = SIRENS
MEASURES = {
    "moves": "SELECT move_id, landlord, dwelling, cell_id, effective_on, tenancy_month, notice_month, arrival, "
    "counted, first_letting, month_precision, notice_withdrawn FROM core.dwelling_move{}",
    "levels": "SELECT cell_id, landlord, month, relet_dwellings_12_months, notices, notices_withdrawn FROM core.{} "
    "WHERE (relet_dwellings_12_months, notices, notices_withdrawn) <> (0, 0, 0)",
    "voids": "SELECT cell_id, landlord, month, days, n FROM core.void_{}",
    "tenures": "SELECT cell_id, landlord, month, tenure_months, n FROM core.tenure_{}",
}
STORED = {"moves": "", "levels": "cell_month", "voids": "month", "tenures": "month"}
RECOUNTED = {"moves": "_recount", "levels": "linked_recount", "voids": "recount", "tenures": "recount"}
TABLES = "dwelling_move kept_by void_month tenure_month linked_base cell_month".split()
TOULOUSE, REYNERIE = {"commune": "31555"}, {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}


class Measured:
    """A stage whose measures are refreshed after each take."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.restart()

    def restart(self) -> None:
        self.stage.restart()
        self.offsets = dict.fromkeys(SIRENS, 0)
        self.taken_up_to = 0
        with self.stage.connection.transaction():
            for table in TABLES:
                self.stage.connection.execute(f"DELETE FROM core.{table}")
            self.stage.connection.execute("DELETE FROM core.landlord")

    def take(self, *events: Event) -> None:
        """Commit events in one take, then refresh."""
        messages = []
        for one in events:
            siren = one["source"].removeprefix("urn:siren:")
            messages.append(message(self.offsets[siren], [one], siren=siren))
            self.offsets[siren] += 1
        self.stage.take(*messages)
        self.refresh()

    def refresh(self) -> None:
        with self.stage.connection.transaction(), self.stage.connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(recorded_in), 0) + 1 FROM core.move")
            upto = cursor.fetchall()[0][0]
            refresh_linked(cursor, self.taken_up_to, EVERYTHING)
            add_levels(cursor)
            self.taken_up_to = upto

    def merge(self, on: date = date(2026, 1, 1)) -> None:
        """Record that the second landlord took the first one over."""
        with self.stage.connection.transaction():
            self.stage.connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, 'Nouveau')", (NEW,))
            self.stage.connection.execute(
                "INSERT INTO core.landlord (siren, name, merged_into, merged_on) VALUES (%s, 'Ancien', %s, %s)",
                (OLD, NEW, on),
            )

    def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: sorted(self.stage.rows(query.format(STORED[name])), key=str) for name, query in MEASURES.items()}

    def recounted(self) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: sorted(self.stage.rows(query.format(RECOUNTED[name])), key=str) for name, query in MEASURES.items()
        }

    def voids(self) -> list[tuple[str, int, int]]:
        return self.stage.rows("SELECT month::text, days, n FROM core.void_month ORDER BY 1, 2")

    def relet(self, month: str) -> int:
        """Return the dwellings re-let in the 12 months that end with a month (YYYY-MM)."""
        query = "SELECT coalesce(sum(relet_dwellings_12_months), 0) FROM core.cell_month WHERE month = %s"
        return int(self.stage.rows(query, f"{month}-01")[0][0])


@pytest.fixture
def measured(stage: Stage) -> Iterator[Measured]:
    """Nothing received yet. Mergers are those that are recorded."""
    stage.rules = Rules(load(), RecordedLineage(stage.another_connection))
    made = Measured(stage)
    yield made
    made.restart()


def out(number: int, dwelling: int, day: str, **changes: Any) -> Event:
    return move(
        OLD, number, "out", effective_on=day, dwelling=str(UUID(int=dwelling)), **{"reason": "emploi"} | changes
    )


def into(number: int, dwelling: int, day: str, **changes: Any) -> Event:
    return move(
        OLD, number, "in", effective_on=day, dwelling=str(UUID(int=dwelling)), **{"reason": "relocation"} | changes
    )


def test_a_void_is_counted_at_the_arrival_that_ends_it(measured: Measured) -> None:
    measured.take(out(1, 1, "2025-10-20"), into(2, 1, "2025-11-30"))
    assert measured.voids() == [("2025-11-01", 41, 1)]


def test_a_corrected_day_corrects_the_void(measured: Measured) -> None:
    measured.take(out(1, 1, "2025-10-20"), into(2, 1, "2025-11-30"))
    measured.take(out(1, 1, "2025-11-01", revision=2))
    assert measured.voids() == [("2025-11-01", 29, 1)]
    measured.take(out(1, 1, "2025-12-05", revision=3))
    assert measured.voids() == []


def test_technical_moves_and_first_lettings_end_no_void(measured: Measured) -> None:
    measured.take(
        out(1, 1, "2025-10-01", reason="relogement_provisoire"),
        into(2, 1, "2025-12-01", reason="retour_relogement_provisoire"),
        out(3, 2, "2025-10-01"),
        into(4, 2, "2025-12-01", reason="premiere_location"),
    )
    assert measured.voids() == []
    assert measured.relet("2025-12") == 0


def test_a_date_known_to_the_month_gives_no_number_of_days_but_a_reletting(measured: Measured) -> None:
    measured.take(out(1, 1, "2025-10-01", date_precision="month"), into(2, 1, "2025-11-30"))
    assert measured.voids() == []
    assert measured.relet("2025-11") == 1


def test_a_dwelling_relet_twice_counts_once_where_it_was_last_relet(measured: Measured) -> None:
    measured.take(into(1, 1, "2025-03-10", **TOULOUSE), into(2, 1, "2025-09-10", **REYNERIE), into(3, 2, "2025-04-01"))
    assert [measured.relet(month) for month in ("2025-02", "2025-03", "2025-09", "2026-02")] == [0, 1, 2, 2]
    assert [measured.relet(month) for month in ("2026-03", "2026-04", "2026-08", "2026-09")] == [2, 1, 1, 0]
    rows = measured.stage.rows(
        "SELECT month::text, sum(relet_dwellings_12_months) FROM core.cell_month JOIN core.cell USING (cell_id) "
        "WHERE qpv_2024 = 'QN03107M' GROUP BY 1 ORDER BY 1"
    )
    assert rows[0] == ("2025-09-01", 1)
    assert rows[-1] == ("2026-08-01", 1)


def test_a_tenure_is_counted_in_whole_months_where_the_beginning_is_known(measured: Measured) -> None:
    measured.take(
        out(1, 1, "2025-10-20", tenancy_started_on="2014-05"),
        out(2, 2, "2025-10-20", tenancy_started_on=None),
        out(3, 3, "2025-10-20", tenancy_started_on="1950-01"),
    )
    assert measured.stage.rows("SELECT month::text, tenure_months, n FROM core.tenure_month ORDER BY 2") == [
        ("2025-10-01", 137, 1),
        ("2025-10-01", 720, 1),
    ]


def test_a_notice_counts_in_its_month_whatever_became_of_it(measured: Measured) -> None:
    noticed = {"notice_received_on": "2025-12-05"}
    measured.take(
        out(1, 1, "2026-03-01", status="announced", **noticed),
        out(2, 2, "2026-03-01", **noticed),
        out(3, 3, "2026-03-01", status="cancelled", cancel_reason="notice_withdrawn", **noticed),
        out(4, 4, "2026-03-01", status="cancelled", cancel_reason="mistake", **noticed),
        out(5, 5, "2026-03-01", reason="vente_occupant", **noticed),
    )
    query = "SELECT month::text, sum(notices), sum(notices_withdrawn) FROM core.cell_month GROUP BY 1"
    assert measured.stage.rows(query) == [("2025-12-01", 4, 1)]


def test_a_merger_that_is_recorded_links_the_dwellings_of_both(measured: Measured) -> None:
    arrival = move(NEW, 2, "in", effective_on="2026-01-20", dwelling=str(UUID(int=1)), reason="relocation")
    measured.take(out(1, 1, "2025-12-31"), arrival)
    assert measured.voids() == []
    measured.merge()
    measured.refresh()
    assert measured.voids() == [("2026-01-01", 20, 1)]


def test_after_a_change_of_key_only_what_is_sent_again_is_linked(measured: Measured) -> None:
    measured.take(out(1, 1, "2025-12-01"), into(2, 1, "2025-12-20"), out(3, 2, "2025-12-01"))
    measured.take(
        into(102, 101, "2026-01-05", move_id=str(UUID(int=102)), former_move_id=str(UUID(int=2)), revision=2),
        into(4, 102, "2026-02-01"),
    )
    assert measured.voids() == []
    measured.take(out(101, 101, "2025-12-01", former_move_id=str(UUID(int=1)), revision=2))
    assert measured.voids() == [("2026-01-01", 35, 1)]


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Return a state of one of eight moves between two dwellings, or of its later identity."""
    siren, number = draw(st.sampled_from((OLD, OLD, OLD, NEW))), draw(st.integers(1, 8))
    direction = "in" if number % 2 else "out"
    reasons = {
        "out": ("emploi", "emploi", "vente_occupant", "glissement_bail"),
        "in": ("relocation", "relocation", "premiere_location", "retour_relogement_provisoire"),
    }
    status = draw(st.sampled_from(("effective", "effective", "effective", "announced", "cancelled")))
    data: dict[str, Any] = {
        "revision": draw(st.integers(1, 6)),
        "status": status,
        "effective_on": draw(
            st.sampled_from("2024-12-31 2025-01-10 2025-06-15 2025-06-15 2026-01-05 2026-02-01".split())
        ),
        "dwelling": str(UUID(int=draw(st.integers(1, 2)))),
        "reason": draw(st.sampled_from(reasons[direction])),
        "date_precision": draw(st.sampled_from(("day", "day", "month"))),
        "notice_received_on": draw(st.sampled_from((None, "2024-12-01", "2025-05-20"))),
        "tenancy_started_on": draw(st.sampled_from((None, "2014-05", "2025-06"))),
        **draw(st.sampled_from((TOULOUSE, REYNERIE))),
    }
    if status == "cancelled":
        data["cancel_reason"] = draw(st.sampled_from(("mistake", "notice_withdrawn")))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        data |= {"move_id": str(UUID(int=100 + number)), "former_move_id": str(UUID(int=number))}
    if kind == 1 and siren == NEW:
        data |= {"former_move_id": str(UUID(int=number)), "former_landlord": OLD}
    return move(siren, number, direction, **data)


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_measures_kept_up_equal_a_recount_whatever_arrives_in_whatever_order(
    measured: Measured, data: st.DataObject
) -> None:
    measured.restart()
    takes = data.draw(st.lists(st.lists(events(), min_size=1, max_size=6), min_size=1, max_size=4))
    merged_before = data.draw(st.integers(0, 6))
    for number, take in enumerate(takes):
        if number == merged_before:
            measured.merge()
        measured.take(*take)
        assert measured.stored() == measured.recounted()
    kept = measured.stored()
    known = measured.stage.rows("SELECT landlord, move_id FROM core.dwelling_move ORDER BY 1, 2")
    folded = data.draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    connection = measured.stage.connection
    with connection.transaction(), connection.cursor() as cursor:
        forget_moves(cursor, folded)
    for name in ("levels", "voids", "tenures"):
        assert measured.stored()[name] == kept[name] == measured.recounted()[name], name
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core.cell_month")
        recount_linked(cursor, from_ledger=not folded)
        add_levels(cursor)
    assert {**measured.stored(), "moves": []} == {**kept, "moves": []}
