"""Landlords' own connections to Kafka, kept a few minutes: whoever shows the right password uses them.

Invariant: a session is only ever given to who proved its password to the broker, at most `LIFE` seconds ago.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from operations.gateway.messages import LARGEST
from producers.broker_faults import PasswordError, require_access, require_password
from runtime.connection import Connection
from runtime.topics import MAX_MESSAGE_BYTES, receipts_topic

LIFE = 300.0
MOST = 64
AT_ONCE = 4
FAILURES, FORGIVEN = 5, 60.0
REMEMBERED = 1_000
SCAN_SECONDS = 10.0


class TooManyError(RuntimeError):
    """This landlord, or this caller, must wait a moment."""


class Placed(NamedTuple):
    """Where a message lies, and when the broker took it (milliseconds since 1970)."""

    partition: int
    offset: int
    timestamp_ms: int


class Session:
    """One landlord's producer and reader. Every method blocks: call it from a thread."""

    def __init__(self, connection: Connection) -> None:
        options = connection.client_options() | {"client_id": f"gateway-{connection.user}"}
        self._producer = KafkaProducer(**options, acks="all", max_request_size=MAX_MESSAGE_BYTES, max_block_ms=10_000)
        self._connection, self._options = connection, options
        self._consumer: KafkaConsumer | None = None
        self._reading = threading.Lock()
        self._receipts = TopicPartition(receipts_topic(connection.siren), 0)
        self.users = 0
        self.retired = self.spoilt = False

    def put(self, topic: str, payload: bytes, content_type: str) -> Placed:
        """Put a message on a topic and wait for the broker's word. Raises KafkaError.

        A producer that was refused once goes on refusing by itself: then this session is the last one to use it.
        """
        headers = [("content-type", content_type.encode())]
        try:
            done = self._producer.send(topic, value=payload, headers=headers).get(timeout=30)
        except KafkaError:
            self.spoilt = True
            raise
        return Placed(done.partition, done.offset, done.timestamp)

    def require_right(self, *, sandbox: bool) -> None:
        """Raise RightError unless the landlord may write now."""
        require_access(self._connection, sandbox=sandbox)

    def end_of(self, topic: str, partition: int) -> int:
        """Return the offset that the topic's next message will have, 0 for a partition that is not there."""
        where = TopicPartition(topic, partition)
        with self._reader() as reader:
            return int(reader.end_offsets([where])[where]) if partition == 0 else 0

    def receipt(self, position: str, since_ms: int | None) -> bytes | None:
        """Return the receipt of the message at `topic:partition:offset`, None while there is none."""
        with closing(self._records(None, since_ms)) as records:
            return next((payload for key, payload, _ in records if key == position), None)

    def receipts(self, after: int | None, since_ms: int | None, most: int) -> tuple[list[bytes], int | None]:
        """Return at most `most` receipts, oldest first, of no more than a message's size together.

        Also the offset of the next one, None if there is none: where to go on.
        """
        found: list[bytes] = []
        size = 0
        with closing(self._records(after, since_ms)) as records:
            for _, payload, offset in records:
                size += len(payload)
                if found and (len(found) == most or size > LARGEST):
                    return found, offset
                found.append(payload)
        return found, None

    def _records(self, start: int | None, since_ms: int | None) -> Generator[tuple[str, bytes, int], None, None]:
        """Yield (key, payload, offset) from an offset or an instant on, up to the end that the topic has now."""
        with self._reader() as reader:
            end = int(reader.end_offsets([self._receipts])[self._receipts])
            if start is None and since_ms is not None:
                found = reader.offsets_for_times({self._receipts: since_ms})[self._receipts]
                start = found.offset if found else end
            if start is None:
                reader.seek_to_beginning(self._receipts)
            else:
                reader.seek(self._receipts, min(start, end))
            deadline = time.monotonic() + SCAN_SECONDS
            while reader.position(self._receipts) < end and time.monotonic() < deadline:
                for records in reader.poll(timeout_ms=500, max_records=500).values():
                    for record in records:
                        yield (record.key or b"").decode(errors="replace"), record.value or b"", record.offset

    @contextmanager
    def _reader(self) -> Iterator[KafkaConsumer]:
        with self._reading:
            if self._consumer is None:
                small = {"fetch_max_bytes": 2 * MAX_MESSAGE_BYTES, "max_partition_fetch_bytes": 2 * MAX_MESSAGE_BYTES}
                self._consumer = KafkaConsumer(
                    **self._options, **small, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
                )
                self._consumer.assign([self._receipts])
            yield self._consumer

    def close(self) -> None:
        """End both connections."""
        self._producer.close(timeout=5)
        with self._reading:
            if self._consumer is not None:
                self._consumer.close(autocommit=False)


class _Kept(NamedTuple):
    digest: bytes
    opened_at: float
    session: Session


class Sessions:
    """At most 64 sessions, the longest unused one gives way; at most 4 requests of a landlord at a time."""

    def __init__(self, bootstrap: str, now: Callable[[], float] = time.monotonic) -> None:
        self._bootstrap, self._now = bootstrap, now
        self._salt = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def acquire(self, siren: str, password: str, caller: str) -> Session:
        """Return the landlord's session, to be given back by `release`. Blocks while one is opened.

        Raises PasswordError, another LandlordError if the broker is away, or TooManyError: too many requests of this
        landlord at once, or too many wrong passwords of this caller.
        """
        digest = hashlib.blake2b(password.encode(), key=self._salt).digest()
        if session := self._taken(siren, digest):
            return session
        self._require_patience(caller, siren)
        with self._turn(siren):
            if session := self._taken(siren, digest):
                return session
            connection = Connection(siren, self._bootstrap, password)
            try:
                require_password(connection)
            except PasswordError:
                self._note_failure(caller, siren)
                raise
            return self._keep(siren, digest, Session(connection))

    def release(self, session: Session) -> None:
        """Give a session back; one that is given to nobody any more closes with its last request."""
        with self._lock:
            session.users -= 1
            if session.retired and not session.users:
                _close_aside(session)

    @contextmanager
    def _turn(self, siren: str) -> Iterator[None]:
        """Let one request at a time open a landlord's session; the others wait and use it."""
        with self._lock:
            lock = self._opening.setdefault(siren, threading.Lock())
        with lock:
            yield
        with self._lock:
            if not lock.locked():
                self._opening.pop(siren, None)

    def _taken(self, siren: str, digest: bytes) -> Session | None:
        with self._lock:
            kept = self._kept.get(siren)
            if kept is None or not hmac.compare_digest(kept.digest, digest):
                return None
            if kept.session.spoilt or self._now() - kept.opened_at > LIFE:
                self._retire(siren)
                return None
            if kept.session.users >= AT_ONCE:
                raise TooManyError(f"{AT_ONCE} requêtes à la fois au plus pour un bailleur")
            kept.session.users += 1
            self._kept.move_to_end(siren)
            return kept.session

    def _keep(self, siren: str, digest: bytes, session: Session) -> Session:
        with self._lock:
            self._retire(siren)
            if len(self._kept) >= MOST:
                self._retire(next(iter(self._kept)))
            session.users = 1
            self._kept[siren] = _Kept(digest, self._now(), session)
        return session

    def _retire(self, siren: str) -> None:
        """Give a session to nobody any more; it closes when its last request has ended."""
        if kept := self._kept.pop(siren, None):
            kept.session.retired = True
            if not kept.session.users:
                _close_aside(kept.session)

    def _require_patience(self, caller: str, siren: str) -> None:
        with self._lock:
            recent = [at for at in self._failures.get((caller, siren), []) if self._now() - at < FORGIVEN]
            if len(recent) >= FAILURES:
                raise TooManyError("trop de mots de passe faux : attendez une minute")

    def _note_failure(self, caller: str, siren: str) -> None:
        with self._lock:
            recent = self._failures.setdefault((caller, siren), [])
            self._failures.move_to_end((caller, siren))
            recent[:] = [*recent, self._now()][-FAILURES:]
            if len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def close(self) -> None:
        """End every session."""
        with self._lock:
            for siren in list(self._kept):
                self._retire(siren)


def _close_aside(session: Session) -> None:
    threading.Thread(target=session.close, daemon=True).start()
