"""What Linux tells of the processes of this machine: who lives since when, who is ours, who sits in a folder."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
MARK = "QUARTIERS_SERVICE"
"""Every process that we start carries its instance's folder and its name in this variable."""


def start_time(pid: int) -> int | None:
    """Return the start of a live process in clock ticks since boot, None if there is none or only a zombie.

    One whose first thread alone has died still holds its files and its ports: a broker that is being killed.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    state, threads, started = fields[0], int(fields[17]), int(fields[19])
    return None if state in "ZX" and threads <= 1 else started


def boot() -> str:
    """Return what names this run of the machine: ticks since boot mean nothing after the next one."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def reap(pid: int) -> None:
    """Collect a child of ours that has ended, so that it does not stay a zombie."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def command_line(pid: int) -> list[str]:
    """Return the words of a process's command, none if it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment with which a process was started, nothing if it is gone or another user's."""
    try:
        text = (PROC / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def marked(mark: str) -> int | None:
    """Return the pid of the live process that carries this mark and leads its session, None if there is none."""
    wanted = f"{MARK}={mark}".encode()
    for pid in _pids():
        with suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0") and os.getsid(pid) == pid:
                return pid
    return None


def sitting_in(folder: Path) -> list[int]:
    """Return the live processes whose working folder is this one, also through a mount: a database's own."""
    try:
        wanted = folder.stat()
    except OSError:
        return []
    found = []
    for pid in _pids():
        with suppress(OSError):
            if os.path.samestat((PROC / str(pid) / "cwd").stat(), wanted) and start_time(pid) is not None:
                found.append(pid)
    return found


def mounted_under(folder: Path) -> list[str]:
    """Return the mounts beneath a folder: it must not be deleted while there is one."""
    try:
        lines = (PROC / "self/mountinfo").read_text().splitlines()
    except OSError:
        return []
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    return [point for point in points if Path(point).is_relative_to(folder)]


def _pids() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(name) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208
