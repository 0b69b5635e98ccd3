"""Locks, and signals put off: no two commands at once, and nothing left half done."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from operations.services.errors import ServiceError
from operations.services.interrupts import stops_like_ctrl_c, undisturbed
from operations.services.lock import alone

HOLD = """
import sys
from pathlib import Path
from operations.services.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(file: Path) -> subprocess.Popen[str]:
    """Start another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(file)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_command_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    file, said = tmp_path / "run" / "instance.lock", []
    first = holder(file)

    def say(text: str) -> None:
        said.append(text)
        first.communicate("")

    with alone(file, say):
        assert first.returncode == 0, "we did not wait for the first"
    assert len(said) == 1
    assert f"pid {first.pid}" in said[0]
    assert "attente" in said[0]


def test_a_command_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    first = holder(tmp_path / "lock")
    first.kill()
    first.communicate()
    said: list[str] = []
    with alone(tmp_path / "lock", said.append):
        assert said == []


def test_one_that_does_not_wait_is_refused(tmp_path: Path) -> None:
    first = holder(tmp_path / "lock")
    with (
        pytest.raises(ServiceError, match=f"occupée .pid {first.pid}."),
        alone(tmp_path / "lock", refuse="occupée{holder}"),
    ):
        pytest.fail("two at once")
    first.communicate("")


def test_a_lock_in_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="n'est pas accessible en écriture"), alone(tmp_path / "file" / "lock"):
        pytest.fail("held nothing")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_has_its_effect_only_after_the_block(number: signal.Signals) -> None:
    came: list[str] = []
    before = signal.signal(number, lambda *_: came.append("signal"))
    try:
        with undisturbed():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            came.append("work")
        assert came == ["work", "signal"]
    finally:
        signal.signal(number, before)


def test_ctrl_c_in_the_block_interrupts_after_it() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        done.append(True)
    assert done


def test_a_thread_may_use_it_too() -> None:
    done: list[bool] = []

    def work() -> None:
        with undisturbed():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_from_outside_cleans_up_like_ctrl_c(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stops_like_ctrl_c():
        os.kill(os.getpid(), number)
        signal.pause()
    assert signal.getsignal(number) == before
