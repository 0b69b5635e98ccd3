"""Whether the archive is whole: no offset twice, none missing but where a gap was recorded, every file readable."""

from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from consumers.archive import files
from consumers.errors import ConsumerError


class Verdict(NamedTuple):
    """How many files and records there are, the offsets known to be lost, and what is wrong, in French."""

    files: int
    records: int
    lost: int
    problems: list[str]


def verify(folder: Path) -> Verdict:
    """Read every file and compare it with its name, and the names with each other. Raises ConsumerError."""
    if not folder.is_dir():
        raise ConsumerError(f"{folder} n'existe pas : ce n'est pas le dossier d'une archive.")
    parts, gaps = files.parts(folder), files.gaps(folder)
    problems, records = [], 0
    for span in parts:
        number, wrong = _examine(span)
        records += number
        problems += wrong
    for topic, spans in groupby(sorted([*parts, *gaps]), lambda span: span.topic):
        problems += _compare(topic, list(spans))
    return Verdict(len(parts), records, sum(gap.last - gap.first + 1 for gap in gaps), problems)


def _examine(span: files.Span) -> tuple[int, list[str]]:
    """Return how many records a file has, and what is wrong in it."""
    try:
        rows = files.read_rows(span.path)
    except (OSError, pa.ArrowException, KeyError) as error:
        return 0, [f"{span.path} ne peut pas être lu ({type(error).__name__}) : remettez-le d'une sauvegarde."]
    offsets = [row["offset"] for row in rows]
    wrong = []
    if any(later <= earlier for earlier, later in pairwise(offsets)):
        wrong.append(f"{span.path} : des positions se répètent ou reculent.")
    if offsets and not span.first <= min(offsets) <= max(offsets) <= span.last:
        wrong.append(f"{span.path} : des positions sont hors de celles que dit son nom.")
    if any(row["topic"] != span.topic for row in rows):
        wrong.append(f"{span.path} : des messages sont d'un autre sujet que celui de son nom.")
    return len(rows), wrong


def _compare(topic: str, spans: list[files.Span]) -> list[str]:
    """Return where a topic's spans overlap or leave a hole."""
    wrong = []
    for before, after in pairwise(spans):
        if after.first <= before.last:
            wrong.append(f"{topic} : les positions {after.first} à {before.last} sont deux fois ({after.path.name}).")
        elif after.first > before.last + 1:
            wrong.append(f"{topic} : les positions {before.last + 1} à {after.first - 1} manquent.")
    return wrong
