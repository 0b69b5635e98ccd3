"""The native PostgreSQL 17 + TimescaleDB of an instance: in a chroot, as `postgres`, loopback only."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from operations.services import install
from operations.services.broker_service import require_password
from operations.services.process import ServiceError, ServiceProcess, wait_until
from operations.services.processes import sitting_in
from runtime.settings import LOST_FR, Settings, SettingsError

FILES = Path(__file__).parent / "postgres"
BIN = "/usr/lib/postgresql/17/bin"
# The builtin provider compares text by bytes: a tenth faster than the C library's on the counters' keys.
LOCALE = "--locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8"
PATIENCE = 60.0
ORPHANS_SECONDS = 20.0
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


def process(settings: Settings) -> ServiceProcess:
    """Return the database's process."""
    return ServiceProcess("postgres", settings.instance_dir)


def start(settings: Settings, say: install.Say) -> None:
    """Install, initialise and start the database unless it runs, and wait until it answers.

    Raises ServiceError, with the end of its log, if it does not.
    """
    service = process(settings)
    with service.alone():
        if not service.find():
            _start(settings, service, say)
        up = wait_until(lambda: service.pid() is None or _answers(settings), PATIENCE)
    if not up or service.pid() is None:
        raise service.failed("PostgreSQL", log_file(settings))


def log_file(settings: Settings) -> Path:
    """Return where the server writes: a file of its own a month, but its first words, of which a failure may be one."""
    files = [process(settings).log_file, *(settings.instance_dir / "postgres" / "log").glob("*.log")]
    return max((one for one in files if one.exists()), key=lambda one: one.stat().st_mtime, default=files[0])


def _start(settings: Settings, service: ServiceProcess, say: install.Say) -> None:
    install.require_root()
    install.require_writable(settings.instance_dir)
    rootfs = install.postgres_rootfs(settings.cache_dir, say)
    data = settings.instance_dir / "postgres"
    if (data / "PG_VERSION").exists():
        require_password(settings, "postgres", data)
        _end_orphans(data)
    else:
        _initialise(rootfs, data, settings.password("postgres"))
    settings.release_port_if_taken("postgres")
    shutil.copy(FILES / "quartiers.conf", data / "quartiers.conf")
    (data / "quartiers.conf").chmod(0o644)
    (data / "pg_hba.conf").write_text(HBA)
    service.start(
        [*_launch(rootfs, data), f"{BIN}/postgres", "-D", "/srv", "-p", str(settings.port("postgres"))]
        + ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    )


def _end_orphans(data: Path) -> None:
    """Wait until no process of a killed postmaster works on the data any more, then forget that postmaster.

    Two servers on one folder would destroy it. PostgreSQL guards against that by `postmaster.pid`, which also
    stops it for ever when a stranger was given the pid in it: so the file goes, but only when nobody is left.
    """
    if not wait_until(lambda: not sitting_in(data), ORPHANS_SECONDS):
        for pid in sitting_in(data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not wait_until(lambda: not sitting_in(data), 10):
            raise ServiceError(f"Des processus (pid {sitting_in(data)}) tiennent encore {data}.")
    (data / "postmaster.pid").unlink(missing_ok=True)


def stop(settings: Settings) -> bool:
    """Stop the database (fast shutdown); return whether it ran."""
    return process(settings).stop(signal.SIGINT, patience=40)


def _answers(settings: Settings) -> bool:
    try:
        psycopg.connect(settings.database_dsn("postgres", "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise SettingsError(
                f"La base refuse le mot de passe de {settings.instance_dir / 'secrets.json'}. {LOST_FR['secrets.json']}"
            ) from error
        return False
    return True


def _launch(rootfs: Path, data: Path) -> list[str]:
    return ["unshare", "--mount", "sh", str(FILES / "launch.sh"), str(rootfs), str(data)]


def _initialise(rootfs: Path, data: Path, password: str) -> None:
    """Make a database in a folder beside, then move it into place: never half a database after an interruption."""
    passwd = dict(line.split(":", 1) for line in (rootfs / "etc/passwd").read_text().splitlines())
    uid, gid = (int(part) for part in passwd["postgres"].split(":")[1:3])
    made = data.with_name("postgres.new")
    for folder in (made, data):
        shutil.rmtree(folder, ignore_errors=True)
    made.mkdir(parents=True, mode=0o700)
    os.chown(made, uid, gid)
    initdb = f"{BIN}/initdb -D /srv -U postgres {LOCALE} --auth=scram-sha-256 --pwfile=$secret"
    script = (
        "set -e; umask 077; secret=$(mktemp); trap 'rm -f $secret' EXIT; cat > $secret; "
        f"{initdb}; echo \"include 'quartiers.conf'\" >> /srv/postgresql.conf"
    )
    done = subprocess.run(
        [*_launch(rootfs, made), "sh", "-c", script], input=password + "\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(f"La base n'a pas pu être initialisée :\n{done.stdout}{done.stderr}")
    made.rename(data)
