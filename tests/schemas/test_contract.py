"""The models of the contract: what is accepted, what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from schemas.contract.publish import PUBLISHED
from schemas.events.models import Event

EVENT: TypeAdapter[Any] = TypeAdapter(Event)


def move_event(**data: object) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "0b8f6f0e-1111-4222-8333-944444444444",
        "source": "urn:siren:123456789",
        "type": "fr.data-quartiers.tenancy.move-out.v1",
        "time": "2026-03-09T08:12:44Z",
        "datacontenttype": "application/json",
        "data": {
            "move_id": "5d0c1a52-0000-4000-8000-000000000001",
            "revision": 1773043964,
            "status": "effective",
            "effective_on": "2026-02-27",
            "date_precision": "day",
            "notice_received_on": "2025-12-01",
            "dwelling": "91aa0000-0000-4000-8000-000000000001",
            "commune": "31555",
            "qpv_2024": "QN03107M",
            "qpv_2015": "QP031007",
            "location_method": "address",
            "location_quality": "certain",
            "rooms": "T3",
            "financing": "PLUS",
            "reason": "mutation_interne",
            "place": "same_commune",
            "tenancy_started_on": "2014-05",
            "household_type": "couple_enf",
            "household_size": "3-4",
            "holder_age": "40-49",
            **data,
        },
    }


def test_the_example_of_the_design_is_accepted() -> None:
    event = EVENT.validate_python(move_event())
    assert event.data.qpv_2024 == "QN03107M"
    assert event.data.rooms == "T3"


def test_an_unknown_field_is_ignored_so_that_a_newer_minor_version_passes() -> None:
    event = EVENT.validate_python(move_event(heating="gaz"))
    assert not hasattr(event.data, "heating")


@pytest.mark.parametrize("field", ["nom", "Prénom", "date_naissance", "ADRESSE", "latitude"])
def test_a_field_that_looks_like_personal_data_is_refused_by_name(field: str) -> None:
    with pytest.raises(ValidationError, match="donnée personnelle interdite"):
        EVENT.validate_python(move_event(**{field: "x"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"effective_on": "2026-02-30"},
        {"revision": -1},
        {"commune": "3155"},
        {"qpv_2024": "QP031007"},
        {"status": "cancelled"},
        {"cancel_reason": "mistake"},
        {"rooms": "T9"},
    ],
)
def test_a_wrong_value_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_python(move_event(**wrong))


def test_the_published_schema_accepts_what_the_model_accepts() -> None:
    schema = json.loads((Path(PUBLISHED) / "move.v1.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(move_event())
    assert list(Draft202012Validator(schema).iter_errors(move_event(status="gone")))
