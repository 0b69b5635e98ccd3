"""A machine that lacks something: each time one clear French message with the remedy, and nothing half done."""

import os
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from operations.services import install
from operations.services.errors import ServiceError
from operations.services.processes import mounted_under
from runtime.settings import Settings
from tests.operations.conftest import Quartiers
from tests.operations.machines import EACH, OLD_JAVA, java_that_says, on_a_disk, only_these_programs, program

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
MAVEN = 'for one in "$@"; do case $one in -DoutputDirectory=*) /bin/mkdir -p "${one#*=}";; esac; done'
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path."""
    only_these_programs(monkeypatch, tmp_path / "bin")
    return tmp_path / "bin"


def downloaded(settings: Settings) -> None:
    """Let the downloads be there already."""
    for name in ("downloads/kafka", "rootfs"):
        (settings.cache_dir / name).mkdir(parents=True)
        (settings.cache_dir / name / ".complete").touch()


@pytest.mark.parametrize("have_downloads", [False, True])
def test_without_java(bare: Settings, quartiers: Quartiers, programs: Path, have_downloads: bool) -> None:
    if have_downloads:
        downloaded(bare)
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "il n'y a pas de `java`" in said.err
    assert "apt-get install openjdk-17" in said.err


def test_with_a_java_that_is_too_old(bare: Settings, quartiers: Quartiers, programs: Path) -> None:
    java_that_says(programs, OLD_JAVA)
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "Java 11 a été trouvé" in said.err
    assert "Java 17" in said.err


@pytest.mark.parametrize(
    ("line", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ('openjdk version "25" 2025-09-16', 25),
        ('Picked up JAVA_TOOL_OPTIONS: -Dx="9"\nopenjdk version "17.0.1"', 17),
        ("no version at all", 0),
    ],
)
def test_every_way_in_which_java_tells_its_version(programs: Path, line: str, major: int) -> None:
    java_that_says(programs, line)
    assert install.java_version() == major


def test_a_java_that_does_not_say_its_version_is_refused(programs: Path) -> None:
    program(programs, "java", "exit 1")
    with pytest.raises(ServiceError, match="ne dit pas sa version"):
        install.require_java()


def test_without_maven_and_without_kafka(bare: Settings, quartiers: Quartiers, programs: Path) -> None:
    java_that_says(programs, 'openjdk version "17.0.15"')
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "Maven est nécessaire" in said.err
    assert "apt-get install maven" in said.err


def test_a_download_that_fails_says_why_and_is_tried_again(bare: Settings, programs: Path) -> None:
    java_that_says(programs, 'openjdk version "17.0.15"')
    program(programs, "mvn", "echo Unknown host repo.maven.apache.org; exit 1")
    with pytest.raises(ServiceError, match=r"réseau(?s:.)*Unknown host repo.maven.apache.org"):
        install.kafka_jars(bare.cache_dir, print)
    program(programs, "mvn", MAVEN)
    said: list[str] = []
    install.kafka_jars(bare.cache_dir, said.append)
    install.kafka_jars(bare.cache_dir, said.append)
    assert len(said) == 1, "downloaded again, or not said"


def test_not_being_root_is_said_before_anything_is_started(
    bare: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloaded(bare)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "il faut être root" in said.err
    assert "--runtime compose" in said.err
    assert not list((bare.instance_dir / "log").glob("*.log"))


def test_a_full_folder(bare: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 1_500_000_000))
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "Il reste 1.5 Go" in said.err
    assert "QUARTIERS_CACHE" in said.err


@ROOT_ONLY
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("ro", "n'est pas accessible en écriture (Read-only file system)", id="read-only"),
        pytest.param("size=20m", "Il reste 0.0 Go", id="small"),
        pytest.param("size=4k,nr_inodes=2", "No space left on device", id="full"),
    ],
)
@pytest.mark.parametrize("command", [["up", "--runtime", "native"], ["demo", "--once"]], ids=["up", "demo"])
def test_a_disk_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, expected: str, command: list[str]
) -> None:
    monkeypatch.setenv("QUARTIERS_CACHE", str(tmp_path / "disk"))
    done = on_a_disk(tmp_path / "disk", options, command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert expected in done.stderr + done.stdout


@ROOT_ONLY
@pytest.mark.parametrize("options", ["ro", "size=4k,nr_inodes=2"])
def test_on_a_read_only_or_full_disk_the_other_commands_say_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.setenv("QUARTIERS_CACHE", str(tmp_path / "disk"))
    done = on_a_disk(tmp_path / "disk", options, ["status", "down", "doctor", "logs", "verify"], EACH)
    assert "Traceback" not in done.stderr
    ended = re.findall(r"^(\w+): (\d+)$", done.stderr, re.MULTILINE)
    assert ended == [("status", "1"), ("down", "0"), ("doctor", "1"), ("logs", "1"), ("verify", "1")]


def test_a_file_where_the_folder_should_be(
    tmp_path: Path, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QUARTIERS_CACHE", str(tmp_path / "file"))
    said = quartiers("up", "--runtime", "native")
    assert said.code == 1
    assert "n'est pas accessible en écriture" in said.err


@ROOT_ONLY
def test_an_unfinished_installation_is_never_deleted_through_a_mount(tmp_path: Path) -> None:
    (tmp_path / "rootfs" / "dev").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(tmp_path / "rootfs" / "dev")], check=True)
    try:
        (tmp_path / "rootfs" / "dev" / "precious").touch()
        assert mounted_under(tmp_path / "rootfs") == [str(tmp_path / "rootfs" / "dev")]
        with pytest.raises(ServiceError, match=r"montages.*umount .*/rootfs/dev"):
            install._remove_unfinished(tmp_path / "rootfs")
        assert (tmp_path / "rootfs" / "dev" / "precious").exists()
    finally:
        subprocess.run(["umount", str(tmp_path / "rootfs" / "dev")], check=True)
    install._remove_unfinished(tmp_path / "rootfs")
    assert not (tmp_path / "rootfs").exists()
