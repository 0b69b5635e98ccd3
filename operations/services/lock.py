"""One at a time: a lock file that the kernel gives back when its holder ends, however it ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.services.errors import ServiceError


@contextmanager
def alone(file: Path, say: Callable[[str], None] | None = None, *, refuse: str = "") -> Iterator[None]:
    """Hold the lock during the block; wait for whoever holds it, and say so once.

    Raises ServiceError if the folder cannot be written, and, with the text `refuse`, instead of waiting.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServiceError(f"Le dossier {file.parent} n'est pas accessible en écriture ({error.strerror}).") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if refuse:
                raise ServiceError(refuse.format(holder=_holder(descriptor))) from error
            if say is not None:
                say(f"Une autre commande est en cours sur cette instance{_holder(descriptor)} ; attente de sa fin ...")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return f" (pid {pid})" if pid.isdigit() else ""
