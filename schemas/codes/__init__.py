"""Versioned code lists, read from the CSV files of this folder (French labels, validity dates).

`versions.csv` says what each version changed; a new code comes with a new line there.
"""

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent
# What stands for an unknown code of a newer list version, in order of preference.
_FALLBACKS = ("autre", "unknown", "non_renseigne")


class Code(NamedTuple):
    """One row of a code list."""

    label_fr: str
    nature_class: str
    sensitive: bool
    valid_from: date
    valid_to: date | None


class Version(NamedTuple):
    """One version of the code lists, all of them together."""

    version: int
    published_on: date
    changes_fr: str


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def versions() -> tuple[Version, ...]:
    """Return the versions of the code lists, oldest first."""
    return tuple(
        Version(int(row["version"]), date.fromisoformat(row["published_on"]), row["changes_fr"])
        for row in _rows("versions")
    )


CURRENT_VERSION = versions()[-1].version


def code_list_names() -> list[str]:
    """Return the names of all code lists, in order."""
    return sorted(path.stem for path in _FOLDER.glob("*.csv") if path.stem != "versions")


@cache
def code_list(name: str) -> dict[str, Code]:
    """Return `{code: Code}` of the list `name`; FileNotFoundError if there is no such list."""
    return {
        row["code"]: Code(
            row["label_fr"],
            row["nature_class"],
            row["sensitive"] == "1",
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
        for row in _rows(name)
    }


def known_code(name: str, code: str, list_version: int) -> str | None:
    """Return the code to count under: itself, or the list's catch-all if only a newer version knows it.

    None if the code is unknown in a version known here, or if the list is closed (it has no catch-all).
    """
    codes = code_list(name)
    if code in codes:
        return code
    if list_version > CURRENT_VERSION:
        return next((fallback for fallback in _FALLBACKS if fallback in codes), None)
    return None
