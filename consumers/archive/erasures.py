"""What was erased while Kafka still held it: what is read of it afterwards is not archived again.

Kafka forgets after 30 days what had arrived when the erasure was asked for; then the list is forgotten too. A dwelling
may be let again: only what had arrived by then is about the household that asked.
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from consumers.archive import files
from consumers.archive.content import take_out

REMEMBERED = timedelta(days=31)


class Erasure(NamedTuple):
    """Pseudonyms that are in no message which had arrived by `until` (milliseconds)."""

    until: int
    pseudonyms: frozenset[str]


def remember(folder: Path, siren: str, pseudonyms: Collection[str], at: datetime) -> None:
    """Keep what is asked to be erased, until Kafka has forgotten it."""
    name = f"erased-{int(at.timestamp() * 1000):020d}.json"
    files.place_bytes(files.landlord_folder(folder, siren) / name, json.dumps(sorted(pseudonyms)).encode())


def remembered(folder: Path, siren: str = "*") -> dict[Path, Erasure]:
    """Return what is remembered of one landlord or of all, by file."""
    return {
        path: Erasure(int(path.stem.removeprefix("erased-")), frozenset(json.loads(path.read_text(encoding="utf-8"))))
        for path in sorted(folder.glob(f"siren={siren}/erased-*.json"))
    }


def forget(folder: Path, now: datetime) -> None:
    """Forget what Kafka has forgotten."""
    for path, erasure in remembered(folder).items():
        if datetime.fromtimestamp(erasure.until / 1000, UTC) + REMEMBERED <= now:
            path.unlink()


def without_erased(rows: list[dict[str, Any]], erasures: Collection[Erasure]) -> list[dict[str, Any]]:
    """Return records without what was erased before they were read."""
    for erasure in erasures:
        rows, _ = take_out(
            rows,
            lambda one, row, e=erasure: row["timestamp"] <= e.until and one.is_about(e.pseudonyms),  # type: ignore[misc]
        )
    return rows
