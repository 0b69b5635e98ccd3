"""Every check fires on a broken copy of the tables, and says where and what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import schemas.territories
from schemas.territories import Problem, TerritoryError, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in Path(schemas.territories.__file__).parent.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def broken(folder: Path) -> Callable[[str, str, str], list[Problem]]:
    """Replace `old` by `new` in one file, once, and return what the loader says."""

    def breaks(file: str, old: str, new: str) -> list[Problem]:
        text = (folder / file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), "utf-8")
        with pytest.raises(TerritoryError) as caught:
            load(folder)
        return caught.value.problems

    return breaks


def test_an_unbroken_copy_loads(folder: Path) -> None:
    assert len(load(folder).qpvs) == 213


MIRAIL = "QN03107M,Grand Mirail,M,31,31555,243100518,QP031007,9231,1.9,7.4"
PRADETTES = "QN03106I,Pradettes,I,31,31555,243100518,QP031006"
LALANDE = "QN03117N,Lalande Nord,N,31,31555,243100518,,"
OLD_MIRAIL = "QP031007,Grand Mirail,31,31555,9231,1.9,7.4"
TOULOUSE = "31555,Toulouse,243100518,31,76,514819"


@pytest.mark.parametrize(
    ("file", "old", "new", "column", "says"),
    [
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("31555", "31999"),
            "communes",
            "'31999' is not in communes.csv",
        ),
        ("qpv_2015.csv", OLD_MIRAIL, OLD_MIRAIL.replace("31555", "31999"), "communes", "'31999' is not in"),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("31555", ""), "communes", "has no commune"),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("31555", "31555;34172"),
            "communes",
            "lies outside département 31",
        ),
        ("qpv_2015.csv", OLD_MIRAIL, OLD_MIRAIL.replace("31555", "34172"), "communes", "lies outside"),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace(",31,", ",34,"),
            "departement",
            "cannot lie in département '34'",
        ),
        ("qpv_2015.csv", OLD_MIRAIL, OLD_MIRAIL.replace(",31,", ",75,"), "departement", "'75' is not in"),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("243100518", "243400017"), "epci", "says 243100518"),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("243100518", "999999999"),
            "epci",
            "'999999999' is not in epci.csv",
        ),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("243100518", ""), "epci", "says 243100518"),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("QN03107M", "QN3107M"), "code", "malformed code 'QN3107M'"),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("QN03107M", "QN03107X"), "code", "malformed code 'QN03107X'"),
        (
            "qpv_2015.csv",
            OLD_MIRAIL,
            OLD_MIRAIL.replace("QP031007", "QP03107"),
            "code",
            "malformed code 'QP03107'",
        ),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("QN03107M", "QN03108M"),
            "code",
            "QN03108M is already on line",
        ),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("Grand Mirail", " "), "name", "QN03107M has no name"),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace(",M,", ",I,"), "statut", "'I', but QN03107M ends with 'M'"),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("QP031007", ""),
            "qpv_2015",
            "is modified (M): name the QPVs",
        ),
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("QP031007", "QP031099"), "qpv_2015", "'QP031099' is not in"),
        (
            "qpv_2024.csv",
            PRADETTES,
            PRADETTES.replace("QP031006", ""),
            "qpv_2015",
            "exactly one QPV of 2015, not 0",
        ),
        ("qpv_2024.csv", PRADETTES, PRADETTES + ";QP031009", "qpv_2015", "exactly one QPV of 2015, not 2"),
        (
            "qpv_2024.csv",
            LALANDE,
            LALANDE[:-1] + "QP031009,",
            "qpv_2015",
            "is new (N) yet has the lineage QP031009",
        ),
        (
            "qpv_2024.csv",
            MIRAIL,
            MIRAIL.replace("9231", "9231.5"),
            "dwellings_rpls_2022_old_perimeter",
            "whole",
        ),
        (
            "qpv_2015.csv",
            OLD_MIRAIL,
            OLD_MIRAIL.replace("1.9", "191"),
            "vacancy_rpls_2022",
            "between 0 and 100",
        ),
        ("qpv_2015.csv", OLD_MIRAIL, OLD_MIRAIL.replace("7.4", "7x4"), "rotation_rpls_2022", "decimal point"),
        (
            "communes.csv",
            TOULOUSE,
            TOULOUSE.replace(",31,", ",34,"),
            "departement",
            "commune 31555 cannot lie in",
        ),
        ("communes.csv", TOULOUSE, TOULOUSE.replace(",76,", ",75,"), "region", "'75' is not in regions.csv"),
        (
            "communes.csv",
            TOULOUSE,
            TOULOUSE.replace("243100518", "243100519"),
            "epci",
            "'243100519' is not in",
        ),
        ("communes.csv", TOULOUSE, TOULOUSE.replace("31555", "3155"), "code", "malformed code '3155'"),
        ("communes.csv", TOULOUSE, TOULOUSE.replace("514819", "-1"), "population", "not a whole number"),
        ("communes.csv", TOULOUSE, TOULOUSE + "\n" + TOULOUSE, "code", "31555 is already on line"),
        ("epci.csv", "243100518,Toulouse", "24310051,Toulouse", "code", "malformed code '24310051'"),
        (
            "departements.csv",
            "31,Haute-Garonne,76",
            "31,Haute-Garonne,",
            "region",
            "'' is not in regions.csv",
        ),
        ("departements.csv", "31,Haute-Garonne,76", "3,Haute-Garonne,76", "code", "malformed code '3'"),
        ("regions.csv", "76,Occitanie", "7,Occitanie", "code", "malformed code '7'"),
    ],
)
def test_a_check_fires(
    *, broken: Callable[[str, str, str], list[Problem]], file: str, old: str, new: str, column: str, says: str
) -> None:
    problems = broken(file, old, new)
    found = [problem for problem in problems if (problem.file, problem.column) == (file, column)]
    assert any(says in problem.what for problem in found), [str(problem) for problem in problems]


def test_a_swapped_coordinate_is_seen(broken: Callable[[str, str, str], list[Problem]]) -> None:
    problems = broken("qpv_2015.csv", "1.145,42.984,perimeter_2015", "42.984,1.145,perimeter_2015")
    assert {(problem.column, problem.line) for problem in problems} == {("longitude", 2), ("latitude", 2)}


def test_a_missing_coordinate_is_seen(broken: Callable[[str, str, str], list[Problem]]) -> None:
    problems = broken("qpv_2015.csv", "1.145,42.984,", ",42.984,")
    assert [problem.column for problem in problems] == ["longitude"]


def test_an_unknown_centroid_source_is_seen(broken: Callable[[str, str, str], list[Problem]]) -> None:
    problems = broken("qpv_2015.csv", "1.145,42.984,perimeter_2015", "1.145,42.984,guess")
    assert [problem.column for problem in problems] == ["centroid_source"]


def test_a_message_names_file_line_column_and_what_to_do(
    broken: Callable[[str, str, str], list[Problem]], folder: Path
) -> None:
    line = (folder / "qpv_2024.csv").read_text("utf-8").split(MIRAIL)[0].count("\n") + 1
    (problem,) = broken("qpv_2024.csv", MIRAIL, MIRAIL.replace("QP031007", "QP031099"))
    assert str(problem) == (
        f"qpv_2024.csv, line {line}, column qpv_2015: "
        "'QP031099' is not in qpv_2015.csv: correct the code or add it there"
    )


def test_all_problems_are_told_at_once_in_file_order(folder: Path) -> None:
    for file, old, new in (
        ("qpv_2024.csv", MIRAIL, MIRAIL.replace("QP031007", "QP031099")),
        ("communes.csv", TOULOUSE, TOULOUSE.replace("514819", "many")),
    ):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(text.replace(old, new), "utf-8")
    with pytest.raises(TerritoryError) as caught:
        load(folder)
    assert [problem.file for problem in caught.value.problems] == ["communes.csv", "qpv_2024.csv"]
    assert str(caught.value).count("\n") == 1


def test_a_commune_without_epci_is_accepted(folder: Path) -> None:
    text = (folder / "communes.csv").read_text("utf-8")
    (folder / "communes.csv").write_text(text.replace("09001,Aigues-Juntes,200067940", "09001,Aigues-Juntes,"))
    assert load(folder).communes["09001"].epci == ""


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "epci.csv").unlink()
    with pytest.raises(TerritoryError, match=r"epci\.csv, line 1, .*file not found"):
        load(folder)


def test_a_missing_column_is_named(broken: Callable[[str, str, str], list[Problem]]) -> None:
    (problem,) = broken("qpv_2024.csv", ",statut,", ",status,")
    assert (problem.line, problem.column) == (1, "statut")


def test_an_unquoted_comma_is_seen(broken: Callable[[str, str, str], list[Problem]]) -> None:
    (problem,) = broken("qpv_2024.csv", "Grand Mirail", "Grand, Mirail")
    assert "quote names that hold a comma" in problem.what


def test_a_file_saved_by_a_spreadsheet(folder: Path) -> None:
    text = (folder / "communes.csv").read_text("utf-8")
    (folder / "communes.csv").write_text(text, "utf-8-sig")
    assert load(folder).communes["65417"].name == "Séméac"
    (folder / "communes.csv").write_text(text, "cp1252")
    with pytest.raises(TerritoryError, match="save the file as CSV UTF-8"):
        load(folder)
