"""The native PostgreSQL 17 + TimescaleDB of an instance: in a chroot, as `postgres`, loopback only."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from operations.services import install
from operations.services.process import ServiceError, ServiceProcess, wait_until
from runtime.settings import Settings

FILES = Path(__file__).parent / "postgres"
BIN = "/usr/lib/postgresql/17/bin"
# The builtin provider compares text by bytes: a tenth faster than the C library's on the counters' keys.
LOCALE = "--locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8"
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


def process(settings: Settings) -> ServiceProcess:
    """Return the database's process."""
    return ServiceProcess("postgres", settings.instance_dir)


def start(settings: Settings, say: install.Say) -> None:
    """Install, initialise and start the database unless it runs; ServiceError if it fails."""
    service = process(settings)
    if service.pid():
        return
    rootfs = install.postgres_rootfs(settings.cache_dir, say)
    install.require_root()
    install.require_writable(settings.instance_dir)
    settings.release_port_if_taken("postgres")
    data = settings.instance_dir / "postgres"
    launch = ["unshare", "--mount", "sh", str(FILES / "launch.sh"), str(rootfs), str(data)]
    if not (data / "PG_VERSION").exists():
        _initialise(launch, rootfs, data, settings.password("postgres"))
    shutil.copy(FILES / "quartiers.conf", data / "quartiers.conf")
    (data / "quartiers.conf").chmod(0o644)
    (data / "pg_hba.conf").write_text(HBA)
    # One owner at a time: a stale file names a postmaster that a kill -9 or a power cut took away.
    (data / "postmaster.pid").unlink(missing_ok=True)
    service.start(
        [*launch, f"{BIN}/postgres", "-D", "/srv", "-p", str(settings.port("postgres"))]
        + ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    )
    if not wait_until(lambda: service.pid() is None or _answers(settings), 60) or service.pid() is None:
        raise ServiceError(f"PostgreSQL n'a pas démarré. Fin de {service.log_file} :\n{service.log_tail()}")


def stop(settings: Settings) -> bool:
    """Stop the database (fast shutdown); return whether it ran."""
    return process(settings).stop(signal.SIGINT, patience=40)


def _answers(settings: Settings) -> bool:
    try:
        psycopg.connect(settings.database_dsn("postgres", "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(launch: list[str], rootfs: Path, data: Path, password: str) -> None:
    passwd = dict(line.split(":", 1) for line in (rootfs / "etc/passwd").read_text().splitlines())
    uid, gid = (int(part) for part in passwd["postgres"].split(":")[1:3])
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    os.chown(data, uid, gid)
    initdb = f"{BIN}/initdb -D /srv -U postgres {LOCALE} --auth=scram-sha-256 --pwfile=$secret"
    script = (
        "set -e; umask 077; secret=$(mktemp); trap 'rm -f $secret' EXIT; cat > $secret; "
        f"{initdb}; echo \"include 'quartiers.conf'\" >> /srv/postgresql.conf"
    )
    done = subprocess.run(
        [*launch, "sh", "-c", script], input=password + "\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(f"La base n'a pas pu être initialisée :\n{done.stdout}{done.stderr}")
