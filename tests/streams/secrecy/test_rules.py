"""A rules file weaker than the law is refused, unless somebody's words stand in it."""

from pathlib import Path

import pytest

from schemas.secrecy import Rules, RulesError, least_width, load_rules

WEAKER = [
    ("[publication]\nseuil = 10\n", "publication.seuil"),
    ("[publication]\nlargeur_protegee = 3\n", "publication.largeur_protegee"),
    ('[publication]\nmode = "arrondi"\nbase_d_arrondi = 3\n', "publication.base_d_arrondi"),
    ("[observatoire]\nseuil = 4\n", "observatoire.seuil"),
    ("[dominance]\npart_maximale = 0.9\n", "dominance.part_maximale"),
    ("[population]\nlogements_minimum = 20\n", "population.logements_minimum"),
]


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_projects_file_says_the_laws_default() -> None:
    assert load_rules() == Rules()
    assert not load_rules().weaker_than_law()


@pytest.mark.parametrize(("text", "said"), WEAKER)
def test_weaker_than_the_law_is_refused_and_said_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RulesError, match=said):
        load_rules(written(tmp_path, text))


@pytest.mark.parametrize(("text", "said"), WEAKER)
def test_weaker_than_the_law_is_taken_with_the_words(tmp_path: Path, text: str, said: str) -> None:
    words = "plus_faible_que_la_loi = \"J'ai l'accord écrit du DPO du 12 mars 2027\"\n"
    rules = load_rules(written(tmp_path, words + text))
    assert said in rules.weaker_than_law()[0]
    assert "12 mars 2027" in rules.model_dump_json()


@pytest.mark.parametrize("words", ["oui", "J'ai l'accord écrit du DPO du "])
def test_other_words_do_not_do(tmp_path: Path, words: str) -> None:
    with pytest.raises(RulesError, match="plus faibles"):
        load_rules(written(tmp_path, f'plus_faible_que_la_loi = "{words}"\n[publication]\nseuil = 5\n'))


def test_an_unknown_key_and_a_broken_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"publication\.seuils"):
        load_rules(written(tmp_path, "[publication]\nseuils = 11\n"))
    with pytest.raises(RulesError, match="TOML"):
        load_rules(written(tmp_path, "[publication\n"))
    with pytest.raises(RulesError, match="lu"):
        load_rules(tmp_path / "none.toml")


def test_the_protection_is_a_third_of_the_threshold_at_least_three() -> None:
    assert [least_width(one) for one in (5, 10, 11, 20, 21)] == [3, 3, 4, 6, 7]


def test_a_landlord_agrees_by_its_number_or_all_do(tmp_path: Path) -> None:
    one = load_rules(written(tmp_path, '[dominance]\nbailleurs_consentants = ["900000001"]\n')).dominance
    assert one.consents("900000001") and not one.consents("900000002")
    every = load_rules(written(tmp_path, "[dominance]\nseul_reconnaissable = true\n"))
    assert every.dominance.consents("900000002") and not every.weaker_than_law()
