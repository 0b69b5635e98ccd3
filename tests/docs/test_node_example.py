"""A second language proves the contract: the JavaScript example, run against a real broker and a real worker."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from operations.certificates import CertificateFiles
from producers.pseudonyms import pseudonym
from runtime.broker import landlord_connection
from runtime.topics import moves_topic, sandbox_topic
from tests.streams.faults.harness import Stage

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "node"
PATIENCE = 120
KEY = "00112233445566778899aabbccddeeff" * 2
MOVES: list[dict[str, Any]] = json.loads((EXAMPLE / "moves.json").read_text(encoding="utf-8"))
TALLY = "SELECT outcome, sum(n)::int FROM core.tally WHERE landlord = %s GROUP BY outcome"
LEDGER = "SELECT move_id, dwelling, direction, effective_on::text FROM core.move WHERE landlord = %s ORDER BY 4"


def node() -> str:
    """Return the program; the example needs it, and so does this project's development."""
    found = shutil.which("node")
    assert found, "node is missing (Debian, Ubuntu: apt-get install nodejs npm)"
    assert (EXAMPLE / "node_modules" / "kafkajs").exists(), "kafkajs is missing: `make test` installs it"
    return found


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node(), *map(str, arguments)], cwd=EXAMPLE, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@dataclass
class Landlord:
    """A landlord that has what the example needs, in a folder of its own."""

    siren: str
    folder: Path

    def publish(self, rows: list[dict[str, Any]], *options: str) -> subprocess.CompletedProcess[str]:
        moves = self.folder / "moves.json"
        moves.write_text(json.dumps(rows), encoding="utf-8")
        return run("publish.mjs", self.folder / "connection.toml", self.folder / "key.hex", moves, *options)


def write_connection(folder: Path, siren: str, bootstrap: str, password: str, ca_file: str = "") -> None:
    lines = [f'siren = "{siren}"', f'bootstrap = "{bootstrap}"', f'password = "{password}"']
    lines += [f'ca_file = "{ca_file}"'] if ca_file else []
    (folder / "connection.toml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "key.hex").write_text(KEY, encoding="utf-8")


@pytest.fixture
def landlord(stage: Stage, tmp_path: Path) -> Landlord:
    """A landlord whose messages a worker takes, and who reaches the encrypted listener as a real one does."""
    (siren,) = stage.enrol(1)
    password = landlord_connection(stage.settings, siren).password
    shutil.copy(CertificateFiles.of(stage.settings).authority, tmp_path / "ca.pem")
    write_connection(tmp_path, siren, f"127.0.0.1:{stage.settings.port('kafka_tls')}", password, "ca.pem")
    stage.start(1)
    return Landlord(siren, tmp_path)


def tally(stage: Stage, siren: str) -> dict[str, int]:
    return dict(stage.query(TALLY, (siren,)))


@pytest.mark.services
@pytest.mark.faults
def test_the_example_publishes_and_is_accepted(stage: Stage, landlord: Landlord) -> None:
    ran = landlord.publish(MOVES)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "3 événement(s) envoyé(s) en 2 message(s)" in ran.stdout
    assert f"{moves_topic(landlord.siren)}, position 1 : 2 accepté(s)" in ran.stdout
    assert tally(stage, landlord.siren) == {"applied": 3}
    key = bytes.fromhex(KEY)
    assert stage.query(LEDGER, (landlord.siren,)) == [
        (
            pseudonym(key, "move", row["lease"], row["direction"]),
            pseudonym(key, "dwelling", row["dwelling"]),
            row["direction"],
            row["effective_on"],
        )
        for row in sorted(MOVES, key=lambda row: str(row["effective_on"]))
    ]


@pytest.mark.services
@pytest.mark.faults
def test_a_refused_event_is_told_with_its_remedy_and_the_example_fails(stage: Stage, landlord: Landlord) -> None:
    wrong = MOVES[1] | {"commune": "31000"}
    ran = landlord.publish([MOVES[0], wrong, MOVES[2]])
    assert ran.returncode == 1
    assert re.search(r"refusé, événement 0, /data/commune : .*\(unknown_commune\)\n +à faire : \S", ran.stdout)
    assert tally(stage, landlord.siren) == {"applied": 2, "quarantined": 1}


@pytest.mark.services
@pytest.mark.faults
def test_the_example_tries_out_in_the_sandbox_and_nothing_counts(stage: Stage, landlord: Landlord) -> None:
    ran = landlord.publish(MOVES, "--bac-a-sable")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"{sandbox_topic(landlord.siren)}, position 1 : 2 accepté(s)" in ran.stdout
    assert stage.query(LEDGER, (landlord.siren,)) == []


@pytest.mark.services
@pytest.mark.faults
def test_what_the_example_sends_is_taken_by_the_worker(stage: Stage, landlord: Landlord) -> None:
    """Whatever the receipts look like."""
    process = subprocess.Popen(
        [node(), "publish.mjs", landlord.folder / "connection.toml", landlord.folder / "key.hex", "moves.json"],
        cwd=EXAMPLE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        stage.wait_for(lambda: tally(stage, landlord.siren) == {"applied": 3}, "three moves applied")
    finally:
        process.kill()
        process.wait()
    assert {record.headers[0] for record in stage.topic(moves_topic(landlord.siren))} == {
        ("content-type", b"application/cloudevents+json"),
        ("content-type", b"application/cloudevents-batch+json"),
    }


@pytest.mark.services
@pytest.mark.faults
def test_a_certificate_of_another_authority_is_refused_by_the_example(stage: Stage, landlord: Landlord) -> None:
    trustme.CA().cert_pem.write_to_path(str(landlord.folder / "ca.pem"))
    ran = landlord.publish(MOVES)
    assert ran.returncode == 2
    assert "certificat refusé" in ran.stderr
    assert stage.topic(moves_topic(landlord.siren)) == []


@pytest.mark.services
def test_a_wrong_password_is_said_clearly_by_the_example(stage: Stage, tmp_path: Path) -> None:
    (siren,) = stage.enrol(1)
    write_connection(tmp_path, siren, stage.settings.kafka_bootstrap, "wrong")
    ran = Landlord(siren, tmp_path).publish(MOVES)
    assert ran.returncode == 2
    assert "mot de passe refusé" in ran.stderr


def test_the_example_says_what_the_connection_file_lacks(tmp_path: Path) -> None:
    write_connection(tmp_path, "123456789", "", "secret")
    ran = Landlord("123456789", tmp_path).publish(MOVES)
    assert ran.returncode == 2
    assert "il manque bootstrap" in ran.stderr


def test_the_example_makes_the_pseudonym_that_the_contract_gives_to_check_against() -> None:
    script = (
        "import('./events.mjs').then(m => process.stdout.write(m.pseudonym(Buffer.from('key'), 'move', 'L-1', 'out')))"
    )
    assert run("-e", script).stdout == str(pseudonym(b"key", "move", "L-1", "out"))


def test_the_example_uses_the_published_documents_only() -> None:
    imported = {
        name
        for script in EXAMPLE.glob("*.mjs")
        for name in re.findall(r'from "([^"]+)"', script.read_text(encoding="utf-8"))
    }
    assert {name for name in imported if not name.startswith(("node:", "./"))} == {"kafkajs"}
    assert all((EXAMPLE / name).exists() for name in imported if name.startswith("./"))


def test_the_packages_are_pinned_and_their_lock_names_no_host() -> None:
    package = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))
    lock = (EXAMPLE / "package-lock.json").read_text(encoding="utf-8")
    pinned = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version) for version in pinned.values())
    assert "://" not in lock
    for name, entry in json.loads(lock)["packages"].items():
        assert not name or entry["integrity"].startswith("sha512-")
