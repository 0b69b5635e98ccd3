"""`export --check` sees what Frictionless would see, and that the files say the same, with nothing installed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from consumers.errors import ConsumerError
from consumers.opendata.checking import check
from consumers.opendata.folder import SUMS
from tests.consumers.opendata.conftest import Export
from tests.consumers.opendata.published import VINTAGE, add_figures, add_vintage, drawn, figures

pytestmark = pytest.mark.services


@pytest.fixture
def folder(published: psycopg.Connection[Any], exported: Export) -> Path:
    """A vintage of one territory."""
    add_vintage(published)
    add_figures(published, figures(VINTAGE, 4, departures=50, dwellings=500, arrivals="secret"))
    return exported().folder


def sign_again(folder: Path) -> None:
    """Have every checksum fit what is there now: whoever changed a file knew how."""
    package = json.loads((folder / "datapackage.json").read_text())
    for one in package["resources"]:
        content = (folder / one["path"]).read_bytes()
        one |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    (folder / "datapackage.json").write_text(json.dumps(package))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != SUMS
    ]
    (folder / SUMS).write_text("".join(lines))


def edit(before: str, after: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "chiffres.csv"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after, 1))

    return change


def repeat(folder: Path) -> None:
    file = folder / "chiffres.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[-1]]))
    table = pq.read_table(folder / "chiffres.parquet")
    rows = table.to_pylist()
    pq.write_table(table.from_pylist([*rows, rows[-1]], table.schema), folder / "chiffres.parquet")


def drop_column(folder: Path) -> None:
    table = pq.read_table(folder / "chiffres.parquet")
    pq.write_table(table.drop_columns(["statut"]), folder / "chiffres.parquet")


def truncate(folder: Path) -> None:
    file = folder / "chiffres.parquet"
    file.write_bytes(file.read_bytes()[:-30])


WRONG = {
    "a secret with a value": (edit(",secret", ",valeur"), "la valeur ne va pas avec le statut"),
    "a value under a secret": (edit(",,secret", ",12,secret"), "la valeur ne va pas avec le statut"),
    "an unknown code": (edit(",secret", ",caché"), "« statut » a une valeur qui n'y a pas sa place"),
    "an unknown level": (edit(",qpv_2024,", ",qpv_2030,"), "« niveau » a une valeur"),
    "a negative count": (edit(",50,", ",-50,"), "« valeur » a une valeur"),
    "a text for a number": (edit(",50,", ",cinquante,"), "« valeur » n'est pas du type attendu"),
    "a French date": (edit("2026-04-01", "01/04/2026"), "« millesime » n'est pas du type attendu"),
    "another vintage": (edit("2026-04-01", "2026-05-01"), "un autre millésime"),
    "a required cell that is empty": (edit(",QN03107M,", ",,"), "« code » a une valeur"),
    "another value than Parquet": (edit(",50,", ",51,"), "le Parquet dit autre chose"),
    "a column more": (edit(",50,", ",50,50,"), "12 colonnes au lieu de 11"),
    "another header": (edit("valeur,statut", "value,statut"), "n'a pas l'en-tête attendu"),
    "a row twice": (repeat, "cette ligne est répétée"),
    "Parquet without a column": (drop_column, "n'a pas les colonnes ou les types attendus"),
    "Parquet that is cut off": (truncate, "ne peut pas être lu"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_inside_a_file_is_found_even_if_its_checksum_fits(folder: Path, name: str) -> None:
    change, told = WRONG[name]
    assert check(folder) == []
    change(folder)
    sign_again(folder)
    wrong = check(folder)
    assert any(told in one for one in wrong), wrong


def test_a_change_a_loss_and_a_stranger_are_found_by_the_checksums(folder: Path) -> None:
    (folder / "README.md").write_text("x")
    (folder / "LICENCE.md").unlink()
    (folder / "photo.png").touch()
    assert check(folder) == [
        "LICENCE.md manque.",
        "README.md a changé depuis l'export : refaites-le.",
        "photo.png n'est pas nommé dans SHA256SUMS.",
    ]


def test_one_row_less_in_one_of_the_files_is_found(folder: Path) -> None:
    file = folder / "chiffres.csv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    sign_again(folder)
    (wrong,) = check(folder)
    assert "n'ont pas le même nombre de lignes" in wrong


def test_a_thousand_faults_are_told_in_twenty(
    published: psycopg.Connection[Any], exported: Export, tmp_path: Path
) -> None:
    add_vintage(published)
    add_figures(published, drawn(8))
    folder = exported(tmp_path / "large").folder
    file = folder / "chiffres.csv"
    file.write_text(file.read_text().replace("2026-04-01,", "2027-04-01,"))
    sign_again(folder)
    assert len(check(folder)) == 20


def test_a_folder_that_is_no_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConsumerError, match="n'est pas un export"):
        check(tmp_path)
