"""Write the published contract into `schemas/published/` (`quartiers contract`).

Invariant: every file that `documents` names is exactly what the models and code lists make. Released schemas
(`releases/`), examples and the changelog are written by hand and only read here.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.codes import Code, code_list, code_list_names, versions
from schemas.contract import VERSION
from schemas.contract.asyncapi import asyncapi
from schemas.events.models import CountsEvent, DeclarationEvent, MoveEvent, StockEvent
from schemas.events.receipts import ReceiptEvent

PUBLISHED = Path(__file__).parents[1] / "published"
PUBLISHED_MODELS: dict[str, type[BaseModel]] = {
    "move.v1.schema.json": MoveEvent,
    "stock.v1.schema.json": StockEvent,
    "declaration.v1.schema.json": DeclarationEvent,
    "counts.v1.schema.json": CountsEvent,
    "receipt.v1.schema.json": ReceiptEvent,
}


def example(name: str) -> Any:
    """Return a published example, such as `move-out`."""
    return json.loads((PUBLISHED / "examples" / f"{name}.json").read_text(encoding="utf-8"))


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a published file, such as `move.v1.schema.json`."""
    made = PUBLISHED_MODELS[name].model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:data-quartiers:contrat:{VERSION}:{name.partition('.')[0]}",
        "x-version": VERSION,
        **made,
    }


def codes() -> dict[str, Any]:
    """Return the code lists with their French labels, and what each version of them changed."""
    return {
        "versions": [version._asdict() | {"published_on": version.published_on.isoformat()} for version in versions()],
        "lists": {
            name: [_published_code(code, row) for code, row in code_list(name).items()] for name in code_list_names()
        },
    }


def _published_code(code: str, row: Code) -> dict[str, Any]:
    """Return a code as it is published; `valid_to` only if it is no longer in use (it is still accepted)."""
    return {
        "code": code,
        "label_fr": row.label_fr,
        "sensitive": row.sensitive,
        "valid_from": row.valid_from.isoformat(),
        **({"valid_to": row.valid_to.isoformat()} if row.valid_to else {}),
        **({"nature_class": row.nature_class} if row.nature_class else {}),
    }


def documents() -> dict[str, str]:
    """Return the text of every generated file by its name in `schemas/published/`."""
    examples = {name: example(name) for name in ("move-out", "move-in", "stock", "declaration", "counts", "receipt")}
    made: dict[str, Any] = {name: schema(name) for name in PUBLISHED_MODELS}
    made |= {"codes.json": codes(), "asyncapi.json": asyncapi(VERSION, examples)}
    return {name: _written(document, in_order=name == "asyncapi.json") for name, document in made.items()}


def _written(document: Any, *, in_order: bool) -> str:
    """Return stable, indented text ending with a newline; a document that is read from its top keeps its order."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=not in_order) + "\n"


def main() -> None:
    """Write every generated file."""
    for name, text in documents().items():
        (PUBLISHED / name).write_text(text, encoding="utf-8")
