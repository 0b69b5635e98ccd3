"""Dependencies point one way: a room imports only what the design allows it to."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "schemas": set[str](),
    "runtime": {"schemas"},
    "producers": {"schemas", "runtime"},
    "streams": {"schemas", "runtime"},
    "consumers": {"schemas", "runtime"},
    "dashboards": {"schemas", "runtime"},
    "operations": {"schemas", "runtime", "producers", "streams", "consumers", "dashboards"},
}


def rooms_imported_by(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names & ALLOWED.keys()


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        foreign = rooms_imported_by(file.read_text(encoding="utf-8")) - ALLOWED[room] - {room}
        assert not foreign, f"{file.relative_to(ROOT)} imports {foreign}"


def test_the_check_sees_a_forbidden_import() -> None:
    assert rooms_imported_by("from operations.cli import main\nimport streams.app") == {
        "operations",
        "streams",
    }


def test_who_asks_for_help_does_not_wait_for_what_does_the_work() -> None:
    heavy = {
        "kafka",
        "psycopg",
        "numpy",
        "pydantic",
        "faust",
        "cryptography",
        "aiohttp",
        "httpx",
        "openpyxl",
        "shapely",
    }
    loaded = "import sys, operations.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "producers.commands.publish" in done.stdout.split()
    assert heavy & set(done.stdout.split()) == set()
