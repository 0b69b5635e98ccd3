"""What leaves the archive: what is over its time, and what must be erased.

Invariant: a file that is rewritten keeps its name, and so the offsets it answers for: reading never fetches them
again, and `checking.py` finds no gap.
"""

import shutil
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from consumers.archive import files
from consumers.archive.content import Element, Limits, take_out
from consumers.archive.erasures import forget, remember
from consumers.errors import ConsumerError
from runtime.clock import PARIS
from schemas.events.horizon import KEPT_MONTHS

Unwanted = Callable[[Element, dict[str, Any]], bool]
"""Whether an event of a record goes."""


class Pruned(NamedTuple):
    """What was over its time: whole files, and events in files that stay."""

    files: int
    events: int


def prune(folder: Path, now: datetime, months: int = KEPT_MONTHS) -> Pruned:
    """Take out what may no longer be kept on the day in Paris of `now`.

    Moves `months` after that of their effect, as the ledger's rows (`schemas/events/horizon.py`); likewise whole months
    of arrival; and what is no event of the contract 30 days after its arrival. Raises ConsumerError for what is no
    archive.
    """
    _require(folder)
    limits = Limits.on(now.astimezone(PARIS).date(), months)
    with files.held(folder, files.LOCK):
        removed = sum(_remove_month(month) for month in _months_over(folder, limits))
        _forget_gaps_before(folder)
        forget(folder, now)
        due = (span.path for span in files.parts(folder) if _is_due(files.oldest_of(span.path), limits))
        return Pruned(
            removed, _rewrite_all(due, lambda one, row: one.is_over(files.arrived_on(row["timestamp"]), limits))
        )


def _is_due(oldest: Limits, limits: Limits) -> bool:
    return oldest.effect < limits.effect or oldest.refused < limits.refused


def erase(folder: Path, siren: str, pseudonyms: Collection[str | UUID], at: datetime | None = None) -> int:
    """Take every event about these moves or dwellings out of a landlord's files; return how many events went.

    What is no event goes too where it names one of them. `at`: the instant of the demand; what had arrived in Kafka by
    then and is read into the archive later goes likewise. Raises ConsumerError for what is no archive.
    """
    _require(folder)
    wanted = frozenset(str(one).lower() for one in pseudonyms)
    with files.held(folder, files.LOCK):
        if at is not None:
            remember(folder, siren, wanted, at)
        spans = files.parts(folder, siren)
        return _rewrite_all((span.path for span in spans), lambda one, _: one.is_about(wanted))


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise ConsumerError(f"{folder} n'existe pas : ce n'est pas le dossier d'une archive.")


def _months_over(folder: Path, limits: Limits) -> list[Path]:
    months = sorted(folder.glob("siren=*/month=????-??"))
    return [month for month in months if month.name < f"month={limits.effect:%Y-%m}"]


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
    """Rewrite a file without some events; return how many went."""
    kept, removed = take_out(files.read_rows(path), unwanted)
    if removed:
        files.write_rows(path, kept)
    return removed
