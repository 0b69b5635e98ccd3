"""The integrator's page: its generated sections are fresh and complete, and what is written by hand is true."""

import re
from typing import Any

import pytest

from producers.pseudonyms import pseudonym
from runtime import topics
from runtime.broker import RETENTION_MS
from schemas.codes import code_list_names
from schemas.contract import VERSION
from schemas.contract.page import refreshed, sections
from schemas.contract.publish import PUBLISHED_MODELS
from schemas.events.reading import MAX_EVENTS
from schemas.events.reasons import REASONS
from schemas.events.rules import ANNOUNCED_AHEAD, EARLIEST, EFFECTIVE_AHEAD
from tests.schemas.contract.published import EXAMPLES, ROOT, document
from tests.schemas.contract.sequences import SEQUENCES

TEXT = (ROOT / "docs" / "contrat.md").read_text(encoding="utf-8")
SECTIONS = sections(TEXT)


def test_the_generated_sections_are_what_the_models_and_examples_make() -> None:
    assert refreshed(TEXT) == TEXT, "run: quartiers contract"


def test_a_section_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        refreshed("<!-- généré : inconnu -->\n<!-- fin -->")


def test_a_stale_section_is_made_again_and_the_rest_is_left_alone() -> None:
    stale = "avant\n<!-- généré : motifs -->\nvieux\n<!-- fin -->\naprès"
    fresh = refreshed(stale)
    assert fresh.startswith("avant\n<!-- généré : motifs -->\n| code |")
    assert fresh.endswith("<!-- fin -->\naprès")
    assert "vieux" not in fresh


def test_every_example_every_sequence_and_every_model_is_on_the_page() -> None:
    models = {
        f"{name.partition('.')[0]}-{model}"
        for name in PUBLISHED_MODELS
        for model, definition in document(name)["$defs"].items()
        if "properties" in definition
    }
    assert {name for kind, name in SECTIONS if kind == "exemple"} == set(EXAMPLES)
    assert {name for kind, name in SECTIONS if kind == "suite"} == {one["key"] for one in SEQUENCES}
    assert {name for kind, name in SECTIONS if kind == "champs"} == models | {"move"}


@pytest.mark.parametrize("name", PUBLISHED_MODELS)
def test_every_field_is_in_a_table(name: str) -> None:
    fields: set[str] = set()
    for definition in document(name)["$defs"].values():
        fields |= definition.get("properties", {}).keys()
    assert {field for field in fields if f"| `{field}` |" not in TEXT} == set()


def test_every_code_and_every_reason_is_in_a_table() -> None:
    lists: dict[str, Any] = document("codes.json")["lists"]
    for name in set(code_list_names()) - {"nature_class"}:
        assert f"\n#### {name}\n" in TEXT
        assert {row["code"] for row in lists[name] if f"| `{row['code']}` | {row['label_fr']}" not in TEXT} == set()
    assert {code for code in REASONS if f"| `{code}` |" not in TEXT} == set()


def test_names_and_numbers_written_by_hand_are_those_of_the_program() -> None:
    assert f"version {VERSION} " in TEXT.splitlines()[0]
    for name in (topics.moves_topic, topics.sandbox_topic, topics.receipts_topic):
        assert f"`{name('{siren}')}`" in TEXT
    assert f"`{topics.landlord_principal('')}` suivi du SIREN" in TEXT
    assert f"`{topics.MAX_MESSAGE_BYTES}`" in TEXT
    assert f"**{topics.MAX_MESSAGE_BYTES:,} octets**".replace(",", " ") in TEXT
    assert f"1 à {MAX_EVENTS} objets" in TEXT
    assert f"garde {RETENTION_MS // (24 * 3600 * 1000)} jours" in TEXT
    assert f"{EFFECTIVE_AHEAD.days} jours à l'avance" in TEXT
    assert f"de {ANNOUNCED_AHEAD.days} jours" in TEXT
    assert f"avant {EARLIEST.year} " in TEXT


def test_the_pseudonym_to_check_against_is_the_programs_own() -> None:
    (told,) = re.findall(r"donnent `([0-9a-f-]{36})`", TEXT)
    assert told == str(pseudonym(b"key", "move", "L-1", "out"))


def test_every_anchor_leads_to_a_heading() -> None:
    def anchor(heading: str) -> str:
        return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")

    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) - anchors == set()
