"""Record batches whose headers cannot be read: the record is archived without them.

kafka-python takes a header's key for UTF-8 and raises where it is not; the archive would end, and meet the record
again for ever. Invariant: whatever is in a record's headers, its value is read. The worker does the same of aiokafka.
"""

from typing import Any

from kafka.record import memory_records
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from runtime.logging import logger


class ReadableBatch(DefaultRecordBatch):  # type: ignore[misc]
    """A batch as kafka-python reads it, but for the records whose headers it cannot."""

    def _read_msg(self, decode_varint: Any = decode_varint) -> Any:
        start = self._pos
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            return self._read_without_headers(start)

    def _read_without_headers(self, at: int) -> DefaultRecord:
        buffer = self._buffer
        length, start = decode_varint(buffer, at)
        delta, pos = decode_varint(buffer, start + 1)
        offset_delta, pos = decode_varint(buffer, pos)
        key, pos = self._bytes_at(pos)
        value, pos = self._bytes_at(pos)
        self._pos = start + length
        offset = self.base_offset + offset_delta
        logger(__name__).warning("headers that are not UTF-8: record archived without them", offset=offset)
        appended = self.timestamp_type == self.LOG_APPEND_TIME
        timestamp = self.max_timestamp if appended else self.first_timestamp + delta
        return DefaultRecord(length, offset, timestamp, self.timestamp_type, key, value, [])

    def _bytes_at(self, pos: int) -> tuple[bytes | None, int]:
        length, pos = decode_varint(self._buffer, pos)
        return (None, pos) if length < 0 else (bytes(self._buffer[pos : pos + length]), pos + length)


def read_whatever_the_headers() -> None:
    """Have this process's consumers read such records. kafka-python offers no other place for it."""
    memory_records.DefaultRecordBatch = ReadableBatch
