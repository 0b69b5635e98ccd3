"""Read a Kafka message into events: the one parser, used by the worker and by the landlord's tool.

A message holds one CloudEvent or a JSON array of up to 500. The whole message is validated in one call;
only if that fails is it cut into its elements, so that one bad event costs that event only.
Validation is strict JSON: a number is never taken for a date, nor a string for a number.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, NotRequired, Union

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import core_schema
from typing_extensions import TypedDict

from schemas.events.models import (
    Code,
    Commune,
    ContentType,
    ControlTotal,
    CountCell,
    Counts,
    CountsEvent,
    Declaration,
    DeclarationEvent,
    Month,
    Move,
    MoveEvent,
    Qpv2015,
    Qpv2024,
    Siren,
    Source,
    StartYear,
    Stock,
    StockCell,
    StockEvent,
    pattern_of,
)
from schemas.events.reasons import ReasonCode

MAX_EVENTS = 500
MAX_TEXT = 300
_REPLACED: dict[type[BaseModel], Any] = {}


def shortened(text: str, longest: int = MAX_TEXT) -> str:
    """Return the text, its middle left out if it is long."""
    return text if len(text) <= longest else f"{text[: longest - 60]} … {text[-50:]}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an event was refused: a reason code, a JSON pointer, and what to do, in French."""

    reason: ReasonCode
    pointer: str
    message_fr: str

    def __post_init__(self) -> None:
        """Keep both texts short: they quote the sender, and a receipt must fit in a message."""
        object.__setattr__(self, "pointer", shortened(self.pointer))
        object.__setattr__(self, "message_fr", shortened(self.message_fr))


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused event of a message, with its own bytes."""

    index: int
    problem: Problem
    raw: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message holds: valid events with their index, and refused ones.

    `texts` are those of its first events, as far as the message had to be cut into them.
    """

    events: list[tuple[int, dict[str, Any]]]
    rejected: list[Rejected]
    texts: list[str] = field(default_factory=list)


def _iso(pattern: str, schema: core_schema.CoreSchema) -> GetPydanticSchema:
    """Return a schema that takes ISO 8601 text only: by itself pydantic takes "0" for 1970-01-01."""
    return GetPydanticSchema(lambda _, __: core_schema.chain_schema([core_schema.str_schema(pattern=pattern), schema]))


_DAY: Any = Annotated[date, _iso(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", core_schema.date_schema(strict=False))]
_INSTANT: Any = Annotated[
    datetime, _iso(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", core_schema.datetime_schema(strict=False))
]
_AS_TEXT: dict[Any, Any] = {date: _DAY, date | None: _DAY | None, datetime: _INSTANT}


def _field_type(field: FieldInfo) -> Any:
    annotation: Any = _AS_TEXT.get(field.annotation, field.annotation)
    for model, made in _REPLACED.items():
        if annotation is model:
            annotation = made
        elif annotation == list[model]:  # type: ignore[valid-type]
            annotation = list[made]  # type: ignore[valid-type]
    typed = Annotated[(annotation, *field.metadata)] if field.metadata else annotation
    return typed if field.is_required() else NotRequired[typed]


def _as_typed_dict(model: type[BaseModel]) -> Any:
    """Return the TypedDict with the same fields as a model: validated twice as fast, unknown keys kept."""
    fields = {name: _field_type(field) for name, field in model.model_fields.items()}
    make_typed_dict: Any = TypedDict
    made = make_typed_dict(model.__name__, fields)
    made.__pydantic_config__ = ConfigDict(extra="allow", strict=True)
    _REPLACED[model] = made
    return made


_MODELS = (
    *(Move, StockCell, ControlTotal, CountCell, Stock, Declaration, Counts),
    *(MoveEvent, StockEvent, DeclarationEvent, CountsEvent),
)
for _model in _MODELS:
    _as_typed_dict(_model)

_KINDS: Any = tuple(_REPLACED[model] for model in (MoveEvent, StockEvent, DeclarationEvent, CountsEvent))
_EVENT: Any = Annotated[Union[_KINDS], Field(discriminator="type")]  # noqa: UP007
_ONE: TypeAdapter[dict[str, Any]] = TypeAdapter(_EVENT)


def _none_if_bad(source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    return core_schema.with_default_schema(handler(source), default=None, on_error="default")


_MANY: TypeAdapter[list[dict[str, Any] | None]] = TypeAdapter(list[Annotated[_EVENT, GetPydanticSchema(_none_if_bad)]])
"""A batch in one call: a bad event comes out as None, the others are kept."""

_MESSAGES_FR = {
    "missing": "champ obligatoire absent",
    "date_from_datetime_parsing": "date impossible : attendu AAAA-MM-JJ, une date qui existe",
    "date_parsing": "date impossible : attendu AAAA-MM-JJ, une date qui existe",
    "datetime_from_date_parsing": "instant impossible : attendu AAAA-MM-JJThh:mm:ssZ",
    "datetime_parsing": "instant impossible : attendu AAAA-MM-JJThh:mm:ssZ",
    "uuid_parsing": "attendu un identifiant UUID",
    "uuid_type": "attendu un identifiant UUID, entre guillemets",
    "int_type": "attendu un nombre entier, sans guillemets",
    "int_from_float": "attendu un nombre entier",
    "string_type": "attendu un texte, entre guillemets",
    "dict_type": "attendu un objet JSON",
    "list_type": "attendu un tableau JSON",
    "literal_error": "valeur inconnue ; attendu : {expected}",
    "string_pattern_mismatch": "forme inattendue ; attendu : {form}",
    "string_too_short": "texte vide",
    "string_too_long": "texte trop long : {max_length} caractères au plus",
    "too_long": "trop d'éléments : {max_length} au plus",
    "too_short": "liste vide",
    "greater_than_equal": "nombre trop petit : {ge} au moins",
    "less_than_equal": "nombre trop grand : {le} au plus",
    "less_than": "nombre trop grand : moins de {lt}",
}

_FORMS_FR = {
    pattern_of(Commune): "un code INSEE de commune, par exemple 31555",
    pattern_of(Qpv2024): "un code de QPV de 2024, par exemple QN03107M",
    pattern_of(Qpv2015): "un code de QPV de 2015, par exemple QP031007",
    pattern_of(Month): "un mois, AAAA-MM, depuis 1900",
    pattern_of(Siren): "un numéro SIREN, neuf chiffres",
    pattern_of(Code): "un code, sans espace ni accent",
    pattern_of(Source): "urn:siren: suivi de neuf chiffres",
    pattern_of(ContentType): "application/json",
    pattern_of(StartYear): "une année à quatre chiffres, ou unknown",
}
"""What a pattern of the models means to whoever reads a refusal."""
_REASONS: dict[str, ReasonCode] = {"missing": "missing_field", "literal_error": "unknown_code"}


def _explain(error: ValidationError) -> Problem:
    """Turn the first error of a validation into a problem a landlord's clerk can read."""
    first = error.errors(include_url=False)[0]
    kind, context = first["type"], first.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        found = context.get("tag", "absent")
        return Problem("unknown_type", "/type", f"type d'événement inconnu : {found}")
    if kind == "string_pattern_mismatch" and "-[0-9]{2}" in context["pattern"]:
        kind = "datetime_parsing" if "T" in context["pattern"] else "date_parsing"
    if kind == "json_invalid":
        deep = "recursion" in first["msg"]
        return (
            Problem("too_deep", "", "l'événement est trop imbriqué")
            if deep
            else Problem("not_json", "", "l'événement n'est pas du JSON (UTF-8) valide")
        )
    context = {**context, "form": _FORMS_FR.get(context.get("pattern", ""), context.get("pattern", ""))}
    location = [str(part).replace("~", "~0").replace("/", "~1") for part in first["loc"] if part != "[key]"]
    pointer = "".join(f"/{part}" for part in location[1:])
    template = _MESSAGES_FR.get(kind, first["msg"])
    try:
        text = template.format(**{name: str(value).replace(" or ", " ou ") for name, value in context.items()})
    except (KeyError, IndexError):
        text = template
    return Problem(_REASONS.get(kind, "invalid_field"), pointer, text)


_BLANK = " \t\n\r"
# Brackets in a row, and before them texts and all else. Possessive, and the closing quote optional: linear in the
# text, also where a string never ends.
_BRACKETS = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]|\\.)*+"?)*+([\[{]++|[\]}]++)', re.DOTALL)


def _deep_end(text: str, at: int) -> int:
    """Return where the element that begins at `at` ends, by its brackets alone: it is too deep for Python's decoder.

    Raises RecursionError if they never match.
    """
    depth = 0
    while found := _BRACKETS.match(text, at):
        start, at = found.span(1)
        if text[start] in "[{":
            depth += at - start
        elif at - start >= depth:
            return start + depth
        else:
            depth -= at - start
    raise RecursionError("brackets do not match")


def _slices(text: str, last: int | None = None) -> list[str]:
    """Cut a JSON array into the exact text of its elements; ValueError or RecursionError if it is not one.

    `last` is the index after which nothing is wanted, of an array that is known to be one.
    """
    # Numbers stay text: Python's int() stops at 4,300 digits.
    decoder, at = json.JSONDecoder(parse_int=str), text.index("[") + 1
    found: list[str] = []
    while True:
        while text[at] in _BLANK:
            at += 1
        if text[at] == "]" and not found:
            break
        try:
            end = decoder.raw_decode(text, at)[1]
        except RecursionError:
            end = _deep_end(text, at)
        found.append(text[at:end])
        if len(found) - 1 == last:
            break
        at = end
        while text[at] in _BLANK:
            at += 1
        if text[at] == "]":
            break
        if text[at] != ",":
            raise ValueError("virgule attendue")
        at += 1
    if last is None and text[at + 1 :].strip(_BLANK):
        raise ValueError("texte après le tableau")
    return found


def _whole(payload: bytes, reason: ReasonCode, message_fr: str) -> Reading:
    return Reading([], [Rejected(0, Problem(reason, "", message_fr), payload)])


def _examine(element: str) -> dict[str, Any] | Problem:
    try:
        return _ONE.validate_json(element)
    except ValidationError as error:
        return _explain(error)


def _one_by_one(elements: list[str], known: list[dict[str, Any] | None]) -> Reading:
    """Return a reading, examining only what is not known to be valid: elements after the last such are not needed."""
    reading = Reading([], [], elements)
    for index in range(max(len(elements), len(known))):
        found = known[index] if index < len(known) else None
        examined = found if found is not None else _examine(elements[index])
        if isinstance(examined, Problem):
            reading.rejected.append(Rejected(index, examined, elements[index].encode("utf-8", "surrogatepass")))
        else:
            reading.events.append((index, examined))
    return reading


def element_texts(payload: bytes, last: int | None = None) -> list[str]:
    """Return the exact text of each event of a readable message, up to the one at index `last`."""
    text = payload.decode()
    return _slices(text, last) if text.lstrip(_BLANK)[:1] == "[" else [text]


def read_message(payload: bytes) -> Reading:
    """Return the valid and the refused events of a message; never raises on its content."""
    batch = payload.lstrip(_BLANK.encode())[:1] == b"["
    events: list[dict[str, Any] | None] = []
    last_bad = None
    try:
        events = _MANY.validate_json(payload) if batch else [_ONE.validate_json(payload)]
        if 0 < len(events) <= MAX_EVENTS:
            valid = [(index, event) for index, event in enumerate(events) if event is not None]
            if len(valid) == len(events):
                return Reading(valid, [])
            last_bad = max(index for index, event in enumerate(events) if event is None)
    except ValidationError:
        pass
    try:
        text = payload.decode("utf-8")
        if not batch:
            json.loads(text, parse_int=str)
            return _one_by_one([text], [])
        elements = _slices(text, last_bad)
    except (ValueError, IndexError):
        return _whole(payload, "not_json", "le message n'est pas du JSON (UTF-8) valide")
    except RecursionError:
        return _whole(payload, "too_deep", "le message est trop imbriqué pour être un événement")
    if not elements:
        return _whole(payload, "empty_batch", "le lot est vide")
    if len(elements) > MAX_EVENTS:
        return _whole(payload, "batch_too_large", f"{len(elements)} événements dans un message : {MAX_EVENTS} au plus")
    return _one_by_one(elements, events)
