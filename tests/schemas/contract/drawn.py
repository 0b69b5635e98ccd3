"""Values drawn from a JSON Schema: enough of the language for the published ones."""

import string
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
EXTRA_NAMES = st.text(string.ascii_lowercase, min_size=3, max_size=8).map(lambda name: f"x_{name}q")
"""Fields that no version knows: none looks personal, since no word of theirs is one."""
EXTRA = st.dictionaries(EXTRA_NAMES, st.none() | st.integers() | st.text(max_size=5), max_size=2)


def drawn(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    """Return a strategy of values that are valid by a schema; ValueError for what it cannot draw."""
    if "$ref" in schema:
        target = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return drawn(target, root)
    if "anyOf" in schema:
        return st.one_of([drawn(branch, root) for branch in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    return _OF_TYPE[schema["type"]](schema, root)


def _object(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    if patterns := schema.get("patternProperties"):
        ((pattern, inside),) = patterns.items()
        return st.dictionaries(st.from_regex(pattern, fullmatch=True), drawn(inside, root), max_size=3)
    required = {name: drawn(field, root) for name, field in schema["properties"].items() if name in schema["required"]}
    optional = {name: drawn(field, root) for name, field in schema["properties"].items() if name not in required}
    known = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda extra, value: extra | value, EXTRA, known).map(_cancelled_says_why)


def _cancelled_says_why(value: Any) -> Any:
    """Bring the one condition of the contract about."""
    if "status" not in value:
        return value
    without = {name: inside for name, inside in value.items() if name != "cancel_reason"}
    return {**without, "cancel_reason": "mistake"} if value["status"] == "cancelled" else without


def _string(schema: Schema, _: Schema) -> st.SearchStrategy[str]:
    formats: dict[str, st.SearchStrategy[str]] = {
        "uuid": st.uuids().map(str),
        "date": st.dates().map(lambda day: day.isoformat()),
        "date-time": st.datetimes().map(lambda instant: instant.isoformat() + "Z"),
    }
    if "format" in schema:
        return formats[schema["format"]]
    longest, shortest = schema.get("maxLength", 20), schema.get("minLength", 0)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: shortest <= len(text) <= longest)
    return st.text(min_size=shortest, max_size=longest)


def _integer(schema: Schema, _: Schema) -> st.SearchStrategy[int]:
    highest = schema["maximum"] if "maximum" in schema else schema["exclusiveMaximum"] - 1
    return st.integers(schema["minimum"], highest)


def _array(schema: Schema, root: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(drawn(schema["items"], root), min_size=schema.get("minItems", 0), max_size=3)


_OF_TYPE = {
    "object": _object,
    "string": _string,
    "integer": _integer,
    "array": _array,
    "null": lambda _, __: st.none(),
}
