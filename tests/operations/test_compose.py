"""`docker-compose.yml`, without an engine: it is valid, names what exists, and gives what the code asks for.

Its broker script runs for real, on the native Kafka; so does the command of its service `migrate`.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from consumers.archive.reading import ALIVE
from consumers.notifier.reading import ALIVE as NOTIFIER_ALIVE
from consumers.notifier.recipients import FILE as RECIPIENTS
from operations import compose, worker_health
from operations.certificates import CertificateFiles
from operations.commands.gateway import certificate
from operations.commands.notifier import JOURNAL
from operations.services import grafana_service, install
from runtime.broker import admin
from runtime.clock import SystemClock
from runtime.database import ROLES
from runtime.settings import ROOT, Settings
from runtime.topics import ALERTS, SENTINEL
from streams.app import create_app

FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
ONE_SHOT = {"migrate"}
MIGRATE = ("admin", "worker", "archive", "notifier", "postgres", *ROLES)
PYTHON = ("migrate", "worker", "gateway", "archive", "notifier")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
EXACT = re.compile(r"^[a-z0-9./-]+:\d+\.\d+\.\d+(-[a-z0-9.]+)*$")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """An instance of which nothing is known yet."""
    return Settings("compose", tmp_path)


def resolved(value: str, given: dict[str, str]) -> str:
    """Return a value as Compose would substitute it."""
    return VARIABLE.sub(lambda found: given.get(found[1]) or (found[3] if found[2] == "-" else ""), value)


def environment_of(service: str, given: dict[str, str]) -> dict[str, str]:
    return {name: resolved(value, given) for name, value in SERVICES[service]["environment"].items()}


def mounts(service: str) -> list[tuple[Path, str]]:
    """Return (path in this repository, options) of a service's bind mounts."""
    found = [volume.split(":") for volume in SERVICES[service].get("volumes", []) if volume.startswith("./")]
    return [(ROOT / parts[0], parts[2] if len(parts) > 2 else "") for parts in found]


def test_the_file_is_valid_by_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_service_of_the_system() -> None:
    assert SERVICES.keys() == {
        *("kafka", "timescaledb", "migrate", "worker", "gateway", "archive", "notifier", "grafana", "grafana-public")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_exists_and_cannot_be_written(service: str) -> None:
    for path, options in mounts(service):
        assert path.exists(), path
        assert options == "ro", path


def test_the_runtimes_share_their_files() -> None:
    mounted = {path.relative_to(ROOT).as_posix() for service in SERVICES for path, _ in mounts(service)}
    assert {
        "operations/services/kafka/broker.properties",
        "operations/services/kafka/log4j2.yaml",
        "operations/services/postgres/quartiers.conf",
        "dashboards/provisioning",
        "dashboards/generated",
    } <= mounted


def test_each_variable_is_written_by_quartiers_or_has_a_default(elsewhere: Settings) -> None:
    written = compose.environment(elsewhere).keys()
    used = VARIABLE.findall(TEXT)
    assert used
    for name, kind, _ in used:
        assert name in written, name
        assert kind, f"{name}: neither a default nor a message when it is missing"
        secret = "PASSWORD" in name or "KEYSTORE" in name
        assert secret == (kind == "?"), f"{name}: a secret has no default, anything else has one"


@pytest.mark.parametrize("service", SERVICES)
def test_published_ports_are_loopback_only_but_the_encrypted_ones_of_a_public_server(
    service: str, elsewhere: Settings
) -> None:
    for port in SERVICES[service].get("ports", []):
        assert resolved(port, {}).startswith("127.0.0.1:"), port
        assert port.startswith("127.0.0.1:") or port.endswith((":9095", ":8443")), port
    assert elsewhere.listen_address == "127.0.0.1"
    assert SERVICES[service].get("network_mode") is None


@pytest.mark.parametrize("service", SERVICES)
def test_images_have_exact_tags(service: str) -> None:
    assert EXACT.match(SERVICES[service]["image"])


def test_the_dockerfile_starts_from_an_exact_tag_and_copies_what_exists() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert all(EXACT.match(line.split()[1]) for line in lines if line.startswith("FROM"))
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert copied
    assert all((ROOT / path).exists() for path in copied)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {f"!{path}" for path in copied} == {line for line in ignored if line.startswith("!")}


def test_versions_are_those_of_the_native_runtime() -> None:
    pom = install.POM.read_text(encoding="utf-8")
    assert f"<version>{SERVICES['kafka']['image'].partition(':')[2]}</version>" in pom
    assert "-pg17-oss" in SERVICES["timescaledb"]["image"], "PostgreSQL 17, Apache edition"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_comes_back_and_says_whether_it_is_well(service: str) -> None:
    one = SERVICES[service]
    if service in ONE_SHOT:
        assert one["restart"] == "no"
        return
    assert one["restart"] == "unless-stopped"
    assert one["healthcheck"]["test"][0] == "CMD"


def test_nobody_starts_before_what_it_needs() -> None:
    conditions = {
        name: {other: how["condition"] for other, how in one.get("depends_on", {}).items()}
        for name, one in SERVICES.items()
    }
    healthy, done = "service_healthy", "service_completed_successfully"
    assert conditions["migrate"] == {"kafka": healthy, "timescaledb": healthy}
    assert conditions["worker"] == {"kafka": healthy, "timescaledb": healthy, "migrate": done}
    assert conditions["gateway"] == {"kafka": healthy}
    assert conditions["archive"] == {"kafka": healthy, "migrate": done}
    assert conditions["grafana"] == conditions["grafana-public"] == {"migrate": done}


def test_grafana_has_the_settings_of_the_native_one(elsewhere: Settings) -> None:
    native = grafana_service.environment(elsewhere)
    given = environment_of("grafana", compose.environment(elsewhere))
    assert given.keys() == native.keys()
    of_the_place = {name for name in native if "_PATHS_" in name or "_SERVER_" in name or "DASHBOARDS" in name}
    of_the_place |= {"QUARTIERS_GRAFANA_DATABASE"}
    assert {name: given[name] for name in given.keys() - of_the_place} == {
        name: native[name] for name in native.keys() - of_the_place
    }


@pytest.mark.parametrize("service", ["grafana", "grafana-public"])
def test_the_provisioning_is_given_every_variable_that_it_asks_for(service: str) -> None:
    folder = next(path for path, _ in mounts(service) if (path / "datasources").is_dir())
    asked = {name for file in folder.rglob("*.yaml") for name in re.findall(r"\$(\w+)", file.read_text())}
    assert asked
    assert asked <= SERVICES[service]["environment"].keys()


def test_the_public_grafana_knows_only_the_published_schema(elsewhere: Settings) -> None:
    public = SERVICES["grafana-public"]
    assert public["profiles"] == ["public"]
    given = compose.environment(elsewhere)
    assert environment_of("grafana-public", given)["QUARTIERS_GRAFANA_PASSWORD"] == elsewhere.password("public_reader")
    assert {name for name, *_ in VARIABLE.findall(str(public["environment"])) if "PASSWORD" in name} == {
        "QUARTIERS_PASSWORD_GRAFANA_PUBLIC_ADMIN",
        "QUARTIERS_PASSWORD_PUBLIC_READER",
    }
    folder, dashboards = (path for path, _ in mounts("grafana-public"))
    assert [file.name for file in dashboards.iterdir()] == ["public.json"]
    files = sorted((folder / "datasources").iterdir())
    sources = [source for file in files for source in yaml.safe_load(file.read_text())["datasources"]]
    assert [source["user"] for source in sources] == ["public_reader"]


class Recorder(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


@pytest.mark.parametrize(
    ("service", "roles", "principals"),
    [
        ("worker", ("ingest",), ("worker",)),
        ("migrate", ("postgres", *ROLES), ("admin", "worker", "archive", "notifier")),
        ("archive", (), ("archive",)),
        ("notifier", ("observatory",), ("notifier",)),
    ],
)
def test_the_containers_are_given_what_the_settings_read_and_nothing_else(
    service: str,
    roles: tuple[str, ...],
    principals: tuple[str, ...],
    elsewhere: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = compose.environment(elsewhere)
    given = environment_of(service, written)
    nowhere = tmp_path / "read-only"
    asked = Recorder({**given, "QUARTIERS_CACHE": str(nowhere)})
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", asked)
        settings = Settings.load()
        bootstrap = settings.kafka_bootstrap
        dsns = {role: settings.database_dsn(role) for role in roles}
        passwords = {name: settings.password(name) for name in principals}
    assert bootstrap == "kafka:9092"
    for role, dsn in dsns.items():
        password = written[f"QUARTIERS_PASSWORD_{role.upper()}"]
        assert dsn == f"postgresql://{role}:{password}@timescaledb:5432/quartiers"
    for name, password in passwords.items():
        assert password == written[f"QUARTIERS_PASSWORD_{name.upper()}"]
    assert not nowhere.exists(), "a port or a password was made in the container"
    assert given.keys() - asked.asked <= {"APP_DATADIR"}


def test_the_gateways_container_has_the_certificate_and_no_password(
    elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = environment_of("gateway", compose.environment(elsewhere))
    assert not [name for name in given if "PASSWORD" in name]
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", dict(given, QUARTIERS_CACHE=str(tmp_path / "read-only")))
        settings = Settings.load()
        assert (settings.kafka_bootstrap, settings.port("gateway")) == ("kafka:9092", 8443)
        file = certificate(settings, tmp_path)
    assert file.read_bytes() == CertificateFiles.of(elsewhere).server.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "read-only").exists(), "a port or a certificate was made in the container"


def test_the_worker_writes_only_where_its_container_lets_it(
    elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(SERVICES[name]["read_only"] and SERVICES[name]["tmpfs"] == ["/tmp"] for name in PYTHON)
    monkeypatch.setenv("APP_DATADIR", SERVICES["worker"]["environment"]["APP_DATADIR"])
    app = create_app(elsewhere, SystemClock(), "worker-1")
    assert str(app.conf.datadir).startswith("/tmp/")


def test_the_archive_writes_into_its_volume_which_is_its_users_own() -> None:
    one = SERVICES["archive"]
    (volume,) = one["volumes"]
    name, _, folder = volume.partition(":")
    assert name in yaml.safe_load(TEXT)["volumes"]
    assert one["command"][-2:] == ["--to", folder]
    assert f"{folder}/{ALIVE}" in one["healthcheck"]["test"][-1]
    assert one["profiles"] == ["archive"]
    assert f"-o quartiers {folder}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_notifier_reads_the_instances_recipients_and_keeps_its_journal_in_its_users_volume(
    elsewhere: Settings,
) -> None:
    one = SERVICES["notifier"]
    recipients, kept = one["volumes"]
    source, target, options = resolved(recipients, compose.environment(elsewhere)).split(":")
    assert (Path(source), options) == (elsewhere.instance_dir / RECIPIENTS, "ro")
    assert (ROOT / resolved(recipients, {}).split(":")[0]).is_file(), "an example that exists, until it is told"
    name, _, folder = kept.partition(":")
    assert name in yaml.safe_load(TEXT)["volumes"]
    assert one["command"][-4:] == ["--recipients", target, "--journal", f"{folder}/{JOURNAL}"]
    assert f"{folder}/{NOTIFIER_ALIVE}" in one["healthcheck"]["test"][-1]
    assert one["profiles"] == ["notifier"]
    assert f"-o quartiers {folder} \\\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (secrets,) = one["env_file"]
    assert secrets["required"] is False
    assert secrets["path"] in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_passwords_go_to_an_ignored_file_that_only_its_owner_reads(
    elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", compose.ENV_FILE.name], cwd=ROOT, check=False)
    assert ignored.returncode in (0, 128), "git does not ignore .env"
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    file = tmp_path / ".env"
    file.write_text("old=1\n")
    file.chmod(0o644)
    monkeypatch.setattr(compose, "ENV_FILE", file)
    compose.write_environment(elsewhere)
    assert file.stat().st_mode & 0o777 == 0o600
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert lines == compose.environment(elsewhere)
    assert lines["QUARTIERS_POSTGRES_PORT"] == str(elsewhere.port("postgres")), "commands of this machine reach it too"


def test_a_missing_docker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(compose.ServiceError, match="Docker n'est pas installé"):
        compose.down()


def free_ports(count: int) -> list[str]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def accepts(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def administrator(address: str, password: str, authority: Path | None = None) -> KafkaAdminClient:
    return KafkaAdminClient(
        bootstrap_servers=address,
        security_protocol="SASL_SSL" if authority else "SASL_PLAINTEXT",
        ssl_cafile=str(authority) if authority else None,
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username="admin",
        sasl_plain_password=password,
        bootstrap_timeout_ms=5_000,
    )


def answers(port: str) -> bool:
    """Return whether Kafka answers its administrator there: a program that took the port since does not."""
    try:
        administrator(f"127.0.0.1:{port}", "right").close()
    except KafkaError:
        return False
    return True


@contextmanager
def broker_on(ports: list[str], folder: Path, tools: Path) -> Iterator[bool]:
    """Run the script of the service `kafka`; tell whether it answers, or ended because a port is another's by now."""
    inside, controller, outside, encrypted = ports
    data, log = folder / "data", folder / "log"
    data.mkdir(parents=True)
    script = next(path for path, _ in mounts("kafka") if path.suffix == ".sh")
    environment = {
        **os.environ,
        "KAFKA_BIN": str(tools),
        "KAFKA_DATA": str(data),
        "SHARED_PROPERTIES": str(ROOT / "operations/services/kafka/broker.properties"),
        "INSIDE_HOST": "127.0.0.1",
        "INSIDE_PORT": inside,
        "CONTROLLER_PORT": controller,
        "OUTSIDE_PORT": outside,
        "TLS_PORT": encrypted,
        "QUARTIERS_KAFKA_TLS_PORT": encrypted,
        "QUARTIERS_PUBLIC_HOST": "127.0.0.1",
        "QUARTIERS_TLS_KEYSTORE": compose.environment(Settings("compose", folder))["QUARTIERS_TLS_KEYSTORE"],
        "QUARTIERS_KAFKA_PORT": outside,
        "QUARTIERS_PASSWORD_ADMIN": "right",
        "TMPDIR": str(folder),
    }
    with log.open("wb") as written:
        broker = subprocess.Popen(
            ["sh", script], env=environment, stdout=written, stderr=written, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 60
        # A port may accept while Kafka finds that another one is taken: it listens for good once it answers.
        while broker.poll() is None and not (accepts(outside) and answers(outside)):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        started = broker.poll() is None
        assert started or "Address already in use" in log.read_text(), log.read_text()
        assert not started or (data / "meta.properties").exists()
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(broker.pid, signal.SIGKILL)
        broker.wait()


@pytest.fixture
def container_broker(settings: Settings, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """The script of the service `kafka`, run on the native Kafka as if its folder were the image's.

    Gives its address, the encrypted one, and the authority that signed the certificate.
    """
    jars, tools = install.kafka_jars(settings.cache_dir, print), tmp_path / "bin"
    tools.mkdir()
    for name, main in (("kafka-storage.sh", "kafka.tools.StorageTool"), ("kafka-server-start.sh", "kafka.Kafka")):
        (tools / name).write_text(f'#!/bin/sh\nexec java -Xmx256m -cp "{jars}/*" {main} "$@"\n')
        (tools / name).chmod(0o755)
    for attempt in range(5):
        ports = free_ports(4)
        folder = tmp_path / str(attempt)
        with broker_on(ports, folder, tools) as started:
            if started:
                authority = CertificateFiles.of(Settings("compose", folder)).authority
                yield f"127.0.0.1:{ports[2]}", f"127.0.0.1:{ports[3]}", authority
                return
    pytest.fail("free ports were taken five times before the broker listened on them")


@pytest.mark.services
def test_the_broker_of_the_containers_knows_its_administrator_and_refuses_others(
    container_broker: tuple[str, str, Path],
) -> None:
    plain, encrypted, authority = container_broker
    for client in (administrator(plain, "right"), administrator(encrypted, "right", authority)):
        assert client.list_topics() == []
        client.close()
    with pytest.raises(KafkaError):
        administrator(plain, "wrong").list_topics()


@pytest.mark.services
def test_the_command_of_migrate_prepares_everything_with_the_containers_environment(
    settings: Settings, broker: Settings, tmp_path: Path
) -> None:
    real = {f"QUARTIERS_PASSWORD_{n.upper()}": settings.password(n) for n in MIGRATE}
    given = environment_of("migrate", real) | {
        "QUARTIERS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "QUARTIERS_DATABASE_HOST": "127.0.0.1",
        "QUARTIERS_POSTGRES_PORT": str(settings.port("postgres")),
        "QUARTIERS_CACHE": str(tmp_path / "none"),
    }
    command = [sys.executable, *SERVICES["migrate"]["command"][1:]]
    for _ in range(2):
        done = subprocess.run(
            command, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **given}, cwd=tmp_path, check=False
        )
        assert done.returncode == 0
    assert not (tmp_path / "none").exists()
    client = admin(settings)
    assert {SENTINEL, ALERTS} <= set(client.list_topics())
    client.close()


@pytest.mark.services
def test_a_worker_is_healthy_while_it_looks_at_its_topics(
    settings: Settings, database: psycopg.Connection[Any]
) -> None:
    assert not worker_health.healthy(settings)
    database.execute("INSERT INTO core.topic_end (topic, partition, end_offset) VALUES (%s, 0, 0)", (SENTINEL,))
    assert worker_health.healthy(settings)
    database.execute("UPDATE core.topic_end SET seen_at = clock_timestamp() - interval '31 s'")
    assert not worker_health.healthy(settings)


def test_a_worker_without_a_database_is_not_healthy(elsewhere: Settings) -> None:
    assert not worker_health.healthy(elsewhere)
