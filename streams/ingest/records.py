"""Record batches whose headers cannot be read: the record is handed over without them.

aiokafka takes a header's key for UTF-8 and raises where it is not; the worker would end, and meet the record again
for ever. Invariant: whatever is in a record's headers, its value is read.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from runtime.logging import logger

_BEGINNING = struct.Struct(">qi")
"""Of a batch: its base offset, and its length after these twelve bytes."""


class WithoutHeaders(_DefaultRecordBatchPy):  # type: ignore[misc]
    """A batch read again in Python, leaving headers out."""

    _pos: int

    def _read_msg(self, decode: Any = decode_varint) -> _DefaultRecordPy:
        buffer = self._buffer
        length, start = decode(buffer, self._pos)
        ts_delta, pos = decode(buffer, start + 1)
        offset_delta, pos = decode(buffer, pos)
        key, pos = self._bytes_at(pos)
        value, pos = self._bytes_at(pos)
        self._pos = start + length
        appended = self.timestamp_type == self.LOG_APPEND_TIME
        timestamp = self.max_timestamp if appended else self.first_timestamp + ts_delta
        return _DefaultRecordPy(self.base_offset + offset_delta, timestamp, self.timestamp_type, key, value, [])

    def _bytes_at(self, pos: int) -> tuple[bytes | None, int]:
        length, pos = decode_varint(self._buffer, pos)
        return (None, pos) if length < 0 else (bytes(self._buffer[pos : pos + length]), pos + length)


class ReadableBatch:
    """One batch as aiokafka reads it, and as `WithoutHeaders` does from the first record that it cannot."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except UnicodeDecodeError:
            logger(__name__).warning("headers that are not UTF-8: records taken without them", offset=self.base_offset)
            for number, record in enumerate(WithoutHeaders(self._raw)):
                if number >= read:
                    yield record

    def __next__(self) -> Any:
        return next(self._batch)


class ReadableRecords:
    """What a fetch brought, in the place of aiokafka's `MemoryRecords`."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._data = memoryview(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """Return the length of what was fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Return whether another whole batch follows."""
        return bool(self._records.has_next())

    def next_batch(self) -> ReadableBatch | None:
        """Return the next batch, None after the last."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        start = self._at
        self._at += _BEGINNING.size + _BEGINNING.unpack_from(self._data, start)[1]
        return ReadableBatch(batch, self._data[start : self._at])


def read_whatever_the_headers() -> None:
    """Have this process's consumers read such records. aiokafka's fetcher offers no other place for it."""
    fetcher.MemoryRecords = ReadableRecords
