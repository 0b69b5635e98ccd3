"""The generated sections of the integrator's page, `docs/contrat.md`: fields, codes, examples, sequences, remedies.

A section stands between `<!-- généré : NAME -->` and `<!-- fin -->`. Invariant: what lies between is what this
module makes of the models, the code lists and the published examples; the rest is written by hand.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from schemas.codes import code_list, code_list_names
from schemas.contract.publish import codes, example, schema
from schemas.events.reasons import REASONS

_SECTION = re.compile(r"(<!-- généré : (?P<kind>\w+)(?: (?P<name>[\w-]+))? -->\n).*?(<!-- fin -->)", re.DOTALL)
_TYPES = {"date": "date", "uuid": "UUID", "date-time": "instant"}
_OUTCOMES = {
    "applied": "accepté",
    "superseded": "remplacé",
    "duplicate": "déjà reçu",
    "out_of_scope": "hors champ",
    "quarantined": "refusé",
}


def refreshed(page: str) -> str:
    """Return the page with every generated section made again; KeyError for a section that nothing makes."""
    return _SECTION.sub(lambda found: found[1] + _MAKERS[found["kind"]](found["name"]) + "\n" + found[4], page)


def sections(page: str) -> list[tuple[str, str | None]]:
    """Return the kind and name of each generated section of a page."""
    return [(found["kind"], found["name"]) for found in _SECTION.finditer(page)]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _fields(name: str) -> str:
    """Return the table of a model's fields, such as `move-Move`: published schema, model ("" for the envelope)."""
    kind, _, model = name.partition("-")
    document = schema(f"{kind}.v1.schema.json")
    described = document["$defs"][model] if model else document
    required = described.get("required", [])
    rows = [
        [f"`{field}`", _kind(inside, document), _presence(field, inside, required), _sentence(inside, document)]
        for field, inside in described["properties"].items()
    ]
    return _table(["champ", "forme", "présence", "sens"], rows)


def _presence(name: str, field: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "**obligatoire**"
    default = field.get("default")
    return "facultatif" if default in (None, [], {}) else f"sinon `{json.dumps(default, ensure_ascii=False)}`"


def _sentence(field: dict[str, Any], document: dict[str, Any]) -> str:
    if "$ref" in field:
        field = document["$defs"][field["$ref"].rpartition("/")[2]] | field
    texts = [field, *field.get("anyOf", [])]
    return str(next(text["description"] for text in texts if "description" in text))


def _kind(field: dict[str, Any], document: dict[str, Any]) -> str:
    """Return how a field is written, in a few words."""
    if "anyOf" in field:
        field = {**next(branch for branch in field["anyOf"] if branch != {"type": "null"}), **field}
    named = field.get("x-codes")
    lists = [] if named is None else [named] if isinstance(named, str) else list(named.values())
    link = " ou ".join(f"[{name}](#{name})" for name in lists)
    if "const" in field or "enum" in field:
        values = ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
        return f"{values} ({link})" if link else values
    if link:
        return f"code, liste ouverte {link}"
    if "$ref" in field:
        return "objet"
    if "format" in field:
        return _TYPES[field["format"]]
    if "pattern" in field:
        return f"texte `{field['pattern']}`"
    return _of_type(field)


def _of_type(field: dict[str, Any]) -> str:
    if field["type"] == "integer":
        highest = field.get("maximum", field.get("exclusiveMaximum", 0) - 1)
        if "minimum" not in field or highest < 0:
            return "entier"
        return f"entier, au moins {field['minimum']}" if highest > 10**12 else f"entier, {field['minimum']} à {highest}"
    if field["type"] == "array":
        return f"tableau, {field['maxItems']} au plus" if "maxItems" in field else "tableau"
    if field["type"] == "string" and "maxLength" in field:
        return f"texte, {field['minLength']} à {field['maxLength']} caractères"
    return {"object": "objet", "string": "texte", "boolean": "vrai ou faux"}[field["type"]]


def _codes(_: str | None) -> str:
    published = codes()["lists"]
    parts = []
    for name in code_list_names():
        if name == "nature_class":
            continue  # ours: no event holds it
        rows = [
            [f"`{row['code']}`", row["label_fr"], _nature(row.get("nature_class")), "oui" if row["sensitive"] else ""]
            for row in published[name]
        ]
        columns = [0, 1, *([2] if any(row[2] for row in rows) else []), *([3] if any(row[3] for row in rows) else [])]
        header = ["code", "libellé", "ce qu'il compte", "motif sensible"]
        table = _table([header[i] for i in columns], [[row[i] for i in columns] for row in rows])
        parts.append(f"#### {name}\n\n{table}")
    return "\n\n".join(parts)


def _nature(name: str | None) -> str:
    return code_list("nature_class")[name].label_fr.lower() if name else ""


def _example(name: str) -> str:
    return f"```json\n{json.dumps(example(name), indent=2, ensure_ascii=False)}\n```"


def _sequence(key: str) -> str:
    """Return a published sequence: what each message changes from its example, and what comes of it."""
    sequence = next(one for one in example("sequences") if one["key"] == key)
    rows = [[step["on"], _sent(step), _outcome(step)] for step in sequence["steps"]]
    table = _table(["reçu le", "envoi", "issue"], rows)
    return f"**{sequence['title_fr']}**\n\n{table}\n\nÀ la fin : {sequence['end_fr']}."


def _sent(step: dict[str, Any]) -> str:
    parts = []
    for part in step.get("batch", [step]):
        changes = dict(part["changes"]) | ({"source": step["source"]} if "source" in step else {})
        text = json.dumps(changes, ensure_ascii=False)[1:-1]
        parts.append(f"`{part['event']}`" + (f" avec `{text}`" if text else " tel quel"))
    return "lot : " + " ; ".join(parts) if "batch" in step else parts[0]


def _outcome(step: dict[str, Any]) -> str:
    outcomes = step["outcomes"]
    told = ", ".join(f"{n} {_OUTCOMES[one]}{'s' if n > 1 else ''}" for one, n in outcomes.items())
    if sum(outcomes.values()) == 1:
        told = _OUTCOMES[next(iter(outcomes))]
    codes_told = [step[name] for name in ("reason", "warning") if name in step]
    return " ".join([told, *(f"(`{code}`)" for code in codes_told)])


def _reasons(_: str | None) -> str:
    rows = [[f"`{code}`", reason.remedy_fr, f"`{reason.example}`"] for code, reason in REASONS.items()]
    return _table(["code", "que faire", "exemple"], rows)


_MAKERS: dict[str, Callable[[Any], str]] = {
    "champs": _fields,
    "codes": _codes,
    "exemple": _example,
    "suite": _sequence,
    "motifs": _reasons,
}
