"""What machines and people are told of a vintage is complete, and true to the files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from frictionless import Schema

from consumers.opendata.tables import PARTS_FR, STATUSES_FR, TABLES, derived
from consumers.opendata.wording import dictionary
from schemas.indicators.measures import MEASURES
from tests.consumers.opendata.conftest import Export
from tests.consumers.opendata.published import RULES, add_figures, add_vintage, drawn

pytestmark = pytest.mark.services


@pytest.fixture
def folder(published: psycopg.Connection[Any], exported: Export) -> Path:
    """A vintage with figures of every kind."""
    add_vintage(published)
    add_figures(published, drawn(7))
    return exported().folder


def said(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found


def test_dcat_names_each_file_with_its_weight_and_its_checksum(folder: Path) -> None:
    dataset = said(folder, "dcat.jsonld")
    assert dataset["@type"] == "dcat:Dataset"
    files = {one["dcat:downloadURL"]["@id"]: one for one in dataset["dcat:distribution"]}
    assert files.keys() == {f"{table.name}.{form}" for table in TABLES for form in ("csv", "parquet")}
    for name, one in files.items():
        content = (folder / name).read_bytes()
        assert one["dcat:byteSize"]["@value"] == str(len(content))
        assert one["spdx:checksum"]["spdx:checksumValue"]["@value"] == hashlib.sha256(content).hexdigest()
        assert one["dct:license"]["@id"].endswith("etalab-2.0")
        assert one["@type"] == "dcat:Distribution"
    assert files["chiffres.csv"]["dcat:mediaType"]["@id"].endswith("/text/csv")


def test_dcat_says_who_where_when_and_how_often(folder: Path) -> None:
    dataset = said(folder, "dcat.jsonld")
    for name in ("dct:title", "dct:description"):
        assert dataset[name]["@language"] == "fr"
    assert dataset["dct:publisher"]["foaf:name"]["@value"]
    assert dataset["dct:accrualPeriodicity"]["@id"].endswith("/frequency/MONTHLY")
    assert [one["@id"].rpartition("/geo/")[2] for one in dataset["dct:spatial"]] == ["departement/31", "region/76"]
    period = dataset["dct:temporal"]
    assert (period["dcat:startDate"]["@value"], period["dcat:endDate"]["@value"]) == ("2025-02-01", "2026-02-28")


def test_every_prefix_that_dcat_uses_is_in_its_context(folder: Path) -> None:
    dataset = said(folder, "dcat.jsonld")

    def prefixes(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(prefixes, node))
        if not isinstance(node, dict):
            return set()
        own = {name.partition(":")[0] for name in node if not name.startswith("@")}
        own |= {str(node["@type"]).partition(":")[0]} if "@type" in node else set()
        return own.union(*map(prefixes, node.values()))

    context = dataset.pop("@context")
    assert prefixes(dataset) <= context.keys()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_schema_says_what_schema_data_gouv_fr_asks_for(folder: Path, table: Any) -> None:
    schema = said(folder, f"schema-{table.name}.json")
    assert {"name", "title", "description", "version", "path", "homepage", "contributors", "resources", "fields"} <= (
        schema.keys()
    )
    for one in schema["fields"]:
        assert one["title"] and one["description"] and one["example"], one
    assert [one["name"] for one in schema["fields"]] == table.header
    read = Schema.from_descriptor(str(folder / f"schema-{table.name}.json"))
    # The example of each column is one that its own schema takes.
    _, notes = read.read_cells([one["example"] for one in schema["fields"]])
    assert not any(notes)


def test_the_dictionary_explains_every_column_code_measure_and_indicator(folder: Path) -> None:
    text = (folder / "dictionnaire.md").read_text(encoding="utf-8")
    assert text == dictionary()
    names = {column.name for table in TABLES for column in table.columns}
    for name in names | STATUSES_FR.keys() | PARTS_FR.keys() | MEASURES.keys() | derived().keys():
        assert f"`{name}`" in text, name
    for one in derived().values():
        assert one.formula in text
        assert one.limits in text


def test_the_read_me_says_what_may_not_be_concluded(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "Locataires du parc social seulement" in text
    assert "Les fenêtres couvrent les mois de 02/2025 à 02/2026." in text
    assert "{" not in text


def test_the_rules_that_decided_are_there(folder: Path) -> None:
    assert said(folder, "regles.json") == {"mode": "suppression", "regles": RULES, "perte": {"secret": 3}}


def test_rounded_figures_say_that_they_are(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published, mode="rounding")
    assert "arrondis" in (exported().folder / "README.md").read_text(encoding="utf-8")


def test_nothing_is_named_that_is_not_there(folder: Path) -> None:
    listed = {line.partition("  ")[2] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert listed == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert {one["path"] for one in said(folder, "datapackage.json")["resources"]} <= listed
