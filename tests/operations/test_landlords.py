"""A landlord joins, pauses, and is taken over: the commands as the operator types them, on the real broker."""

import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ScramMechanism, UserScramCredentialDeletion
from kafka.errors import TopicAuthorizationFailedError
from kafka.protocol.admin.client_quotas import DescribeClientQuotasRequest

from operations.cli import app
from operations.landing_kit import GUIDE
from operations.landlords import PRODUCTION_LIMIT, EnrolmentError, checked_siren, new_password, resume
from operations.services import gateway_service
from producers.broker_faults import PasswordError, RightError, require_access
from producers.region.landlords import fictitious_siren
from runtime.broker import admin
from runtime.connection import Connection
from runtime.topics import landlord_principal, moves_topic, receipts_topic
from tests.operations.conftest import Quartiers
from tests.streams.faults.events import messages
from tests.streams.faults.harness import Stage, stage

__all__ = ["stage"]
OWN, OTHER = fictitious_siren(901), fictitious_siren(902)


@pytest.fixture
def here(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """A broker that knows neither of the two landlords, commands that speak of it, and an empty folder."""
    monkeypatch.setenv("QUARTIERS_INSTANCE", stage.settings.instance)
    monkeypatch.chdir(tmp_path)
    with closing(admin(stage.settings)) as client:
        client.alter_user_scram_credentials(
            [
                UserScramCredentialDeletion(landlord_principal(siren), ScramMechanism.SCRAM_SHA_256)
                for siren in (OWN, OTHER)
            ]
        )
    yield stage
    for siren in (OWN, OTHER):
        independent = "UPDATE core.landlord SET merged_into = NULL, merged_on = NULL WHERE siren = %s RETURNING 1"
        stage.query(independent, [siren])
        if stage.query("SELECT 1 FROM core.landlord WHERE siren = %s", [siren]):
            resume(stage.settings, siren)


def connection(siren: str) -> Connection:
    return Connection.read(Path(f"kit-{siren}/connection.toml"))


def add(quartiers: Quartiers, siren: str, name: str = "Office fictif", *options: str) -> str:
    said = quartiers("landlord", "add", siren, "--name", name, *options)
    assert said.code == 0, said.err
    return said.out


def send(stage: Stage, siren: str) -> None:
    """Send one message as the landlord of a kit, by kafka-python and what the kit says, nothing of ours."""
    folder = Path(f"kit-{siren}")
    told = tomllib.loads((folder / "connection.toml").read_text(encoding="utf-8"))
    user = re.findall(r"^\| utilisateur \| `([\w-]+)`", (folder / "LISEZ-MOI.md").read_text(encoding="utf-8"), re.M)
    topic = re.findall(r"^\| écrire \| `([\w.]+)`", (folder / "LISEZ-MOI.md").read_text(encoding="utf-8"), re.M)
    access = {
        "bootstrap_servers": told["bootstrap"],
        "security_protocol": "SASL_SSL",
        "ssl_cafile": str(folder / told["ca_file"]),
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user[0],
        "sasl_plain_password": told["password"],
    }
    with closing(KafkaProducer(**access)) as producer:
        written = producer.send(topic[0], messages(siren, 1, 3)[0].payload).get(timeout=20)
    stage.wait_for(lambda: stage.worker() is None or stage.done(siren) > written.offset, "the message read")
    if stage.worker() is None:
        return
    position = f"{topic[0]}:{written.partition}:{written.offset}"
    with closing(KafkaConsumer(**access, group_id=None, auto_offset_reset="earliest")) as consumer:
        consumer.assign([TopicPartition(receipts_topic(siren), 0)])
        keys: set[str] = set()

        def came() -> bool:
            for records in consumer.poll(timeout_ms=200).values():
                keys.update(record.key.decode() for record in records)
            return position in keys

        stage.wait_for(came, f"the receipt of {position} among {keys}")


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's tool for landlords lies: none, until the test puts one there."""
    folder = tmp_path / "dist"
    folder.mkdir()
    monkeypatch.setattr("operations.landing_kit.WHEELS", folder)
    return folder


@pytest.mark.services
def test_the_kit_holds_the_tool_that_was_built_last(here: Stage, quartiers: Quartiers, wheels: Path) -> None:
    assert "Joignez-y le fichier .whl" in add(quartiers, OWN, "Office fictif")
    guide = Path(f"kit-{OWN}/LISEZ-MOI.md")
    assert "Demandez à votre interlocuteur" in guide.read_text(encoding="utf-8")
    for number, version in enumerate(("0.2.0", "0.1.0")):
        made = wheels / f"data_quartiers_occitanie-{version}-py3-none-any.whl"
        made.write_bytes(version.encode())
        os.utime(made, (number, number))
    assert "Joignez-y" not in add(quartiers, OWN, "Office fictif")
    newest = Path(f"kit-{OWN}/data_quartiers_occitanie-0.1.0-py3-none-any.whl")
    assert newest.read_bytes() == b"0.1.0"
    assert f"pipx install {newest.name}" in guide.read_text(encoding="utf-8")
    assert [path.name for path in newest.parent.glob("*.whl")] == [newest.name]


@pytest.mark.services
def test_a_newcomers_kit_is_all_it_needs_to_its_first_receipt(here: Stage, quartiers: Quartiers) -> None:
    said = add(quartiers, OWN, "Office fictif", "--dwellings", "4200", "--contact", "Appelez Mme Fictive.")
    access = connection(OWN)
    assert access.name == "Office fictif"
    assert access.password not in said
    guide = Path(f"kit-{OWN}/LISEZ-MOI.md").read_text(encoding="utf-8")
    assert access.password not in guide
    assert "Appelez Mme Fictive." in guide
    modes = {path.name: path.stat().st_mode & 0o777 for path in [*Path(f"kit-{OWN}").iterdir(), Path(f"kit-{OWN}")]}
    assert modes == {"connection.toml": 0o600, "ca.pem": 0o644, "LISEZ-MOI.md": 0o644, f"kit-{OWN}": 0o700}
    checked = quartiers("connection", "--folder", f"kit-{OWN}")
    assert (checked.code, f"{access.user} peut écrire" in checked.out) == (0, True)
    here.start(1)
    here.landlords.append(OWN)
    send(here, OWN)
    assert here.query("SELECT expected_dwellings FROM core.landlord WHERE siren = %s", [OWN]) == [(4200,)]
    listed = quartiers("landlord", "list").out
    assert re.search(rf"{OWN} .*Office fictif .* actif .* 4\u202f200 .* 0 .* 0 ", listed), listed


@pytest.mark.services
def test_adding_twice_changes_nothing_but_what_was_said_anew(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN, "Ancien nom", "--dwellings", "10")
    before = connection(OWN)
    add(quartiers, OWN, "Nouveau nom")
    assert connection(OWN) == before
    require_access(before)
    assert here.query("SELECT name, expected_dwellings FROM core.landlord") == [("Nouveau nom", 10)]
    elsewhere = add(quartiers, OWN, "Nouveau nom", "--kit", "autre")
    assert f"quartiers landlord rotate-password {OWN}" in elsewhere
    assert sorted(path.name for path in Path("autre").iterdir()) == ["LISEZ-MOI.md", "ca.pem"]


@pytest.mark.services
def test_the_kit_names_the_gateway_where_there_is_one(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN)
    assert connection(OWN).gateway == ""
    gateway_service.want(here.settings, wanted=True)
    try:
        add(quartiers, OTHER)
    finally:
        gateway_service.want(here.settings, wanted=False)
    address = f"https://127.0.0.1:{here.settings.port('gateway')}"
    assert connection(OTHER).gateway == address
    assert f"ajoutez `--via {address}` à `connection`, `publish` et `receipts`" in Path(
        f"kit-{OTHER}/LISEZ-MOI.md"
    ).read_text(encoding="utf-8")


@pytest.mark.services
def test_a_landlord_has_a_limit_of_its_own(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN)
    request = DescribeClientQuotasRequest(components=[("user", 0, landlord_principal(OWN))], strict=False)
    with closing(admin(here.settings)) as client:
        ((limit,),) = [one.values for one in client._manager.run(client._manager.send, request).entries]
    assert (limit.key, limit.value) == ("producer_byte_rate", PRODUCTION_LIMIT)


@pytest.mark.services
def test_a_new_password_ends_the_old_one(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN)
    old = connection(OWN)
    assert quartiers("landlord", "rotate-password", OWN).code == 0
    new = connection(OWN)
    assert new.password != old.password
    require_access(new)
    with pytest.raises(PasswordError):
        require_access(old)


@pytest.mark.services
def test_a_suspended_landlord_writes_no_more_even_through_an_open_connection(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN)
    access = connection(OWN)
    with closing(KafkaProducer(**access.client_options(), retries=0)) as producer:
        producer.send(moves_topic(OWN), b"before").get(timeout=20)
        assert quartiers("landlord", "suspend", OWN).code == 0
        with pytest.raises(TopicAuthorizationFailedError):
            producer.send(moves_topic(OWN), b"during").get(timeout=20)
        with pytest.raises(RightError, match="compte suspendu"):
            require_access(access)
        assert "suspendu le " in quartiers("landlord", "list").out
        assert quartiers("landlord", "resume", OWN).code == 0
        producer.send(moves_topic(OWN), b"after").get(timeout=20)
    assert [record.value for record in here.topic(moves_topic(OWN))] == [b"before", b"after"]
    assert here.query("SELECT suspended_at FROM core.landlord") == [(None,)]


def merge(quartiers: Quartiers, *options: str, on: str = "2026-01-01") -> tuple[int, str]:
    said = quartiers("landlord", "merge", OWN, OTHER, "--on", on, *options)
    return said.code, said.out + said.err


@pytest.mark.services
def test_a_takeover_waits_for_what_is_unread_and_is_recorded_once(here: Stage, quartiers: Quartiers) -> None:
    add(quartiers, OWN, "Repris")
    add(quartiers, OTHER, "Repreneur")
    with closing(KafkaProducer(**connection(OWN).client_options())) as producer:
        producer.send(moves_topic(OWN), messages(OWN, 1, 3)[0].payload).get(timeout=20)
    code, said = merge(quartiers)
    assert (code, "reste à lire 1 message" in said) == (1, True), said
    require_access(connection(OWN))
    here.landlords.append(OWN)
    here.start(1)
    here.wait_for(lambda: here.done(OWN) == 1, "the message read")
    code, said = merge(quartiers, on="2100-01-01")
    assert (code, "n'a pas encore eu lieu" in said) == (1, True), said
    code, said = merge(quartiers)
    assert (code, "série est marquée rompue" in said) == (0, True), said
    columns = "merged_into, merged_on::text, series_broken, suspended_at IS NOT NULL"
    row = f"SELECT {columns} FROM core.landlord WHERE siren = %s"
    recorded = [(OTHER, "2026-01-01", True, True)]
    assert here.query(row, [OWN]) == recorded
    with pytest.raises(RightError):
        require_access(connection(OWN))
    assert merge(quartiers)[0] == 0, "the same again"
    refused = [merge(quartiers, on="2025-01-01"), merge(quartiers, "--key-handed-over")]
    for asked in (("resume", OWN), ("rotate-password", OWN), ("add", OWN, "--name", "Encore")):
        said_now = quartiers("landlord", *asked)
        refused.append((said_now.code, said_now.err))
    assert all(code == 1 and f"a été repris par {OTHER} le 01/01/2026" in said for code, said in refused), refused
    assert here.query(row, [OWN]) == recorded
    require_access(connection(OTHER))
    assert here.query("SELECT count(*) FROM core.move WHERE landlord = %s", [OWN]) != [(0,)], "its history stays"


@pytest.mark.services
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("suspend", OWN), "n'est pas connu ici"),
        (("resume", OWN), "n'est pas connu ici"),
        (("rotate-password", OWN), "n'est pas connu ici"),
        (("merge", OWN, OTHER, "--on", "2026-01-01"), "n'est pas connu ici"),
        (("add", "123456789", "--name", "x"), "sa clé de contrôle est fausse"),
        (("add", "12345", "--name", "x"), "neuf chiffres"),
        (("add", OWN, "--name", "x", "--bootstrap", "kafka.example:9094"), "n'est pas au nom de « kafka.example »"),
        (("add", OWN, "--name", "x", "--bootstrap", "kafka.example"), "attendu nom:port"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_made(
    here: Stage, quartiers: Quartiers, arguments: tuple[str, ...], said: str
) -> None:
    answer = quartiers("landlord", *arguments)
    assert answer.code == 1
    assert said in answer.err
    assert here.query("SELECT count(*) FROM core.landlord") == [(0,)]
    assert not list(Path().glob("kit-*/connection.toml"))


def test_every_command_of_the_kit_exists_with_its_options() -> None:
    lines = re.findall(r"^quartiers (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        words, command = line.split(), cast(Any, typer.main.get_command(app))
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@given(st.integers(0, 9_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_never_a_siren(landlord: int, at: int, more: int) -> None:
    good = fictitious_siren(landlord)
    assert checked_siren(f"{good[:3]} {good[3:6]} {good[6:]}") == good
    wrong = good[:at] + str((int(good[at]) + more) % 10) + good[at + 1 :]
    with pytest.raises(EnrolmentError, match="clé de contrôle"):
        checked_siren(wrong)


def test_a_password_is_long_new_and_needs_no_quoting() -> None:
    assert re.fullmatch(r"[\w-]{32}", new_password())
    assert new_password() != new_password()
