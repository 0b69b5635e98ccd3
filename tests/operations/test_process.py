"""A process is ours by its pid, its start and its mark: nothing else is ever ended, and nothing of ours is lost."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.services import processes
from operations.services.errors import ServiceError
from operations.services.process import ServiceProcess, wait_until

SLEEP = ["sleep", "300"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(300)",
]
GARBAGE = ["", "garbage", "[]", "12", "null", "{}", '{"pid": "x", "started": 1}', '{"pid": null}', '{"pid": 1']


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    made = ServiceProcess("sleeper", tmp_path)
    yield made
    if pid := made.find():
        os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    return processes.start_time(pid) is not None


def test_starting_twice_leaves_one_process(service: ServiceProcess) -> None:
    first = service.start(SLEEP)
    assert service.start(SLEEP) == first
    assert service.pid() == first


def test_stopping_ends_it_and_stopping_again_changes_nothing(service: ServiceProcess) -> None:
    pid = service.start(SLEEP)
    assert service.stop()
    assert not alive(pid)
    assert not service.pid_file.exists()
    assert not service.stop()


def test_it_leads_a_session_of_its_own_and_is_out_of_reach_of_ctrl_c(service: ServiceProcess) -> None:
    pid = service.start(SLEEP)
    assert os.getsid(pid) == pid != os.getsid(0)


@pytest.mark.parametrize("text", GARBAGE)
def test_a_spoilt_pid_file_names_nobody(service: ServiceProcess, text: str) -> None:
    service.pid_file.parent.mkdir()
    service.pid_file.write_text(text)
    assert service.pid() is None
    assert not service.stop()


@pytest.mark.parametrize("text", ["garbage", None])
def test_what_runs_is_found_again_when_its_pid_file_is_spoilt_or_lost(
    service: ServiceProcess, text: str | None
) -> None:
    pid = service.start(SLEEP)
    if text is None:
        service.pid_file.unlink()
    else:
        service.pid_file.write_text(text)
    assert service.start(SLEEP) == pid, "a second one was started beside the first"
    assert service.pid() == pid, "the pid file is not mended"
    service.pid_file.unlink()
    assert service.stop()
    assert not alive(pid)


def test_the_pid_of_another_program_is_neither_taken_for_ours_nor_ended(service: ServiceProcess, stranger: int) -> None:
    service.pid_file.parent.mkdir()
    started = processes.start_time(stranger)
    assert started is not None
    record = {"pid": stranger, "started": started - 1, "boot": processes.boot()}
    service.pid_file.write_text(json.dumps(record))
    assert service.pid() is None
    assert not service.stop()
    assert alive(stranger)
    assert service.start(SLEEP) != stranger


def test_a_pid_of_before_the_machine_started_again_is_not_ours(service: ServiceProcess, stranger: int) -> None:
    service.pid_file.parent.mkdir()
    record = {"pid": stranger, "started": processes.start_time(stranger), "boot": "another"}
    service.pid_file.write_text(json.dumps(record))
    assert service.pid() is None
    assert not service.stop()
    assert alive(stranger)


def test_a_process_that_was_gone_before_it_was_noted_does_not_run_for_ever(service: ServiceProcess) -> None:
    pid = service.start(["true"])
    assert wait_until(lambda: not alive(pid), 10)
    service._record(pid)
    assert service.pid() is None
    service.pid_file.write_text(json.dumps({"pid": pid, "started": None}))
    assert service.pid() is None


def test_a_dead_process_makes_room_for_the_next(service: ServiceProcess) -> None:
    first = service.start(SLEEP)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: service.pid() is None, 10)
    second = service.start(SLEEP)
    assert second != first
    assert service.pid() == second


def test_one_that_does_not_listen_is_ended_by_force(service: ServiceProcess) -> None:
    pid = service.start(STUBBORN)
    assert wait_until(lambda: service.log_file.read_text() != "", 10), "it does not ignore the signal yet"
    assert service.stop(patience=0.2)
    assert not alive(pid)


def test_a_frozen_one_is_ended(service: ServiceProcess) -> None:
    pid = service.start(SLEEP)
    os.kill(pid, signal.SIGSTOP)
    assert service.stop(patience=0.2)
    assert not alive(pid)


def test_a_program_that_does_not_exist_is_said(service: ServiceProcess) -> None:
    with pytest.raises(ServiceError, match="sleeper n'a pas pu être lancé"):
        service.start(["/nowhere/program"])
    assert service.pid() is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="n'a pas pu être lancé"):
        ServiceProcess("sleeper", tmp_path / "file").start(SLEEP)


def test_two_instances_with_services_of_one_name_know_only_their_own(tmp_path: Path) -> None:
    one, other = (ServiceProcess("sleeper", tmp_path / name) for name in ("one", "other"))
    first, second = one.start(SLEEP), other.start(SLEEP)
    one.pid_file.unlink()
    other.pid_file.unlink()
    assert (one.find(), other.find()) == (first, second)
    assert one.stop()
    assert alive(second)
    assert other.stop()


def test_a_child_of_a_service_is_not_taken_for_it(service: ServiceProcess) -> None:
    pid = service.start(["sh", "-c", "sleep 300 & wait"])
    service.pid_file.unlink()
    assert service.find() == pid


def test_who_works_in_a_folder_is_found_by_its_working_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert processes.sitting_in(tmp_path / "data") == []
    with subprocess.Popen(SLEEP, cwd=tmp_path / "data") as child:
        assert processes.sitting_in(tmp_path / "data") == [child.pid]
        child.kill()
    assert processes.sitting_in(tmp_path / "data") == []
    assert processes.sitting_in(tmp_path / "nowhere") == []
