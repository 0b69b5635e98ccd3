"""One service process: started detached, known by pid *and* start time, ended only if we started it.

A pid alone may have been given to a stranger since; the start time in /proc tells. A stale pid file is
therefore harmless: it names a process that no longer is.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class ServiceError(RuntimeError):
    """A service cannot be installed, started or stopped; the message, in French, says what to do."""


def start_time(pid: int) -> int | None:
    """Return the start of a live process in clock ticks since boot, None if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


@dataclass(frozen=True)
class ServiceProcess:
    """A named process of an instance, with its pid file and its log."""

    name: str
    folder: Path

    @property
    def pid_file(self) -> Path:
        """Where the pid and the start time are kept."""
        return self.folder / "run" / f"{self.name}.json"

    @property
    def log_file(self) -> Path:
        """Where the process writes."""
        return self.folder / "log" / f"{self.name}.log"

    def pid(self) -> int | None:
        """Return the pid if the process that we started still runs."""
        try:
            record = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        pid = int(record["pid"])
        return pid if start_time(pid) == record["started"] else None

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> int:
        """Start the process in a session of its own unless it runs already; return its pid."""
        if running := self.pid():
            return running
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        record = {"pid": child.pid, "started": start_time(child.pid)}
        fresh = self.pid_file.with_suffix(".new")
        fresh.write_text(json.dumps(record))
        fresh.replace(self.pid_file)
        return child.pid

    def stop(self, sig: signal.Signals = signal.SIGTERM, patience: float = 30.0) -> bool:
        """End the process that we started; return whether there was one. SIGKILL after `patience` seconds."""
        pid = self.pid()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        os.kill(pid, sig)
        if not wait_until(lambda: self._gone(pid), patience):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self._gone(pid), 10)
        self.pid_file.unlink(missing_ok=True)
        return True

    def _gone(self, pid: int) -> bool:
        _reap(pid)
        return self.pid() is None

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        try:
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def _reap(pid: int) -> None:
    """Collect a child of ours that has ended, so that it does not stay a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def wait_until(condition: Callable[[], bool], patience: float, every: float = 0.05) -> bool:
    """Return whether `condition` came true within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
