"""The open data hold what is published, to the row, and nothing else."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from frictionless import Package, validate

from consumers.errors import ConsumerError
from consumers.opendata.checking import check
from consumers.opendata.tables import FIGURES, LEVELS, PARTS, STATUSES, TABLES, TELLING, derived
from schemas.indicators import indicator, rate
from tests.consumers.opendata.conftest import Export
from tests.consumers.opendata.published import (
    TERRITORIES,
    VINTAGE,
    add_figures,
    add_vintage,
    coherent,
    drawn,
    empty,
    figures,
)

pytestmark = pytest.mark.services


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_published_comes_back_row_by_row(published: psycopg.Connection[Any], exported: Export) -> None:
    rows = drawn(1)
    add_vintage(published)
    add_figures(published, rows)
    folder = exported().folder
    identities = {(LEVELS[level], code): identity for identity, level, code, _ in TERRITORIES}
    parts = {french: part for part, french in PARTS.items()}
    statuses = {french: status for status, french in STATUSES.items()}
    back = {
        (
            date.fromisoformat(one["millesime"]),
            identities[one["niveau"], one["code"]],
            parts[one["partie"]],
            int(one["fenetre_mois"]),
            date.fromisoformat(one["mois"]),
            one["mesure"],
            int(one["valeur"]) if one["valeur"] else None,
            statuses[one["statut"]],
        )
        for one in read(folder, "chiffres")
    }
    assert back == set(rows)
    assert len(read(folder, "chiffres")) == len(rows)
    assert {one["nom"] for one in read(folder, "chiffres")} == {name for *_, name in TERRITORIES[:-1]}


def test_frictionless_finds_the_package_valid(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, drawn(2))
    folder = exported().folder
    report = validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldNumber", "type", "message"])[:5]
    assert {task.name for task in report.tasks} == {
        "chiffres",
        "chiffres-parquet",
        "indicateurs",
        "indicateurs-parquet",
    }
    assert sum(task.stats.get("rows") or 0 for task in report.tasks) > 2_000, "the tables were read"
    assert check(folder) == []


def test_frictionless_would_see_a_wrong_row(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, drawn(2))
    folder = exported().folder
    file = folder / "chiffres.csv"
    file.write_text(file.read_text().replace(",provisoire\n", ",peut-être\n", 1))
    package = Package(str(folder / "datapackage.json"))
    types = {error.type for error in package.get_resource("chiffres").validate().tasks[0].errors}
    assert {"constraint-error", "hash-count"} <= types


def test_csv_and_parquet_hold_the_same_rows(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, drawn(3))
    folder = exported().folder
    for table in TABLES:
        typed = pq.read_table(folder / f"{table.name}.parquet").to_pylist()
        texts = [{name: "" if it is None else str(it) for name, it in row.items()} for row in typed]
        assert texts == read(folder, table.name)
        assert typed


def test_no_value_stands_where_none_is_told(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, drawn(4))
    folder = exported().folder
    for table in TABLES:
        rows = read(folder, table.name)
        assert {one["statut"] for one in rows} >= {"valeur", "provisoire", "secret", "non_couvert", "sans_donnee"}
        for one in rows:
            assert (one["valeur"] != "") == (one["statut"] in TELLING), one


def test_an_indicator_is_what_the_registry_makes_of_published_values(
    published: psycopg.Connection[Any], exported: Export
) -> None:
    add_vintage(published)
    add_figures(published, figures(VINTAGE, 4, departures=50, dwellings=500, all_dwellings=600))
    (found,) = (one for one in read(exported().folder, "indicateurs") if one["indicateur"] == "departure_rate")
    expected = rate(indicator("departure_rate"), {"departures": 50, "dwellings": 500})
    assert (found["numerateur"], found["denominateur"], found["statut"]) == ("50", "500", "valeur")
    assert float(found["valeur"]) == expected.value == 10.0
    assert [float(found["borne_basse"]), float(found["borne_haute"])] == pytest.approx(
        [expected.lower, expected.upper], abs=5e-5
    )


def test_indicators_are_those_that_the_public_view_gives(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, coherent(9))
    view = {
        (LEVELS[level], code, PARTS[part], str(window), month.isoformat(), name): numbers
        for level, code, part, window, month, name, *numbers in published.execute(
            "SELECT level, code, part, window_months, month, indicator, value, lower, upper "
            "FROM published.indicator JOIN published.territory USING (territory_id, level) "
            "WHERE value IS NOT NULL AND indicator = ANY(%s)",
            (list(derived()),),
        )
    }
    keys = ("niveau", "code", "partie", "fenetre_mois", "mois", "indicateur")
    rows = [one for one in read(exported().folder, "indicateurs") if one["valeur"]]
    assert {tuple(one[name] for name in keys) for one in rows} == view.keys()
    assert len(rows) > 100
    for one in rows:
        mine = [float(one[name]) if one[name] else None for name in ("valeur", "borne_basse", "borne_haute")]
        theirs = [None if it is None else float(it) for it in view[tuple(one[name] for name in keys)]]
        assert mine == pytest.approx(theirs, abs=1e-4), one


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"departures": "secret", "dwellings": 500}, "secret"),
        ({"departures": 50, "dwellings": "secret"}, "secret"),
        ({"departures": 12, "dwellings": 49}, "trop_peu_de_logements"),
        ({"departures": "no_data", "dwellings": "no_data"}, "sans_donnee"),
        ({"departures": "not_covered", "dwellings": "not_covered"}, "non_couvert"),
    ],
)
def test_a_rate_that_cannot_be_told_is_empty_and_says_why(
    published: psycopg.Connection[Any], exported: Export, values: dict[str, Any], status: str
) -> None:
    add_vintage(published)
    add_figures(published, figures(VINTAGE, 4, **values))
    (found,) = (one for one in read(exported().folder, "indicateurs") if one["indicateur"] == "departure_rate")
    assert (found["statut"], found["valeur"], found["borne_basse"], found["borne_haute"]) == (status, "", "", "")


def test_a_rate_of_a_provisional_count_is_provisional(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    ((*where, _), *others) = figures(VINTAGE, 4, departures=50, dwellings=500)
    add_figures(published, [(*where, "provisional"), *others])
    (found,) = (one for one in read(exported().folder, "indicateurs") if one["indicateur"] == "departure_rate")
    assert (found["statut"], found["valeur"]) == ("provisoire", "10.0")


def test_an_indicator_of_what_rules_let_out_of_no_figure_is_not_there(
    published: psycopg.Connection[Any], exported: Export
) -> None:
    add_vintage(published)
    add_figures(published, figures(VINTAGE, 3, departures=50, arrivals=40))
    assert [(one["indicateur"], one["valeur"]) for one in read(exported().folder, "indicateurs")] == [
        ("balance", "-10.0")
    ]


def test_what_has_a_meaning_inside_a_quartier_only_is_there_only(
    published: psycopg.Connection[Any], exported: Export
) -> None:
    sides = dict.fromkeys(
        ["same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere"], 10
    )
    values = {"departures": 70, "dwellings": 500, **{f"left_{name}": n for name, n in sides.items()}}
    add_vintage(published)
    for identity, part in ((4, "all"), (3, "all"), (3, "qpv"), (3, "hors_qpv")):
        add_figures(published, figures(VINTAGE, identity, part=part, **values))
    found = [one for one in read(exported().folder, "indicateurs") if one["indicateur"] == "qpv_exit_rate"]
    assert {(one["niveau"], one["partie"], one["valeur"]) for one in found} == {
        ("commune", "qpv", "12.0"),
        ("qpv_2024", "ensemble", "12.0"),
    }


def test_the_same_vintage_gives_the_same_bytes(
    published: psycopg.Connection[Any], exported: Export, tmp_path: Path
) -> None:
    add_vintage(published)
    rows = drawn(5)
    add_figures(published, rows)
    one = exported(tmp_path / "one").folder
    empty(published)
    add_vintage(published)
    add_figures(published, rows[::-1])
    assert everything(exported(tmp_path / "two").folder) == everything(one)


def test_a_second_export_changes_nothing(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_figures(published, drawn(5))
    first = exported()
    before = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert (first.new, exported().new) == (True, False)
    assert {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_a_damaged_folder_of_the_same_vintage_is_made_again(
    published: psycopg.Connection[Any], exported: Export
) -> None:
    add_vintage(published)
    add_figures(published, drawn(5))
    folder = exported().folder
    good = everything(folder)
    (folder / "chiffres.csv").write_text("x")
    assert exported().new
    assert everything(folder) == good
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_another_vintages_folder_is_never_written_over(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    folder = exported().folder
    before = everything(folder)
    add_vintage(published, date(2026, 5, 1))
    with pytest.raises(ConsumerError, match="contient le millésime 2026-04 : le 2026-05 ne l'écrase pas"):
        exported()
    assert everything(folder) == before
    assert exported(month=VINTAGE).folder == folder


def test_anyones_files_are_never_written_over(
    published: psycopg.Connection[Any], exported: Export, tmp_path: Path
) -> None:
    add_vintage(published)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mes-notes.txt").write_text("x")
    with pytest.raises(ConsumerError, match="autre chose qu'un export"):
        exported()
    assert everything(tmp_path / "export") == {"mes-notes.txt": b"x"}


def test_an_export_that_fails_leaves_nothing(
    published: psycopg.Connection[Any], exported: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_vintage(published)
    add_figures(published, drawn(6))

    def full_disk(*_: Any) -> None:
        raise OSError("full")

    monkeypatch.setattr("consumers.opendata.folder._describe", full_disk)
    with pytest.raises(OSError, match="full"):
        exported()
    assert list(tmp_path.iterdir()) == []


def test_nothing_published_yet_is_said(published: psycopg.Connection[Any], exported: Export, tmp_path: Path) -> None:
    with pytest.raises(ConsumerError, match="rien n'est encore publié"):
        exported()
    assert list(tmp_path.iterdir()) == []


def test_a_vintage_that_was_never_published_is_said(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    with pytest.raises(ConsumerError, match=r"pas de millésime 2025-01\. Millésimes publiés : 2026-04"):
        exported(month=date(2025, 1, 1))


def test_a_vintage_without_a_figure_is_a_valid_package(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    done = exported()
    assert done.rows == {"chiffres": 0, "indicateurs": 0}
    assert read(done.folder, "chiffres") == []
    assert pq.read_table(done.folder / "chiffres.parquet").schema.equals(FIGURES.arrow)
    assert validate(str(done.folder / "datapackage.json")).valid
    assert check(done.folder) == []
    assert "aucun chiffre" in (done.folder / "README.md").read_text()
    said = json.loads((done.folder / "dcat.jsonld").read_text())
    assert "dct:temporal" not in said


def test_other_vintages_are_not_mixed_in(published: psycopg.Connection[Any], exported: Export) -> None:
    add_vintage(published)
    add_vintage(published, date(2026, 5, 1))
    add_figures(published, figures(VINTAGE, 4, departures=50))
    add_figures(published, figures(date(2026, 5, 1), 4, departures=60))
    assert [one["valeur"] for one in read(exported().folder, "chiffres")] == ["60"]
