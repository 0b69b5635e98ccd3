"""The real broker and the real database after a fault: killed, orphaned, robbed of a port or of a password."""

import dataclasses
import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from operations import instance
from operations.services import broker_service, database_service
from operations.services.errors import ServiceError
from operations.services.process import wait_until
from operations.services.processes import sitting_in, start_time
from operations.verify import verify
from runtime.broker import admin
from runtime.database import connect
from runtime.settings import Settings, SettingsError
from tests.streams.stage import Stage, message, move

pytestmark = [pytest.mark.services, pytest.mark.faults]
BOTH = [pytest.param(broker_service, id="kafka"), pytest.param(database_service, id="postgres")]


@pytest.fixture(autouse=True)
def running(settings: Settings) -> Iterator[None]:
    """Leave both services as the next test wants them."""
    yield
    for service in (broker_service, database_service):
        service.start(settings, print)


def answers(settings: Settings) -> bool:
    """Return whether both let in whom they know."""
    client = admin(settings)
    try:
        client.list_topics()
    finally:
        client.close()
    with connect(settings, "postgres", "postgres") as connection:
        return bool(connection.execute("SELECT true").fetchall()[0][0])


def kill(service: ModuleType, settings: Settings) -> int:
    process = service.process(settings)
    pid = process.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: start_time(pid) is None, 10)
    return int(pid)


@contextmanager
def changed(file: Path, text: str) -> Iterator[None]:
    """Let a file hold something else during the block."""
    before = file.read_bytes()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize("service", BOTH)
def test_started_twice_there_is_one(settings: Settings, service: ModuleType) -> None:
    pid = service.process(settings).pid()
    service.start(settings, pytest.fail)
    assert service.process(settings).pid() == pid
    assert answers(settings)


@pytest.mark.parametrize("service", BOTH)
@pytest.mark.parametrize("text", ["garbage", '{"pid": 1, "started": 1}', None])
def test_a_spoilt_stale_or_lost_pid_file_of_a_running_service_is_mended(
    settings: Settings, service: ModuleType, text: str | None
) -> None:
    """A second server on the same data would destroy it."""
    process = service.process(settings)
    pid = process.pid()
    if text is None:
        process.pid_file.unlink()
    else:
        process.pid_file.write_text(text)
    service.start(settings, pytest.fail)
    assert process.pid() == pid
    assert json.loads(process.pid_file.read_text())["pid"] == pid
    assert answers(settings)


@pytest.mark.parametrize("service", BOTH)
def test_killed_it_comes_back_with_its_data_on_its_port(stage: Stage, service: ModuleType) -> None:
    stage.take(message(0, [move(), move(number=2)]))
    settings = stage.settings
    port = settings.port(service.process(settings).name)
    old = kill(service, settings)
    service.start(settings, print)
    assert service.process(settings).pid() not in (None, old)
    assert settings.port(service.process(settings).name) == port
    assert answers(settings)
    with connect(settings, "ingest") as connection:
        verdict = verify(connection)
    assert (verdict.equal, verdict.moves) == (True, 2)


def test_the_orphans_of_a_killed_database_are_waited_for(settings: Settings) -> None:
    """A backend that still works when its server is gone must not meet the next one on the same files."""
    data = settings.instance_dir / "postgres"
    assert len(sitting_in(data)) > 1
    kill(database_service, settings)
    orphan = os.fork()
    if orphan == 0:  # what a frozen backend is: it sits in the folder and does not end by itself
        os.chdir(data)
        signal.pause()
    try:
        assert wait_until(lambda: orphan in sitting_in(data), 10)
        before = database_service.ORPHANS_SECONDS
        database_service.ORPHANS_SECONDS = 0.5
        try:
            database_service.start(settings, print)
        finally:
            database_service.ORPHANS_SECONDS = before
        assert start_time(orphan) is None
    finally:
        os.waitpid(orphan, 0)
    assert answers(settings)


def test_a_postmaster_file_that_names_a_stranger_stops_nobody(settings: Settings) -> None:
    """PostgreSQL refuses to start for ever if the pid in it was given to another program since."""
    kill(database_service, settings)
    file = settings.instance_dir / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    database_service.start(settings, print)
    assert answers(settings)


@pytest.mark.parametrize("service", BOTH)
def test_a_port_that_a_stranger_took_meanwhile_is_left_to_it(settings: Settings, service: ModuleType) -> None:
    name = service.process(settings).name
    port = settings.port(name)
    assert service.stop(settings)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        service.start(settings, print)
        assert settings.port(name) != port
        assert answers(settings)


def installed(bare: Settings, settings: Settings) -> None:
    """Let a bare instance use what is downloaded."""
    bare.cache_dir.mkdir()
    for name in ("downloads", "rootfs"):
        (bare.cache_dir / name).symlink_to(settings.cache_dir / name)


@pytest.mark.parametrize(
    ("service", "principal", "trace"),
    [(broker_service, "admin", "kafka/meta.properties"), (database_service, "postgres", "postgres/PG_VERSION")],
)
def test_data_whose_password_is_lost_is_not_given_a_new_one(
    bare: Settings, settings: Settings, service: ModuleType, principal: str, trace: str
) -> None:
    installed(bare, settings)
    bare.password("worker")
    file, data = bare.instance_dir / "secrets.json", bare.instance_dir / trace
    before = file.read_text()
    data.parent.mkdir()
    data.touch()
    with pytest.raises(SettingsError, match=rf"« {principal} » n'est plus dans .*sauvegarde"):
        service.start(bare, print)
    assert file.read_text() == before
    assert service.process(bare).pid() is None


def test_a_password_that_the_database_refuses_is_said_at_once(settings: Settings) -> None:
    file = settings.instance_dir / "secrets.json"
    database_service.stop(settings)
    with (
        changed(file, json.dumps(json.loads(file.read_text()) | {"postgres": "another"})),
        pytest.raises(SettingsError, match="refuse le mot de passe"),
    ):
        database_service.start(settings, print)


def test_an_interrupted_initialisation_begins_again(settings: Settings) -> None:
    """`initdb` writes PG_VERSION first: a database that was being made must not be taken for one."""
    other = dataclasses.replace(settings, instance=f"{settings.instance}-half")
    (other.instance_dir / "postgres.new").mkdir(parents=True)
    (other.instance_dir / "postgres.new" / "PG_VERSION").write_text("17\n")
    try:
        database_service.start(other, print)
        with connect(other, "postgres", "postgres") as connection:
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
        assert not (other.instance_dir / "postgres.new").exists()
        assert settings.port("postgres") != other.port("postgres")
        assert instance.down(other) == ["postgres"], "it ended something else, or not what it had started"
        assert database_service.process(settings).pid()
    finally:
        instance.down(other)
        shutil.rmtree(other.instance_dir)


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(
    bare: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(bare, settings)
    bare.password("admin")
    (bare.instance_dir / "kafka").mkdir()
    (bare.instance_dir / "kafka" / "meta.properties").touch()
    broken = tmp_path / "broker.properties"
    broken.write_text("process.roles=nonsense\n")
    monkeypatch.setattr(broker_service, "PROPERTIES", broken)
    with pytest.raises(ServiceError, match=r"Kafka n'a pas démarré(?s:.)*process.roles"):
        broker_service.start(bare, print)
    assert broker_service.process(bare).pid() is None
