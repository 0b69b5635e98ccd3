"""What a new version of a schema may change, and what it may not: both ways, against every released version.

Within version 1 a schema only gains optional fields. Invariants of two versions that `changes` finds compatible:
an event valid under the old one is valid under the new one (backward), and an event valid under the new one is
accepted by a reader of the old one, which ignores what it does not know (forward). A change that keeps both but
alters what is understood (a field removed, another default) is refused too.

Conservative: where two constraints cannot be compared (patterns, conditions), any difference breaks both ways.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Breaks = Literal["backward", "forward", "meaning"]
Schema = dict[str, Any]
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_UNCOMPARABLE = ("pattern", "format", "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "multipleOf")
_ANNOTATIONS = frozenset({"title", "description", "examples", "$schema", "$id", "$comment", "$defs", "deprecated"})
_HANDLED = frozenset(
    {"type", "enum", "const", "default", "anyOf", "properties", "required", "additionalProperties", "items"}
    | {"patternProperties", "propertyNames", "$ref", *_LOWER_BOUNDS, *_UPPER_BOUNDS, *_UNCOMPARABLE}
)
_ABSENT: Any = object()


class Change(NamedTuple):
    """One incompatible change: where (path of property names), what it breaks, and what was done."""

    path: str
    breaks: Breaks
    what: str


def changes(old: Schema, new: Schema) -> list[Change]:
    """Return the incompatible changes from one version of a schema to a later one.

    Raises ValueError for a keyword that it does not know how to compare.
    """
    return list(_compared(_Pair(old, new, old, new, "")))


class _Pair(NamedTuple):
    """Two subschemas to compare, the documents that hold their definitions, and where they are."""

    old: Schema
    new: Schema
    old_root: Schema
    new_root: Schema
    path: str

    def at(self, old: Schema, new: Schema, step: str) -> "_Pair":
        return self._replace(old=old, new=new, path=f"{self.path}/{step}")

    def change(self, breaks: Breaks, what: str) -> Change:
        return Change(self.path or "/", breaks, what)


def _resolved(schema: Any, root: Schema) -> Schema:
    """Return a subschema without references at its top, and with `null` as one of its types if it is one."""
    if schema is True:
        return {}
    if "$ref" in schema:
        target = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return _resolved(target, root) | {name: value for name, value in schema.items() if name != "$ref"}
    branches = schema.get("anyOf", [])
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(branches) == 2 and len(others) == 1:
        inner = _resolved(others[0], root)
        outside = {name: value for name, value in schema.items() if name != "anyOf"}
        return inner | outside | {"type": sorted({*_types(inner), "null"})}
    return dict(schema)


def _types(schema: Schema) -> set[str]:
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)


def _compared(pair: _Pair) -> Iterator[Change]:
    pair = pair._replace(old=_resolved(pair.old, pair.old_root), new=_resolved(pair.new, pair.new_root))
    for name in pair.old.keys() | pair.new.keys():
        if name not in _HANDLED and name not in _ANNOTATIONS and not name.startswith("x-"):
            raise ValueError(f"{pair.path}: keyword {name} is not one that versions can be compared by")
    yield from _of_sets(pair, "type", _types(pair.old) or None, _types(pair.new) or None)
    yield from _of_sets(pair, "value", _values(pair.old), _values(pair.new))
    yield from _bounds(pair)
    for name in _UNCOMPARABLE:
        before, after = pair.old.get(name, _ABSENT), pair.new.get(name, _ABSENT)
        if before is not _ABSENT and after is not _ABSENT and before != after:
            yield pair.change("backward", f"{name} changed")
            yield pair.change("forward", f"{name} changed")
        elif before != after:
            yield pair.change(*(("backward", f"{name} added") if before is _ABSENT else ("forward", f"{name} removed")))
    if pair.old.get("default", _ABSENT) != pair.new.get("default", _ABSENT):
        yield pair.change("meaning", "default changed")
    yield from _parts(pair)


def _values(schema: Schema) -> set[Any] | None:
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if values is None else set(values)


def _of_sets(pair: _Pair, what: str, old: set[Any] | None, new: set[Any] | None) -> Iterator[Change]:
    """Compare what two versions allow; None: anything."""
    if old is not None and (new is None or new - old):
        yield pair.change("forward", f"{what} added: {_listed(new - old) if new is not None else 'any'}")
    if new is not None and (old is None or old - new):
        yield pair.change("backward", f"{what} removed: {_listed(old - new) if old is not None else 'any other'}")


def _listed(values: set[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


def _bounds(pair: _Pair) -> Iterator[Change]:
    for names, sign in ((_LOWER_BOUNDS, 1), (_UPPER_BOUNDS, -1)):
        for name in names:
            low = float("-inf")
            old, new = (sign * schema[name] if name in schema else low for schema in (pair.old, pair.new))
            if old != new:
                yield pair.change(*(("backward", f"{name} narrowed") if new > old else ("forward", f"{name} widened")))


def _parts(pair: _Pair) -> Iterator[Change]:
    """Compare what is inside: properties, items, values of other properties, names."""
    yield from _properties(pair)
    for name in ("items", "additionalProperties", "propertyNames"):
        old, new = pair.old.get(name, True), pair.new.get(name, True)
        if old is False or new is False:
            if old != new:
                yield pair.change(*(("backward", f"{name} closed") if new is False else ("forward", f"{name} opened")))
        elif old is not True or new is not True:
            yield from _compared(pair.at(old, new, name))
    old_patterns, new_patterns = (schema.get("patternProperties", {}) for schema in (pair.old, pair.new))
    if old_patterns.keys() != new_patterns.keys():
        yield pair.change("backward", "patternProperties changed")
        yield pair.change("forward", "patternProperties changed")
    for name in sorted(old_patterns.keys() & new_patterns.keys()):
        yield from _compared(pair.at(old_patterns[name], new_patterns[name], name))
    yield from _branches(pair)


def _branches(pair: _Pair) -> Iterator[Change]:
    old_branches, new_branches = pair.old.get("anyOf", []), pair.new.get("anyOf", [])
    if len(old_branches) != len(new_branches):
        yield pair.change("forward" if len(new_branches) > len(old_branches) else "backward", "anyOf changed")
    for number, (old, new) in enumerate(zip(old_branches, new_branches, strict=False)):
        yield from _compared(pair.at(old, new, f"anyOf/{number}"))


def _properties(pair: _Pair) -> Iterator[Change]:
    old, new = pair.old.get("properties", {}), pair.new.get("properties", {})
    for name in sorted(old.keys() - new.keys()):
        yield pair.at({}, {}, name).change("meaning", "field removed")
    required_before, required_now = set(pair.old.get("required", [])), set(pair.new.get("required", []))
    for name in sorted(required_now - required_before):
        yield pair.at({}, {}, name).change("backward", "made required")
    for name in sorted(required_before - required_now):
        yield pair.at({}, {}, name).change("forward", "no longer required")
    for name in sorted(old.keys() & new.keys()):
        yield from _compared(pair.at(old[name], new[name], name))
