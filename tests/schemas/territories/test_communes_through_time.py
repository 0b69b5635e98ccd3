"""A commune code that was given up still leads to the commune of today."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import schemas.territories
from schemas.events.rules import Rules
from schemas.territories import Territories, TerritoryError, load

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def territories() -> Territories:
    return load()


def test_a_commune_of_today_is_itself(territories: Territories) -> None:
    assert territories.commune_at("31555", TODAY) == "31555"
    assert territories.commune_at("31555", date(2015, 1, 1)) == "31555"


@pytest.mark.parametrize("on", [date(2022, 6, 1), TODAY])
def test_a_merged_commune_leads_to_the_one_that_took_over_even_long_after(territories: Territories, on: date) -> None:
    assert territories.commune_at("09255", on) == "09056"


def test_a_code_that_changed_roles_is_followed_by_date(territories: Territories) -> None:
    conques = "12218"
    assert territories.commune_at("12076", date(2020, 1, 1)) == conques
    assert territories.commune_at(conques, date(2015, 6, 1)) == conques
    assert territories.commune_at(conques, TODAY) == conques
    assert territories.commune_at("12173", date(2015, 6, 1)) == conques


def test_a_code_never_heard_of_leads_nowhere(territories: Territories) -> None:
    assert territories.commune_at("31999", TODAY) is None
    assert territories.commune_at("33063", TODAY) is None
    assert territories.commune_at("", TODAY) is None


def test_every_succession_ends_in_a_commune_of_today_whatever_the_day(territories: Territories) -> None:
    assert len(territories.successions) == 120
    for succession in territories.successions.values():
        for on in (date(2014, 12, 31), succession.since, TODAY):
            now = territories.commune_at(succession.code, on)
            assert now in territories.communes
            assert territories.communes[now].departement == succession.code[:2]


@pytest.mark.parametrize("code", ["33063", "75056", "2A004", "97411", "98818", "15014"])
def test_a_commune_of_another_region_is_told_from_an_unknown_code(territories: Territories, code: str) -> None:
    assert territories.is_elsewhere(code)


@pytest.mark.parametrize("code", ["31999", "31555", "3155", "", "ABCDE", "00123", "96001", "20004"])
def test_what_is_no_commune_of_another_region(territories: Territories, code: str) -> None:
    assert not territories.is_elsewhere(code)


def unknown_commune(code: str) -> str:
    event = {
        "source": "urn:siren:123456789",
        "type": "fr.data-quartiers.stock.v1",
        "data": {"stock_on": date(2026, 1, 1), "cells": [{"commune": code}]},
    }
    problem = Rules(load()).check(event, "123456789", TODAY)
    assert problem is not None
    assert (problem.reason, problem.pointer) == ("unknown_commune", "/data/cells/0/commune")
    return problem.message_fr


def test_the_rules_name_the_new_commune_of_a_merged_one() -> None:
    assert unknown_commune("09255") == "commune fusionnée, code abandonné : 09255 ; écrivez 09056 (Bézac)"
    assert unknown_commune("31999") == "commune inconnue : 31999"


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str], list[str]]:
    def attempt(old: str, new: str) -> list[str]:
        for path in Path(schemas.territories.__file__).parent.glob("*.csv"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
        table = tmp_path / "commune_successions.csv"
        text = table.read_text("utf-8")
        assert text.count(old) == 1
        table.write_text(text.replace(old, new), "utf-8")
        with pytest.raises(TerritoryError) as caught:
            load(tmp_path)
        return [str(problem) for problem in caught.value.problems]

    return attempt


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("09255,Saint-Amans,09999,2023-01-01", "'09999' is no commune"),
        ("09255,Saint-Amans,09255,2023-01-01", "'09255' is no commune"),
        ("09255,Saint-Amans,09286,2023-01-01", "'09286' is no commune, nor is it succeeded later"),
        ("09255,Saint-Amans,09056,2023-13-01", "'2023-13-01' is not a day"),
        ("9255,Saint-Amans,09056,2023-01-01", "malformed code '9255'"),
    ],
)
def test_a_broken_succession_is_told(broken: Callable[[str, str], list[str]], new: str, says: str) -> None:
    assert any(says in problem for problem in broken("09255,Saint-Amans,09056,2023-01-01", new))
