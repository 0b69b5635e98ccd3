"""The native Kafka broker of an instance: one KRaft node, SCRAM and ACLs always on, loopback only."""

import signal
import socket
import subprocess
from pathlib import Path

from operations.services import install
from operations.services.process import ServiceError, ServiceProcess, wait_until
from runtime.settings import Settings

PROPERTIES = Path(__file__).parent / "kafka" / "broker.properties"
LOG4J = Path(__file__).parent / "kafka" / "log4j2.yaml"


def process(settings: Settings) -> ServiceProcess:
    """Return the broker's process."""
    return ServiceProcess("kafka", settings.instance_dir)


def port_answers(port: int) -> bool:
    """Return whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(settings: Settings, say: install.Say) -> None:
    """Install, format and start the broker unless it runs; ServiceError with the end of its log if it fails."""
    service = process(settings)
    if service.pid():
        return
    jars = install.kafka_jars(settings.cache_dir, say)
    install.java_version()
    install.require_writable(settings.instance_dir)
    for name in ("kafka", "controller"):
        settings.release_port_if_taken(name)
    java = [
        "java",
        "-Xmx768m",
        "-Xms256m",
        "-XX:+UseG1GC",
        f"-Dlog4j2.configurationFile={LOG4J}",
        "-cp",
        f"{jars}/*",
    ]
    properties = _write_properties(settings)
    data = settings.instance_dir / "kafka"
    if not (data / "meta.properties").exists():
        _format(java, properties, settings.password("admin"))
    service.start([*java, "kafka.Kafka", str(properties)])
    up = wait_until(lambda: service.pid() is None or port_answers(settings.port("kafka")), 60)
    if not up or service.pid() is None:
        raise ServiceError(f"Kafka n'a pas démarré. Fin de {service.log_file} :\n{service.log_tail()}")


def stop(settings: Settings) -> bool:
    """Stop the broker; return whether it ran."""
    return process(settings).stop(signal.SIGTERM, patience=40)


def _write_properties(settings: Settings) -> Path:
    """Join the shared properties and this instance's listeners, address and folder."""
    client, controller = settings.port("kafka"), settings.port("controller")
    admin = settings.password("admin")
    jaas = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="{admin}";'
    own = {
        "listeners": f"CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{client}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(settings.instance_dir / "kafka"),
        "listener.name.client.scram-sha-256.sasl.jaas.config": jaas,
    }
    target = settings.instance_dir / "broker.properties"
    target.touch(mode=0o600)
    target.write_text(PROPERTIES.read_text() + "".join(f"{key}={value}\n" for key, value in own.items()))
    return target


def _format(java: list[str], properties: Path, admin: str) -> None:
    tool = [*java, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.split()[-1]
    done = subprocess.run(
        [*tool, "format", "-t", cluster, "-c", str(properties)]
        + ["--add-scram", f"SCRAM-SHA-256=[name=admin,password={admin}]"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(f"Le stockage de Kafka n'a pas pu être préparé :\n{done.stdout}{done.stderr}")
