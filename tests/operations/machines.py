"""Machines that lack something: programs put on the path, folders that are full or read-only."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

OLD_JAVA = 'openjdk version "11.0.22" 2024-01-16'
CLI = "from operations.cli import main; main()"
EACH = """
import sys, traceback
from operations.cli import main
for command in sys.argv[1:]:
    sys.argv = ["quartiers", command]
    try:
        main()
        print(f"{command}: 0", file=sys.stderr)
    except SystemExit as end:
        print(f"{command}: {end.code or 0}", file=sys.stderr)
    except BaseException:
        traceback.print_exc()
"""
"""Calls a command after the other and tells how each ended: starting the interpreter takes half a second."""


def program(folder: Path, name: str, script: str) -> None:
    """Put an executable shell script into a folder."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def java_that_says(folder: Path, first_line: str) -> None:
    """Put a `java` that only tells its version into a folder."""
    program(folder, "java", f"echo '{first_line}' >&2")


def only_these_programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Leave nothing on the path but a folder's programs."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))


def on_a_disk(mount: Path, options: str, arguments: Sequence[str], code: str = CLI) -> subprocess.CompletedProcess[str]:
    """Call `quartiers` in a namespace of its own, where an empty disk with these options is mounted at `mount`."""
    mount.mkdir(exist_ok=True)
    script = 'mount -t tmpfs -o "$1" tmpfs "$2"; shift 2; exec "$@"'
    command = ["unshare", "--mount", "sh", "-ec", script, "sh", options, str(mount)]
    return subprocess.run(
        [*command, sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
