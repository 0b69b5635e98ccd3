"""Commit a batch of messages: ledger, counters, quarantine, tallies, receipts and offsets in one transaction.

Invariant: a message's work is in the database exactly when its topic's `next_offset` is beyond it. A worker
that comes back from the dead finds the offset moved on and leaves its messages alone; a message that comes
before its turn (Faust hands some over out of order around a rebalance) is left for later, never passed over to.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg

from schemas.events.places import place_of
from schemas.events.reading import Problem, Rejected, element_texts
from streams.counters import deltas
from streams.ingest.cells import Cells
from streams.ingest.decode import Decoded, Message, Rank, RegisterEntry
from streams.ingest.receipts import Told, instant, receipt
from streams.ingest.turns import Committed, in_their_turn, leave_receipts, move_offsets_on
from streams.ledger import counts, moves, registers
from streams.ledger.rows import numbered, packed_move

GATE = 7_240_001
"""Advisory lock: batches share it, `quartiers rebuild` takes it alone."""
CLEAR = "TRUNCATE incoming, known, daily_delta, refused"


class StagedMove(NamedTuple):
    """What remains of a move once its row is packed."""

    position: int
    key: moves.Key
    rank: Rank
    in_scope: bool
    received_on: date
    row: bytes
    told: bool = True


class Ready(NamedTuple):
    """A message whose rows are packed: a fifth of the memory of its decoded events."""

    message: Message
    landlord: str
    received_on: date
    events: int
    moves: list[StagedMove]
    registers: list[RegisterEntry]
    rejected: list[Rejected]
    elsewhere: int = 0


def make_ready(decoded: Decoded, cells: Cells) -> Ready:
    """Pack a message's moves, numbering places that are new; psycopg.OperationalError if the database is away."""
    staged = []
    for entry in decoded.moves:
        row = packed_move(
            entry.data,
            key=entry.key,
            rank=entry.rank,
            direction=entry.direction,
            received_on=decoded.received_on,
            effective_on=entry.effective_on,
            cell_id=cells.number(entry.place),
            flow=entry.flow,
        )
        staged.append(
            StagedMove(entry.position, entry.key, entry.rank, entry.in_scope, decoded.received_on, row, entry.told)
        )
    for register in decoded.registers:
        for cell in register.data.get("cells", ()):
            cells.number(place_of(cell))
    return Ready(
        decoded.message,
        decoded.landlord,
        decoded.received_on,
        decoded.events,
        staged,
        decoded.registers,
        decoded.rejected,
        decoded.elsewhere,
    )


def collapse(messages: Iterable[Ready]) -> list[dict[moves.Key, StagedMove]]:
    """Return the greatest (revision, content hash) of each move of the batch; of equals, the first received.

    A move that changed on several days of receipt is in as many layers, in order: the state known at the end of
    each day does not depend on how messages were batched. All others are in the first layer.
    """
    layers: list[dict[moves.Key, StagedMove]] = [{}]
    deepest: dict[moves.Key, int] = {}
    for ready in messages:
        for staged in ready.moves:
            depth = deepest.get(staged.key, 0)
            held = layers[depth].get(staged.key)
            if held is not None:
                if staged.rank <= held.rank:
                    continue
                if staged.received_on != held.received_on:
                    depth = deepest[staged.key] = depth + 1
                    if depth == len(layers):
                        layers.append({})
            layers[depth][staged.key] = staged
    return layers


def written_landlords(messages: Iterable[Ready]) -> list[str]:
    """Return the landlords of which these messages write: their own, and those that these took over."""
    return sorted({ready.landlord for ready in messages} | {one.key[0] for ready in messages for one in ready.moves})


class Batch:
    """Messages and the layers of rows to stage, one a move, ready to commit. Made outside the transaction."""

    def __init__(self, messages: Sequence[Ready], cells: Cells) -> None:
        self.messages = messages
        self.cells = cells
        self.layers = [numbered(staged.row for staged in layer.values()) for layer in collapse(messages)]


def without_registers(ready: Ready) -> Ready:
    """Return the message with its stocks and declarations refused: what the database could not take."""
    if not ready.registers:
        return ready
    return ready._replace(
        registers=[], rejected=ready.rejected + _unstorable(ready, [entry.position for entry in ready.registers])
    )


def refused(ready: Ready) -> Ready:
    """Return the message with every event refused."""
    positions = [staged.position for staged in ready.moves if staged.told] + [
        entry.position for entry in ready.registers
    ]
    return ready._replace(moves=[], registers=[], rejected=ready.rejected + _unstorable(ready, positions))


def _unstorable(ready: Ready, positions: Sequence[int]) -> list[Rejected]:
    problem = Problem("not_storable", "", "la base ne peut pas tenir cet événement : valeurs hors de toute mesure")
    return _rejected(ready, positions, problem)


def _rejected(ready: Ready, positions: Sequence[int], problem: Problem) -> list[Rejected]:
    texts = element_texts(ready.message.payload)
    return [Rejected(position, problem, texts[position].encode()) for position in positions]


def without_folded(ready: Ready, folded: set[moves.Key]) -> Ready:
    """Return the message with every event refused that speaks of a folded move, under either of its identities."""
    gone = {staged.position for staged in ready.moves if staged.key in folded}
    if not gone:
        return ready
    text = "mouvement qui n'est plus conservé ligne à ligne (durée passée, ou effacé) : il ne se corrige plus"
    problem = Problem("folded_move", "/data/move_id", text)
    kept = [staged for staged in ready.moves if staged.position not in gone]
    return ready._replace(moves=kept, rejected=ready.rejected + _rejected(ready, sorted(gone), problem))


def prepare_connection(connection: psycopg.Connection[Any]) -> None:
    """Make the session's temporary tables, and let a batch be sorted in memory."""
    connection.execute("SET work_mem = '32MB'")
    # A frozen worker must not hold its landlords' locks for ever.
    connection.execute("SET idle_in_transaction_session_timeout = '10s'")
    connection.execute(moves.TEMPORARY_TABLES + deltas.TEMPORARY_TABLES + REFUSED_TABLE)
    connection.commit()


def commit_batch(connection: psycopg.Connection[Any], batch: Batch) -> Committed:
    """Write what is new and in its turn, in one transaction.

    Raises psycopg.Error, with nothing written, when the database is away or two workers met in a deadlock:
    the caller tries again.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
        moves.lock_landlords(cursor, written_landlords(batch.messages))
        fresh, due = in_their_turn(cursor, batch.messages)
        if len(fresh) != len(batch.messages):
            batch = Batch(fresh, batch.cells)
        if fresh:
            _write(cursor, batch)
        return Committed(len(fresh), due)


def _write(cursor: psycopg.Cursor[Any], batch: Batch) -> None:
    parts = up_to_declarations(batch.messages)
    for number, part in enumerate(parts):
        if number:
            cursor.execute(CLEAR)
        write_events(cursor, batch if len(parts) == 1 else Batch(part, batch.cells))
    move_offsets_on(cursor, batch.messages)


def up_to_declarations(messages: Sequence[Ready]) -> list[list[Ready]]:
    """Cut a batch in two where something of a landlord follows its last declaration, each landlord's order kept.

    A declaration's control totals speak of what was sent before it: what came after would look like a difference.
    Only the last word of a landlord is compared, so one cut is enough.
    """
    last = {ready.landlord: number for number, ready in enumerate(messages) if _declarations(ready)}
    followed = [number > last.get(ready.landlord, number) for number, ready in enumerate(messages)]
    parts = [
        [ready for ready, late in zip(messages, followed, strict=True) if late is which] for which in (False, True)
    ]
    return [part for part in parts if part]


def write_events(cursor: psycopg.Cursor[Any], batch: Batch) -> None:
    """Write everything but the offsets. The landlords' locks are held by the caller."""
    known: dict[moves.Key, Rank] = {}
    for depth, rows in enumerate(batch.layers):
        if not rows:
            continue
        as_of = deltas.hold_windows(cursor)
        if depth:
            cursor.execute(CLEAR)
        moves.stage(cursor, rows)
        # The first layer has every move of the batch.
        if depth == 0 and (folded := moves.folded(cursor)):
            cursor.execute(CLEAR)
            spared = [without_folded(ready, folded) for ready in batch.messages]
            write_events(cursor, Batch(spared, batch.cells))
            return
        earlier = moves.apply_staged(cursor)
        deltas.apply_deltas(cursor, as_of, corrections=bool(earlier))
        # What later layers meet is what the first one wrote.
        known = earlier if depth == 0 else known
    declarations = registers.Declarations(
        cursor,
        [(ready.landlord, entry.data["scope"]) for ready in batch.messages for entry in _declarations(ready)],
    )
    monthly = counts.Counts(cursor, [(ready.landlord, month) for ready in batch.messages for month in _months(ready)])
    told = [_outcomes(cursor, ready, known, declarations, monthly, batch.cells) for ready in batch.messages]
    declarations.write()
    if signed := monthly.write():
        deltas.apply_counts(cursor, deltas.hold_windows(cursor), signed)
    tally: Counter[tuple[str, date, str, str]] = Counter()
    receipts = []
    for ready, (outcomes, warnings) in zip(batch.messages, told, strict=True):
        per_outcome: Counter[str] = Counter()
        for (outcome, event_type), n in outcomes.items():
            tally[ready.landlord, ready.received_on, outcome, event_type] += n
            per_outcome[outcome] += n
        differences = [
            difference
            for entry in _declarations(ready)
            if declarations.is_newest(ready.landlord, entry.rank, entry.data)
            for difference in registers.control_differences(cursor, ready.landlord, entry.data)
        ]
        document = receipt(ready, Told(per_outcome, warnings, differences))
        receipts.append((ready.landlord, ready.message.identity, document))
    _quarantine(cursor, batch.messages)
    _add_tally(cursor, tally)
    leave_receipts(cursor, receipts)


ADD_TALLY = """
INSERT INTO core.tally AS t (landlord, received_on, outcome, event_type, n)
SELECT * FROM unnest(%s::text[], %s::date[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (landlord, received_on, outcome, event_type) DO UPDATE SET n = t.n + excluded.n
"""


def _add_tally(cursor: psycopg.Cursor[Any], tally: Counter[tuple[str, date, str, str]]) -> None:
    if tally:
        columns = zip(*((*key, n) for key, n in sorted(tally.items())), strict=True)
        cursor.execute(ADD_TALLY, [list(column) for column in columns])


def _declarations(ready: Ready) -> list[RegisterEntry]:
    return [entry for entry in ready.registers if entry.kind == "declaration"]


def _months(ready: Ready) -> list[str]:
    return [entry.data["month"] for entry in ready.registers if entry.kind == "counts"]


def _outcomes(
    cursor: psycopg.Cursor[Any],
    ready: Ready,
    ledger: dict[moves.Key, Rank],
    declarations: registers.Declarations,
    monthly: counts.Counts,
    cells: Cells,
) -> tuple[Counter[tuple[str, str]], list[tuple[int, Problem]]]:
    """Return the outcomes of a message's events as if applied one after the other, and the warnings.

    `ledger` holds the ranks of the moves before this message and is brought forward by it.
    """
    outcomes: Counter[tuple[str, str]] = Counter()
    warnings: list[tuple[int, Problem]] = []
    for entry in ready.moves:
        held = ledger.get(entry.key)
        rank = entry.rank
        if held is None or rank > held:
            ledger[entry.key] = rank
            outcome = "applied" if entry.in_scope else "out_of_scope"
        else:
            outcome = "duplicate" if rank == held else "superseded"
        if not entry.told:
            continue
        if held is not None and rank != held and rank[0] == held[0]:
            warnings.append((entry.position, registers.contradiction()))
        outcomes[outcome, "move"] += 1
    for register in ready.registers:
        if register.kind == "counts":
            verdict = monthly.take(ready.landlord, register.rank, register.data, ready.received_on, cells.number)
            warnings += [(register.position, doubt) for doubt in monthly.doubts(ready.landlord, register.data)]
        elif register.kind == "stock":
            verdict = registers.apply_stock(
                cursor, ready.landlord, register.rank, register.data, ready.received_on, cells.number
            )
        else:
            verdict = declarations.take(ready.landlord, register.rank, register.data, ready.received_on)
        if verdict.contradicts:
            warnings.append((register.position, registers.contradiction()))
        outcomes[verdict.outcome, register.kind] += 1
    if ready.elsewhere:
        outcomes["out_of_scope", "move"] += ready.elsewhere
    if ready.rejected:
        outcomes["quarantined", "unreadable"] += len(ready.rejected)
    return outcomes, warnings


# By COPY: a landlord whose events are all refused must not cost much more than one whose events are taken.
_REFUSED = (
    "topic, partition, message_offset, event_index, landlord, received_at, reason, pointer, message_fr, payload, "
    "purged_at"
)
REFUSED_TABLE = """
CREATE TEMP TABLE IF NOT EXISTS refused (
    topic text, partition integer, message_offset bigint, event_index integer, landlord text, received_at timestamptz,
    reason text, pointer text, message_fr text, payload bytea, purged_at timestamptz
) ON COMMIT DELETE ROWS;
"""
NOT_KEPT = frozenset({"too_far_back", "folded_move"})
"""Reasons for which the content is not kept: no later reading can accept it, and it is of a time that is over."""
KEEP_REFUSED = f"INSERT INTO core.quarantine ({_REFUSED}) SELECT {_REFUSED} FROM refused ON CONFLICT DO NOTHING"  # noqa: S608


def _quarantine(cursor: psycopg.Cursor[Any], messages: Sequence[Ready]) -> None:
    if not any(ready.rejected for ready in messages):
        return
    with cursor.copy(f"COPY refused ({_REFUSED}) FROM STDIN") as copy:
        for ready in messages:
            message, received = ready.message, instant(ready.message.timestamp)
            for bad in ready.rejected:
                words = (bad.problem.reason, _storable(bad.problem.pointer), _storable(bad.problem.message_fr))
                kept = (None, received) if bad.problem.reason in NOT_KEPT else (bad.raw, None)
                copy.write_row((*message.place, message.offset, bad.index, ready.landlord, received, *words, *kept))
    cursor.execute(KEEP_REFUSED)


def _storable(text: str) -> str:
    """Return the text without NUL, which PostgreSQL refuses, and without lone surrogates."""
    return text.replace("\0", "␀").encode("utf-8", "replace").decode()
