"""A mapping loads strictly: whatever is wrong in it is told with its key and what to write there."""

from pathlib import Path

import pytest

from producers.extract.mapping import MappingError, load_mapping, parse_mapping
from tests.producers.extract.files import ALL, LEASES_MAPPING, MOVES, MOVES_MAPPING, PARC_MAPPING

# an edit of a good mapping, and what is said of it
WRONG = {
    "no extract": (lambda _: "version = 1", "au moins une section [[extract]]"),
    "not TOML": (lambda text: text.replace('"Bail"', "Bail"), "n'est pas du TOML valide"),
    "a newer version": (lambda text: "version = 2\n" + text, "clé version : 2 inconnue"),
    "an unknown key": (lambda text: text.replace("kind", "kindd"), "vouliez-vous « kind » ?"),
    "an unknown kind": (lambda text: text.replace('"movements"', '"moves"'), "« movements », « dwellings »"),
    "no kind": (lambda text: text.replace('kind = "movements"', ""), "clé kind : absente"),
    "an unknown field": (lambda text: text.replace("lease =", "leese ="), "vouliez-vous « lease » ?"),
    "a number for a column": (lambda text: text.replace('"Bail"', "3"), "columns.lease : il faut le nom d'une colonne"),
    "no lease": (lambda text: text.replace('lease = "Bail"', ""), "columns.lease : absente"),
    "no dwelling": (lambda text: text.replace('dwelling = "Logement"', 'dwelling = ""'), "columns.dwelling : absente"),
    "no commune": (lambda text: text.replace('commune = "INSEE"', ""), "columns.commune : absente"),
    "no date": (lambda text: text.replace('effective_on = "Date"', ""), "columns"),
    "no direction": (
        lambda text: text.replace('direction = "Sens"', "").replace('[extract.codes.direction]\nS = "out"', "[[x]]"),
        "clé « x » inconnue",
    ),
    "a move and a lease": (lambda text: text.replace('rooms = "Type"', 'exit_on = "Type"'), "choisir"),
    "two columns for a date": (lambda text: text.replace('"Date"', '["Date", "Heure"]'), "une seule colonne"),
    "a code that is not ours": (lambda text: text.replace('"deces"', '"mort"'), "« mort » n'est pas un de nos codes"),
    "codes without a column": (lambda text: text.replace('status = "Statut"', ""), "aucune colonne n'est donnée"),
    "codes of a date": (lambda text: text + "[extract.codes.effective_on]", "clé « effective_on » inconnue"),
    "a date format that is none": (
        lambda text: text.replace('"movements"\n', '"movements"\ndates = ["dd/mm/yyyy"]\n'),
        "« dd/mm/yyyy » n'est pas un format de date",
    ),
    "dates that are no list": (
        lambda text: text.replace('"movements"\n', '"movements"\ndates = "jj/mm/aaaa"\n'),
        "il faut une liste de textes",
    ),
    "one coordinate": (lambda text: text.replace("[extract.columns]", '[extract.columns]\nx = "X"'), "vont ensemble"),
    "coordinates of no system": (
        lambda text: text.replace("[extract.columns]", '[extract.columns]\nx = "X"\ny = "Y"'),
        "clé coordinates : absente",
    ),
    "an unknown system": (
        lambda text: text.replace('"movements"\n', '"movements"\ncoordinates = "lambert2"\n'),
        "« wgs84 », « lambert93 »",
    ),
    "a column read and ignored": (
        lambda text: text.replace('"movements"\n', '"movements"\nignored = ["Motif"]\n'),
        "la colonne « Motif » est aussi lue",
    ),
    "both directions and one": (
        lambda text: text.replace('"movements"\n', '"movements"\ndirection = "out"\n'),
        "columns.direction",
    ),
    "rows to keep that are no list": (
        lambda text: text + '[extract.keep]\nType = "LOG"',
        "keep.Type : il faut une liste",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_that_cannot_be_used_says_where_and_why(name: str) -> None:
    edit, said = WRONG[name]
    with pytest.raises(MappingError) as refusal:
        parse_mapping(edit(MOVES_MAPPING), Path("dossier/mapping.toml"))
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("dossier/mapping.toml")


def test_a_mapping_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="quartiers mapping draft FICHIER"):
        load_mapping(tmp_path / "mapping.toml")


def test_the_extract_is_chosen_by_the_columns_of_the_file() -> None:
    made = parse_mapping(ALL, Path("m"))
    assert made.choose([*MOVES.split(";"), "Autre"], "f").name == "mouvements"
    assert made.choose([name.upper() for name in MOVES.split(";")], "f").name == "mouvements"


def test_two_extracts_that_fit_as_well_are_told_apart_by_hand() -> None:
    twice = MOVES_MAPPING + MOVES_MAPPING.replace('"mouvements"', '"encore"')
    with pytest.raises(MappingError, match="convient à plusieurs extraits"):
        parse_mapping(twice, Path("m")).choose(MOVES.split(";"), "f")


def test_codes_still_to_fill_in_are_listed() -> None:
    (one,) = parse_mapping(MOVES_MAPPING, Path("m")).extracts
    assert one.to_fill == (("reason", "??"),)


@pytest.mark.parametrize(
    ("text", "layout"), [(MOVES_MAPPING, "moves"), (LEASES_MAPPING, "leases"), (PARC_MAPPING, "dwellings")]
)
def test_the_layout_follows_from_the_columns(text: str, layout: str) -> None:
    assert parse_mapping(text, Path("m")).extracts[0].layout == layout
