"""A vintage written as a folder, all at once: whoever looks sees the whole of it or nothing.

Invariant: the same vintage gives the same bytes; another vintage's folder, or anyone's files, are never written over.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from consumers.errors import ConsumerError
from consumers.opendata import publication, wording
from consumers.opendata.metadata import Extent, data_package, dcat, schema_name, table_schema
from consumers.opendata.publication import Vintage
from consumers.opendata.rows import figure_rows, indicator_rows
from consumers.opendata.tables import FIGURES, INDICATORS, TABLES
from consumers.opendata.writing import TableWriter, Written, weigh

SUMS = "SHA256SUMS"
PACKAGE = "datapackage.json"
Watch = Callable[[int, int], None]
"""Told how many territories are done, and of how many."""


class Exported(NamedTuple):
    """What was written, or was there already to the byte (`new` False): rows by table."""

    folder: Path
    vintage: Vintage
    rows: dict[str, int]
    new: bool


def export(
    connection: psycopg.Connection[Any],
    month: date | None,
    target: Callable[[Vintage], Path],
    watch: Watch = lambda done, total: None,
) -> Exported:
    """Write a vintage (the latest without a `month`) into the folder that `target` names for it.

    `connection`: of `public_reader`, in no transaction yet. Raises ConsumerError if nothing is published, or the folder
    holds anything but this vintage.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    vintage = publication.find_vintage(connection, month)
    folder = target(vintage)
    _refuse_foreign(folder, vintage)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        rows = _write(connection, vintage, fresh, watch)
        fresh.chmod(0o755)
        new = _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Exported(folder, vintage, rows, new)


def _refuse_foreign(folder: Path, vintage: Vintage) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    found = vintage_of(folder)
    if found is None:
        raise ConsumerError(f"{folder} contient autre chose qu'un export : nommez un autre dossier par --to.")
    if found != f"{vintage.month:%Y-%m}":
        raise ConsumerError(
            f"{folder} contient le millésime {found} : le {vintage.month:%Y-%m} ne l'écrase pas. Nommez un autre "
            "dossier par --to."
        )


def vintage_of(folder: Path) -> str | None:
    """Return the vintage (YYYY-MM) that a folder says it holds, None for what is no export."""
    try:
        said: Any = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, str) else None


def _write(connection: psycopg.Connection[Any], vintage: Vintage, folder: Path, watch: Watch) -> dict[str, int]:
    extent = Extent()
    territories = publication.territories(connection)
    with ExitStack() as stack:
        figures, indicators = (stack.enter_context(TableWriter(folder, table)) for table in (FIGURES, INDICATORS))
        for number, territory in enumerate(territories, 1):
            here = False
            for window in publication.windows(connection, vintage.month, territory):
                figures.write(figure_rows(vintage.month, window))
                indicators.write(indicator_rows(vintage.month, window))
                extent.add(window.month, window.months)
                here = True
            if here:
                extent.territories.append(territory)
            watch(number, len(territories))
    rows = {FIGURES.name: figures.rows, INDICATORS.name: indicators.rows}
    _describe(vintage, extent, rows, folder)
    return rows


def _describe(vintage: Vintage, extent: Extent, rows: dict[str, int], folder: Path) -> None:
    """Write everything but the tables."""
    written = {file.name: file for file in map(weigh, sorted(folder.iterdir()))}
    texts = {
        "README.md": wording.read_me(vintage, extent, rows),
        "LICENCE.md": wording.licence(),
        "dictionnaire.md": wording.dictionary(),
        "regles.json": _json({"mode": vintage.mode, "regles": vintage.rules, "perte": vintage.loss}, sort=True),
        PACKAGE: _json(data_package(vintage, written)),
        "dcat.jsonld": _json(dcat(vintage, extent, written)),
        **{schema_name(table): _json(table_schema(table, vintage)) for table in TABLES},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / SUMS).write_text(_sums(map(weigh, sorted(folder.iterdir()))), encoding="utf-8", newline="\n")


def _json(content: Any, *, sort: bool = False) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=sort) + "\n"


def _sums(files: Iterable[Written]) -> str:
    return "".join(f"{file.sha256}  {file.name}\n" for file in files)


def _put_in_place(fresh: Path, folder: Path) -> bool:
    """Give the folder its name; return False if what is there is the same to the byte.

    A folder of the same vintage that differs (another version of this program) is put aside until the new one is there.
    """
    if (folder / SUMS).exists():
        if (folder / SUMS).read_bytes() == (fresh / SUMS).read_bytes() and _is_intact(folder):
            return False
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        folder.replace(aside)
        fresh.replace(folder)
        shutil.rmtree(aside)
        return True
    if folder.exists():
        shutil.rmtree(folder)
    for file in fresh.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    fresh.replace(folder)
    return True


def _is_intact(folder: Path) -> bool:
    files = (path for path in sorted(folder.iterdir()) if path.name != SUMS)
    return (folder / SUMS).read_text(encoding="utf-8") == _sums(map(weigh, files))
