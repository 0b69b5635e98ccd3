"""Write the JSON Schema of each event type into `schemas/published/` (`python -m schemas.events.publish`)."""

import json
from pathlib import Path

from pydantic import BaseModel

from schemas.events.models import CountsEvent, DeclarationEvent, MoveEvent, StockEvent

PUBLISHED = Path(__file__).parents[1] / "published"
PUBLISHED_MODELS: dict[str, type[BaseModel]] = {
    "move.v1.schema.json": MoveEvent,
    "stock.v1.schema.json": StockEvent,
    "declaration.v1.schema.json": DeclarationEvent,
    "counts.v1.schema.json": CountsEvent,
}


def render(model: type[BaseModel]) -> str:
    """Return the JSON Schema (2020-12) of a model as stable, indented text ending with a newline."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Write every published schema."""
    PUBLISHED.mkdir(exist_ok=True)
    for name, model in PUBLISHED_MODELS.items():
        (PUBLISHED / name).write_text(render(model), encoding="utf-8")


if __name__ == "__main__":
    main()
