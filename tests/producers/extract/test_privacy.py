"""Nothing of a person is proposed, written down, quoted or opened to others by the landlord's tool."""

import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.cli import app
from producers.extract.draft.drafting import draft
from producers.extract.draft.text import write
from producers.extract.mapping import MappingError, parse_mapping
from producers.extract.personal import looks_personal_text, names_a_person, quotable
from producers.extract.problems import HIDDEN
from tests.producers.extract.files import LEASES_MAPPING, MOVES, MOVES_MAPPING, csv_file, read, workbook

ROWS = range(40)
BIRTHS = [f"{number % 28 + 1:02d}/04/19{50 + number}" for number in ROWS]


def drafted(folder: Path, header: str, row: str) -> tuple[dict[str, str], str]:
    """Return the columns that are chosen for a file of 40 rows, and the text of the draft."""
    lines = [row.format(n=number, birth=BIRTHS[number], day=f"{number % 28 + 1:02d}/02/2026") for number in ROWS]
    proposal = draft(csv_file(folder, header, *lines))
    return {name: choice.column for name, choice in proposal.choices.items()}, write(proposal)


# -- which columns are proposed


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Nom du locataire;Logement;INSEE;Date sortie;Motif", "DUPONT{n} Jean;L{n};31555;{day};Emploi"),
        ("Téléphone client;Logement;INSEE;Date sortie;Motif", "06123456{n:02d};L{n};31555;{day};Emploi"),
        ("Dossier;Logement;INSEE;Date sortie;Motif", "jean{n}@exemple.fr;L{n};31555;{day};Emploi"),
        ("Client n° SS;Logement;INSEE;Date sortie;Motif", "1841276451{n:03d};L{n};31555;{day};Emploi"),
    ],
)
def test_what_names_a_person_is_no_lease_number(tmp_path: Path, header: str, row: str) -> None:
    columns, text = drafted(tmp_path, header, row)
    assert "lease" not in columns
    assert f'"{header.partition(";")[0]}",  # semble personnelle' in text


@pytest.mark.parametrize("birth", ["Date de naissance", "Début naiss. titulaire", "DDN date", "Né(e) le, date"])
def test_a_birth_date_is_no_date_of_a_move(tmp_path: Path, birth: str) -> None:
    header = f"Bail;Logement;INSEE;Sens;{birth};Motif"
    columns, text = drafted(tmp_path, header, "B{n};L{n};31555;Sortie;{birth};Emploi")
    assert birth not in columns.values()
    assert f'"{birth}",  # semble personnelle' in text


@pytest.mark.parametrize("field", ["entry_on", "exit_on"])
def test_a_birth_date_that_a_mapping_names_is_refused(field: str) -> None:
    wanted = {"entry_on": '"Entrée"', "exit_on": '"Sortie"'}[field]
    text = LEASES_MAPPING.replace(f"{field} = {wanted}", f'{field} = "Date de naissance"')
    with pytest.raises(MappingError, match=rf"columns\.{field} : « Date de naissance » est une date de naissance"):
        parse_mapping(text, Path("mapping.toml"))


@pytest.mark.parametrize(
    "name",
    [
        *("NOM", "Nom locataire", "NOM_LOC", "NomPrenom", "PRENOM1", "Nom d'usage", "Nom de jeune fille", "NOMLOC"),
        *("Civilité", "Sexe", "N° SS", "NUM_SS", "N° Sécurité Sociale", "NIR", "N° allocataire", "DDN", "DT_NAISS"),
        *("DTNAIS", "DATNAI", "Date naiss", "Né(e) le", "Lieu naiss", "Nationalité", "GSM", "TEL1", "TELPORT"),
        *("Mél", "ADRMAIL", "EMAIL1", "Courriel", "IBAN", "Conjoint", "Signataire", "COTITULAIRE", "Garant"),
    ],
)
def test_a_header_of_a_person_is_known(name: str) -> None:
    assert names_a_person(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Nom de la commune", "NOM_COMMUNE", "Nom du QPV", "Nom résidence", "Nom programme", "N° locataire"),
        *("Date de sortie du locataire", "IDENT_INT", "DATE_DEP_DERLOCAT", "Coordonnées X", "Motif départ titulaire"),
        *("Nombre d'occupants", "Type de voie", "Age du titulaire", "Nouvelle entrée", "Année", "Journée"),
    ],
)
def test_an_ordinary_header_may_be_read(name: str) -> None:
    assert not names_a_person(name)


# -- which values are written down or quoted

FREE_TEXTS = [
    *("tel 06 12 34 56 78 rappeler", "+33 (0)6 12 34 56 78", "06 12 34 56 78 / 05 61 22 33 44", "1 84 12 76 451 089"),
    *("NIR 184127645108946", "M DUPONT", "Chez Mme Durand", "MLE DUPONT", "Veuve Martin"),
    *("12 bis, r. des Lilas", "12 Rte de Foix", "3 lotissement les Pins", "écrire à jean@exemple.fr"),
    *("FR76 3000 6000 0112 3456 7890 189", "né le 12/04/1950"),
]
LABELS = [
    *("Décès", "Mutation interne", "MUTATION PRO", "Départ en EHPAD", "Congé 3 mois", "Relogement NPNRU"),
    *("Place de parking 12", "15 m2 loggia", "T3 bis", "PLUS 2005", "Motif n° 12", "QN03107M", "31555", "05/02/2026"),
    *("0601", "Accession M2", "184", "2 place de parking"),
]


@pytest.mark.parametrize("text", FREE_TEXTS)
def test_what_a_free_text_says_of_a_person_is_known(text: str) -> None:
    assert looks_personal_text(text)


@pytest.mark.parametrize("text", LABELS)
def test_an_ordinary_label_is_nobody(text: str) -> None:
    assert not looks_personal_text(text)


NAMES = ["1841276451089", "DUPONT Jean", "Jean DUPONT", "Chez Paul MARTIN", "DECES LE GOFF Anne"]


@pytest.mark.parametrize("text", [*FREE_TEXTS, *NAMES])
def test_a_person_is_not_quoted(text: str) -> None:
    assert quotable("Motif", text) == HIDDEN


@pytest.mark.parametrize("text", LABELS)
def test_an_ordinary_label_is_quoted(text: str) -> None:
    assert quotable("Motif", text) == text


def test_no_person_is_written_in_a_draft(tmp_path: Path) -> None:
    labels = ["Emploi", "Départ EHPAD", "DECES DUPONT Jean", "Emploi Karim BENALI", "rappeler 06 12 34 56 78"]
    homes = ["Logement", "Garage", "Logement de Mme Dupuis"]
    rows = [f"B{n};L{n};31555;05/02/2026;{labels[n % 5]};{homes[n % 3]}" for n in ROWS]
    text = write(draft(csv_file(tmp_path, "Bail;Logement;INSEE;Date sortie;Motif;Type de lot", *rows)))
    assert not [word for word in ("DUPONT", "BENALI", "06 12", "Dupuis") if word in text]
    assert '"Départ EHPAD" = "ehpad_etablissement"' in text
    assert "4 valeurs semblent personnelles et ne sont pas recopiées" in text


@pytest.mark.parametrize("column", ["Nom de la commune", "NOM_COMMUNE", "Nom du quartier"])
def test_the_name_of_a_place_is_quoted(column: str) -> None:
    assert quotable(column, "BARCELONE", "text") == "BARCELONE"
    assert quotable("Nom du locataire", "BARCELONE", "text") == HIDDEN


def test_an_identifier_is_never_quoted(tmp_path: Path) -> None:
    for edited in ("1,2E+11;L1", "B1;3,4E+12"):
        _, problems = read(csv_file(tmp_path, MOVES, f"{edited};31555;S;05/02/2026;DC;T3;PLUS;;;"))
        assert [(one.code, one.value) for one in problems] == [("bad_identifier", HIDDEN)]


def test_a_name_that_slipped_into_another_column_is_not_quoted(tmp_path: Path) -> None:
    for row in ("B1;L1;DURAND Pierre;S;05/02/2026", "B1;L1;31555;S;DURAND PIERRE", "B1;L1;31555;S;Durand Pierre"):
        _, problems = read(csv_file(tmp_path, MOVES, f"{row};DC;T3;PLUS;;;"))
        assert [one.value for one in problems] == [HIDDEN]
    _, problems = read(csv_file(tmp_path, MOVES, "B1;L1;31555;S;05/02/2026;DC;T3;PLUS;DURAND PIERRE;;"))
    assert [one.value for one in problems] == [HIDDEN]


def test_a_name_that_an_older_draft_wrote_down_is_not_repeated(tmp_path: Path) -> None:
    text = MOVES_MAPPING.replace('"??" = ""', '"??" = ""\n"DECES DUPONT Jean" = ""')
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    path = csv_file(tmp_path, MOVES, "B1;L1;31555;S;05/02/2025;DC;T3;PLUS;QN03107M;01/12/2024;")
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", str(path), "--folder", str(tmp_path)])
    assert (
        f"2 codes restent à compléter dans mapping.toml : motif de départ « ?? », motif de départ « {HIDDEN} »"
        in result.output
    )
    assert "DUPONT" not in result.output


# -- what others of the machine may read


@pytest.mark.skipif(os.name == "nt", reason="the folder's rights decide there")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_annotated_copy_is_no_more_open_than_the_file(tmp_path: Path, kind: str) -> None:
    (tmp_path / "mapping.toml").write_text(MOVES_MAPPING, encoding="utf-8")
    row = "B1;L1;31555;S;05/02/2025;DC;T3;PLUS;QN03107M;01/12/2024;"
    path = csv_file(tmp_path, MOVES, row) if kind == "csv" else workbook(tmp_path, MOVES.split(";"), row.split(";"))
    path.chmod(0o600)
    out = tmp_path / f"annoté.{kind}"
    out.touch(mode=0o644)
    result = CliRunner().invoke(app, ["check", str(path), "--folder", str(tmp_path), "--annotated", str(out)])
    assert result.exit_code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.stat().st_size > 0


def test_a_check_sends_no_address_to_anyone(tmp_path: Path) -> None:
    text = MOVES_MAPPING.replace('lease = "Bail"', 'lease = "Bail"\naddress = "Adresse"')
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    (tmp_path / "geocoding.toml").write_text('url = "http://127.0.0.1:1"', encoding="utf-8")
    row = "B1;L1;31555;S;05/02/2025;DC;T3;PLUS;;01/12/2024;;12 rue des Lilas"
    path = csv_file(tmp_path, MOVES + ";Adresse", row)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", str(path), "--folder", str(tmp_path)])
    assert (result.exit_code, result.exception) == (0, None)
    assert "Les adresses ne sont cherchées qu'à l'envoi" in result.output
