"""What the synthetic region publishes: in order, reproducible, valid, and known to the last event."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import orjson
import pytest

from producers.region import simulate
from producers.region.incidents import WRONG_BY
from producers.region.malformed import REASON_CODES
from schemas.events.models import DeclarationEvent, StockEvent
from schemas.events.privacy import forbidden_fields
from schemas.territories import load


def instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


DIGEST = """
import hashlib, datetime as dt
from producers.region import simulate
digest = hashlib.sha256()
for one in simulate(dt.date(2025, 1, 1), dt.date(2025, 7, 1), seed=3, scale=0.02).publications():
    digest.update(f"{one.landlord} {one.published_at} {one.events} {one.batch}".encode() + one.payload)
print(digest.hexdigest())
"""


def test_the_same_arguments_give_the_same_bytes_in_any_process():
    digests = set()
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)
    assert len(digests) == 1


def test_another_seed_gives_another_region():
    where = {"start": date(2025, 1, 1), "end": date(2025, 3, 1), "scale": 0.01}
    one, other = (
        hashlib.sha256(b"".join(p.payload for p in simulate(seed=seed, **where).publications())).digest()
        for seed in (1, 2)
    )
    assert one != other


@pytest.mark.parametrize("arguments", [(date(2025, 1, 1), date(2025, 1, 1)), (date(2025, 1, 2), date(2025, 1, 1))])
def test_an_empty_span_is_refused(arguments):
    with pytest.raises(ValueError, match="before end"):
        simulate(*arguments)


def test_messages_are_in_order_within_the_span_and_small(messages, span):
    instants = [message.published_at for message in messages]
    assert instants == sorted(instants)
    assert instant(span[0]) <= instants[0]
    assert instants[-1] < instant(span[1])
    assert all(message.published_at.tzinfo is UTC for message in messages)
    assert max(message.events for message in messages) <= 500
    assert max(len(message.payload) for message in messages) < 900_000  # Kafka's default limit is 1 MiB


def test_live_landlords_send_one_event_a_message_and_the_others_in_runs(small, messages):
    cadence = {one.siren: one.cadence for one in small.landlords}
    assert all(message.events == 1 for message in messages if cadence[message.landlord] == "live")
    assert any(message.batch and message.events > 3 for message in messages)
    days = {m.published_at.day for m in messages if cadence[m.landlord] == "monthly" and m.batch}
    assert days == {10}


def test_every_event_is_valid_or_labelled_malformed(replay, truth):
    assert replay.refused == truth.malformed
    assert set(truth.malformed) <= set(REASON_CODES)


def test_every_kind_of_malformed_event_occurs(content_hash):
    kinds: Counter[str] = Counter()
    for seed in (1, 2, 3):
        region = simulate(date(2025, 1, 1), date(2025, 12, 1), seed=seed, scale=0.1)
        kinds.update(region.truth(content_hash).malformed)
    assert set(kinds) == set(REASON_CODES)


def test_truth_is_what_an_independent_replay_holds(replay, truth):
    held = {
        identity: (
            data.revision,
            data.status,
            direction,
            data.effective_on,
            data.commune,
            data.qpv_2024,
            data.qpv_2015,
            data.reason,
        )
        for identity, (_, direction, data) in replay.moves.items()
    }
    told = {
        identity: (
            one.revision,
            one.status,
            one.direction,
            one.effective_on,
            one.commune,
            one.qpv_2024,
            one.qpv_2015,
            one.reason,
        )
        for identity, one in truth.moves.items()
    }
    assert held == told
    assert (replay.events, replay.duplicates) == (truth.events, truth.duplicates)


def test_what_is_no_move_is_out_of_scope(truth):
    out = Counter(one.reason for one in truth.moves.values() if not one.in_scope)
    counted = {one.reason for one in truth.moves.values() if one.in_scope}
    assert set(out) == {"glissement_bail", "renouvellement"}
    assert not counted & {"glissement_bail", "renouvellement"}
    # technical moves are in scope: they are left out of rates, not out of the ledger
    assert counted >= {"relogement_provisoire", "retour_relogement_provisoire", "vente_occupant", "deces", "relocation"}


def test_the_order_of_arrival_is_disturbed(replay, truth):
    assert replay.superseded > 20
    assert truth.duplicates > 20


def test_the_content_hash_decides_between_equal_revisions(small, truth, content_hash):
    def least(direction, data):
        return bytes(255 - byte for byte in content_hash(direction, data))

    other = small.truth(least)
    differing = [identity for identity, one in truth.moves.items() if other.moves[identity] != one]
    assert 5 <= len(differing) <= 60
    assert all(truth.moves[one].revision == other.moves[one].revision for one in differing)


def test_every_state_of_a_life_occurs(replay):
    states = Counter(data.status for _, _, data in replay.moves.values())
    reasons = Counter(data.cancel_reason for _, _, data in replay.moves.values())
    assert states["effective"] > states["announced"] > 0
    assert set(reasons) == {None, "notice_withdrawn", "mistake", "duplicate"}


def test_a_revision_is_the_instant_of_its_writing_and_grows_from_state_to_state(replay):
    states = late = 0
    for history in replay.history.values():
        published = {}
        for instant_sent, data in history:
            assert data.revision <= instant_sent.timestamp()
            published.setdefault(data.revision, (instant_sent, data))
        revised = [published[revision] for revision in sorted(published)]
        for (before, old), (after, new) in pairwise(revised):
            states += 1
            late += before > after  # the network's disorder: an old revision that comes after its successor
            assert old != new.model_copy(update={"revision": old.revision})
            assert (old.status, new.status) != ("effective", "announced")
            assert old.status != "cancelled"
    assert states > 2_000
    assert 0 < late < 0.05 * states


def test_a_corrected_date_keeps_its_move(replay, truth):
    """Two identities for one move would be two moves in a ledger: the truth holds one, at its last date."""
    redated = 0
    for identity, history in replay.history.items():
        effective = {data.revision: data.effective_on for _, data in history if data.status == "effective"}
        if len(set(effective.values())) > 1:
            redated += 1
            assert len({data.dwelling for _, data in history}) == 1
            last = max(data.revision for _, data in history)
            assert truth.moves[identity].revision == last
            if truth.moves[identity].status == "effective":
                assert truth.moves[identity].effective_on == effective[last]
    assert redated > 30


def test_notices_come_one_or_three_months_before(replay):
    leads = [
        (data.effective_on - data.notice_received_on).days
        for _, direction, data in replay.moves.values()
        if direction == "out" and data.notice_received_on and data.status == "effective"
        if data.date_precision == "day"
    ]
    assert sum(25 <= one <= 40 or 85 <= one <= 100 for one in leads) > 0.9 * len(leads)


def test_month_precision_is_dated_the_first(small, replay):
    coarse = {one.siren for one in small.landlords if one.month_precision}
    assert len(coarse) == 2
    for (landlord, _), (_, _, data) in replay.moves.items():
        assert (data.date_precision == "month") == (landlord in coarse)
        assert data.date_precision == "day" or data.effective_on.day == 1


def test_control_totals_are_those_of_a_ledger_at_that_instant_but_the_one_labelled_wrong(small, replay):
    label = next(one for one in small.incidents if one.kind == "wrong_control_total")
    compared, wrong = 0, []
    for publication, event, totals in replay.others:
        if isinstance(event, DeclarationEvent) and totals:
            for one in event.data.control_totals:
                compared += one.count
                if one.count != totals[one.month, one.direction]:
                    day, last = publication.published_at.date(), event.data.complete_through
                    excess = one.count - totals[one.month, one.direction]
                    wrong.append((publication.landlord, day, one.direction, excess))
                    assert one.month == f"{last.replace(day=1) - timedelta(days=1):%Y-%m}"
    assert compared > 1_000
    assert wrong == [(label.landlord, label.start, "out", WRONG_BY)]


def test_declarations_grow_and_never_reach_the_day_of_sending(small, replay):
    declared = defaultdict(list)
    for publication, event, _ in replay.others:
        if isinstance(event, DeclarationEvent):
            assert event.data.complete_through < publication.published_at.date()
            declared[publication.landlord].append((event.data.revision, event.data.complete_through))
    assert set(declared) == {one.siren for one in small.landlords}
    for some in declared.values():
        assert some == sorted(some)


def test_stocks_are_coherent(small, replay):
    scopes = {one.siren: one.scope for one in small.landlords}
    communes = load().communes
    stocks = [(p, e) for p, e, _ in replay.others if isinstance(e, StockEvent)]
    assert len({event.data.stock_on for _, event in stocks}) == 8
    for publication, event in stocks:
        assert event.data.scope == scopes[publication.landlord]
        for cell in event.data.cells:
            assert cell.commune in communes
            assert sum(cell.tenancies_by_start_year.values()) == cell.let
            if event.data.scope == "qpv_only":
                assert cell.qpv_2024 or cell.qpv_2015


def test_names_and_numbers_are_fictitious(small):
    assert len({one.siren for one in small.landlords}) == len(small.landlords) == 25
    for one in small.landlords:
        digits = [int(character) for character in reversed(one.siren)]
        doubled = [2 * d - 9 * (d > 4) if index % 2 else d for index, d in enumerate(digits)]
        assert one.siren.startswith("999")
        assert sum(doubled) % 10 == 0
        assert any(word in one.name for word in ("fict", "imaginaire", "inventé"))


def test_a_silent_landlord_says_nothing_then_catches_up(small, messages):
    silence = next(one for one in small.incidents if one.kind == "silence")
    sent = [m.published_at for m in messages if m.landlord == silence.landlord]
    assert not [one for one in sent if instant(silence.start) <= one < instant(silence.end)]
    assert [one for one in sent if one < instant(silence.start)]
    assert [one for one in sent if one.date() == silence.end]


def test_an_absorbed_landlord_stops_with_an_empty_stock(small, messages, replay):
    merger = next(one for one in small.incidents if one.kind == "merger")
    assert max(m.published_at for m in messages if m.landlord == merger.landlord) < instant(merger.start) + timedelta(
        days=8
    )
    last = [e.data for p, e, _ in replay.others if isinstance(e, StockEvent) and p.landlord == merger.landlord][-1]
    assert last.stock_on == merger.start
    assert sum(cell.let for cell in last.cells) == 0
    assert all(
        data.effective_on < merger.start
        for (landlord, _), (_, _, data) in replay.moves.items()
        if landlord == merger.landlord and data.status == "effective"
    )


def keys_of(value) -> Iterator[str]:
    """Yield every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one)


def test_payloads_hold_no_field_that_looks_personal_but_the_labelled_ones(messages, truth):
    found: Counter[str] = Counter()
    keys: set[str] = set()
    for message in messages:
        try:
            document = orjson.loads(message.payload)
        except orjson.JSONDecodeError:
            continue
        for event in document if message.batch else [document]:
            said = list(keys_of(event))
            keys.update(said)
            found.update(forbidden_fields(said))
    assert keys >= {"specversion", "data", "holder_age", "cells", "tenancies_by_start_year", "control_totals", "count"}
    assert found == {"nom": truth.malformed["personal_data"]}
    assert found["nom"] > 0
