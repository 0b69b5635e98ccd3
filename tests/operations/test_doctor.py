"""The doctor: on any machine and any instance it finds what is wrong, says the remedy, and never falls over."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from operations.doctor import Finding, data, examine, healthy, machine
from operations.doctor import services as looking
from operations.doctor.finding import absent, bad, good
from operations.migrate import Migration, migrations
from operations.reference import territory_rows
from operations.services import install
from operations.services.process import ServiceProcess
from runtime.clock import PARIS, AcceleratedClock, FixedClock, SystemClock, paris_today
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from tests.operations.conftest import Quartiers
from tests.operations.machines import OLD_JAVA, java_that_says, only_these_programs, program
from tests.streams.stage import TODAY, Stage


def found(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {one.label: one for one in findings}


def test_on_a_machine_with_nothing_everything_missing_is_named_with_its_remedy(
    bare: Settings, quartiers: Quartiers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    said = quartiers("doctor")
    assert said.code == 1
    assert [line.split()[1] for line in said.out.splitlines() if "✘" in line][:4] == [
        *("Java", "Kafka", "Droits", "PostgreSQL")
    ]
    for remedy in ("openjdk-17", "apt-get install maven", "--runtime compose"):
        assert remedy in said.out
    assert not bare.cache_dir.exists(), "looking left something behind"


def test_on_a_machine_that_has_what_is_needed_nothing_running_is_no_fault(
    bare: Settings, quartiers: Quartiers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    java_that_says(tmp_path / "bin", 'openjdk version "21.0.2"')
    program(tmp_path / "bin", "mvn", "exit 0")
    program(tmp_path / "bin", "apt-get", "exit 0")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    said = quartiers("doctor")
    assert (said.code, said.err) == (0, "")
    assert "rien ne tourne" in said.out
    assert "Grafana 12" in said.out
    assert "✘" not in said.out


def test_versions_of_python_and_java() -> None:
    assert machine.python((3, 11, 0)).state == "good"
    assert machine.python((3, 10, 14)).state == "bad"
    assert machine.java(17).state == "good"
    assert machine.java(None).state == machine.java(0).state == machine.java(11).state == "bad"


def test_a_java_on_the_path_that_is_too_old(
    bare: Settings, quartiers: Quartiers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    java_that_says(tmp_path / "bin", OLD_JAVA)
    assert "version 11, trop ancienne" in quartiers("doctor").out


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("MemTotal: 8000000 kB\nMemAvailable: 5000000 kB\n", "good"),
        ("MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n", "bad"),
        ("nonsense", "absent"),
        ("MemTotal: x kB\nMemAvailable: y kB\n", "absent"),
        (None, "absent"),
    ],
)
def test_memory(tmp_path: Path, text: str | None, state: str) -> None:
    if text is not None:
        (tmp_path / "meminfo").write_text(text)
    assert machine.memory(tmp_path / "meminfo").state == state


def test_a_full_disk_and_a_file_where_the_folder_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {one.state for one in machine.folder(tmp_path / "not" / "yet")} == {"good"}
    monkeypatch.setattr(install, "FREE_BYTES", 10**18)
    assert found(machine.folder(tmp_path))["Place sur le disque"].state == "bad"
    (tmp_path / "file").write_text("")
    assert found(machine.folder(tmp_path / "file"))["Dossier de cache"].state == "bad"


def test_passwords_that_others_can_read(bare: Settings) -> None:
    assert looking.secrets(bare).state == "absent"
    bare.password("admin")
    assert looking.secrets(bare).state == "good"
    (bare.instance_dir / "secrets.json").chmod(0o644)
    finding = looking.secrets(bare)
    assert (finding.state, "chmod 600" in finding.remedy) == ("bad", True)


@pytest.mark.parametrize("file", ["secrets.json", "ports.json"])
def test_a_spoilt_file_of_the_instance(bare: Settings, file: str) -> None:
    bare.password("admin")
    bare.port("kafka")
    (bare.instance_dir / file).write_text("spoilt")
    findings = list(looking.examine_services(bare))
    assert any(one.state == "bad" and f"{file} est abîmé" in one.found for one in findings)


def test_ports_free_taken_and_ours(bare: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {one.state for one in looking.ports(bare, set())} == {"absent"}
    port = bare.port("kafka")
    assert found(looking.ports(bare, set()))["Port kafka"] == good("Port kafka", f"{port}, libre")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert found(looking.ports(bare, {"kafka"}))["Port kafka"].found == f"{port}, à nous"
        taken = found(looking.ports(bare, set()))["Port kafka"]
        assert (taken.state, "choisira un autre" in taken.remedy) == ("absent", True)
        monkeypatch.setenv("QUARTIERS_KAFKA_PORT", str(port))
        assert found(looking.ports(bare, set()))["Port kafka"].state == "bad"


def test_a_service_that_runs_and_does_not_answer_and_those_that_stopped(bare: Settings) -> None:
    ServiceProcess("kafka", bare.instance_dir).start(["sleep", "300"])
    findings = found(looking.examine_services(bare))
    assert "ne répond pas" in findings["Service kafka"].found
    assert findings["Service postgres"].state == findings["Service worker-1"].state == "bad"
    assert "Service grafana" not in findings


def test_an_examination_that_falls_over_is_a_finding_and_the_others_go_on(bare: Settings) -> None:
    def falls(_: Settings) -> Iterator[Finding]:
        yield good("a", "b")
        raise RuntimeError("the disk\nburns")

    (_, first), (_, second) = examine(bare, [("one", falls), ("two", lambda _: [absent("c", "d")])])
    assert [one.state for one in first] == ["good", "bad"]
    assert first[1].found == "the disk"
    assert [one.state for one in second] == ["absent"]


def test_only_what_is_needed_and_wrong_is_a_fault() -> None:
    assert healthy([("", [good("a", "b"), absent("c", "d", "e")])])
    assert not healthy([("", [good("a", "b")]), ("", [bad("c", "d", "e")])])


@pytest.mark.services
def test_what_the_database_lacks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(stage.settings, "migrator", autocommit=True) as connection:
        assert data.migrated(connection).state == "good"
        assert data.territories(connection).state == "good"
        more = [*migrations(), Migration(len(migrations()) + 1, "9999_next", "SELECT 1")]
        monkeypatch.setattr(data, "migrations", lambda: more)
        assert "1 migration(s) à appliquer" in data.migrated(connection).found
        monkeypatch.setattr(data, "migrations", lambda: migrations()[:-1])
        assert "plus récent" in data.migrated(connection).found
        other = [Migration(one.number, one.name, one.text + " ") for one in migrations()]
        monkeypatch.setattr(data, "migrations", lambda: other)
        assert "a changé" in data.migrated(connection).found
        packaged = [*territory_rows(load()), ("qpv_2024", "QN03199N", "Nouveau", "31", None, None, None)]
        monkeypatch.setattr(data, "territory_rows", lambda _: packaged)
        assert data.territories(connection).found == "il en manque 1"
        with connection.transaction(force_rollback=True):
            connection.execute(
                "INSERT INTO core.reading_gap (topic, partition, kind, first_lost, next_available) "
                "VALUES ('t', 0, 'expired', 4, 12)"
            )
            assert "8 messages" in data.gaps(connection).found
        assert data.gaps(connection).state == "good"


PROGRESS = "INSERT INTO core.topic_end (topic, partition, end_offset, seen_at) VALUES ('t', 0, %s, %s)"
DONE = "INSERT INTO core.ingest_offset (topic, partition, next_offset, committed_at) VALUES ('t', 0, %s, %s)"
AGE = re.compile(r"il y a (\d+) s\b")
SLOW_SECONDS = 10
"""What may pass between writing a moment and judging it."""


@pytest.mark.services
@pytest.mark.parametrize(
    ("end", "seen", "done", "committed", "state", "told"),
    [
        (10, 1, 10, 3_600, "good", "retard : 0 messages ; dernier travail : il y a 60 min"),
        (10, 1, 4, 2, "good", "retard : 6 messages ; dernier travail : il y a 2 s"),
        (10, 1, 4, 100, "bad", "n'avance pas ; retard : 6"),
        (10, 1, None, None, "bad", "dernier travail : jamais"),
        (10, 100, 10, 100, "bad", "ne donne plus signe de vie (il y a 100 s)"),
        (None, None, None, None, "absent", "pas encore regardé"),
    ],
)
def test_the_worker_is_judged_by_what_it_leaves(
    stage: Stage,
    bare: Settings,
    database: psycopg.Connection,
    end: int | None,
    seen: int | None,
    done: int | None,
    committed: int | None,
    state: str,
    told: str,
) -> None:
    ServiceProcess("worker-1", bare.instance_dir).start(["sleep", "300"])
    now = database.execute("SELECT clock_timestamp()").fetchall()[0][0]
    if end is not None:
        database.execute(PROGRESS, (end, now - timedelta(seconds=seen or 0)))
    if done is not None:
        database.execute(DONE, (done, now - timedelta(seconds=committed or 0)))
    (finding,) = data.worker(database, bare)
    assert finding.state == state
    assert AGE.sub("il y a … s", told) in AGE.sub("il y a … s", finding.found)
    for wanted, age in zip(AGE.findall(told), AGE.findall(finding.found), strict=False):
        assert 0 <= int(age) - int(wanted) <= SLOW_SECONDS


@pytest.mark.services
def test_windows_that_stayed_behind(stage: Stage) -> None:
    def judged(day: date) -> str:
        return data.windows(stage.connection, FixedClock(datetime(day.year, day.month, day.day, 9, tzinfo=PARIS))).state

    assert judged(TODAY) == "good"
    assert judged(TODAY + timedelta(days=5)) == "bad"
    finding = data.windows(stage.connection, SystemClock())
    assert (finding.state, f"{paris_today(SystemClock()):%d/%m/%Y}" in finding.found) == ("bad", True)


def test_the_clock_of_a_worker_is_the_one_it_was_started_with(bare: Settings) -> None:
    assert isinstance(data.worker_clock(bare), SystemClock)
    origin = datetime(2021, 5, 1, tzinfo=PARIS)
    described = AcceleratedClock(origin, datetime.now(PARIS), 0.0).describe()
    ServiceProcess("worker-1", bare.instance_dir).start(["sleep", "300"], {"QUARTIERS_CLOCK": described})
    assert paris_today(data.worker_clock(bare)) == date(2021, 5, 1)


def test_without_a_running_database_there_is_nothing_to_examine(bare: Settings) -> None:
    (finding,) = data.examine_data(bare)
    assert finding.state == "absent"
    assert not bare.instance_dir.exists()


def test_a_database_that_runs_and_lets_nobody_in_is_a_finding(bare: Settings) -> None:
    ServiceProcess("postgres", bare.instance_dir).start(["sleep", "300"])
    (finding,) = data.examine_data(bare)
    assert (finding.state, finding.found) == ("bad", "la base n'est pas préparée")
    (bare.instance_dir / "secrets.json").write_text(json.dumps({"migrator": "x"}))
    (finding,) = data.examine_data(bare)
    assert finding.state == "bad"
    assert "ne répond pas" in finding.found
