"""The native Kafka broker of an instance: one KRaft node, SCRAM and ACLs always on, loopback only."""

import os
import signal
import socket
import subprocess
from pathlib import Path

from kafka.admin import ConfigResource, ConfigResourceType

from operations.certificates import CertificateFiles, ensure_certificates
from operations.services import install
from operations.services.process import ServiceError, ServiceProcess, wait_until
from runtime.broker import admin
from runtime.clock import SystemClock
from runtime.settings import LOST_FR, Settings, SettingsError

PROPERTIES = Path(__file__).parent / "kafka" / "broker.properties"
PATIENCE = 60.0
NODE = "1"
KEYSTORE = "listener.name.tls.ssl.keystore.location"
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
    """Install, format and start the broker unless it runs, and wait until it answers.

    Raises ServiceError, with the end of its log, if it does not.
    """
    service = process(settings)
    with service.alone():
        if not service.find():
            _start(settings, service, say)
        up = wait_until(lambda: service.pid() is None or port_answers(settings.port("kafka")), PATIENCE)
    if not up or service.pid() is None:
        raise service.failed("Kafka")


def _start(settings: Settings, service: ServiceProcess, say: install.Say) -> None:
    install.require_writable(settings.instance_dir)
    install.require_java()
    jars = install.kafka_jars(settings.cache_dir, say)
    data = settings.instance_dir / "kafka"
    formatted = (data / "meta.properties").exists()
    if formatted:
        require_password(settings, "admin", data)
    for name in ("kafka", "kafka_tls", "controller"):
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
    ensure_certificates(settings, SystemClock().now())
    properties = _write_properties(settings)
    if not formatted:
        _format(java, properties, settings.password("admin"))
    service.start([*java, "kafka.Kafka", str(properties)])


def require_password(settings: Settings, principal: str, data: Path) -> None:
    """Raise unless the password with which the data was made is known: a new one would open nothing."""
    if f"QUARTIERS_PASSWORD_{principal.upper()}" in os.environ or settings.remembers("secrets.json", principal):
        return
    file = settings.instance_dir / "secrets.json"
    raise SettingsError(
        f"{data} existe, mais son mot de passe « {principal} » n'est plus dans {file}. {LOST_FR['secrets.json']}"
    )


def stop(settings: Settings) -> bool:
    """Stop the broker; return whether it ran."""
    return process(settings).stop(signal.SIGTERM, patience=40)


def take_up_certificate(settings: Settings) -> None:
    """Let the running broker show the server's new certificate, with no connection ended. Raises KafkaError.

    Naming the file again makes Kafka read it; the name is then forgotten, so that the file of properties decides.
    """
    client = admin(settings)
    try:
        named = ConfigResource(ConfigResourceType.BROKER, NODE, {KEYSTORE: str(CertificateFiles.of(settings).server)})
        client.alter_configs([named], raise_on_unknown=False)
        client.reset_configs([ConfigResource(ConfigResourceType.BROKER, NODE, [KEYSTORE])], raise_on_unknown=False)
    finally:
        client.close()


def _write_properties(settings: Settings) -> Path:
    """Join the shared properties and this instance's listeners, address and folder."""
    client, tls, controller = settings.port("kafka"), settings.port("kafka_tls"), settings.port("controller")
    admin = settings.password("admin")
    jaas = f'org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="{admin}";'
    own = {
        "listeners": f"CLIENT://127.0.0.1:{client},TLS://{settings.listen_address}:{tls},"
        f"CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{client},TLS://{settings.public_address('kafka_tls')}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(settings.instance_dir / "kafka"),
        "listener.name.client.scram-sha-256.sasl.jaas.config": jaas,
        "listener.name.tls.scram-sha-256.sasl.jaas.config": jaas,
        KEYSTORE: str(CertificateFiles.of(settings).server),
    }
    target = settings.instance_dir / "broker.properties"
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_text(PROPERTIES.read_text() + "".join(f"{key}={value}\n" for key, value in own.items()))
    return target


def _format(java: list[str], properties: Path, admin: str) -> None:
    tool = [*java, "kafka.tools.StorageTool"]
    made = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=False)
    if made.returncode or not made.stdout.strip():
        raise ServiceError(f"Kafka ne se lance pas :\n{made.stdout}{made.stderr}")
    cluster = made.stdout.split()[-1]
    done = subprocess.run(
        [*tool, "format", "-t", cluster, "-c", str(properties)]
        + ["--add-scram", f"SCRAM-SHA-256=[name=admin,password={admin}]"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(f"Le stockage de Kafka n'a pas pu être préparé :\n{done.stdout}{done.stderr}")
