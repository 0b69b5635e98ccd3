"""`python -m benchmarks.publish`: a landlord's file of moves, from its first line to its last receipt.

Broker, database, worker and the landlord's machine are one machine here. Writes `benchmarks/results/publish.md`.
"""

import csv
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import machine
from operations import instance
from operations.services import worker_service
from producers import keys
from producers.access import open_way
from producers.declaration import extend
from producers.extract.mapping import load_mapping
from producers.extract.reading import open_extract
from producers.journal import Journal
from producers.location.locator import open_locator
from producers.messages import rules_of
from producers.outcome import Answer, add_up
from producers.preparation import Sender
from producers.publishing import Publication, Source
from producers.workspace import Workspace
from runtime.broker import enrol_landlords, landlord_connection
from runtime.connection import Connection
from runtime.settings import Settings
from schemas.territories import load

MOVES = int(os.environ.get("BENCH_MOVES", "300000"))
GOAL = 20_000
PATIENCE_S = 300
SIREN = "552081317"
TODAY = date(2026, 11, 1)
RESULT = Path(__file__).parents[1] / "results" / "publish.md"
HEADER = ("Bail", "Logement", "Commune", "QPV", "Pieces", "Financement", "Sortie", "Motif")
REASONS = ("mutation_interne", "conge_parc_prive", "accession", "deces", "emploi", "separation")
MAPPING = """
version = 1
[[extract]]
name = "mouvements"
kind = "movements"
dates = ["aaaa-mm-jj"]
[extract.columns]
lease = "Bail"
dwelling = "Logement"
commune = "Commune"
qpv_2024 = "QPV"
rooms = "Pieces"
financing = "Financement"
exit_on = "Sortie"
reason = "Motif"
"""


class Run(NamedTuple):
    """Seconds to read and prepare, to be acknowledged and to have every receipt; and what became of the events."""

    prepared: float
    acknowledged: float
    answered: float
    answer: Answer


def write_file(path: Path, corrected: int = 0) -> None:
    """Write MOVES moves over five years; the first `corrected` of them are dated a day later."""
    draw = random.Random(2026)
    qpvs = load().qpvs_of(2024)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(HEADER)
        for number in range(MOVES):
            qpv = draw.choice(qpvs)
            left = date(2021, 1, 1) + timedelta(draw.randrange(5 * 365) + (number < corrected))
            rooms, financing, reason = draw.randint(1, 5), draw.choice(("PLUS", "PLAI")), draw.choice(REASONS)
            writer.writerow(
                (f"B{number}", f"L{number // 3}", qpv.communes[0], qpv.code, f"T{rooms}", financing, left, reason)
            )


def publish(workspace: Workspace, connection: Connection, file: Path, extracted: int) -> Run:
    """Publish the file as the command does, timed from outside."""
    territories = load()
    sender = Sender(connection.siren, keys.read(workspace.keys), open_locator(workspace, territories), extracted, TODAY)
    started = time.perf_counter()
    with (
        Journal(workspace.state) as journal,
        Publication(sender, journal, rules_of(territories), TODAY) as publication,
        open_way(connection, "", sandbox=False, receipts=True) as (channel, mailbox),
    ):
        assert mailbox is not None
        extract = open_extract(file, load_mapping(workspace.mapping), TODAY)
        publication.read(Source("movements", (one for row in extract.rows() for one in (*row.problems, *row.records))))
        publication.prepare()
        prepared = time.perf_counter()
        sent = publication.send(channel, extend(journal, None, date(2025, 12, 31), "whole_stock"), "whole_stock")
        acknowledged = time.perf_counter()
        lines = sent.by_position(channel.positions())
        answer = add_up(mailbox.answers(lines.keys(), PATIENCE_S), lines)
        answered = time.perf_counter()
    assert sent.moves == MOVES
    return Run(prepared - started, acknowledged - prepared, answered - prepared, answer)


def peak_memory(folder: Path, file: Path) -> float:
    """Return the peak memory in MB of a process that prepares and examines the file, and sends nothing."""
    command = [sys.executable, "-m", "operations", "publish", str(file), "--folder", str(folder), "--dry-run"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Run on a fresh instance `bench`: the file, the same file again, and one in a hundred corrected."""
    settings = Settings.load("bench")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    instance.start_services(settings, lambda text: print(text, file=sys.stderr))
    try:
        instance.prepare(settings)
        enrol_landlords(settings, [SIREN])
        worker_service.start(settings)
        with tempfile.TemporaryDirectory() as name:
            _measure(Path(name), landlord_connection(settings, SIREN))
    finally:
        instance.down(settings)


def _measure(folder: Path, connection: Connection) -> None:
    workspace = Workspace(folder)
    workspace.mapping.write_text(MAPPING, encoding="utf-8")
    (folder / "connection.toml").write_text(
        f'siren = "{SIREN}"\nbootstrap = "{connection.bootstrap}"\npassword = "{connection.password}"\n'
    )
    keys.create(workspace.keys, keys.Keyring(keys.new_key(TODAY)))
    file = folder / "mouvements.csv"
    write_file(file)
    memory = peak_memory(folder, file)
    go: Callable[[int], Run] = lambda extracted: publish(workspace, connection, file, extracted)  # noqa: E731
    runs = {"first time": go(1_790_000_000), "the same file again": go(1_790_000_000)}
    write_file(file, corrected=MOVES // 100)
    runs["one move in a hundred corrected"] = go(1_790_100_000)
    write(runs, memory)


def write(runs: dict[str, Run], memory: float) -> None:
    """Print the table and keep it."""
    rows = "\n".join(
        f"| {name} | {MOVES / run.prepared:,.0f} | {MOVES / run.acknowledged:,.0f} | **{MOVES / run.answered:,.0f}** | "
        f"{MOVES / (run.prepared + run.answered):,.0f} | {_told(run.answer)} |"
        for name, run in runs.items()
    )
    text = f"""# Publishing: from a landlord's file to its receipts

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.publish`: {machine()}; the landlord's machine, broker, database and
worker share it. Python {platform.python_version()}, Kafka 4.3.0.

{MOVES:,} moves in a CSV file, over five years and 108 QPVs. Preparing: reading with every control, locating, pseudonyms, rare combinations.
Sending: coarsening, revisions from the journal, each event checked by the observatory's own parser and rules, the journal on disk.
Receipts: until the last one is read. Goal: {GOAL:,} events/s sent, receipts awaited. Events/s:

| | preparing | sending, acknowledged | **sending, receipts read** | whole, first line to last receipt | receipts |
|---|---|---|---|---|---|
{rows}

Peak memory of `quartiers publish --dry-run` on this file: {memory:.0f} MB (the server's parts being loaded too).
"""  # noqa: E501
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _told(answer: Answer) -> str:
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(answer.outcomes.items()) if count)
    return counts if answer.missing <= 0 else f"{counts} ({answer.missing} MISSING)"


if __name__ == "__main__":
    main()
