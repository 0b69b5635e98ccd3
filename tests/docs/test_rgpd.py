"""The DPO's folder is true: every measure names a file and a test that are there, and the data map is the database."""

import ast
import re
from pathlib import Path

import pytest

from operations import data_map
from runtime.database import connect
from runtime.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "rgpd"
DOCUMENTS = sorted(FOLDER.glob("*.md"))
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
NAMED = re.compile(r"`((?:schemas|runtime|producers|streams|consumers|dashboards|operations|docs)/[\w/.-]+\.\w+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def held_by(file: Path) -> set[str]:
    """Return the tests that a file holds."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def missing(text: str) -> list[str]:
    """Return the tests and the files that a text names and that are not there."""
    tests = [
        f"{file}::{name}" if name else file
        for file, name in TEST.findall(text)
        if not (ROOT / file).exists() or (name and name not in held_by(ROOT / file))
    ]
    return tests + [file for file in NAMED.findall(text) if not (ROOT / file).exists()]


@every_document
def test_every_file_and_every_test_that_is_named_is_there(document: Path) -> None:
    assert missing(document.read_text(encoding="utf-8")) == []


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (FOLDER / link).exists()] == []


def test_a_name_that_is_not_there_is_seen() -> None:
    text = "`tests/docs/test_rgpd.py::test_none` `tests/none.py` `streams/none.py` `tests/docs/test_rgpd.py`"
    assert missing(text) == ["tests/docs/test_rgpd.py::test_none", "tests/none.py", "streams/none.py"]


def test_every_measure_of_the_impact_assessment_names_a_file_and_a_test() -> None:
    text = (FOLDER / "analyse-impact.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[2:5]
    assert [section.split(".")[0] for section in sections] == ["2", "3", "4"]
    rows = [row for section in sections for row in re.findall(r"^\| .*\|$", section, re.MULTILINE)]
    measures = [row for row in rows if not row.rstrip("| ").endswith("test")]
    assert len(measures) > 30
    assert [row for row in measures if not TEST.search(row) or not NAMED.search(row)] == []


def test_the_folder_is_whole() -> None:
    listed = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in DOCUMENTS} - {"README.md"}


@pytest.mark.services
def test_the_data_map_is_that_of_the_database(settings: Settings) -> None:
    text = data_map.FILE.read_text(encoding="utf-8")
    with connect(settings, "migrator") as connection:
        assert data_map.refreshed(text, connection) == text, "run: quartiers retention map"


@pytest.mark.services
def test_whatever_can_hold_a_pseudonym_or_what_was_sent_is_on_the_map(settings: Settings) -> None:
    with connect(settings, "migrator") as connection:
        assert data_map.sensitive_tables(connection) <= data_map.TABLES.keys()
