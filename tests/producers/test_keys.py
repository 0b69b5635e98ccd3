"""The key file is written once, read by its owner alone, and never shown; a rotation keeps continuity."""

import errno
import json
import os
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.cli import app
from producers import keys
from producers.errors import LandlordError

TODAY = date(2026, 3, 9)
UNTIL = date(2028, 5, 9)


def ring() -> keys.Keyring:
    return keys.Keyring(keys.new_key(TODAY))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def run(*arguments: str):
    return CliRunner().invoke(app, ["keys", *arguments])


def test_a_key_is_kept_for_its_owner_alone_and_read_again(path):
    made = ring()
    keys.create(path, made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_a_key_is_never_overwritten(path):
    keys.create(path, ring())
    before = path.read_bytes()
    with pytest.raises(LandlordError, match="existe déjà"):
        keys.create(path, ring())
    with pytest.raises(LandlordError, match="a changé"):
        keys.save(path, ring())
    assert path.read_bytes() == before


def test_a_key_is_made_and_never_overwritten_on_a_share_without_links(path, monkeypatch):
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, "link", no_links)
    made = ring()
    keys.create(path, made)
    with pytest.raises(LandlordError, match="existe déjà"):
        keys.create(path, ring())
    assert keys.read(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_a_write_that_fails_leaves_the_file_as_it_was(path, monkeypatch):
    made = ring()
    keys.create(path, made)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        keys.save(path, keys.rotated(made, TODAY, UNTIL))
    assert keys.read(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_the_secret_is_never_shown(path):
    made = keys.rotated(ring(), TODAY, UNTIL)
    for key in made.all_keys():
        assert key.secret.hex() not in repr(made) + key.id
        assert repr(key.secret) not in repr(made)


def test_no_command_prints_a_secret(tmp_path, path):
    outputs = [run("init", "--folder", str(tmp_path)).output]
    copy = tmp_path / "copy.json"
    keys.create(copy, keys.read(path))
    outputs += [
        run("backup-check", str(copy), "--folder", str(tmp_path)).output,
        run("rotate", "--folder", str(tmp_path)).output,
        run("retire", "--now", "--folder", str(tmp_path)).output,
    ]
    assert all(outputs)
    found = keys.read(path).all_keys()
    assert len(found) == 2
    assert not any(key.secret.hex() in output for key in found for output in outputs)


def test_a_key_that_others_may_read_is_refused(path):
    keys.create(path, ring())
    path.chmod(0o640)
    with pytest.raises(LandlordError, match=r"lu par d'autres \(droits 640\).*chmod 600"):
        keys.read(path)


def test_a_missing_key_says_to_look_for_the_backup_first(path):
    with pytest.raises(LandlordError, match=r"n'existe pas.*sauvegarde.*keys init"):
        keys.read(path)


@pytest.mark.parametrize("damage", ["cut", "other bytes", "not json", "newer"])
def test_a_damaged_file_is_told_without_quoting_it(path, damage):
    made = ring()
    keys.create(path, made)
    document = json.loads(path.read_text())
    secret = document["current"]["secret"]
    if damage == "other bytes":
        document["current"]["secret"] = "00" + secret[2:] if secret[:2] != "00" else "01" + secret[2:]
    if damage == "newer":
        document["format"] = 2
    text = json.dumps(document)
    path.write_text({"cut": text[: len(text) // 2], "not json": "{" + secret}.get(damage, text))
    with pytest.raises(LandlordError, match="plus récente" if damage == "newer" else "abîmé") as caught:
        keys.read(path)
    assert secret not in str(caught.value)


def test_after_a_rotation_a_move_says_what_it_was_called(path):
    old = ring()
    new = keys.rotated(old, TODAY, UNTIL)
    assert new.move_id("L1", "out") != old.move_id("L1", "out")
    assert new.former("L1", "out", "D1") == (old.move_id("L1", "out"), None)
    assert new.former_dwelling("D1") == old.dwelling("D1")
    assert old.former("L1", "out", "D1") is None


def test_a_second_rotation_waits_for_the_end_of_the_first():
    once = keys.rotated(ring(), TODAY, UNTIL)
    with pytest.raises(LandlordError, match=r"09/05/2028.*keys retire"):
        keys.rotated(once, TODAY, UNTIL)
    after = keys.retire(once)
    assert after.former("L1", "out", "D1") is None
    assert len(keys.rotated(after, TODAY, UNTIL).all_keys()) == 3


def test_a_predecessors_moves_are_named_for_its_dwellings_alone():
    theirs, ours = ring(), ring()
    merged = keys.with_predecessor(ours, "222222222", theirs.current, UNTIL, ["D1", "D2"])
    assert merged.former("L1", "in", "D1") == (theirs.move_id("L1", "in"), "222222222")
    assert merged.former("L1", "in", "D3") is None
    whole = keys.with_predecessor(ours, "222222222", theirs.current, UNTIL)
    assert whole.former("L1", "in", "D3") == (theirs.move_id("L1", "in"), "222222222")


def test_two_predecessors_must_say_their_dwellings():
    one, other = ring(), ring()
    merged = keys.with_predecessor(ring(), "222222222", one.current, UNTIL, ["D1"])
    with pytest.raises(LandlordError, match="--dwellings"):
        keys.with_predecessor(merged, "333333333", other.current, UNTIL)
    both = keys.with_predecessor(merged, "333333333", other.current, UNTIL, ["D2"])
    assert both.former("L1", "in", "D2") == (other.move_id("L1", "in"), "333333333")
    with pytest.raises(LandlordError, match="qu'un seul ancien identifiant"):
        keys.rotated(both, TODAY, UNTIL)


def test_a_backup_is_compared_key_by_key(tmp_path, path):
    run("init", "--folder", str(tmp_path))
    copy = tmp_path / "copy.json"
    keys.create(copy, keys.read(path))
    assert run("backup-check", str(copy), "--folder", str(tmp_path)).exit_code == 0
    run("rotate", "--folder", str(tmp_path))
    result = run("backup-check", str(copy), "--folder", str(tmp_path))
    assert isinstance(result.exception, LandlordError)
    assert keys.read(path).current.id in str(result.exception)


def test_an_early_end_of_the_period_is_asked_for_by_name(tmp_path):
    run("init", "--folder", str(tmp_path))
    run("rotate", "--folder", str(tmp_path))
    assert "--now" in str(run("retire", "--folder", str(tmp_path)).exception)
    assert run("retire", "--now", "--folder", str(tmp_path)).exit_code == 0


def test_the_whole_file_survives_a_round_trip(path):
    made = keys.with_predecessor(
        keys.retire(keys.rotated(ring(), TODAY, UNTIL)), "222222222", ring().current, UNTIL, ["D1"]
    )
    keys.create(path, made)
    assert keys.read(path) == made


def test_a_predecessors_key_serves_as_long_as_its_moves_are_sent(tmp_path):
    path = tmp_path / "keys.json"
    keys.create(path, keys.with_predecessor(ring(), "222222222", ring().current, TODAY))
    refused = run("retire", "--folder", str(tmp_path))
    assert "ne se corrigent plus sans elle" in str(refused.exception)
    assert keys.read(path).predecessors
    assert run("retire", "--folder", str(tmp_path), "--now").exit_code == 0
    assert not keys.read(path).predecessors


def test_a_predecessor_that_was_changing_its_key_is_told(tmp_path):
    (tmp_path / "theirs").mkdir()
    theirs = tmp_path / "theirs" / "keys.json"
    keys.create(tmp_path / "keys.json", ring())
    keys.create(theirs, keys.rotated(ring(), TODAY, UNTIL))
    told = run("add-predecessor", "222222222", str(theirs), "--folder", str(tmp_path)).output
    assert "222222222 était en train de changer de clé" in told


def test_the_pseudonyms_of_a_dwelling_under_every_key_are_given_for_an_erasure(path):
    first = ring()
    rotated = keys.rotated(first, TODAY, UNTIL)
    keys.create(path, rotated)
    found = run("pseudonym", "--dwelling", "LOG-1", "--lease", "B-7", "--folder", str(path.parent))
    assert found.exit_code == 0
    wanted = [rotated.dwelling("LOG-1"), first.dwelling("LOG-1")]
    wanted += [one.move_id("B-7", direction) for direction in ("out", "in") for one in (rotated, first)]
    assert found.stdout.split() == wanted
    assert "canal sûr" in found.stderr
    assert run("pseudonym", "--folder", str(path.parent)).exit_code != 0
