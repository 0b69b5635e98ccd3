"""The archive's folder: which offsets of which topic each file holds, and how a file comes to be there.

Invariant: a file is there whole or not at all, and its name says the offsets it answers for. The names alone say
where reading goes on: no offset is in two files, and none is passed over without a record of the gap.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from consumers.archive.content import Limits, oldest
from consumers.errors import ConsumerError
from runtime.clock import PARIS
from runtime.topics import landlord_of

SCHEMA = pa.schema(
    [
        pa.field("topic", pa.string(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("headers", pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))),
    ]
)
_OLDEST = {b"oldest_effect": "effect", b"oldest_refused": "refused"}
"""In a file's metadata: what decides when something in it may no longer be kept."""
LOCK, READER_LOCK = ".writing.lock", ".reading.lock"
_TEMPORARY = ".new"
_PART = re.compile(r"part-(?P<topic>.+)-(?P<first>\d{20})-(?P<last>\d{20})\.parquet")
_GAP = re.compile(r"gap-(?P<topic>.+)-(?P<first>\d{20})-(?P<last>\d{20})\.json")


class Span(NamedTuple):
    """Offsets of a topic, both ends included, that one file answers for."""

    topic: str
    first: int
    last: int
    path: Path


def arrived_on(timestamp: int) -> date:
    """Return the day in Paris of a record's time of arrival (milliseconds)."""
    return datetime.fromtimestamp(timestamp / 1000, UTC).astimezone(PARIS).date()


def landlord_folder(folder: Path, siren: str) -> Path:
    """Return where a landlord's files are."""
    return folder / f"siren={siren}"


def parts(folder: Path, siren: str = "*") -> list[Span]:
    """Return the files of records, of one landlord or of all, by topic and offset."""
    return _spans(folder.glob(f"siren={siren}/month=*/part-*.parquet"), _PART)


def gaps(folder: Path) -> list[Span]:
    """Return the recorded gaps, by topic and offset."""
    return _spans(folder.glob("siren=*/gap-*.json"), _GAP)


def remove_unfinished(folder: Path) -> None:
    """Remove the new files that were being written when the reader ended; what is being rewritten is another's."""
    for path in folder.glob(f"siren=*/**/*{_TEMPORARY}"):
        if not path.with_name(path.name.removesuffix(_TEMPORARY)).exists():
            path.unlink()


def _spans(paths: Iterable[Path], pattern: re.Pattern[str]) -> list[Span]:
    found = [(path, pattern.fullmatch(path.name)) for path in paths]
    return sorted(Span(one["topic"], int(one["first"]), int(one["last"]), path) for path, one in found if one)


def next_offsets(folder: Path) -> dict[str, int]:
    """Return where reading goes on, by topic: after the greatest offset that is archived or given up."""
    found: dict[str, int] = {}
    for span in [*parts(folder), *gaps(folder)]:
        found[span.topic] = max(found.get(span.topic, 0), span.last + 1)
    return found


def write_part(folder: Path, topic: str, first: int, last: int, month: date, rows: list[dict[str, Any]]) -> Path:
    """Write records that arrived in a month; they answer for the offsets from `first` to `last`."""
    target = landlord_folder(folder, landlord_of(topic)) / f"month={month:%Y-%m}"
    path = target / f"part-{topic}-{first:020d}-{last:020d}.parquet"
    write_rows(path, rows)
    return path


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a file of records in place of what is there, at once and for good."""
    found = oldest((row["value"], arrived_on(row["timestamp"])) for row in rows)
    metadata = {name: getattr(found, field).isoformat() for name, field in _OLDEST.items()}
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in SCHEMA]
    table = pa.Table.from_arrays(columns, schema=SCHEMA.with_metadata(metadata))
    _place(path, lambda file: pq.write_table(table, file, compression="zstd"))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file; timestamps in milliseconds."""
    table = pq.ParquetFile(path).read()
    index = table.schema.get_field_index("timestamp")
    rows: list[dict[str, Any]] = table.set_column(index, "timestamp", table["timestamp"].cast(pa.int64())).to_pylist()
    for row in rows:
        row["headers"] = [(one["key"], one["value"]) for one in row["headers"] or []]
    return rows


def oldest_of(path: Path) -> Limits:
    """Return the oldest effect, and the oldest arrival of what is no event, in a file."""
    metadata = pq.read_schema(path).metadata
    return Limits(*(date.fromisoformat(metadata[name].decode()) for name in _OLDEST))


def write_gap(folder: Path, topic: str, first: int, last: int, why: str, seen_at: datetime) -> None:
    """Record that these offsets are in no file, and why."""
    path = landlord_folder(folder, landlord_of(topic)) / f"gap-{topic}-{first:020d}-{last:020d}.json"
    place_bytes(path, json.dumps({"why": why, "seen_at": seen_at.isoformat()}).encode())


def place_bytes(path: Path, content: bytes) -> None:
    """Write a small file in place of what is there, at once and for good."""
    _place(path, lambda file: file.write(content))


def _place(path: Path, write: Any) -> None:
    """Write under another name, flush to the disk, rename: after a power cut there is a whole file or none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + _TEMPORARY)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    for place in (path.parent, path.parent.parent, path.parent.parent.parent):
        _flush_folder(place)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def held(folder: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Be the only one that changes the folder's files (LOCK), or that reads topics into it (READER_LOCK).

    Raises ConsumerError if the folder cannot be written, and, without `wait`, if another is at it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConsumerError(
            f"Le dossier d'archive {folder} n'est pas accessible en écriture ({error.strerror})."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ConsumerError(f"Une autre commande travaille déjà dans l'archive {folder} : attendez sa fin.") from error
    finally:
        os.close(descriptor)
