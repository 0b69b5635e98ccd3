"""Two passes over an extract's moves with flat memory: first what is rare is found, then each move takes its form.

The first pass writes what it made (pseudonyms and codes only) into a temporary file that vanishes when it is closed,
so that the extract is read and located once. What grows with the file is 58 bytes a move.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import numpy as np
import orjson

from producers.coarsening import COARSEST, FREE, K, coarsen, combination_hashes, find_steps, without_days
from producers.events import counted_month, digest_of, former_identity, instant_text, move_data, move_event
from producers.extract.records import MoveRecord
from producers.journal import Entry, Journal, Row, revision_of
from producers.keys import Keyring
from producers.location.place import Locator
from producers.location.remarks import OUTSIDE_REGION
from producers.uniqueness import Alone, count_alone, detail_of

CHUNK = 500


@dataclass(frozen=True)
class Sender:
    """Who sends, and from which extract. `extracted` is its instant (seconds), `read_on` the day of its codes.

    `by_month`: no day leaves, only months.
    """

    siren: str
    ring: Keyring
    locator: Locator
    extracted: int
    read_on: date
    k: int = K
    by_month: bool = False


class Prepared(NamedTuple):
    """An event ready to be sent. `line` is the extract's (0: none); `changed`: the journal does not know it so.

    `row` is what the journal keeps of a move, None for another event. `inside`: the move is in a QPV of 2024.
    """

    line: int
    payload: bytes
    row: Row | None
    changed: bool
    inside: bool = False


@dataclass
class Summary:
    """What was prepared: moves at each step, lines that repeat a move, and remarks on locations by code.

    `older`: moves that a later extract said otherwise, and that stay as it said. `alone`: those that nothing resembles.
    `beyond`: moves with effect before the horizon, which the observatory takes only while it takes the landlord's
    history.
    """

    moves: int = 0
    older: int = 0
    beyond: int = 0
    steps: Counter[int] = field(default_factory=Counter)
    repeated: list[int] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)
    alone: Alone | None = None
    by_month: bool = False


class Preparation:
    """The moves of one extract. Use it as a context manager: the temporary file vanishes with it."""

    def __init__(self, sender: Sender, journal: Journal | None, horizon: date = date.min) -> None:
        """`journal` None: nothing was ever sent (an examination). `horizon`: the first day that is always taken."""
        self._sender, self._journal, self._horizon = sender, journal, horizon
        self._spool: IO[bytes] = TemporaryFile()  # noqa: SIM115
        self._hashes, self._known, self._counted = array("q"), array("b"), array("b")
        self._identities, self._details = array("q"), array("q")
        self._lines = array("q")
        self._steps: list[int] | None = None
        self._again: set[int] = set()
        self.summary = Summary(by_month=sender.by_month)

    def __enter__(self) -> Self:
        """Return the preparation."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Throw the temporary file away."""
        self._spool.close()

    def read(self, records: Iterable[MoveRecord]) -> None:
        """Take the moves of an extract: the first pass."""
        source = iter(records)
        while chunk := list(islice(source, CHUNK)):
            self._read_chunk(chunk)

    def _read_chunk(self, chunk: list[MoveRecord]) -> None:
        sender = self._sender
        ring = sender.ring
        locations = sender.locator.locate_all([record.where for record in chunk], sender.read_on)
        drafts: list[tuple[dict[str, Any], dict[str, str]]] = []
        kept = []
        for record, location in zip(chunk, locations, strict=True):
            if location.remark:
                self.summary.remarks[location.remark] += 1
            if location.remark == OUTSIDE_REGION:
                continue
            kept.append(record)
            data = move_data(record, location, ring)
            if sender.by_month:
                without_days(data)
            drafts.append((data, former_identity(record, ring)))
        entries = self._entries(drafts)
        spooled = []
        for record, (data, former) in zip(kept, drafts, strict=True):
            known = entries.get(data["move_id"])
            earlier = entries.get(former.get("former_move_id", ""))
            # What is coarsened otherwise is another content, though the same was read.
            digest = digest_of([data, "month"] if sender.by_month else data, sender.k)
            same = known is not None and known.digest == digest
            cancelled = data["status"] == "cancelled"
            revision = revision_of(known, earlier, digest, sender.extracted)
            last = known or earlier
            stale = last is not None and not same and sender.extracted < last.extracted
            self.summary.older += stale
            if stale and known is None:
                continue  # its new identity would close the former one, which holds a later word
            self._hashes.extend(combination_hashes(data, record.direction))
            self._known.append(known.step if known and same else COARSEST if cancelled else FREE)
            self._counted.append(not cancelled)
            self._identities.append(hash(data["move_id"]))
            self._details.append(detail_of(data))
            self._lines.append(record.line)
            moment = (known.extracted if known and same else 0) or sender.extracted
            month = counted_month(data, record.direction)
            self.summary.beyond += record.effective_on < self._horizon
            spooled.append(
                [data | former | {"revision": revision}, digest.hex(), record.direction, moment, month, not same, stale]
            )
        self._spool.write(orjson.dumps(spooled) + b"\n")

    def _entries(self, drafts: list[tuple[dict[str, Any], dict[str, str]]]) -> dict[str, Entry]:
        if self._journal is None:
            return {}
        wanted = [data["move_id"] for data, _ in drafts]
        return self._journal.entries([*wanted, *(former["former_move_id"] for _, former in drafts if former)])

    def prepare(self) -> None:
        """Find the step of each move, and what repeats: between the passes, once."""
        if self._steps is not None:
            return
        self._again = self._repeated()
        self._identities = array("q")  # done with: a million moves are 8 MB here and 50 MB below
        self._steps = self._found_steps()
        self._hashes, self._known, self._counted = array("q"), array("b"), array("b")
        self._details = array("q")
        summary = self.summary
        summary.repeated = [self._lines[number] for number in sorted(self._again)]
        summary.moves = len(self._steps) - len(self._again)
        summary.steps = Counter(step for number, step in enumerate(self._steps) if number not in self._again)

    def moves(self) -> Iterator[Prepared]:
        """Yield each move in its final form, in the order of the extract: the second pass.

        Of two lines that say the same move the first is kept.
        """
        self.prepare()
        siren, again, steps = self._sender.siren, self._again, self._steps or []
        self._spool.seek(0)
        number = -1
        for text in self._spool:
            for data, digest, direction, moment, month, changed, stale in orjson.loads(text):
                number += 1
                if number in again:
                    continue
                step = steps[number]
                coarsen(data, direction, step, by_month=self._sender.by_month)
                yield Prepared(
                    self._lines[number],
                    move_event(data, direction, siren, instant_text(moment)),
                    Row(
                        *(data["move_id"], data["revision"], moment, bytes.fromhex(digest), step, direction, month),
                        former=data.get("former_move_id"),
                    ),
                    changed and not stale,
                    data["qpv_status"] == "inside",
                )

    def _repeated(self) -> set[int]:
        """Return the ranks of the moves that an earlier line said already."""
        identities = np.frombuffer(self._identities, np.int64)
        _, first = np.unique(identities, return_index=True)
        again = np.ones(len(identities), np.bool_)
        again[first] = False
        return set(np.flatnonzero(again).tolist())

    def _found_steps(self) -> list[int]:
        hashes = np.frombuffer(self._hashes, np.int64).reshape(-1, COARSEST + 1)
        counted = np.frombuffer(self._counted, np.int8).astype(np.bool_)
        counted[list(self._again)] = False
        steps = find_steps(hashes, np.frombuffer(self._known, np.int8), counted, self._sender.k)
        present = hashes[np.arange(len(steps)), steps]
        self.summary.alone = count_alone(
            present[counted], np.frombuffer(self._details, np.int64)[counted], steps[counted]
        )
        found: list[int] = steps.tolist()
        return found
