"""The landlord's guide, typed as it is written: from the kit to the receipts, against a real broker and worker."""

import csv
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ScramMechanism, UserScramCredentialDeletion

from operations.verify import verify
from runtime.broker import admin, client_options
from runtime.database import connect
from runtime.topics import landlord_principal, moves_topic
from tests.streams.faults.harness import Stage

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide-bailleur.md").read_text(encoding="utf-8")
CLI = "from operations.cli import main; main()"
BY_MOVES, BY_STATES = "552100554", "542051180"
STEP = re.compile(r"^```(sh|text)\n(.*?)^```|remplacez `([^`]+)` par `([^`]+)`", re.MULTILINE | re.DOTALL)
STATES = "## Si votre logiciel ne donne que des états"
COUNTED = "SELECT move_id, content_hash FROM core.move WHERE landlord = %s"
PERSONAL = ("Nom locataire", "Prénom", "Date de naissance", "Téléphone", "Adresse", "N° contrat", "Réf. logement")

pytestmark = [pytest.mark.services, pytest.mark.faults]


def quartiers(line: str, folder: Path, stage: Stage) -> subprocess.CompletedProcess[str]:
    """Type a line in a folder."""
    environment = {**os.environ, "COLUMNS": "160", "QUARTIERS_INSTANCE": stage.settings.instance}
    return subprocess.run(
        [sys.executable, "-c", CLI, *line.split()[1:]],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def flat(text: str) -> str:
    return " ".join(text.split())


def follow(guide: str, folder: Path, stage: Stage) -> list[str]:
    """Do what a part of the guide says, in order; return what each command printed.

    A command must end with the code that its comment says, and print what the guide shows below it.
    """
    printed: list[str] = []
    for kind, block, before, after in STEP.findall(guide):
        if before:
            mapping = folder / "mapping.toml"
            text = mapping.read_text(encoding="utf-8")
            assert before in text, f"mapping.toml has no {before}"
            mapping.write_text(text.replace(before, after), encoding="utf-8")
        elif kind == "text":
            for line in block.splitlines():
                assert flat(line) in flat(printed[-1]), f"the guide shows what was not printed: {line}"
        else:
            for line in block.splitlines():
                command, _, code = line.partition("# code ")
                done = quartiers(command, folder, stage)
                assert done.returncode == int(code or 0), f"{line}\n{done.stdout}\n{done.stderr}"
                printed.append(done.stdout + done.stderr)
    return printed


def outcome(printed: str, name: str) -> int:
    """Return a number of the last table of outcomes."""
    return int(re.findall(rf"{name}\s*│\s*(\d+)", printed)[-1])


def sent_bytes(stage: Stage, siren: str) -> bytes:
    """Return all that the landlord's topic holds."""
    consumer = KafkaConsumer(**client_options(stage.settings, "admin"), enable_auto_commit=False)
    partition = TopicPartition(moves_topic(siren), 0)
    try:
        end = consumer.end_offsets([partition])[partition]
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        found: list[bytes] = []
        while consumer.position(partition) < end:
            found += [one.value for records in consumer.poll(timeout_ms=500).values() for one in records]
        return b"\n".join(found)
    finally:
        consumer.close(autocommit=False)


def personal_values(files: list[Path]) -> set[str]:
    """Return every value of the extracts' columns that must not leave."""
    found: set[str] = set()
    for file in files:
        with file.open(encoding="cp1252", newline="") as handle:
            for row in csv.DictReader(handle, delimiter=";"):
                found |= {row[name] for name in PERSONAL if len(row.get(name) or "") > 3}
    return found


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What a landlord's software exports, with the flaws that real exports have."""
    folder = tmp_path_factory.mktemp("region")
    period = ["--start", "2026-05-01", "--end", "2026-11-01", "--scale", "0.05", "--extract"]
    subprocess.run([sys.executable, "-c", CLI, "simulate", str(folder), *period], check=True, cwd=ROOT, timeout=120)
    return sorted(folder.glob("*.csv"))


def kit(stage: Stage, siren: str, folder: Path, extracts: list[Path]) -> Path:
    """Have the operator take a landlord up, whom an earlier run may have left; return the kit with its extracts."""
    with closing(admin(stage.settings)) as client:
        known = UserScramCredentialDeletion(landlord_principal(siren), ScramMechanism.SCRAM_SHA_256)
        client.alter_user_scram_credentials([known])
    done = quartiers(f"quartiers landlord add {siren} --name Office --kit {folder}", folder.parent, stage)
    assert done.returncode == 0, done.stderr
    for file in extracts:
        if file.name != "truth.csv":
            shutil.copy(file, folder)
    return folder


def test_from_the_kit_to_receipts_as_the_guide_says(stage: Stage, extracts: list[Path], tmp_path: Path) -> None:
    stage.start(1)
    folder = kit(stage, BY_MOVES, tmp_path / "kit", extracts)
    guide, _, _ = GUIDE.partition(STATES)
    first, then, rest = re.split(r"^## 6\..*$|^## 7\..*$", guide, maxsplit=2, flags=re.MULTILINE)
    follow(first, folder, stage)
    before = dict(stage.query(COUNTED, (BY_MOVES,)))
    corrected, again = follow(then, folder, stage)
    after = dict(stage.query(COUNTED, (BY_MOVES,)))

    changed = {move for move, content in after.items() if before.get(move) != content}
    declaration = 1
    assert 0 < len(changed) < len(after)
    assert outcome(corrected, "acceptés") == len(changed) + declaration
    assert outcome(corrected, "déjà reçus") == len(after) - len(changed)
    assert (outcome(again, "acceptés"), outcome(again, "déjà reçus")) == (0, len(after) + declaration)

    follow(rest, folder, stage)
    with connect(stage.settings, "ingest", autocommit=True) as auditor:
        assert verify(auditor).equal
    assert stage.query("SELECT count(*) FROM core.stock_counter WHERE landlord = %s", (BY_MOVES,)) != [(0,)]
    sent = sent_bytes(stage, BY_MOVES).decode()
    personal = personal_values([file for file in extracts if file.name.startswith("mouvements")])
    assert len(personal) > 50
    assert [value for value in personal if value in sent] == []


def test_two_states_give_moves_as_the_guide_says(stage: Stage, extracts: list[Path], tmp_path: Path) -> None:
    stage.start(1)
    folder = kit(stage, BY_STATES, tmp_path / "kit", extracts)
    part = GUIDE.partition(STATES)[2].partition("\n## ")[0]
    *_, first, second = follow(part, folder, stage)
    assert "0 mouvements envoyés" in first
    assert outcome(second, "acceptés") > 1
    repeated = quartiers("quartiers publish parc-2026-11-01.csv --state --wait --yes", folder, stage)
    assert "0 mouvements envoyés" in repeated.stdout
    with connect(stage.settings, "ingest", autocommit=True) as auditor:
        assert verify(auditor).equal
    sent = sent_bytes(stage, BY_STATES).decode()
    assert not re.search(r"LG\d{7}|31000\d{5}", sent)
