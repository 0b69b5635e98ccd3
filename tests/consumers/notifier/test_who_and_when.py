"""Who is told of what, and when: recipients, digests, quiet hours, and what the file may not say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.errors import ConsumerError
from consumers.notifier.recipients import read_addressees
from consumers.notifier.timing import due, wait_after
from runtime.settings import ROOT
from tests.consumers.notifier.steps import about_landlord, recipient, step


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"territoires": ["31"]}, True),
        ({"territoires": ["31555"]}, True),
        ({"territoires": ["QN03107M"]}, True),
        ({"territoires": ["30", "QN03001I"]}, False),
    ],
)
def test_a_recipient_is_told_of_its_territories(changes: dict[str, Any], told: bool) -> None:
    assert recipient(**changes).wants(step()) is told


def test_what_is_only_to_be_watched_is_told_to_whom_asked_for_it() -> None:
    assert not recipient().wants(step(level="watch"))
    assert recipient(niveau="a_surveiller").wants(step(level="watch"))


def test_a_partner_is_told_of_no_landlord() -> None:
    assert recipient().wants(about_landlord())
    assert not recipient(role="partenaire").wants(about_landlord())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("changes", "now", "then"),
    [
        ({}, "2026-03-10T14:00+01:00", "2026-03-10T14:00+01:00"),
        ({"heures_calmes": ["20:00", "07:30"]}, "2026-03-10T23:10+01:00", "2026-03-11T07:30+01:00"),
        ({"heures_calmes": ["20:00", "07:30"]}, "2026-03-10T06:00+01:00", "2026-03-10T07:30+01:00"),
        ({"heures_calmes": ["20:00", "07:30"]}, "2026-03-10T07:30+01:00", "2026-03-10T07:30+01:00"),
        ({"heures_calmes": ["12:00", "14:00"]}, "2026-03-10T13:00+01:00", "2026-03-10T14:00+01:00"),
        ({"rythme": "quotidien"}, "2026-03-10T07:00+01:00", "2026-03-10T08:00+01:00"),
        ({"rythme": "quotidien"}, "2026-03-10T08:00+01:00", "2026-03-11T08:00+01:00"),
        ({"rythme": "hebdomadaire"}, "2026-03-10T09:00+01:00", "2026-03-16T08:00+01:00"),
        ({"rythme": "quotidien"}, "2026-03-28T09:00+01:00", "2026-03-29T08:00+02:00"),
    ],
)
def test_when_a_step_is_told(changes: dict[str, Any], now: str, then: str) -> None:
    assert due(recipient(**changes), at(now).astimezone(UTC)) == at(then)


def test_after_failures_one_waits_longer_and_never_more_than_six_hours() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 30)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)


GOOD = """
[smtp]
serveur = "127.0.0.1"
expediteur = "observatoire@exemple.fr"

[[destinataire]]
nom = "Équipe"
role = "observatoire"
courriel = "equipe@exemple.fr"
rythme = "hebdomadaire"
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "destinataires.toml"
    file.write_text(GOOD, encoding="utf-8")
    (one,) = read_addressees(file).recipients
    assert (one.name, one.rhythm) == ("Équipe", "hebdomadaire")


def test_the_example_is_that_of_the_guide_and_is_read() -> None:
    example, guide = (ROOT / "docs" / name for name in ("examples/destinataires.toml", "alertes.md"))
    assert example.read_text(encoding="utf-8").partition("\n")[2] in guide.read_text(encoding="utf-8")
    assert [one.rhythm for one in read_addressees(example).recipients] == [
        *("immediat", "hebdomadaire", "immediat", "immediat")
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("courriel =", 'webhook = "https://exemple.fr"\ncourriel =', "une adresse, et une seule"),
        ('courriel = "equipe@exemple.fr"', 'webhook = "https://exemple.fr"', "il faut `secret`"),
        ("rythme", "rhythme", "rhythme"),
        ('"hebdomadaire"', '"parfois"', "rythme"),
        ("[smtp]", "[autre]", "autre"),
        ('nom = "Équipe"', "nom = ", "TOML"),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "destinataires.toml"
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConsumerError, match=said):
        read_addressees(file)


def test_mails_need_a_server_and_names_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "destinataires.toml"
    file.write_text(GOOD.partition("[[")[1] + GOOD.partition("[[")[2], encoding="utf-8")
    with pytest.raises(ConsumerError, match="smtp"):
        read_addressees(file)
    file.write_text(GOOD + GOOD.partition("[smtp]")[2].partition("\n\n")[2], encoding="utf-8")
    with pytest.raises(ConsumerError, match="le même nom"):
        read_addressees(file)
    with pytest.raises(ConsumerError, match="n'existe pas"):
        read_addressees(tmp_path / "none.toml")
