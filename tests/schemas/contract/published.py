"""The published files as an integrator reads them, and the official AsyncAPI schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from schemas.contract.publish import PUBLISHED

ROOT = Path(__file__).parents[3]
RELEASES = PUBLISHED / "releases"
RELEASED_TYPES = ("move", "stock", "declaration")
"""The types of the first release."""
SENT_TYPES = (*RELEASED_TYPES, "counts")
EXAMPLES = {"move-out": "move", "move-in": "move"} | {
    name: name for name in ("stock", "declaration", "counts", "receipt")
}
"""Each example, and the schema that it is one of."""
_OFFICIAL = ROOT / "docs/examples/node/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"


def document(name: str) -> Any:
    """Return a published JSON file, read anew: a test may spoil it."""
    return json.loads((PUBLISHED / name).read_text(encoding="utf-8"))


def schema_file(kind: str) -> str:
    """Return the file of a type's schema."""
    return f"{kind}.v1.schema.json"


def releases() -> list[Path]:
    """Return the folders of the released versions, oldest first."""
    return sorted(RELEASES.iterdir(), key=lambda path: [int(part) for part in path.name.split(".")])


@cache
def official_asyncapi() -> Any:
    """Return AsyncAPI's own JSON Schema of version 3.0.0, which `make test` installs from npm."""
    assert _OFFICIAL.exists(), f"{_OFFICIAL} is missing: `make test` installs it (Node 18 or newer and npm are needed)"
    return json.loads(_OFFICIAL.read_text(encoding="utf-8"))
