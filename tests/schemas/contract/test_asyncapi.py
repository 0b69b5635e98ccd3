"""The AsyncAPI document: valid by AsyncAPI's own schema, whole, and true of the broker that it describes."""

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from runtime import broker, topics
from schemas.contract import asyncapi
from schemas.events.reading import MAX_EVENTS, read_message
from tests.schemas.contract.published import document, official_asyncapi

DOCUMENT = document("asyncapi.json")
MESSAGES = DOCUMENT["components"]["messages"]
EVENTS = ("move-out", "move-in", "stock", "declaration", "counts")
SIREN = "123456789"


def resolved(reference: str) -> Any:
    found = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inside in value.values():
            yield from references(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from references(inside)


def errors(value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(official_asyncapi()).iter_errors(value)]


def accepts(message: str, payload: Any) -> bool:
    schema = {**DOCUMENT["components"]["messages"][message]["payload"], "components": DOCUMENT["components"]}
    return bool(Draft7Validator(schema).is_valid(payload))


def test_the_document_is_valid_by_the_official_schema() -> None:
    assert errors(DOCUMENT) == []


@pytest.mark.parametrize("path", [("channels", "moves", "address"), ("operations", "sendMoves", "action"), ("info",)])
def test_the_official_schema_would_see_a_mistake(path: tuple[str, ...]) -> None:
    spoilt = copy.deepcopy(DOCUMENT)
    place = spoilt
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = 12
    assert errors(spoilt)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 20
    for reference in found:
        assert resolved(reference)


def test_an_operation_speaks_of_messages_of_its_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["messages"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_names_and_limits_are_those_of_the_broker() -> None:
    channels = DOCUMENT["channels"]
    names = {"moves": topics.moves_topic, "sandbox": topics.sandbox_topic, "receipts": topics.receipts_topic}
    for key, name in names.items():
        assert channels[key]["address"].replace("{siren}", SIREN) == name(SIREN)
        kafka = channels[key]["bindings"]["kafka"]
        assert kafka["partitions"] == 1
        assert kafka["topicConfiguration"]["max.message.bytes"] == topics.MAX_MESSAGE_BYTES
        assert kafka["topicConfiguration"]["retention.ms"] == broker.RETENTION_MS
    assert asyncapi.RETENTION_MS == broker.RETENTION_MS
    assert MESSAGES["batch"]["payload"]["maxItems"] == MAX_EVENTS


def test_the_user_is_named_as_the_broker_knows_it() -> None:
    said = DOCUMENT["components"]["securitySchemes"]["scram"]
    assert said["type"] == "scramSha256"
    prefix = topics.landlord_principal("")
    assert prefix in said["description"]
    group = DOCUMENT["operations"]["receiveReceipts"]["bindings"]["kafka"]["groupId"]
    assert prefix in group["description"]


@pytest.mark.parametrize("name", MESSAGES)
def test_the_example_of_a_message_is_valid_by_its_own_schema(name: str) -> None:
    (example,) = MESSAGES[name]["examples"]
    assert accepts(name, example["payload"])


@pytest.mark.parametrize("name", [*EVENTS, "batch"])
def test_the_example_of_a_message_is_read(name: str) -> None:
    (example,) = MESSAGES[name]["examples"]
    assert read_message(orjson.dumps(example["payload"])).rejected == []


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_valid_as_one_message_only(name: str) -> None:
    (example,) = MESSAGES[name]["examples"]
    assert [other for other in MESSAGES if accepts(other, example["payload"])] == [name]


def test_a_batch_of_too_many_is_no_message() -> None:
    event = MESSAGES["move-out"]["examples"][0]["payload"]
    assert accepts("batch", [event] * MAX_EVENTS)
    assert not accepts("batch", [event] * (MAX_EVENTS + 1))
    assert not accepts("batch", [])
