"""What a detector says, written to standard output: CSV or JSON, a row a series and period.

Numbers are written with all their digits; what is not known is empty in CSV and null in JSON.
"""

import csv
import sys
from collections.abc import Iterable

import orjson

from operations.detection.run import Row

COLUMNS = ("series", "period", "count", "expected", "upper", "p_value", "alarm", "verdict")
WORDS = {True: "true", False: "false", None: ""}


def as_csv(rows: Iterable[Row]) -> None:
    """Write rows under a header."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (
            one.series,
            one.period,
            _text(one.events),
            _text(one.expected),
            _text(one.upper),
            _text(one.p_value),
            WORDS[one.alarm],
            one.verdict,
        )
        for one in rows
    )


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)


def as_json(rows: Iterable[Row]) -> None:
    """Write an array of objects, one on a line."""
    comma = "["
    for one in rows:
        sys.stdout.write(f"{comma}\n{orjson.dumps(dict(zip(COLUMNS, one, strict=True))).decode()}")
        comma = ","
    sys.stdout.write("[]\n" if comma == "[" else "\n]\n")
