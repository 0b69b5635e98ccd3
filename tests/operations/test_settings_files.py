"""Ports and passwords: chosen once, kept to oneself, and never silently replaced when their file is spoilt."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError, port_is_free
from tests.operations.conftest import Quartiers

SPOILT = ["", "{", "not json", "[]", "null", '"x"', '{"kafka": 5}', '{"kafka": null}', '{"kafka": ""}', "\0"]
ASK = "from runtime.settings import Settings; print(Settings.load().password('admin'), Settings.load().port('kafka'))"


@pytest.mark.parametrize("text", SPOILT)
def test_spoilt_passwords_are_refused_and_left_as_they_are(bare: Settings, text: str) -> None:
    bare.password("admin")
    file = bare.instance_dir / "secrets.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"secrets.json est abîmé.*sauvegarde"):
        bare.password("admin")
    with pytest.raises(SettingsError):
        bare.password("a new one")
    assert file.read_text() == text


@pytest.mark.parametrize("text", [*SPOILT, '{"kafka": "x"}', '{"kafka": "0"}', '{"kafka": "70000"}', '{"kafka": "-1"}'])
def test_spoilt_ports_are_refused_with_the_remedy(bare: Settings, text: str) -> None:
    bare.port("kafka")
    file = bare.instance_dir / "ports.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"ports.json est abîmé.*supprimez ce fichier"):
        bare.port("kafka")
    assert file.read_text() == text


def test_bytes_that_are_no_text_are_refused(bare: Settings) -> None:
    bare.password("admin")
    (bare.instance_dir / "secrets.json").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="abîmé"):
        bare.password("admin")


@pytest.mark.parametrize("command", ["up", "verify", "migrate", "rebuild", "quarantine redrive"])
@pytest.mark.parametrize("file", ["ports.json", "secrets.json"])
def test_every_command_says_which_file_is_spoilt(bare: Settings, quartiers: Quartiers, command: str, file: str) -> None:
    for service in ("kafka", "controller", "postgres"):
        bare.port(service)
    bare.password("admin")
    (bare.instance_dir / file).write_text("spoilt")
    (bare.cache_dir / "downloads" / "kafka").mkdir(parents=True)
    (bare.cache_dir / "downloads" / "kafka" / ".complete").touch()
    said = quartiers(*command.split())
    assert said.code == 1
    assert f"{file} est abîmé" in said.err
    assert (bare.instance_dir / file).read_text() == "spoilt"


def test_passwords_are_readable_by_their_owner_only_whatever_was_there_before(bare: Settings) -> None:
    bare.instance_dir.mkdir(parents=True)
    (bare.instance_dir / "secrets.json.new").touch(mode=0o644)
    bare.password("admin")
    assert (bare.instance_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(bare.password("admin")) >= 32
    assert bare.password("admin") != bare.password("worker")


def test_processes_that_ask_at_the_same_time_get_the_same_answer(bare: Settings) -> None:
    asking = [subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {child.communicate()[0] for child in asking}
    assert answers == {f"{bare.password('admin')} {bare.port('kafka')}\n"}


def test_a_port_that_a_stranger_took_is_chosen_again(bare: Settings) -> None:
    port = bare.port("kafka")
    assert not bare.release_port_if_taken("kafka")
    assert bare.port("kafka") == port
    other = bare.port("postgres")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert not port_is_free(port)
        assert bare.release_port_if_taken("kafka")
        assert bare.port("kafka") != port
    assert bare.port("postgres") == other


def test_a_port_that_the_environment_asks_for_is_not_chosen_again(
    bare: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        monkeypatch.setenv("QUARTIERS_KAFKA_PORT", str(stranger.getsockname()[1]))
        with pytest.raises(SettingsError, match="QUARTIERS_KAFKA_PORT"):
            bare.release_port_if_taken("kafka")


def test_asking_what_is_remembered_makes_nothing(bare: Settings) -> None:
    assert not bare.remembers("secrets.json", "admin")
    assert not bare.instance_dir.exists()
    bare.password("admin")
    assert bare.remembers("secrets.json", "admin")
    assert list(json.loads((bare.instance_dir / "secrets.json").read_text())) == ["admin"]


@pytest.mark.parametrize("name", ["../other", "a/b", ".", "", " ", "x" * 60])
def test_a_name_that_leads_elsewhere_is_no_instance(
    quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("QUARTIERS_INSTANCE", name)
    said = quartiers("status")
    assert said.code == 1
    assert "n'est pas un nom d'instance" in said.err


def test_a_relative_cache_is_the_same_folder_for_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTIERS_CACHE", "cache")
    assert Settings.load("x").instance_dir == tmp_path / "cache" / "instances" / "x"
