"""The official list of 2024, with each of its four traps."""

from pathlib import Path

import pytest

from producers.errors import LandlordError
from producers.location.official_list import ImportedList, ListedQpv, read_list
from schemas.territories import load

HEADER = "code_qp;lib_qp;insee_reg;lib_reg;insee_dep;lib_dep;insee_com;lib_com;siren_epci;lib_epci;;"


def listed(tmp_path: Path, *lines: str, encoding: str = "utf-8-sig", everywhere: bool = False) -> ImportedList:
    path = tmp_path / "listeqp2024-cog2024.csv"
    path.write_bytes("\r\n".join([HEADER, *lines, ""]).encode(encoding))
    return read_list(path, load(), everywhere=everywhere)


def row(code: str, dep: str, communes: str, name: str = "Quartier") -> str:
    return f"{code};{name};76;Occitanie;{dep};Dép;{communes};Communes;200000000;EPCI;;"


def test_a_bom_semicolons_and_empty_columns_are_coped_with(tmp_path: Path) -> None:
    found = listed(tmp_path, row("QN03107M", "31", "31555", "Grand Mirail"))
    assert found.qpvs == [ListedQpv("QN03107M", "Grand Mirail", ("31555",))]
    assert (found.left_out, found.problems) == (0, [])


@pytest.mark.parametrize(
    "communes", ['"=""30051;30132;30307"""', '="30051;30132;30307"', '"30051;30132;30307"', '"30051, 30132, 30307"']
)
def test_several_communes_in_one_field_however_it_is_wrapped(tmp_path: Path, communes: str) -> None:
    (one,) = listed(tmp_path, row("QN03016M", "30", communes)).qpvs
    assert one.communes == ("30051", "30132", "30307")


@pytest.mark.parametrize("commune", ['="09261"', '"=""09261"""', "09261", "9261", '="9261"'])
def test_a_wrapped_code_and_a_dropped_zero_are_mended(tmp_path: Path, commune: str) -> None:
    (one,) = listed(tmp_path, row('="QN00901M"', '="9"', commune)).qpvs
    assert (one.code, one.communes) == ("QN00901M", ("09261",))


def test_a_list_saved_by_an_old_spreadsheet_keeps_its_accents(tmp_path: Path) -> None:
    (one,) = listed(tmp_path, row("QN03107M", "31", "31555", "Cœur d’été"), encoding="cp1252").qpvs
    assert one.name == "Cœur d’été"


def test_only_the_region_is_kept_unless_asked(tmp_path: Path) -> None:
    rows = (row("QN03301N", "33", "33063"), row("QN03107M", "31", "31555"), row("QN97401N", "974", "97411"))
    found = listed(tmp_path, *rows)
    assert ([one.code for one in found.qpvs], found.left_out) == (["QN03107M"], 2)
    assert len(listed(tmp_path, *rows, everywhere=True).qpvs) == 3


def test_a_bad_line_is_told_and_the_others_stay(tmp_path: Path) -> None:
    found = listed(
        tmp_path, row("QN0310", "31", "31555"), row("QN03107M", "31", "34172"), row("QN03106I", "31", "31555")
    )
    assert [(one.code, one.communes) for one in found.qpvs] == [("QN03106I", ("31555",)), ("QN03107M", ())]
    assert found.problems == [
        "ligne 2 : « QN0310 » n'est pas un code de QPV, ligne laissée de côté",
        "ligne 3 (QN03107M) : communes illisibles ou d'un autre département : 34172",
    ]


def test_another_table_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("code,name\n1,a\n")
    with pytest.raises(LandlordError, match=r"n'est pas la liste officielle.*code_qp, lib_qp, insee_com"):
        read_list(other, load())
    other.write_text(HEADER + "\n")
    with pytest.raises(LandlordError, match="aucun code de QPV"):
        read_list(other, load())
    with pytest.raises(LandlordError, match="aucun QPV de la région"):
        listed(tmp_path, row("QN03301N", "33", "33063"))
    with pytest.raises(LandlordError, match="n'existe pas"):
        read_list(tmp_path / "none.csv", load())
