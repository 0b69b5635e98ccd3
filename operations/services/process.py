"""One service process: started detached, known by pid *and* start time, ended only if we started it.

A pid alone may have been given to a stranger since; the start time in /proc tells, and the boot it counts
from. A stale pid file is therefore harmless: it names a process that no longer is. A pid file that is lost or
spoilt is harmless too: what we start carries a mark in its environment, by which it is found again.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from operations.services.errors import ServiceError
from operations.services.interrupts import undisturbed
from operations.services.lock import alone
from operations.services.processes import MARK, boot, environment_of, marked, reap, start_time

__all__ = ["ServiceError", "ServiceProcess", "start_time", "wait_until"]


@dataclass(frozen=True)
class ServiceProcess:
    """A named process of an instance, with its pid file and its log."""

    name: str
    folder: Path

    @property
    def pid_file(self) -> Path:
        """Where the pid, the start time and the boot are kept."""
        return self.folder / "run" / f"{self.name}.json"

    @property
    def log_file(self) -> Path:
        """Where the process writes."""
        return self.folder / "log" / f"{self.name}.log"

    @property
    def mark(self) -> str:
        """What the process carries in its environment."""
        return f"{self.folder.absolute()}/{self.name}"

    def pid(self) -> int | None:
        """Return the pid if the process that the pid file names still runs, and is the one that we started."""
        try:
            record = json.loads(self.pid_file.read_text())
            pid, started, booted = int(record["pid"]), int(record["started"]), record.get("boot", boot())
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        if booted != boot():
            return None
        now = start_time(pid)
        if now is None:
            reap(pid)
        return pid if now == started else None

    def find(self) -> int | None:
        """Return the pid like `pid()`, also if the pid file was lost or spoilt: it is written again."""
        if running := self.pid():
            return running
        found = marked(self.mark)
        if found is not None:
            self._record(found)
        return self.pid()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold this service's lock: the supervisor and a command never start it both."""
        with alone(self.folder / "run" / f"{self.name}.lock"):
            yield

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> int:
        """Start the process in a session of its own unless it runs already; return its pid.

        Raises ServiceError if its folder cannot be written or its program does not exist.
        """
        if running := self.find():
            return running
        try:
            self.pid_file.parent.mkdir(parents=True, exist_ok=True)
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            with self.log_file.open("ab") as log, undisturbed():
                child = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **(env or {}), MARK: self.mark},
                    cwd=self.folder,
                    start_new_session=True,
                )
                self._record(child.pid)
        except OSError as error:
            raise ServiceError(f"{self.name} n'a pas pu être lancé : {error.strerror} ({error.filename}).") from error
        # The kernel shows the environment of a new program a moment after it started: then its mark can be found.
        wait_until(lambda: bool(environment_of(child.pid)) or start_time(child.pid) is None, 1, every=0.001)
        return child.pid

    def _record(self, pid: int) -> None:
        """Write the pid file. A process that is already gone is noted as one that never runs."""
        started = start_time(pid)
        record = {"pid": pid, "started": -1 if started is None else started, "boot": boot()}
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.pid_file.with_suffix(".new")
        fresh.write_text(json.dumps(record))
        fresh.replace(self.pid_file)

    def stop(self, sig: signal.Signals = signal.SIGTERM, patience: float = 30.0) -> bool:
        """End the process that we started; return whether there was one. SIGKILL after `patience` seconds.

        Raises ServiceError if it belongs to another user, or does not end at all.
        """
        pid = self.find()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        self._signal(pid, sig)
        if not wait_until(lambda: self.pid() is None, patience):
            self._signal(pid, signal.SIGKILL)
            if not wait_until(lambda: self.pid() is None, 10):
                raise ServiceError(f"{self.name} (pid {pid}) ne s'arrête pas, même de force.")
        self.pid_file.unlink(missing_ok=True)
        return True

    def _signal(self, pid: int, sig: signal.Signals) -> None:
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise ServiceError(
                f"{self.name} (pid {pid}) a été lancé par un autre utilisateur : relancez avec sudo."
            ) from error

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return log_tail(self.log_file, lines)

    def failed(self, name: str, own_log: Path | None = None) -> ServiceError:
        """Return the error that says that the service did not come up, with the end of its log."""
        file = own_log or self.log_file
        tail = log_tail(file) or "(rien n'y est écrit)"
        return ServiceError(f"{name} n'a pas démarré. Fin de {file} :\n{tail}")


def log_tail(file: Path, lines: int = 15) -> str:
    """Return the last lines of a log, nothing if it cannot be read."""
    try:
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def wait_until(condition: Callable[[], bool], patience: float, every: float = 0.05) -> bool:
    """Return whether `condition` came true within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
