"""Records whose headers are not UTF-8: aiokafka's own reader gives up on them, ours hands their values over."""

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchBuilderPy

from streams.ingest.records import ReadableRecords

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
RECORDS = [(b"first", []), (b"second", [("zz", b"1"), ("content-type", None)]), (None, []), (b"last", [("ok", b"2")])]


def built(codec: int, base_offset: int, key: bytes) -> bytes:
    """Return a batch of records, a header's key in it replaced by other bytes."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1 << 20)
    for number, (value, headers) in enumerate(RECORDS):
        builder.append(number, timestamp=1_000 + number, key=b"k", value=value, headers=headers)
    builder._buffer = builder._buffer.replace(b"zz", key)
    batch = builder.build()
    batch[:8] = base_offset.to_bytes(8)
    return bytes(batch)


def values(data: bytes) -> list[tuple[int, int, bytes | None]]:
    records = ReadableRecords(data)
    found = []
    while records.has_next():
        batch = records.next_batch()
        assert batch is not None
        assert batch.validate_crc()
        found += [(record.offset, record.timestamp, record.value) for record in batch]
    assert records.next_batch() is None
    return found


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_record_is_handed_over_whatever_its_headers_are(codec: int) -> None:
    bad = built(codec, 7, b"\xff\xfe")
    with pytest.raises(UnicodeDecodeError):
        list(DefaultRecordBatch(bad))
    good = built(codec, 11, b"zz")
    expected = [(at + n, 1_000 + n, value) for at in (7, 11) for n, (value, _) in enumerate(RECORDS)]
    assert values(bad + good) == expected
    assert values(bad + good + good[:40]) == expected, "a batch cut short is for the next fetch"


def test_headers_that_can_be_read_are_kept() -> None:
    batch = ReadableRecords(built(0, 0, b"zz")).next_batch()
    assert batch is not None
    assert [record.headers for record in batch][1] == [("zz", b"1"), ("content-type", None)]
