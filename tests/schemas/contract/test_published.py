"""What is published is what the models make, says every field in French, and gives examples that are accepted."""

import json
import re
from datetime import date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.codes import CURRENT_VERSION, code_list
from schemas.contract import VERSION
from schemas.contract.publish import PUBLISHED, PUBLISHED_MODELS, documents
from schemas.events.reading import read_message
from schemas.events.reasons import remedy
from schemas.events.receipts import ReceiptEvent
from schemas.events.rules import Rules
from schemas.territories import load
from tests.schemas.contract.published import EXAMPLES, document, releases, schema_file

every_schema = pytest.mark.parametrize("name", PUBLISHED_MODELS)
SENT = [name for name in EXAMPLES if name != "receipt"]


def fields(schema: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return (model.field, its schema) of each field, in every model of a published schema."""
    models = {schema["title"]: schema, **schema["$defs"]}
    return [
        (f"{model}.{name}", field)
        for model, definition in models.items()
        for name, field in definition.get("properties", {}).items()
    ]


@pytest.mark.parametrize("name", documents())
def test_a_published_file_is_what_the_models_make(name: str) -> None:
    assert (PUBLISHED / name).read_text(encoding="utf-8") == documents()[name], "run: quartiers contract"


def test_nothing_else_lies_beside_the_published_files() -> None:
    assert {path.name for path in PUBLISHED.glob("*.json")} == documents().keys()


@every_schema
def test_a_published_schema_is_one_and_says_its_version(name: str) -> None:
    schema = document(name)
    Draft202012Validator.check_schema(schema)
    assert schema["x-version"] == VERSION
    assert VERSION in schema["$id"]


@every_schema
def test_every_field_is_described_in_french(name: str) -> None:
    for where, field in fields(document(name)):
        if "$ref" in field:
            continue  # what it refers to is described
        assert field.get("description") or any("description" in one for one in field.get("anyOf", [])), where
        assert not re.search(r"\b(the|of|and|is|with)\b", field.get("description", "")), where
    for model, definition in document(name)["$defs"].items():
        if name != "receipt.v1.schema.json":
            assert definition["title"] != model, f"{model} has no title in French"
            assert not re.search(r"\b(the|of|and|is)\b", definition["description"]), model


@every_schema
def test_a_list_of_codes_that_a_field_names_is_published_and_a_closed_one_is_enumerated_alike(name: str) -> None:
    lists = document("codes.json")["lists"]
    for where, field in fields(document(name)):
        named = field.get("x-codes", [])
        for codes in [named] if isinstance(named, str) else named.values() if isinstance(named, dict) else []:
            published = [row["code"] for row in lists[codes]]
            enumerated = field.get("enum") or field.get("anyOf", [{}])[0].get("enum")
            assert enumerated is None or sorted(enumerated) == sorted(published), where


def test_the_published_code_lists_have_every_code_with_its_label_and_the_current_version() -> None:
    codes = document("codes.json")
    assert codes["versions"][-1]["version"] == CURRENT_VERSION
    for name, rows in codes["lists"].items():
        assert {row["code"]: row["label_fr"] for row in rows} == {
            code: row.label_fr for code, row in code_list(name).items()
        }
        assert all(row["label_fr"] for row in rows)


@pytest.mark.parametrize(("name", "kind"), EXAMPLES.items())
def test_a_published_example_is_valid(name: str, kind: str) -> None:
    Draft202012Validator(document(schema_file(kind))).validate(document(f"examples/{name}.json"))


@pytest.mark.parametrize("name", SENT)
def test_a_published_example_would_be_accepted(name: str) -> None:
    example = document(f"examples/{name}.json")
    reading = read_message(json.dumps(example).encode())
    assert reading.rejected == []
    ((_, event),) = reading.events
    received_on = datetime.fromisoformat(example["time"]).date()
    assert Rules(load()).check(event, "123456789", received_on) is None


def test_the_receipt_of_the_examples_adds_up() -> None:
    receipt = ReceiptEvent.model_validate_json(json.dumps(document("examples/receipt.json"))).data
    assert sum(receipt.outcomes.values()) == receipt.events
    assert receipt.rejected_total == receipt.outcomes["quarantined"] == len(receipt.rejected)


def test_the_receipt_of_the_examples_says_what_the_rules_and_the_remedies_say() -> None:
    (remark,) = document("examples/receipt.json")["data"]["rejected"]
    event = document("examples/move-in.json")
    event["data"]["commune"] = remark["message_fr"].split()[-1]
    ((_, read),) = read_message(json.dumps(event).encode()).events
    problem = Rules(load()).check(read, "123456789", date(2026, 3, 9))
    assert problem is not None
    assert remark["event_id"] == event["id"]
    assert (problem.reason, problem.pointer, problem.message_fr) == (
        *(remark["code"], remark["pointer"]),
        remark["message_fr"],
    )
    assert remark["remedy_fr"] == remedy(problem.reason)


def test_the_newest_entry_of_the_changelog_is_the_contracts_version() -> None:
    text = (PUBLISHED / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## ([0-9]+\.[0-9]+)", text, re.MULTILINE)
    assert versions[0] == VERSION
    assert {path.name for path in releases()} <= set(versions)


@every_schema
def test_a_schema_is_not_changed_once_its_version_is_released(name: str) -> None:
    kept = PUBLISHED / "releases" / VERSION / name
    if kept.parent.exists():
        assert kept.read_text(encoding="utf-8") == (PUBLISHED / name).read_text(encoding="utf-8")
    else:
        assert releases()[-1].name != VERSION
