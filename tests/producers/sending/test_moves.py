"""A file of moves: the same twice is duplicates, a correction is one correction, a crash loses or doubles nothing."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from threading import Event

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers import keys
from producers.errors import LandlordError
from producers.extract.records import RowProblem
from producers.journal import Entry, Journal, revision_of
from producers.outcome import prepared_lines
from producers.preparation import Sender
from producers.publishing import Publication, Source, States
from schemas.events.models import COUNTS, DECLARATION
from schemas.events.privacy import forbidden_path
from tests.producers.sending.stage import (
    RING,
    RULES,
    SIREN,
    TODAY,
    CrashError,
    FakeLocator,
    Landlord,
    dwelling,
    instant,
    move,
)

MARCH = date(2026, 3, 31)


def test_the_same_file_twice_is_the_same_bytes(tmp_path):
    one = Landlord(tmp_path)
    one.publish(map(move, range(1200)), through=MARCH)
    first = list(one.observatory.payloads)
    one.publish(map(move, range(1200)), "2026-04-01T09:00:00", through=MARCH)
    assert one.observatory.payloads == first * 2
    assert one.observatory.outcomes == {"applied": 1200, "duplicate": 1200}


def test_another_machine_gives_the_same_file_the_same_revisions(tmp_path):
    (tmp_path / "other").mkdir()
    here = Landlord(tmp_path)
    there = Landlord(tmp_path / "other", here.observatory)
    here.publish(map(move, range(20)))
    there.publish(map(move, range(20)))
    assert here.observatory.outcomes == {"applied": 20, "duplicate": 20}


def test_a_departure_dated_anew_is_one_correction_and_the_rest_duplicates(tmp_path):
    one = Landlord(tmp_path)
    one.publish(map(move, range(40)))
    changed = [replace(move(3), effective_on=date(2026, 2, 27)), *(move(number) for number in range(40) if number != 3)]
    one.publish(changed)
    assert one.observatory.outcomes == {"applied": 41, "duplicate": 39}
    corrected = one.observatory.moves[RING.move_id("LEASE-3", "out")]
    assert (corrected["effective_on"], corrected["revision"]) == ("2026-02-27", instant("2026-04-01T08:00:00") + 1)


def test_each_correction_at_one_instant_has_a_greater_revision(tmp_path):
    one = Landlord(tmp_path)
    for number, rooms in enumerate(["T2", "T3", "T2", "T4"]):
        one.publish([move(1, rooms=rooms)] * 1, k=1)
        (held,) = one.observatory.moves.values()
        assert (held["rooms"], held["revision"]) == (rooms, instant("2026-04-01T08:00:00") + number)


def test_an_older_extract_overrides_nothing(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1, rooms="T4")], k=1)
    one.publish([move(1, rooms="T2")], "2026-03-01T08:00:00", k=1)
    assert next(iter(one.observatory.moves.values()))["rooms"] == "T4"
    one.publish([move(1, rooms="T4")], k=1)
    assert one.observatory.outcomes == {"applied": 1, "superseded": 1, "duplicate": 1}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 6), st.sampled_from(["T2", "T3", "T4"]), min_size=1), st.integers(0, 2)
        ),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_whatever_crashes_the_last_file_is_what_the_observatory_holds(tmp_path_factory, files, data):
    """Each file may fail after any message; the next may be another file of the same or a later instant."""
    one = Landlord(tmp_path_factory.mktemp("landlord"))
    day = 1
    for rooms, days in files:
        day += days
        one.observatory.crash_after = data.draw(st.sampled_from([None, 0, 1]))
        records = [move(number, rooms=value) for number, value in rooms.items()]
        extracted = f"2026-03-{day:02d}T08:00:00"
        try:
            one.publish(records, extracted, k=1, through=date(2026, 2, 28))
        except CrashError:
            one.observatory.crash_after = None
            if data.draw(st.booleans()):
                one.publish(records, extracted, k=1, through=date(2026, 2, 28))
            else:
                continue
        one.observatory.crash_after = None
        for number, value in rooms.items():
            assert one.observatory.moves[RING.move_id(f"LEASE-{number}", "out")]["rooms"] == value
    assert len(one.observatory.moves) <= 7


def test_a_revision_never_stands_for_two_contents():
    known = Entry(100, 100, b"a", 0)
    assert revision_of(None, None, b"a", 100) == 100
    assert revision_of(known, None, b"a", 500) == 100
    assert revision_of(known, None, b"b", 100) == 101
    assert revision_of(known, None, b"b", 500) == 500
    assert revision_of(known, None, b"b", 50) == 50
    assert revision_of(None, known, b"a", 100) == 101


def test_after_a_rotation_the_same_file_corrects_and_never_doubles(tmp_path):
    old = Landlord(tmp_path)
    old.publish(map(move, range(20)))
    ring = keys.rotated(RING, date(2026, 4, 1), date(2028, 6, 1))
    new = Landlord(tmp_path, old.observatory, ring)
    new.publish(map(move, range(20)))
    assert len(old.observatory.moves) == 20
    assert old.observatory.moves.keys() == {ring.move_id(f"LEASE-{number}", "out") for number in range(20)}
    (tmp_path / "state.sqlite").unlink()
    new.publish(map(move, range(20)), "2026-04-02T08:00:00")
    assert len(old.observatory.moves) == 20, "no local state is needed"


def test_after_a_rotation_an_older_file_overrides_nothing(tmp_path):
    old = Landlord(tmp_path)
    old.publish([move(1, rooms="T2"), move(2)], "2026-03-01T08:00:00", k=1)
    old.publish([move(1, rooms="T4")], k=1)
    ring = keys.rotated(RING, date(2026, 4, 1), date(2028, 6, 1))
    new = Landlord(tmp_path, old.observatory, ring)
    new.publish([move(1, rooms="T2"), move(2)], "2026-03-01T08:00:00", k=1)
    rooms = {one["rooms"] for one in old.observatory.moves.values()}
    assert len(old.observatory.moves) == 2
    assert "T4" in rooms, "the newer file's word stays"
    assert "T2" not in rooms


def test_a_clock_that_was_wrong_once_keeps_no_later_correction_back(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1, rooms="T2")], "2036-04-01T08:00:00", k=1, through=MARCH, now="2036-04-01T08:00:00")
    one.publish([move(1, rooms="T4"), move(2)], k=1, through=MARCH, now="2026-04-01T09:00:00")
    assert one.observatory.moves[RING.move_id("LEASE-1", "out")]["rooms"] == "T4"
    assert one.observatory.others[DECLARATION]["revision"] > instant("2036-04-01T08:00:00")
    one.publish([move(1, rooms="T4"), move(2)], k=1, now="2026-04-01T09:00:00")
    assert one.observatory.outcomes == {"applied": 3, "duplicate": 2}
    assert all(event["time"].year >= 2026 for event in one.observatory.reading())


def test_a_file_older_than_what_was_sent_is_told(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1, rooms="T4"), move(2)], k=1)
    seconds = instant("2026-03-01T08:00:00")
    sender = Sender(SIREN, RING, FakeLocator(), seconds, date(2026, 3, 1), 1)
    with Journal(one.state) as journal, Publication(sender, journal, RULES, TODAY) as publication:
        publication.read(Source("movements", [move(1, rooms="T2"), move(2)]))
        summary = publication.prepare()
    assert summary.older == 1
    assert any("--extracted-at" in line for line in prepared_lines(summary, 0))


def test_a_successor_names_its_predecessors_moves(tmp_path):
    theirs = Landlord(tmp_path)
    theirs.publish(map(move, range(6)))
    ours = keys.Keyring(keys.new_key(date(2026, 4, 1)))
    ours = keys.with_predecessor(ours, "222222222", RING.current, date(2028, 6, 1), ["RUE DES LILAS 1"])
    (tmp_path / "ours").mkdir()
    successor = Landlord(tmp_path / "ours", ring=ours)
    successor.publish([move(1), move(2)])
    named, own = (successor.observatory.moves[ours.move_id(f"LEASE-{number}", "out")] for number in (1, 2))
    assert (named["former_move_id"], named["former_landlord"]) == (RING.move_id("LEASE-1", "out"), "222222222")
    assert "former_move_id" not in own


def test_what_was_sent_keeps_its_detail_when_another_row_changes(tmp_path):
    """Five alike are sent in full; one that leaves them changes nothing of the four that stay."""
    one = Landlord(tmp_path)
    alike = [move(number, household_type="monoparental") for number in range(5)]
    one.publish(alike)
    one.publish([*alike[:4], replace(alike[4], effective_on=date(2026, 2, 2))])
    assert one.observatory.outcomes == {"applied": 6, "duplicate": 4}
    moved = one.observatory.moves[RING.move_id("LEASE-4", "out")]
    assert (moved["rooms"], moved["reason"], "household_type" in moved) == ("unknown", "autre", False)


def test_nothing_that_looks_personal_and_no_natural_identifier_leaves(tmp_path):
    one = Landlord(tmp_path)
    records = [
        move(number, reason=reason) for number, reason in enumerate(["deces", "expulsion_impayes", "emploi"] * 20)
    ]
    one.publish(records, through=MARCH)
    events = one.observatory.reading()
    assert len(events) == 61
    sent = b"".join(one.observatory.payloads)
    for event in events:
        data = orjson.loads(orjson.dumps(event, default=str))
        assert forbidden_path(data) is None
    for text in ("LEASE", "LILAS", "rue", "1.44", "43.6", "deces", "expulsion", RING.current.secret.hex()):
        assert text.encode() not in sent
    state = (tmp_path / "state.sqlite").read_bytes()
    assert b"LEASE" not in state
    assert b"LILAS" not in state


def test_what_the_observatory_would_refuse_is_not_sent_and_is_told_by_line(tmp_path):
    one = Landlord(tmp_path)
    sent = one.publish(
        [move(1), move(2, effective_on=date(2026, 6, 1)), move(3, where=replace(move(3).where, commune="31999"))]
    )
    assert [(told.event.line, told.problem.reason) for told in sent.refused] == [
        (4, "too_far_ahead"),
        (5, "unknown_commune"),
    ]
    assert sent.moves == 1
    assert len(one.observatory.moves) == 1
    one.publish([move(1), move(2)])
    assert len(one.observatory.moves) == 2


def test_control_totals_count_what_was_sent_in_the_newly_declared_months(tmp_path):
    one = Landlord(tmp_path)
    records = [move(number) for number in range(10)]
    records += [move(10, effective_on=date(2026, 2, 3)), move(11, status="cancelled", cancel_reason="mistake")]
    records += [move(12, reason="glissement_bail"), move(13, direction="in", reason="relocation")]
    one.publish(records, through=MARCH)
    assert one.observatory.others[DECLARATION]["control_totals"] == [
        {"month": "2026-03", "direction": "out", "count": 10},
        {"month": "2026-03", "direction": "in", "count": 1},
    ]


def test_a_declaration_keeps_the_first_day_of_the_one_before(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1)], through=date(2026, 2, 28), first=date(2025, 12, 1))
    assert len(one.observatory.others[DECLARATION]["control_totals"]) == 6
    one.publish([move(1)], "2026-04-02T08:00:00", through=MARCH)
    declared = one.observatory.others[DECLARATION]
    assert (declared["complete_from"], declared["complete_through"]) == ("2025-12-01", "2026-03-31")
    assert {total["month"] for total in declared["control_totals"]} == {"2026-03"}
    with pytest.raises(LandlordError, match="avant de commencer"):
        one.publish([move(1)], through=MARCH, first=date(2026, 4, 1))


def test_a_trial_leaves_no_trace(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1)], through=MARCH, lasting=False)
    assert len(one.observatory.moves) == 1
    with Journal(one.state) as journal:
        assert journal.entries([RING.move_id("LEASE-1", "out")]) == {}
        assert journal.fact("declared whole_stock") is None
    one.publish([move(1)], send=False)
    assert len(one.observatory.payloads) == 2


def test_a_move_said_twice_by_a_file_is_sent_once(tmp_path):
    one = Landlord(tmp_path)
    sent = one.publish([move(1), move(2), move(1, rooms="T2")])
    assert sent.moves == 2
    assert one.observatory.outcomes == {"applied": 2}


def test_problems_of_rows_are_kept_apart_and_an_empty_file_sends_nothing(tmp_path):
    one = Landlord(tmp_path)
    sent = one.publish([RowProblem(2, "Bail", "", "missing", "error", "bail absent", "complétez")])
    assert (sent.moves, one.observatory.payloads) == (0, [])


def test_moves_of_files_and_of_states_are_never_mixed(tmp_path):
    one = Landlord(tmp_path)
    one.publish([move(1)])
    with pytest.raises(LandlordError, match="compteraient deux fois"):
        one.publish([dwelling(1, started=date(2026, 1, 1))], states=States())


def test_a_damaged_state_is_told(tmp_path):
    (tmp_path / "state.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(LandlordError, match="abîmé"):
        Journal(tmp_path / "state.sqlite")


def test_two_publications_at_once_are_refused(tmp_path, monkeypatch):
    with Journal(tmp_path / "state.sqlite"):
        monkeypatch.setattr("producers.journal.PATIENCE", 0.1)
        with pytest.raises(LandlordError, match="autre envoi"):
            Journal(tmp_path / "state.sqlite")


def test_no_other_publication_slips_in_between_two_groups_of_messages(tmp_path, monkeypatch):
    monkeypatch.setattr("producers.journal.PATIENCE", 0.0)
    path = tmp_path / "state.sqlite"
    with Journal(path) as journal:
        journal.set_fact("mode", "movements")
        journal.keep()
        done = Event()

        def another() -> bool:
            while not done.is_set():
                with suppress(LandlordError), Journal(path):
                    return True
            return False

        with ThreadPoolExecutor(1) as pool:
            slipped_in = pool.submit(another)
            try:
                for number in range(300):
                    journal.set_fact("mode", str(number))
                    journal.keep()
            finally:
                done.set()
            assert not slipped_in.result()


def test_a_disk_that_is_full_is_not_taken_for_another_publication(tmp_path, monkeypatch):
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    class Full:
        def execute(self, _):
            raise full

        def close(self): ...

    monkeypatch.setattr("producers.journal.sqlite3.connect", lambda *_, **__: Full())
    with pytest.raises(sqlite3.OperationalError, match="full"):
        Journal(tmp_path / "state.sqlite")


def test_counts_leave_instead_of_rows_and_agree_with_the_declaration(tmp_path):
    one = Landlord(tmp_path)
    records = [move(number) for number in range(10)] + [move(20, effective_on=date(2026, 2, 2))]
    one.publish(records, through=MARCH, counts_only=True)
    first = list(one.observatory.payloads)
    assert one.observatory.moves == {}
    counted = one.observatory.others[COUNTS]
    assert (counted["month"], sum(cell["count"] for cell in counted["cells"])) == ("2026-03", 10)
    assert one.observatory.others[DECLARATION]["control_totals"][0] == {
        "month": "2026-03",
        "direction": "out",
        "count": 10,
    }
    assert not any(name.encode() in b"".join(first) for name in ("dwelling", "move_id", "2026-02"))
    one.publish(records, through=MARCH, counts_only=True)
    assert one.observatory.payloads == first * 2
    with pytest.raises(LandlordError, match="compteraient deux fois"):
        one.publish(records, through=MARCH)
