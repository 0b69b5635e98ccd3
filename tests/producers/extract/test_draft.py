"""A mapping drafted from a file reads that file: exports of several styles, each as its software writes it."""

import random
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from operations.cli import app
from producers.extract.draft.drafting import draft
from producers.extract.draft.text import quoted, write
from producers.extract.mapping import Mapping, parse_mapping
from tests.producers.extract.files import TODAY, csv_file, day, read, workbook

COMMUNES = ("31555", "34172", "30189", "09122", "66136")
NAMES = ("Toulouse", "MONTPELLIER", "Nîmes", "Foix", "Perpignan")
ROWS = 60


def days(seed: int) -> list[date]:
    """Return past days, about one a week."""
    draw = random.Random(seed)
    return [TODAY - timedelta(days=7 * number + draw.randrange(7) + 1) for number in range(ROWS)]


def by_move(folder: Path) -> Path:
    """One row a move, direction in words, labels for motives, a title above, car parks among the dwellings."""
    lines = ["Liste des mouvements;;;;;;;;", ""]
    lines.append(
        "N° Bail;Nom du locataire;Réf. logement;Type de lot;Code INSEE;Type mouvement;Date mouvement;Motif;Typologie"
    )
    for number, one in enumerate(days(1)):
        leaving = number % 2 == 0
        motive = (
            ("Décès", "Accession", "Mutation interne", "Impayés - expulsion")[number // 2 % 4]
            if leaving
            else "Attribution"
        )
        way = "Sortie" if leaving else "Entrée"
        lot = "Garage" if number % 10 == 9 else "Logement"
        lines.append(
            f"B{number:05d};FICTIF Anne;LG{number:04d};{lot};{COMMUNES[number % 5]};{way};"
            f"{one:%d/%m/%Y};{motive};T{number % 5 + 1}"
        )
    return csv_file(folder, *lines, encoding="cp1252", name="mouvements.csv")


def by_lease(folder: Path) -> Path:
    """One row a lease, upper case without accents, ISO dates, commas, tenants' columns."""
    lines = [
        "NUM_CONTRAT,NOM,EMAIL,NUM_UG,COD_INSEE,DATE_ENTREE,DATE_SORTIE,DATE_CONGE,MOTIF_DEPART,NB_PIECES,TYPE_FINANCEMENT"
    ]
    for number, one in enumerate(days(2)):
        out = one.isoformat() if number % 3 == 0 else ""
        motive = ("DECES", "EHPAD", "ACHAT MAISON", "SEPARATION")[number % 4] if out else ""
        lines.append(
            f"{100000 + number},FICTIF,a{number}@exemple.fr,{7000 + number},{COMMUNES[number % 5]},"
            f"{one - timedelta(days=900)},{out},{one - timedelta(days=60) if out else ''},{motive},"
            f"{number % 5 + 1},PLUS"
        )
    return csv_file(folder, *lines, name="baux.csv")


def workbook_with_names(folder: Path) -> Path:
    """A workbook: real dates, communes by name with postal codes, coordinates in Lambert 93, no direction at all."""
    rows = [["Contrat", "Module", "Ville", "CP", "X", "Y", "Date de sortie", "Raison du départ", "Typologie"]]
    for number, one in enumerate(days(3)):
        postal = ("31000", "34000", "30000", "9000", "66000")[number % 5]
        rows.append(
            [number + 1, f"M{number}", NAMES[number % 5], int(postal), 574000.5 + number, 6279000.25 + number]
            + [day(one.isoformat()), ("Parc privé", "Autre bailleur", "Divers")[number % 3], f"F{number % 4 + 1}"]  # type: ignore[list-item]
        )
    return workbook(folder, *rows, name="sorties.xlsx")


def short_codes(folder: Path) -> Path:
    """Tabs, short headers, compact dates, coded direction and motives that only the landlord knows."""
    lines = ["NOBAIL\tCODLOG\tINSEE\tSENS\tDTMVT\tMOTIF\tQPV2024\tSTATUT\tNIR"]
    for number, one in enumerate(days(4)):
        lines.append(
            f"{number:06d}\tL{number}\t{COMMUNES[number % 5]}\t{'SE'[number % 2]}\t{one:%Y%m%d}\t{number % 3 + 1:02d}\t"
            f"{'QN03107M' if number % 5 == 0 else ''}\tEffectif\t1850578006084{91}"
        )
    return csv_file(folder, *lines, name="export.txt")


def rpls(folder: Path) -> Path:
    """The columns of RPLS."""
    lines = [
        "IDENT_REP;IDENT_INT;DEPCOM;CODEPOSTAL;NUMVOIE;QPV;TYPECONST;NBPIECE;SURFHAB;CONSTRUCT;LOCAT;FINAN;CONV;MODE;BAIL;"
        "REMLOCDATE;DATE_DEP_DERLOCAT"
    ]
    for number, one in enumerate(days(5)):
        let = number % 6 != 0
        lines.append(
            f"{3000000 + number};I{number};{COMMUNES[number % 5]};31000;{number};{1 + number % 2};C;"
            f"{number % 5 + 1};60;1975;1976;{(13, 52, 10)[number % 3]};1;{1 if let else 2};"
            f"{f'{one:%m/%Y}' if let else ''};;{'' if let else f'{one:%m/%Y}'}"
        )
    return csv_file(folder, *lines, name="rpls.csv")


# how each file is made; the layout found; the least records; the codes left to fill in
STYLES: dict[str, tuple[Callable[[Path], Path], str, int, int]] = {
    "one row a move": (by_move, "moves", 50, 0),
    "one row a lease": (by_lease, "leases", 75, 0),
    "departures in a workbook": (workbook_with_names, "leases", 60, 0),
    "short codes": (short_codes, "moves", 0, 6),
    "RPLS": (rpls, "dwellings", 60, 0),
}


def drafted(path: Path) -> tuple[str, Mapping]:
    text = write(draft(path))
    return text, parse_mapping(text, Path("mapping.toml"))


@pytest.mark.parametrize("style", STYLES)
def test_a_draft_reads_the_file_that_it_was_made_from(style: str, tmp_path: Path) -> None:
    make, layout, least, to_fill = STYLES[style]
    path = make(tmp_path)
    text, made = drafted(path)
    (one,) = made.extracts
    assert one.layout == layout
    assert len(one.to_fill) == to_fill
    assert text.count("à compléter") >= to_fill
    records, problems = read(path, text)
    assert len(records) >= least
    assert {found.code for found in problems if found.severity == "error"} <= ({"unknown_code"} if to_fill else set())


@pytest.mark.parametrize(
    ("style", "field", "column"),
    [
        ("one row a move", "effective_on", "Date mouvement"),
        ("one row a lease", "notice_received_on", "DATE_CONGE"),
        ("one row a lease", "financing", "TYPE_FINANCEMENT"),
        ("departures in a workbook", "commune_name", "Ville"),
        ("departures in a workbook", "postal_code", "CP"),
        ("short codes", "qpv_2024", "QPV2024"),
        ("RPLS", "dwelling", "IDENT_INT"),
        ("RPLS", "vacant_since", "REMLOCDATE"),
    ],
)
def test_each_column_finds_its_field(style: str, field: str, column: str, tmp_path: Path) -> None:
    _, made = drafted(STYLES[style][0](tmp_path))
    assert made.extracts[0].columns[field] == (column,)


def test_labels_are_understood_and_marked_to_confirm(tmp_path: Path) -> None:
    text, made = drafted(by_lease(tmp_path))
    table = made.extracts[0].codes["reason"]
    # what is already our code needs no line
    assert table == {"ehpad": "ehpad_etablissement", "achat maison": "accession"}
    assert '"EHPAD" = "ehpad_etablissement"' in text
    line = next(one for one in text.splitlines() if one.startswith('"EHPAD"'))
    assert line.endswith("à confirmer")


def test_columns_that_look_personal_are_ignored_and_none_of_their_values_is_written(tmp_path: Path) -> None:
    text, made = drafted(by_lease(tmp_path))
    assert {"NOM", "EMAIL"} <= set(made.extracts[0].ignored)
    assert "@exemple.fr" not in text
    assert "FICTIF" not in text
    text, made = drafted(short_codes(tmp_path))
    assert "NIR" in made.extracts[0].ignored
    assert "1850578006084" not in text


def test_a_personal_column_is_known_by_its_contents_too(tmp_path: Path) -> None:
    lines = ["Bail;Logement;INSEE;Date sortie;Divers"]
    lines += [f"B{n};L{n};31555;05/02/2026;06 12 34 56 {n:02d}" for n in range(20)]
    text, made = drafted(csv_file(tmp_path, *lines))
    assert "Divers" in made.extracts[0].ignored
    assert "un numéro de téléphone" in text


def test_car_parks_are_left_aside(tmp_path: Path) -> None:
    path = by_move(tmp_path)
    text, made = drafted(path)
    assert made.extracts[0].keep == {"Type de lot": frozenset({"logement"})}
    records, _ = read(path, text)
    assert len(records) == 54


def test_coordinates_say_their_system(tmp_path: Path) -> None:
    _, made = drafted(workbook_with_names(tmp_path))
    assert made.extracts[0].coordinates == "lambert93"


def test_rpls_codes_are_known_without_doubt(tmp_path: Path) -> None:
    text, made = drafted(rpls(tmp_path))
    assert made.extracts[0].codes["financing"] == {"13": "PLUS", "52": "HLMO", "10": "PLAI"}
    assert "à confirmer" not in next(one for one in text.splitlines() if one.startswith('"13"'))


def test_a_column_that_is_not_found_is_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Truc;Machin;Date sortie", *[f"{n};x;05/02/2026" for n in range(5)])
    proposal = draft(path)
    assert {"lease", "dwelling", "commune"} <= set(proposal.missing)
    assert '# lease = ""' in write(proposal)


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["mapping", "draft", *arguments])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_the_command_adds_a_second_extract_and_replaces_none_without_being_told(tmp_path: Path) -> None:
    folder = tmp_path / "bailleur"
    first, second = by_lease(tmp_path), rpls(tmp_path)
    assert call(str(first), "--folder", str(folder))[0] == 0
    assert call(str(second), "--folder", str(folder))[0] == 0
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert [one.name for one in parse_mapping(text, Path("m")).extracts] == ["mouvements", "parc"]

    edited = text.replace('dates = ["aaaa-mm-jj"]', 'dates = ["aaaa-mm-jj", "jj/mm/aaaa"]')
    (folder / "mapping.toml").write_text(edited, encoding="utf-8")
    code, said = call(str(first), "--folder", str(folder))
    assert code == 1
    assert "--force" in said
    assert (folder / "mapping.toml").read_text(encoding="utf-8") == edited

    assert call(str(first), "--folder", str(folder), "--force")[0] == 0
    assert (folder / "mapping.toml").read_text(encoding="utf-8") == text


def test_the_command_says_what_is_left_to_do(tmp_path: Path) -> None:
    code, said = call(str(short_codes(tmp_path)), "--folder", str(tmp_path))
    assert code == 0
    assert "Codes à compléter" in said
    assert "motif de départ «" in said
    assert f"Relisez {tmp_path / 'mapping.toml'}, puis : quartiers check" in said.replace("\n", " ")
    assert "semblent personnelles, laissées de côté : NIR" in said.replace("\n", " ")


def test_a_cover_is_passed_over_and_the_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Page de garde"
    book.active["B3"] = "Rapport mensuel"
    for title in ("Sorties", "Entrées"):
        sheet = book.create_sheet(title)
        sheet.append(["N° bail", "Logement", "Code INSEE", "Date de sortie" if title == "Sorties" else "Date d'entrée"])
        for number, one in enumerate(days(7)):
            sheet.append([f"B{number}", f"L{number}", COMMUNES[number % 5], one])
    path = tmp_path / "rapport.xlsx"
    book.save(path)
    code, said = call(str(path), "--folder", str(tmp_path))
    assert code == 0
    assert "Feuille lue : « Sorties ». Pas lues : « Entrées »." in said.replace("\n", " ")
    found, problems = read(path, (tmp_path / "mapping.toml").read_text(encoding="utf-8"))
    assert {one.direction for one in found} == {"out"}
    assert [(one.code, "« Entrées »" in one.message_fr) for one in problems] == [("other_sheets", True)]

    assert call(str(path), "--folder", str(tmp_path), "--sheet", "Entrées", "--name", "entrees")[0] == 0
    assert 'sheet = "Entrées"' in (tmp_path / "mapping.toml").read_text(encoding="utf-8")


def test_codes_without_a_word_are_not_taken_for_rooms(tmp_path: Path) -> None:
    lines = ["NUMBAIL;NUMLOG;CODINSEE;MVT;DTMVT;CODMOT;NBP"]
    for number, one in enumerate(days(8)):
        lines.append(f"B{number};L{number};31555;{number % 2 + 1};{one:%d/%m/%y};{number % 6 + 1};{number % 4 + 1}")
    choices = draft(csv_file(tmp_path, *lines)).choices
    assert (choices["reason"].column, choices["rooms"].column) == ("CODMOT", "NBP")


def test_a_motive_of_departure_says_nothing_of_arrivals(tmp_path: Path) -> None:
    lines = ["Bail;Logement;INSEE;Sens;Date;MOTIF_DEPART"]
    for number, one in enumerate(days(9)):
        way, motive = ("Sortie", "Décès") if number % 2 else ("Entrée", "")
        lines.append(f"B{number};L{number};31555;{way};{one:%d/%m/%Y};{motive}")
    choices = draft(csv_file(tmp_path, *lines)).choices
    assert choices["reason"].column == "MOTIF_DEPART"
    assert "nature" not in choices


def test_a_total_is_no_code_to_explain(tmp_path: Path) -> None:
    lines = ["Bail;Logement;INSEE;Sens;Date;Motif"]
    lines += [f"B{n};L{n};31555;Sortie;{one:%d/%m/%Y};Décès" for n, one in enumerate(days(10))]
    assert draft(csv_file(tmp_path, *lines, "Total;;;;;60")).to_fill() == []


FOUR_TEXTS = st.lists(st.text(max_size=10), min_size=4, max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.lists(st.text(max_size=10), min_size=4, max_size=4),
    cells=st.lists(st.text(max_size=8), min_size=4, max_size=4),
)
def test_whatever_the_headers_and_values_the_draft_is_toml(header: list[str], cells: list[str], tmp_path: Path) -> None:
    names = ["N° bail", "Sens", "Date mouvement", "Motif", *header]
    lines = [";".join(quoted(one) for one in names)]
    lines += [";".join([f"B{n}", "S", "05/02/2026", *(f'"{one}"' for one in cells), "x"]) for n in range(3)]
    path = csv_file(tmp_path, *(line.encode("utf-8", "replace").decode() for line in lines))
    try:
        text = write(draft(path))
    except ValueError:
        return
    assert tomllib.loads(text)["extract"][0]["kind"] == "movements"
