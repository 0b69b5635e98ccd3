"""Ctrl-C and SIGTERM, put off while something must not be left half done."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

DEFERRED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put these signals off until the block is over, then let them have their effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, keep) for number in DEFERRED}
    try:
        yield
    finally:
        _restore(before)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def stops_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does: by KeyboardInterrupt, so that it cleans up."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        _restore(before)


def _restore(before: Mapping[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
