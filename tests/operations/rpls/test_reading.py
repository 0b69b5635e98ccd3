"""INSEE's file of RPLS by QPV: read as it is, or refused with the line and the column of each fault."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from operations.rpls.reading import RplsError, parse_rpls, read_rpls, year_of
from schemas.territories import load

OFFICIAL = Path(__file__).parents[4] / "shared" / "data" / "qpv" / "insee_rpls2022_qpv2015.csv"
HEADER = "CodGeo;Note;nbLsPls;txVac;txRot"


def parsed(*lines: str, header: str = HEADER) -> list[tuple[str, int | None, Decimal | None, Decimal | None]]:
    found = parse_rpls("\n".join((header, *lines)), "rpls.csv")
    assert found.problems == []
    return [(one.code, one.dwellings, one.vacancy_percent, one.rotation_percent) for one in found.qpvs]


def problems(*lines: str, header: str = HEADER) -> list[str]:
    return parse_rpls("\n".join((header, *lines)), "rpls.csv").problems


def test_decimal_commas_blanks_and_wrapped_codes_are_read() -> None:
    assert parsed('="QN03107M";0;1 069;9,8;7,4', "QN03117N;5;;;") == [
        ("QN03107M", 1069, Decimal("9.8"), Decimal("7.4")),
        ("QN03117N", None, None, None),
    ]


def test_columns_are_found_by_name_whatever_the_order_case_and_separator() -> None:
    assert parsed('"7,4","QP031007","1069.0"', header="txRot,CODGEO,nblspls") == [
        ("QP031007", 1069, None, Decimal("7.4"))
    ]


def test_each_fault_is_said_with_its_line_and_column() -> None:
    assert problems("QN03107M;0;douze;9,8;7,4", "31555;0;10;1;1", "QN03117N;0;10;140;1", "QN03108I;0;10,5;1;1") == [
        "ligne 2, colonne 3 : « douze » n'est pas un nombre",
        "ligne 3, colonne 1 : « 31555 » n'est un code de quartier ni de 2015 (QP031007) ni de 2024 (QN03107M)",
        "ligne 4, colonne 4 : 140 est hors de toute mesure (de 0 à 100)",
        "ligne 5, colonne 3 : 10.5 n'est pas un nombre entier de logements",
    ]


def test_a_repeated_quartier_and_mixed_generations_are_refused() -> None:
    assert "QN03107M y est plusieurs fois" in problems("QN03107M;0;1;;", "QN03107M;0;2;;")[0]
    assert "mêle des quartiers de 2015 (QP) et de 2024 (QN)" in problems("QN03107M;0;1;;", "QP031007;0;2;;")[0]


def test_another_file_is_said_to_be_another_file() -> None:
    with pytest.raises(RplsError, match=re.escape("ligne 1 : colonne(s) absente(s) : codgeo, nblspls")):
        parse_rpls("nom;prenom\nx;y", "autre.csv")
    with pytest.raises(RplsError, match="vérifiez le nom"):
        read_rpls(Path("absent.csv"))


def test_a_file_with_a_bom_or_of_an_old_spreadsheet_is_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "cp1252"):
        path = tmp_path / f"rpls2024-{encoding}.csv"
        path.write_text(f"{HEADER};Libellé\nQN03107M;0;10;1;1;Empalot\n", encoding=encoding)
        assert [one.code for one in read_rpls(path).qpvs] == ["QN03107M"]
        assert year_of(path.name) == 2024


@pytest.mark.skipif(not OFFICIAL.exists(), reason="INSEE's file is not beside the project")
def test_the_official_file_of_2022_has_what_is_known_of_occitanie() -> None:
    found = read_rpls(OFFICIAL)
    assert found.problems == []
    assert found.generation == 2015
    assert year_of(OFFICIAL.name) == 2022
    by_code = {one.code: one for one in found.qpvs}
    known = [qpv for qpv in load().qpvs_of(2015) if qpv.dwellings is not None]
    assert len(known) > 90
    for qpv in known:
        assert by_code[qpv.code].dwellings == qpv.dwellings
        rotation = by_code[qpv.code].rotation_percent
        assert (None if rotation is None else float(rotation)) == qpv.rotation_percent
