"""Every code that the code base can give has a remedy in French and an example."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from schemas.events.reasons import REASONS, ReasonCode, remedy
from tests.schemas.events.messages import ENGLISH

ROOT = Path(__file__).parents[3]
MAKERS = {"Problem": 0, "_whole": 1}
"""Who makes a refusal, and which of its arguments is the code."""


def codes_of(tree: ast.AST) -> Iterator[str]:
    """Yield the codes that a module gives: as an argument, or in a table of codes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            argument = node.args[MAKERS[node.func.id]]
            if isinstance(argument, ast.Constant):
                yield argument.value
        if isinstance(node, ast.AnnAssign) and "ReasonCode" in ast.dump(node.annotation) and node.value is not None:
            yield from (part.value for part in getattr(node.value, "values", ()) if isinstance(part, ast.Constant))


def given() -> set[str]:
    files = [path for room in ("schemas", "streams") for path in (ROOT / room).rglob("*.py")]
    return {code for path in files for code in codes_of(ast.parse(path.read_text(encoding="utf-8")))}


def test_every_code_that_is_given_has_a_remedy_and_every_remedy_a_code_that_is_given() -> None:
    assert given() == REASONS.keys() == set(get_args(ReasonCode))


@pytest.mark.parametrize("code", REASONS)
def test_a_remedy_is_one_sentence_of_french_and_comes_with_an_example(code: ReasonCode) -> None:
    text = remedy(code)
    assert text.endswith(".")
    assert ". " not in text
    assert not ENGLISH.search(text)
    assert REASONS[code].example.strip()
