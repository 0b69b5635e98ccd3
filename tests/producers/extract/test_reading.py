"""A good row becomes the record it says, whatever the file's encoding, separator or format."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.errors import LandlordError
from producers.extract.draft.drafting import draft
from producers.extract.mapping import MappingError
from producers.extract.problems import HIDDEN
from producers.extract.reading import open_extract, read_dwellings, read_moves
from producers.extract.records import DwellingRecord, MoveRecord
from producers.location.place import Whereabouts
from tests.producers.extract.files import (
    LEASES,
    MOVES,
    MOVES_MAPPING,
    PARC,
    TODAY,
    codes,
    csv_file,
    day,
    mapping,
    read,
    workbook,
    written,
)

OUT = "B1;L1;31555;S;05/02/2026;DC;T3;PLUS;QN03107M;01/12/2025;"
SAID = MoveRecord(
    line=2,
    direction="out",
    lease="B1",
    dwelling="L1",
    where=Whereabouts("31555", "QN03107M"),
    status="effective",
    effective_on=date(2026, 2, 5),
    notice_received_on=date(2025, 12, 1),
    rooms="T3",
    financing="PLUS",
    reason="deces",
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encoding_and_separator_are_recognised(encoding: str, separator: str, tmp_path: Path) -> None:
    lines = [line.replace(";", separator) for line in (MOVES, OUT)]
    assert read(csv_file(tmp_path, *lines, encoding=encoding)) == ([SAID], [])


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_any_line_end_is_one(ends: str, tmp_path: Path) -> None:
    assert read(written(tmp_path, ends.join((MOVES, OUT, "")))) == ([SAID], [])


def test_accents_of_dos_are_recognised(tmp_path: Path) -> None:
    path = csv_file(tmp_path, MOVES, *[OUT.replace("DC", "Décès à l'hôpital, été")] * 3, encoding="cp850")
    table = open_extract(path, mapping(), TODAY).table
    assert (table.encoding, table.header) == ("cp850", MOVES.split(";"))


def test_a_workbook_says_the_same_with_real_dates(tmp_path: Path) -> None:
    row = ["B1", "L1", 31555, "S", day("2026-02-05"), "DC", 3, "PLUS", "QN03107M", day("2025-12-01"), None]
    assert read(workbook(tmp_path, MOVES.split(";"), row)) == ([SAID], [])


def test_quoted_cells_hold_separators_and_line_ends_and_lines_are_those_of_the_file(tmp_path: Path) -> None:
    first = OUT.replace("L1", '"L;1\r\nbis"')
    records, problems = read(csv_file(tmp_path, MOVES, first, OUT.replace("B1", "B2")))
    assert problems == []
    assert [(one.line, one.dwelling) for one in records] == [(2, "L;1\r\nbis"), (4, "L1")]


def test_blank_lines_and_separators_at_every_end_are_no_matter(tmp_path: Path) -> None:
    records, problems = read(csv_file(tmp_path, f"{MOVES};", "", f"{OUT};", ";;;"))
    assert problems == []
    assert [one.line for one in records] == [3]


def test_a_file_is_read_twice_the_same(tmp_path: Path) -> None:
    path = csv_file(tmp_path, MOVES, OUT, OUT, OUT.replace("B1", "B2").replace("DC", "ZZ"))
    extract = open_extract(path, mapping(), TODAY)
    assert [(one.records, one.problems) for one in extract.rows()] == [
        (one.records, one.problems) for one in extract.rows()
    ]


def test_a_date_to_come_is_announced_and_today_is_effective(tmp_path: Path) -> None:
    records, _ = read(
        csv_file(tmp_path, MOVES, OUT.replace("05/02/2026", "11/03/2026"), "B2;L2;31555;S;10/03/2026;DC;;;;;")
    )
    assert [one.status for one in records] == ["announced", "effective"]


def test_a_lease_gives_its_entry_and_its_exit(tmp_path: Path) -> None:
    records, problems = read(csv_file(tmp_path, LEASES, "C1;L1;31555;03/2019;05/02/2026;;DC;"))
    assert problems == []
    coming, leaving = records
    assert (coming.direction, coming.effective_on, coming.date_precision) == ("in", date(2019, 3, 1), "month")
    assert (leaving.direction, leaving.effective_on, leaving.date_precision) == ("out", date(2026, 2, 5), "day")
    assert (leaving.reason, leaving.tenancy_started_on) == ("deces", "2019-03")
    assert coming.reason == "non_renseigne"


def test_a_lease_that_runs_on_has_no_exit_and_a_planned_one_is_announced(tmp_path: Path) -> None:
    rows = ("C1;L1;31555;05/02/2019;;;;", "C2;L2;31555;05/02/2019;;30/04/2026;;")
    records, problems = read(csv_file(tmp_path, LEASES, *rows))
    assert [(one.lease, one.direction, one.status) for one in records] == [
        ("C1", "in", "effective"),
        ("C2", "in", "effective"),
        ("C2", "out", "announced"),
    ]
    assert codes(problems) == ["missing_reason"]


def test_a_cancelled_notice_cancels_the_exit_and_not_the_entry(tmp_path: Path) -> None:
    records, _ = read(csv_file(tmp_path, LEASES, "C1;L1;31555;05/02/2019;30/04/2026;;DC;oui"))
    assert [(one.direction, one.status, one.cancel_reason) for one in records] == [
        ("in", "effective", None),
        ("out", "cancelled", "notice_withdrawn"),
    ]


def test_rows_that_are_no_dwellings_are_left_aside_in_silence(tmp_path: Path) -> None:
    assert read(csv_file(tmp_path, MOVES, OUT, OUT.replace(";S;", ";BOX;"))) == ([SAID], [])


def test_only_the_rows_to_keep_are_read(tmp_path: Path) -> None:
    kept = MOVES_MAPPING + '[extract.keep]\nNature = ["LOG"]\n'
    path = csv_file(tmp_path, f"{MOVES};Nature", f"{OUT};log", f"{OUT.replace('B1', 'B2')};BOX")
    assert read(path, kept) == ([SAID], [])


def test_lambert_93_and_decimal_commas_become_degrees(tmp_path: Path) -> None:
    text = MOVES_MAPPING.replace('kind = "movements"', 'kind = "movements"\ncoordinates = "lambert93"')
    text = text.replace('lease = "Bail"', 'lease = "Bail"\nx = "X"\ny = "Y"')
    rows = [f"{OUT};574357,8;6279642,9", f"{OUT.replace('B1', 'B2')};1;2", f"{OUT.replace('B1', 'B3')};;"]
    records, problems = read(csv_file(tmp_path, f"{MOVES};X;Y", *rows), text)
    near, none, empty = (one.where for one in records)
    # the Capitole in Toulouse
    assert near.longitude == pytest.approx(1.4437, abs=0.001)
    assert near.latitude == pytest.approx(43.6045, abs=0.001)
    assert (none.longitude, empty.longitude) == (None, None)
    assert [(one.code, one.line) for one in problems] == [("bad_coordinates", 3)]


def test_a_commune_by_its_name_needs_its_postal_code_only_when_two_bear_it(tmp_path: Path) -> None:
    text = MOVES_MAPPING.replace('commune = "INSEE"', 'commune_name = "Ville"\npostal_code = "CP"')
    header = MOVES.replace("INSEE", "Ville;CP")
    rows = [
        OUT.replace("31555", named).replace("B1", f"B{number}")
        for number, named in enumerate(
            (
                "TOULOUSE;",
                "Saint Girons;09200",
                "ST-GIRONS;",
                "Aigues-Vives;",
                "Aigues-Vives;30670",
                "TOULOUSE CEDEX 9;31000",
            )
        )
    ]
    records, problems = read(csv_file(tmp_path, header, *rows), text)
    assert [one.where.commune for one in records] == ["31555", "09261", "09261", "30004", "31555"]
    assert [(one.code, one.line) for one in problems] == [("ambiguous_commune", 5)]


def test_a_commune_merged_since_is_accepted_as_it_is_written(tmp_path: Path) -> None:
    path = csv_file(tmp_path, MOVES, OUT.replace("31555", "09255"))
    (record,) = list(read_moves(path, mapping(), TODAY))
    assert isinstance(record, MoveRecord)
    assert record.where.commune == "09255"


def test_rpls_dwellings_have_their_mode_dates_and_flag(tmp_path: Path) -> None:
    rows = (
        "D1;31555;1;3;13;1;06/2015;;05/2015;1980",
        "D2;9122;2;1;13;2;;02/2026;01/2026;1990",
        "D3;31555;2;4;13;5;;;;",
    )
    records, problems = read(csv_file(tmp_path, PARC, *rows))
    let, vacant = records
    assert let == DwellingRecord(
        2,
        "D1",
        Whereabouts("31555", qpv_flag=True),
        "let",
        "T3",
        "PLUS",
        None,
        date(2015, 6, 1),
        date(2015, 5, 1),
        "month",
        None,
        date(1980, 1, 1),
    )
    assert (vacant.mode, vacant.vacant_since, vacant.where.commune) == ("vacant", date(2026, 2, 1), "09122")
    assert codes(problems) == ["lost_zero"]


def test_a_column_of_personal_data_is_never_quoted(tmp_path: Path) -> None:
    text = MOVES_MAPPING.replace('"Motif"', '"Motif du locataire"')
    path = csv_file(tmp_path, MOVES.replace("Motif", "Motif du locataire"), OUT.replace("DC", "FICTIF Personne"))
    _, problems = read(path, text)
    assert [(one.code, one.value) for one in problems] == [("unknown_code", HIDDEN)]


def test_a_file_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="est un fichier de mouvements"):
        list(read_dwellings(csv_file(tmp_path, MOVES, OUT), mapping(), TODAY))


def test_the_sheet_that_the_mapping_names_is_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Sommaire", "des", "feuilles"])
    sheet = book.create_sheet("Données")
    for row in (MOVES.split(";"), OUT.split(";")):
        sheet.append(row)
    book.save(tmp_path / "e.xlsx")
    text = MOVES_MAPPING.replace('kind = "movements"', 'kind = "movements"\nsheet = "Données"')
    assert read(tmp_path / "e.xlsx", text) == ([SAID], [])


BEGINNINGS = st.sampled_from(
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"%PDF",
        b"<html",
        MOVES.encode() + b"\r\n",
        PARC.encode() + b"\n",
    ]
)
PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([OUT.encode(), b"\r\n", b";", b'"', b"\0", b"31/02/2026", b"1e999", b"\xff", b"TOTAL", b"=1+1"]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(beginning=BEGINNINGS, pieces=st.lists(PIECES, max_size=12), name=st.sampled_from(["e.csv", "e.xlsx", "e.txt"]))
def test_any_bytes_are_read_or_refused_with_a_message(
    beginning: bytes, pieces: list[bytes], name: str, tmp_path: Path
) -> None:
    path = written(tmp_path, beginning + b"".join(pieces), name)
    try:
        records, problems = read(path)
    except LandlordError as refusal:
        assert name in str(refusal)
    else:
        assert all(one.message_fr and one.remedy_fr for one in problems)
        moves = [(one.lease, one.direction) for one in records if isinstance(one, MoveRecord)]
        assert len(set(moves)) == len(moves)
    try:
        assert draft(path).kind in ("movements", "dwellings")
    except LandlordError as refusal:
        assert name in str(refusal)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=12), min_size=11, max_size=11), min_size=1, max_size=5))
def test_any_cells_are_read_and_a_row_with_an_error_gives_nothing(cells: list[list[str]], tmp_path: Path) -> None:
    import csv

    path = tmp_path / "e.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows([MOVES.split(";"), *cells])
    try:
        records, problems = read(path)
    except LandlordError:
        return
    wrong = {one.line for one in problems if one.severity == "error"}
    assert not wrong & {one.line for one in records}


ELSEWHERE = "B1;L1;31555;S;05/02/2026;DC;T3;PLUS;{};01/12/2025;"


@pytest.mark.parametrize(
    ("cell", "empty_qpv", "flag"),
    [("", "", None), ("", "outside", False), ("Hors QPV", "", False), ("Hors QPV", "outside", False)],
)
def test_outside_is_said_in_words_or_by_what_the_mapping_makes_of_an_empty_cell(
    cell: str, empty_qpv: str, flag: bool | None, tmp_path: Path
) -> None:
    said = MOVES_MAPPING.replace("[extract.columns]", f'empty_qpv = "{empty_qpv}"\n[extract.columns]', 1)
    ((record,), problems) = read(csv_file(tmp_path, MOVES, ELSEWHERE.format(cell)), said)
    assert problems == []
    assert record.where == Whereabouts("31555", qpv_flag=flag)


def test_an_empty_cell_says_nothing_where_no_column_of_quartiers_is_read() -> None:
    columns = MOVES_MAPPING.replace('qpv_2024 = "QPV"\n', "").replace(
        "[extract.columns]", 'empty_qpv = "outside"\n[extract.columns]', 1
    )
    with pytest.raises(MappingError, match="empty_qpv"):
        mapping(columns)
