"""Malformed extracts, each with what the clerk is told: what is wrong, on which line, in which column, what to do."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from producers.errors import LandlordError
from producers.extract.problems import KINDS
from tests.producers.extract.files import LEASES, MOVES, PARC, codes, csv_file, day, read, workbook, written

OUT = "B1;L1;31555;S;05/02/2026;DC;T3;PLUS;QN03107M;01/12/2025;"


def zipped(*names: str) -> bytes:
    """Return an archive with empty files of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return made.getvalue()


def truncated_workbook(folder: Path) -> Path:
    path = workbook(folder, MOVES.split(";"), OUT.split(";"))
    path.write_bytes(path.read_bytes()[:-400])
    return path


def spoilt_workbook(folder: Path) -> Path:
    path = workbook(folder, MOVES.split(";"), OUT.split(";"))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    return path


# what cannot be read at all: how the file is made, and a part of the message
REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty file": (lambda f: written(f, b""), "est vide. Refaire l'export"),
    "blank lines only": (lambda f: written(f, b"\r\n  \r\n\t\r\n"), "est vide"),
    "byte order mark only": (lambda f: written(f, b"\xef\xbb\xbf"), "est vide"),
    "separators only": (lambda f: written(f, b";;;\r\n;;;\r\n"), "est vide"),
    "PDF": (lambda f: written(f, b"%PDF-1.7 ..."), "est un PDF"),
    "old workbook": (lambda f: written(f, b"\xd0\xcf\x11\xe0\xa1\xb1", "e.xls"), "Excel ancien (.xls) ou protégé"),
    "gzip": (lambda f: written(f, gzip.compress(MOVES.encode())), "est compressé (gzip)"),
    "rar": (lambda f: written(f, b"Rar!\x1a\x07"), "est compressé (rar)"),
    "7z": (lambda f: written(f, b"7z\xbc\xaf\x27\x1c"), "est compressé (7z)"),
    "SQLite": (lambda f: written(f, b"SQLite format 3\0"), "est une base SQLite"),
    "HTML called .xls": (lambda f: written(f, "<html><table><tr>", "e.xls"), "est une page HTML"),
    "bare HTML table": (lambda f: written(f, "\r\n<TABLE><tr>"), "est une page HTML"),
    "XML": (lambda f: written(f, '<?xml version="1.0"?><a/>'), "est un document XML"),
    "JSON": (lambda f: written(f, '[{"bail": 1}]'), "est du JSON"),
    "UTF-16 without its mark": (lambda f: written(f, MOVES.encode("utf-16-le")), "UTF-16 sans marque"),
    "UTF-16 cut short": (lambda f: written(f, MOVES.encode("utf-16")[:-1]), "n'est pas du texte lisible (utf-16)"),
    "broken UTF-8 after its mark": (lambda f: written(f, b"\xef\xbb\xbfa;b\r\n\xff;1"), "n'est pas du texte lisible"),
    "a line without end": (lambda f: csv_file(f, "x" * 200_000, MOVES, OUT), "ligne 1 : elle a 200"),
    "one column": (lambda f: csv_file(f, "Bail", "B1", "B2"), "n'a qu'une colonne"),
    "another separator": (lambda f: csv_file(f, "Bail~Logement", "B1~L1"), "aucun séparateur reconnu"),
    "no header": (lambda f: csv_file(f, OUT, OUT.replace("B1", "B2")), "ligne 1 : pas d'en-tête"),
    "a quote never closed": (
        lambda f: csv_file(f, MOVES, 'B1;"L1;31555;S', *[OUT] * 4000),
        "ligne 2 : un guillemet est ouvert",
    ),
    "no line ends": (lambda f: written(f, b"a;" * 600_000), "n'a pas de fins de ligne"),
    "no file": (lambda f: f / "absent.csv", "ne peut pas être lu"),
    "a folder": (lambda f: f, "ne peut pas être lu"),
    "archive of files": (lambda f: written(f, zipped("a.csv")), "est une archive zip"),
    "OpenDocument": (lambda f: written(f, zipped("content.xml"), "e.ods"), "OpenDocument (.ods)"),
    "binary workbook": (lambda f: written(f, zipped("xl/workbook.bin"), "e.xlsb"), "classeur binaire (.xlsb)"),
    "workbook with nothing in it": (lambda f: written(f, zipped("xl/x.xml"), "e.xlsx"), "classeur abîmé"),
    "workbook cut short": (truncated_workbook, "classeur abîmé"),
    "workbook with a broken sheet": (spoilt_workbook, "classeur abîmé"),
    "empty workbook": (workbook, "est vide"),
    "workbook of one column": (lambda f: workbook(f, ["Bail"], ["B1"]), "n'a qu'une colonne"),
    "a column absent": (lambda f: csv_file(f, MOVES.replace("Bail", "Contrat"), OUT), "n'a pas de colonne « Bail »"),
    "a column nearly so named": (lambda f: csv_file(f, MOVES.replace("Bail", "Baill"), OUT), "le fichier a « Baill »"),
    "a used column twice": (
        lambda f: csv_file(f, f"{MOVES};Bail", f"{OUT};B2"),
        "a 2 colonnes « Bail »",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_extract_is_refused_with_what_it_is(name: str, tmp_path: Path) -> None:
    make, message = REFUSED[name]
    path = make(tmp_path)
    with pytest.raises(LandlordError) as refusal:
        read(path)
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 400


def moves(*rows: str) -> Callable[[Path], Path]:
    return lambda folder: csv_file(folder, MOVES, *rows)


def leases(*rows: str) -> Callable[[Path], Path]:
    return lambda folder: csv_file(folder, LEASES, *rows)


def parc(*rows: str) -> Callable[[Path], Path]:
    return lambda folder: csv_file(folder, PARC, *rows)


def edited(old: str, new: str) -> Callable[[Path], Path]:
    """A file of one departure, edited."""
    assert old in OUT
    return moves(OUT.replace(old, new))


# what is wrong of a row: how the file is made, then (code, line, column) of each problem, and how many records remain
ROWS: dict[str, tuple[Callable[[Path], Path], list[tuple[str, int, str]], int]] = {
    "a day that does not exist": (edited("05/02/2026", "31/02/2026"), [("impossible_date", 2, "Date")], 0),
    "month 13": (edited("05/02/2026", "05/13/2026"), [("impossible_date", 2, "Date")], 0),
    "an American date": (edited("05/02/2026", "02/28/2026"), [("impossible_date", 2, "Date")], 0),
    "a date in words": (edited("05/02/2026", "début février"), [("unreadable_date", 2, "Date")], 0),
    "a serial number for a date": (edited("05/02/2026", "46058"), [("unreadable_date", 2, "Date")], 0),
    "no date": (edited("05/02/2026", ""), [("missing_date", 2, "Date")], 0),
    "a date that stands for none": (edited("05/02/2026", "31/12/9999"), [("missing_date", 2, "Date")], 0),
    "a date before 1900": (edited("05/02/2026", "05/02/1026"), [("date_too_old", 2, "Date")], 0),
    "announced in ten years": (edited("05/02/2026", "05/02/2036"), [("too_far_ahead", 2, "Date")], 0),
    "effective in three weeks": (
        moves("B1;L1;31555;S;31/03/2026;DC;;;;;Fait"),
        [("too_far_ahead", 2, "Date")],
        0,
    ),
    "announced and overdue": (moves("B1;L1;31555;S;01/03/2026;DC;;;;;Prévu"), [("overdue_announced", 2, "Date")], 1),
    "notice after the exit": (edited("01/12/2025", "01/03/2026"), [("notice_after_exit", 2, "Congé")], 1),
    "an unreadable notice": (edited("01/12/2025", "?"), [("doubtful_date", 2, "Congé")], 1),
    "no lease": (edited("B1", ""), [("missing_lease", 2, "Bail")], 0),
    "a lease that stands for none": (edited("B1", "NULL"), [("missing_lease", 2, "Bail")], 0),
    "a lease in scientific notation": (edited("B1", "1,23457E+15"), [("bad_identifier", 2, "Bail")], 0),
    "an e-mail for a lease": (edited("B1", "personne.fictive@exemple.fr"), [("personal_value", 2, "Bail")], 0),
    "a social security number for a lease": (edited("B1", "185057800608491"), [("personal_value", 2, "Bail")], 0),
    "no dwelling": (edited("L1", ""), [("missing_dwelling", 2, "Logement")], 0),
    "no commune": (edited("31555", ""), [("missing_commune", 2, "INSEE")], 0),
    "a commune of another région": (edited("31555", "75056"), [("outside_region", 2, "INSEE")], 1),
    "a commune that does not exist": (edited("31555", "31999"), [("unknown_commune", 2, "INSEE")], 0),
    "a postal code for a commune": (edited("31555", "31000"), [("unknown_commune", 2, "INSEE")], 0),
    "a name for a code of commune": (edited("31555", "TOULOUSE"), [("unknown_commune", 2, "INSEE")], 0),
    "a commune that lost its zero": (edited("31555", "9001"), [("lost_zero", 2, "INSEE")], 1),
    "an unknown direction": (edited(";S;", ";Z;"), [("unknown_direction", 2, "Sens")], 0),
    "no direction": (edited(";S;", ";;"), [("unknown_direction", 2, "Sens")], 0),
    "an unknown motive": (edited("DC", "ZZ"), [("unknown_code", 2, "Motif")], 0),
    "a motive still to be filled in": (edited("DC", "??"), [("unknown_code", 2, "Motif")], 0),
    "an arrival's nature for a departure": (edited("DC", "NV"), [("unknown_code", 2, "Motif")], 0),
    "no motive": (edited("DC", ""), [("missing_reason", 2, "Motif")], 1),
    "a name in the motive": (edited("DC", "décès de M. Fictif"), [("personal_value", 2, "Motif")], 0),
    "an unknown status": (moves("B1;L1;31555;S;05/02/2026;DC;;;;;Peut-être"), [("unknown_code", 2, "Statut")], 0),
    "an unknown number of rooms": (edited("T3", "duplex"), [("unknown_optional_code", 2, "Type")], 1),
    "an unknown financing": (edited("PLUS", "XYZ"), [("unknown_optional_code", 2, "Finan")], 1),
    "a QPV that does not exist": (edited("QN03107M", "QN03199M"), [("unknown_qpv", 2, "QPV")], 0),
    "a QPV by its name": (edited("QN03107M", "Bagatelle"), [("unknown_qpv", 2, "QPV")], 0),
    "a QPV of 2015 in the column of 2024": (edited("QN03107M", "QP031007"), [("qpv_other_generation", 2, "QPV")], 1),
    "a cell too few": (moves("B1;L1;31555;S;05/02/2026;DC;T3;PLUS"), [("ragged_row", 2, "")], 0),
    "a cell too many": (moves(OUT.replace("T3", "T3;T4")), [("ragged_row", 2, "")], 0),
    "a separator inside a cell": (moves(OUT, "B2;L2;A;31555;S;05/02/2026;DC;;;;;"), [("ragged_row", 3, "")], 1),
    "a nul byte": (moves("B1;L\0;31555;S;05/02/2026;DC;;;;;"), [("nul_byte", 2, "")], 0),
    "a line of total": (moves(OUT, "TOTAL;1;;;;;;;;;"), [("total_row", 3, "")], 1),
    "a short line of total": (moves(OUT, "Total général : 1"), [("total_row", 3, "")], 1),
    "a header repeated": (moves(OUT, MOVES), [("header_again", 3, "")], 1),
    "titles above the header": (
        lambda f: csv_file(f, "Mouvements du mois", "", MOVES, OUT),
        [("title_lines", 1, "")],
        1,
    ),
    "the same row twice": (moves(OUT, OUT), [("same_row_twice", 3, "")], 1),
    "two departures of one lease": (
        moves(OUT, OUT.replace("05/02", "06/02")),
        [("duplicate_move", 3, "Bail")],
        1,
    ),
    "a withdrawn notice, then the real one": (
        moves("B1;L1;31555;S;05/01/2026;DC;;;;;Annulé", OUT),
        [("replaced_state", 2, "Bail")],
        1,
    ),
    "the real departure, then its old announcement": (
        moves(OUT, "B1;L1;31555;S;05/03/2026;DC;;;;;Prévu"),
        [("overdue_announced", 3, "Date"), ("replaced_state", 3, "Bail")],
        1,
    ),
    "an arrival with nobody gone": (
        moves("B1;L1;31555;E;05/02/2020;NV;;;;;", "B2;L1;31555;E;05/02/2026;NV;;;;;"),
        [("arrival_without_departure", 3, "Logement")],
        1,
    ),
    "void for three years": (
        moves("B1;L1;31555;S;05/02/2022;DC;;;;;", "B2;L1;31555;E;05/02/2026;NV;;;;;"),
        [("long_void", 3, "Logement")],
        2,
    ),
    "an exit before its entry": (
        leases("C1;L1;31555;05/02/2020;05/02/2019;;DC;"),
        [("exit_before_entry", 2, "Sortie")],
        0,
    ),
    "a lease without any date": (leases("C1;L1;31555;;;;;"), [("missing_date", 2, "Sortie")], 0),
    "an entry that cannot be": (
        leases("C1;L1;31555;30/02/2020;05/02/2026;;DC;"),
        [("impossible_date", 2, "Entrée")],
        0,
    ),
    "a planned exit long past": (
        leases("C1;L1;31555;05/02/2020;;05/12/2025;DC;"),
        [("overdue_announced", 2, "Sortie prévue")],
        2,
    ),
    "a dwelling twice": (
        parc("D1;31555;1;3;13;2;;;01/2026;", "D1;31555;1;4;13;2;;;01/2026;"),
        [("duplicate_dwelling", 3, "IDENT_INT")],
        1,
    ),
    "no mode of occupation": (parc("D1;31555;1;3;13;;;;;"), [("unknown_code", 2, "MODE")], 0),
    "a mode that is not known": (parc("D1;31555;1;3;13;7;;;;"), [("unknown_code", 2, "MODE")], 0),
    "a flag that is none": (parc("D1;31555;peut-être;3;13;2;;;01/2026;"), [("unknown_flag", 2, "QPV")], 1),
    "let, and no date of lease": (parc("D1;31555;1;3;13;1;;;;"), [("let_without_start", 2, "BAIL")], 1),
    "let before its last tenant left": (
        parc("D1;31555;1;3;13;1;01/2024;;06/2025;"),
        [("departure_after_start", 2, "DATE_DEP_DERLOCAT")],
        1,
    ),
    "a recent lease and nobody gone": (
        parc("D1;31555;1;3;13;1;11/2025;;;1995"),
        [("start_without_departure", 2, "BAIL")],
        1,
    ),
    "vacant since long": (parc("D1;31555;1;3;13;2;;;01/2021;"), [("long_void", 2, "DATE_DEP_DERLOCAT")], 1),
    "a lease of next year": (parc("D1;31555;1;3;13;1;06/2027;;;"), [("future_state", 2, "BAIL")], 0),
    "a full date where months are": (parc("D1;31555;1;3;13;1;15/06/2024;;;"), [("unreadable_date", 2, "BAIL")], 0),
    "a workbook's code that is a number": (
        lambda f: workbook(
            f, MOVES.split(";"), ["B1", "L1", 9001, "S", day("2026-02-05"), "DC", 3, "PLUS", None, None, None]
        ),
        [("lost_zero", 2, "INSEE")],
        1,
    ),
    "a workbook's serial number for a date": (
        lambda f: workbook(f, MOVES.split(";"), ["B1", "L1", "31555", "S", 46058, "DC", 3, "PLUS", None, None, None]),
        [("unreadable_date", 2, "Date")],
        0,
    ),
    "a workbook's error for a cell": (
        lambda f: workbook(
            f, MOVES.split(";"), ["B1", "L1", "#REF!", "S", day("2026-02-05"), "DC", 3, "", None, None, None]
        ),
        [("unknown_commune", 2, "INSEE")],
        0,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_wrong_of_a_row_is_told_with_its_line_and_column(name: str, tmp_path: Path) -> None:
    make, expected, remaining = ROWS[name]
    records, problems = read(make(tmp_path))
    found = [
        (one.code, one.line, one.column)
        for one in problems
        if one.code != "let_without_start" or name == "let, and no date of lease"
    ]
    assert found == expected
    assert len(records) == remaining
    for one in problems:
        assert one.severity == KINDS[one.code].severity
        assert one.message_fr
        assert one.remedy_fr
        assert "{" not in one.message_fr + one.remedy_fr


def test_there_are_at_least_sixty_malformed_extracts() -> None:
    assert len(REFUSED) + len(ROWS) >= 60


def test_the_good_row_of_these_tests_is_good(tmp_path: Path) -> None:
    records, problems = read(moves(OUT)(tmp_path))
    assert codes(problems) == []
    assert len(records) == 1
