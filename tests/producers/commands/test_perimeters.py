"""`quartiers perimeters`, as a clerk types it."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.cli import app, explain, main
from producers.errors import LandlordError
from schemas.territories import load
from tests.producers.location.makers import MIRAIL, OFFICIAL, degrees, geojson, needs_official_files, square

REMEDY = "Importez le fichier complet."


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["perimeters", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def whole(path: Path) -> Path:
    """Write a file with every QPV of 2024, and one of another région."""
    features = [({"code_qp": qpv.code, "lib_qp": qpv.name}, degrees(square(qpv.code))) for qpv in load().qpvs_of(2024)]
    return geojson(path, [*features, ({"code_qp": "QN03301N"}, degrees(square(MIRAIL)))])


def test_a_whole_file_is_taken_without_complaint(tmp_path: Path) -> None:
    out = run("import", str(whole(tmp_path / "qp2024.geojson")), "--folder", str(tmp_path))
    assert out == "Périmètres de 2024 : 108 quartiers ; 1 d'ailleurs, laissés de côté.\n"


def test_what_is_missing_is_told_at_import_and_afterwards(tmp_path: Path) -> None:
    before = run("show", "--folder", str(tmp_path))
    assert "Périmètres de 2015 : non importés." in before
    assert "Périmètres de 2024 : non importés." in before
    features = [({"code_qp": code}, degrees(square(MIRAIL))) for code in (MIRAIL, "QN03199N")]
    path = geojson(tmp_path / "qp2024.geojson", features)
    out = run("import", str(path), "--folder", str(tmp_path))
    assert "Attention, il manque 107 quartiers de la région : QN00901M, " in out
    assert REMEDY in out
    assert "Codes que l'observatoire ne connaît pas, inutilisés : QN03199N." in out
    after = run("show", "--folder", str(tmp_path))
    assert "Périmètres de 2024 : 2 quartiers, importation du " in after
    assert "fichier qp2024.geojson (SHA-256 " in after
    assert "Il manque 107 quartiers" in after
    assert (tmp_path / "perimeters" / "qpv_2024.json").is_file()


def test_several_files_at_once_and_the_list(tmp_path: Path) -> None:
    listed = tmp_path / "listeqp2024-cog2024.csv"
    listed.write_text('code_qp;lib_qp;insee_com\nQN03107M;Grand Mirail;"=""31555"""\n', "utf-8-sig")
    out = run("import", str(whole(tmp_path / "q.geojson")), str(listed), "--folder", str(tmp_path))
    assert "Périmètres de 2024 : 108 quartiers" in out
    assert "Liste officielle de 2024 : 1 quartier." in out
    assert "Liste officielle de 2024 : 1 quartier, importation du " in run("show", "--folder", str(tmp_path))


def test_whether_addresses_are_geocoded_is_shown(tmp_path: Path) -> None:
    assert "Géocodage des adresses : désactivé (pas de geocoding.toml)." in run("show", "--folder", str(tmp_path))
    (tmp_path / "geocoding.toml").write_text('url = "https://adresses.example"')
    assert "Géocodage des adresses : https://adresses.example." in run("show", "--folder", str(tmp_path))


def test_all_of_france_on_request(tmp_path: Path) -> None:
    path = whole(tmp_path / "q.geojson")
    assert "109 quartiers.\n" in run("import", str(path), "--all-france", "--folder", str(tmp_path))


def test_a_wrong_file_stops_the_command_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", str(whole(tmp_path / "q.geojson")), "--folder", str(tmp_path))
    kept = (tmp_path / "perimeters" / "qpv_2024.json").read_bytes()
    (tmp_path / "notes.txt").write_text("rien")
    arguments = ["perimeters", "import", str(tmp_path / "notes.txt"), "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["quartiers", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert "Erreur : notes.txt n'est ni un GeoJSON, ni un shapefile" in capsys.readouterr().err
    assert (tmp_path / "perimeters" / "qpv_2024.json").read_bytes() == kept


def test_a_missing_file_is_said_whatever_its_kind(tmp_path: Path) -> None:
    for name in ("none.csv", "none.geojson"):
        result = CliRunner().invoke(app, ["perimeters", "import", str(tmp_path / name), "--folder", str(tmp_path)])
        assert isinstance(result.exception, LandlordError)
        assert f"{name} n'existe pas" in str(explain(result.exception))


@needs_official_files
def test_the_official_file_of_2015_is_taken_whole(tmp_path: Path) -> None:
    out = run("import", str(OFFICIAL / "official_qpv2015_shapefile"), "--folder", str(tmp_path))
    assert out == (
        "Périmètres de 2015 : 105 quartiers ; 1409 d'ailleurs, laissés de côté.\n"
        "  Contours invalides, réparés : QP034021.\n"
    )
