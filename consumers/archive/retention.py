"""What leaves the archive: what is over its time, and what must be erased.

Invariant: a file that is rewritten keeps its name, and so the offsets it answers for: reading never fetches them
again, and `checking.py` finds no gap.
"""

import shutil
from collections.abc import Callable, Collection, Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from consumers.archive import files
from consumers.archive.content import KEPT_MONTHS, Element, months_later, without
from consumers.errors import ConsumerError

Unwanted = Callable[[Element, date], bool]
"""Whether an event goes, given the day on which its message arrived."""


class Pruned(NamedTuple):
    """What was over its time: whole files, and events in files that stay."""

    files: int
    events: int


def prune(folder: Path, today: date) -> Pruned:
    """Take out what may no longer be kept on this day.

    Whole months of arrival 25 months after their first day; before that, moves 25 months past their effect, and what
    is no event of the contract 30 days after its arrival (`content.py`). Raises ConsumerError if the folder is held.
    """
    _require(folder)
    with files.held(folder, files.LOCK):
        removed = sum(_remove_month(month) for month in _months_over(folder, today))
        _forget_gaps_before(folder)
        due = (span.path for span in files.parts(folder) if files.forget_on(span.path) <= today)
        return Pruned(removed, _rewrite_all(due, lambda one, arrived_on: one.expires_on(arrived_on) <= today))


def erase(folder: Path, siren: str, pseudonyms: Collection[str | UUID]) -> int:
    """Take every event about these moves or dwellings out of a landlord's files; return how many events went.

    What is no event goes too where it names one of them. What Kafka still holds and the archive has not read yet is
    not reached. Raises ConsumerError if the folder is held by another command.
    """
    _require(folder)
    wanted = frozenset(str(one).lower() for one in pseudonyms)
    with files.held(folder, files.LOCK):
        spans = files.parts(folder, siren)
        return _rewrite_all((span.path for span in spans), lambda one, _: one.is_about(wanted))


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise ConsumerError(f"{folder} n'existe pas : ce n'est pas le dossier d'une archive.")


def _months_over(folder: Path, today: date) -> list[Path]:
    months = folder.glob("siren=*/month=????-??")
    return [
        month
        for month in sorted(months)
        if months_later(date.fromisoformat(f"{month.name.removeprefix('month=')}-01"), KEPT_MONTHS) <= today
    ]


def _remove_month(month: Path) -> int:
    number = sum(1 for _ in month.glob("part-*.parquet"))
    shutil.rmtree(month)
    return number


def _forget_gaps_before(folder: Path) -> None:
    """Forget the gaps before the first file that stays, so that they are not taken for where reading goes on."""
    first = {span.topic: span.first for span in reversed(files.parts(folder))}
    for gap in files.gaps(folder):
        if gap.topic not in first or gap.last < first[gap.topic]:
            gap.path.unlink()


def _rewrite_all(paths: Iterable[Path], unwanted: Unwanted) -> int:
    return sum(_rewrite(path, unwanted) for path in paths)


def _rewrite(path: Path, unwanted: Unwanted) -> int:
    """Rewrite a file without some events; return how many went. A message with no event left goes whole."""
    kept, removed = [], 0
    for row in files.read_rows(path):
        if row["value"] is not None:
            arrived_on = files.arrived_on(row["timestamp"])
            row["value"], gone = without(row["value"], lambda one, on=arrived_on: unwanted(one, on))  # type: ignore[misc]
            removed += gone
            if row["value"] is None:
                continue
        kept.append(row)
    if removed:
        files.write_rows(path, kept)
    return removed
