"""The code lists: their shape, their agreement with the event models, and newer versions."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

import schemas.codes
from schemas.codes import CURRENT_VERSION, code_list, known_code, versions
from schemas.events.models import ControlTotal, Declaration, Move, Stock, StockCell

FOLDER = Path(schemas.codes.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.csv") if path.stem != "versions")
HEADER = ["code", "label_fr", "nature_class", "sensitive", "valid_from", "valid_to"]
# Fields of the models that hold a code of an open list: the contract gives a pattern, the list the codes.
OPEN_FIELDS = {
    "financing": "financing",
    "place": "place_class",
    "household_type": "household_type",
    "household_size": "household_size",
    "holder_age": "holder_age",
}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def literals(annotation: object) -> set[str]:
    """The values of a Literal, also inside a union with None."""
    values: set[str] = set()
    for argument in get_args(annotation):
        values |= {argument} if isinstance(argument, str) else literals(argument)
    return values


def literal_fields() -> Iterator[Any]:
    for model in (Move, StockCell, Stock, ControlTotal, Declaration):
        for field, info in model.model_fields.items():
            if values := literals(info.annotation):
                yield pytest.param(field, values, id=f"{model.__name__}.{field}")


def test_the_literal_fields_are_found() -> None:
    found = {parameter.values[0] for parameter in literal_fields()}
    assert found == {
        "status",
        "date_precision",
        "cancel_reason",
        "location_method",
        "location_quality",
        "qpv_status",
        "rooms",
        "scope",
        "direction",
    }


@pytest.mark.parametrize(("field", "values"), list(literal_fields()))
def test_a_closed_list_equals_the_literal_of_the_model(field: str, values: set[str]) -> None:
    assert set(code_list(field)) == values


@pytest.mark.parametrize("name", NAMES)
def test_every_list_is_well_formed(name: str) -> None:
    lines = rows(name)
    codes = [row["code"] for row in lines]
    assert list(lines[0]) == HEADER
    assert len(codes) == len(set(codes))
    labels = [row["label_fr"] for row in lines]
    assert len(labels) == len(set(labels))
    for row in lines:
        assert re.fullmatch(r"[A-Za-z0-9_+\-]{1,40}", row["code"]), row
        assert row["label_fr"].strip() == row["label_fr"] != "", row
        assert row["sensitive"] in {"0", "1"}, row
        starts = date.fromisoformat(row["valid_from"])
        assert not row["valid_to"] or date.fromisoformat(row["valid_to"]) > starts, row


def test_the_nature_classes_are_those_in_use() -> None:
    used = {code.nature_class for name in ("departure_reason", "arrival_nature") for code in code_list(name).values()}
    assert set(code_list("nature_class")) == used
    for name in set(NAMES) - {"departure_reason", "arrival_nature"}:
        assert {code.nature_class for code in code_list(name).values()} == {""}, name


def test_technical_exits_and_renewals_are_not_ordinary_departures() -> None:
    reasons = code_list("departure_reason")
    assert {code for code, row in reasons.items() if row.nature_class == "technical"} == {
        "relogement_provisoire",
        "vente_occupant",
    }
    assert {code for code, row in reasons.items() if row.nature_class == "out_of_scope"} == {
        "glissement_bail",
        "renouvellement",
    }


def test_sensitive_motives_can_collapse_to_autre() -> None:
    reasons = code_list("departure_reason")
    sensitive = {code for code, row in reasons.items() if row.sensitive}
    assert {"deces", "expulsion_impayes", "expulsion_autre", "ehpad_etablissement", "separation"} == sensitive
    assert "autre" in reasons


def test_defaults_of_the_model_are_codes_of_the_lists() -> None:
    assert Move.model_fields["reason"].default in code_list("departure_reason")
    assert Move.model_fields["reason"].default in code_list("arrival_nature")
    assert Move.model_fields["place"].default in code_list("place_class")
    assert Move.model_fields["code_list_version"].default == 1


@pytest.mark.parametrize(("field", "name"), OPEN_FIELDS.items())
def test_an_open_list_has_a_catch_all_for_newer_codes(field: str, name: str) -> None:
    assert field in Move.model_fields
    kept = known_code(name, "code_of_tomorrow", CURRENT_VERSION + 1)
    assert kept in code_list(name)


def test_the_example_of_the_contract_uses_known_codes() -> None:
    examples = {
        "financing": "PLUS",
        "household_type": "couple_enf",
        "household_size": "3-4",
        "holder_age": "40-49",
        "rooms": "T6+",
        "place_class": "same_commune",
    }
    for name, code in examples.items():
        assert known_code(name, code, 1) == code


def test_an_unknown_code_of_a_known_version_is_refused() -> None:
    assert known_code("departure_reason", "code_of_tomorrow", CURRENT_VERSION) is None
    assert known_code("departure_reason", "code_of_tomorrow", CURRENT_VERSION + 1) == "autre"
    assert known_code("place_class", "code_of_tomorrow", CURRENT_VERSION + 1) == "unknown"
    assert known_code("holder_age", "code_of_tomorrow", CURRENT_VERSION + 1) == "non_renseigne"


def test_a_closed_list_never_gives_a_code_it_does_not_hold() -> None:
    assert known_code("status", "code_of_tomorrow", CURRENT_VERSION + 1) is None


def test_versions_are_numbered_from_one_and_the_last_is_current() -> None:
    assert [entry.version for entry in versions()] == list(range(1, CURRENT_VERSION + 1))
    dates = [entry.published_on for entry in versions()]
    assert dates == sorted(dates)
    assert all(entry.changes_fr for entry in versions())


def test_no_code_is_valid_before_the_first_version() -> None:
    first = versions()[0].published_on
    for name in NAMES:
        assert all(date.fromisoformat(row["valid_from"]) >= first for row in rows(name)), name


def test_an_absent_list_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        code_list("no_such_list")
