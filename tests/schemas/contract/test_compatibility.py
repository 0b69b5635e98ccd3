"""No version breaks another: today's schemas against every released one, both ways; and what would break is seen."""

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.codes import CURRENT_VERSION
from schemas.contract.compatibility import Change, changes
from schemas.events.reading import read_message
from schemas.events.rules import Rules
from schemas.territories import load
from tests.schemas.contract.drawn import drawn
from tests.schemas.contract.published import PUBLISHED, RELEASED_TYPES, SENT_TYPES, document, releases, schema_file

MOVE = document(schema_file("move"))
Schema = dict[str, Any]
Spoil = Callable[[Schema], None]
RELEASED = [(folder, path.name) for folder in releases() for path in sorted(folder.glob("*.schema.json"))]
enough = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
each_release = pytest.mark.parametrize(
    ("folder", "name"), RELEASED, ids=[f"{folder.name} {name}" for folder, name in RELEASED]
)


def released(folder: Path, name: str) -> Schema:
    found: Schema = json.loads((folder / name).read_text(encoding="utf-8"))
    return found


@each_release
def test_todays_schema_is_compatible_with_every_released_one(folder: Path, name: str) -> None:
    assert changes(released(folder, name), document(name)) == []


@each_release
def test_every_released_schema_still_has_its_type(folder: Path, name: str) -> None:
    assert (PUBLISHED / name).exists()
    types = [schema["properties"]["type"] for schema in (released(folder, name), document(name))]
    assert types[0].get("enum", types[0].get("const")) == types[1].get("enum", types[1].get("const"))


def test_the_first_release_is_kept() -> None:
    assert releases()[0].name == "1.0"
    assert {path.name for path in releases()[0].glob("*.schema.json")} == {schema_file(kind) for kind in RELEASED_TYPES}


@pytest.mark.parametrize("folder", releases(), ids=lambda folder: str(folder.name))
def test_no_code_of_a_released_list_is_gone_or_means_something_else(folder: Path) -> None:
    before, now = (
        {(name, row["code"]): row.get("nature_class") for name, rows in lists["lists"].items() for row in rows}
        for lists in (released(folder, "codes.json"), document("codes.json"))
    )
    assert len(before) > 50
    assert before.items() <= now.items()


@each_release
@given(data=st.data())
@enough
def test_an_event_valid_under_a_released_version_is_read_today(folder: Path, name: str, data: st.DataObject) -> None:
    schema = released(folder, name)
    event = data.draw(drawn(schema, schema))
    assert Draft202012Validator(schema).is_valid(event), "what is drawn is valid"
    reading = read_message(json.dumps(event).encode())
    assert [bad.problem for bad in reading.rejected] == []


@each_release
@given(data=st.data())
@enough
def test_an_event_of_today_is_valid_for_a_reader_of_a_released_version(
    folder: Path, name: str, data: st.DataObject
) -> None:
    today = document(name)
    event = data.draw(drawn(today, today))
    assert Draft202012Validator(today).is_valid(event), "what is drawn is valid"
    assert list(Draft202012Validator(released(folder, name)).iter_errors(event)) == []


@pytest.mark.parametrize("kind", SENT_TYPES)
@given(data=st.data())
@enough
def test_an_event_valid_by_todays_schema_is_read(kind: str, data: st.DataObject) -> None:
    schema = document(schema_file(kind))
    event = data.draw(drawn(schema, schema))
    assert [bad.problem for bad in read_message(json.dumps(event).encode()).rejected] == []


def test_an_event_of_a_newer_minor_version_is_accepted() -> None:
    event = document("examples/move-out.json")
    event |= {"dataschema": "urn:data-quartiers:contrat:1.9:move", "traceparent": "00-1"}
    event["data"] |= {
        "energy_class": "D",
        "floor": {"level": 3, "lift": True},
        "reason": "teletravail",
        "household_type": "colocation",
        "code_list_version": CURRENT_VERSION + 7,
    }
    reading = read_message(json.dumps(event).encode())
    ((_, read),) = reading.events
    assert Rules(load()).check(read, "123456789", date(2026, 3, 9)) is None


def field(schema: Schema, name: str) -> Schema:
    found: Schema = schema["$defs"]["Move"]["properties"][name]
    return found


def remove_field(schema: Schema) -> None:
    del schema["$defs"]["Move"]["properties"]["place"]


def rename_field(schema: Schema) -> None:
    fields = schema["$defs"]["Move"]["properties"]
    fields["origin_or_destination"] = fields.pop("place")


def require_optional_field(schema: Schema) -> None:
    schema["$defs"]["Move"]["required"].append("financing")


def require_new_field(schema: Schema) -> None:
    schema["$defs"]["Move"]["properties"]["floor"] = {"type": "integer"}
    schema["$defs"]["Move"]["required"].append("floor")


def release_required_field(schema: Schema) -> None:
    schema["$defs"]["Move"]["required"].remove("commune")


def remove_code(schema: Schema) -> None:
    field(schema, "rooms")["enum"].remove("T5")


def add_code(schema: Schema) -> None:
    field(schema, "rooms")["enum"].append("T7")


def remove_code_that_may_be_absent(schema: Schema) -> None:
    field(schema, "cancel_reason")["anyOf"][0]["enum"].remove("duplicate")


def refuse_null(schema: Schema) -> None:
    fields = schema["$defs"]["Move"]["properties"]
    fields["qpv_2015"] = fields["qpv_2015"]["anyOf"][0] | {"default": None}


def change_pattern(schema: Schema) -> None:
    field(schema, "qpv_2024")["anyOf"][0]["pattern"] = "^QN[0-9]{5}[NMI]$"


def change_type(schema: Schema) -> None:
    field(schema, "commune")["type"] = "integer"


def change_format(schema: Schema) -> None:
    field(schema, "effective_on")["format"] = "date-time"


def raise_minimum(schema: Schema) -> None:
    field(schema, "revision")["minimum"] = 1


def lower_maximum(schema: Schema) -> None:
    field(schema, "revision")["exclusiveMaximum"] = 2**31


def raise_maximum(schema: Schema) -> None:
    field(schema, "revision")["exclusiveMaximum"] = 2**63


def add_bound(schema: Schema) -> None:
    field(schema, "commune")["maxLength"] = 5


def shorten(schema: Schema) -> None:
    field(schema, "reason")["maxLength"] = 20


def change_default(schema: Schema) -> None:
    field(schema, "date_precision")["default"] = "month"


def drop_default(schema: Schema) -> None:
    del field(schema, "rooms")["default"]


def close(schema: Schema) -> None:
    schema["$defs"]["Move"]["additionalProperties"] = False


def add_condition(schema: Schema) -> None:
    schema["$defs"]["Move"]["allOf"] = [{"required": ["reason"]}]


def change_condition(schema: Schema) -> None:
    schema["$defs"]["Move"]["then"] = {"required": ["cancel_reason", "reason"]}


def narrow_names(schema: Schema) -> None:
    schema["$defs"]["Move"]["propertyNames"] = {"maxLength": 30}


def drop_type_of_event(schema: Schema) -> None:
    schema["properties"]["type"]["enum"].pop()


REFUSED: list[tuple[Spoil, list[str]]] = [
    (remove_field, ["meaning"]),
    (rename_field, ["meaning"]),
    (require_optional_field, ["backward"]),
    (require_new_field, ["backward"]),
    (release_required_field, ["forward"]),
    (remove_code, ["backward"]),
    (add_code, ["forward"]),
    (remove_code_that_may_be_absent, ["backward"]),
    (refuse_null, ["backward"]),
    (change_pattern, ["backward", "forward"]),
    (change_type, ["forward", "backward"]),
    (change_format, ["backward", "forward"]),
    (raise_minimum, ["backward"]),
    (lower_maximum, ["backward"]),
    (raise_maximum, ["forward"]),
    (add_bound, ["backward"]),
    (shorten, ["backward"]),
    (change_default, ["meaning"]),
    (drop_default, ["meaning"]),
    (close, ["backward"]),
    (add_condition, ["backward"]),
    (change_condition, ["backward", "forward"]),
    (narrow_names, ["backward"]),
    (drop_type_of_event, ["backward"]),
]


def after(spoil: Spoil) -> Schema:
    spoilt = copy.deepcopy(MOVE)
    spoil(spoilt)
    return spoilt


@pytest.mark.parametrize(("spoil", "breaks"), REFUSED, ids=[spoil.__name__ for spoil, _ in REFUSED])
def test_an_incompatible_change_is_refused(spoil: Spoil, breaks: list[str]) -> None:
    assert [change.breaks for change in changes(MOVE, after(spoil))] == breaks


@pytest.mark.parametrize(
    ("spoil", "breaks"),
    [(spoil, breaks) for spoil, breaks in REFUSED if spoil not in (remove_field, require_new_field)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_breaks_one_way_breaks_the_other_way_when_it_is_undone(spoil: Spoil, breaks: list[str]) -> None:
    opposite = {"backward": "forward", "forward": "backward", "meaning": "meaning"}
    undone = [change.breaks for change in changes(after(spoil), MOVE)]
    assert sorted(undone) == sorted(opposite[one] for one in breaks)


def test_a_refusal_says_where_and_what() -> None:
    assert changes(MOVE, after(remove_code)) == [Change("/data/rooms", "backward", "value removed: T5")]
    assert changes(MOVE, after(remove_field)) == [Change("/data/place", "meaning", "field removed")]


def add_optional_field(schema: Schema) -> None:
    schema["$defs"]["Move"]["properties"]["floor"] = {"type": "integer", "default": None}


def say_it_better(schema: Schema) -> None:
    schema["title"] = "Autre titre"
    field(schema, "reason")["description"] = "Autre description"
    field(schema, "reason")["x-codes"] = "another_list"


def name_the_definition_otherwise(schema: Schema) -> None:
    schema["$defs"]["Mouvement"] = schema["$defs"].pop("Move")
    schema["properties"]["data"]["$ref"] = "#/$defs/Mouvement"


@pytest.mark.parametrize("improve", [add_optional_field, say_it_better, name_the_definition_otherwise])
def test_an_addition_or_another_wording_is_compatible(improve: Spoil) -> None:
    assert changes(MOVE, after(improve)) == []


def test_a_keyword_that_cannot_be_compared_is_not_passed_over() -> None:
    unknown = copy.deepcopy(MOVE)
    field(unknown, "reason")["contentEncoding"] = "base64"
    with pytest.raises(ValueError, match="contentEncoding"):
        changes(MOVE, unknown)
