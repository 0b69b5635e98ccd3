"""What the documents say is there: links, files, commands, messages, and examples that hold."""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from operations.cli import app
from producers.workspace import Workspace

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "examples").glob("*/*.md")])
OPERATIONS = ROOT / "docs" / "operations.md"
FOLDERS = "schemas runtime producers streams consumers dashboards operations benchmarks tests docs requirements".split()
RESERVED = ".example"
HOSTS = {"keepachangelog.com", "semver.org", "example.org", "127.0.0.1"}

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?<![\w/.-])((?:{'|'.join(FOLDERS)})/[\w./-]*\w|(?:{'|'.join(FOLDERS)})/)")
FILE_NAME = re.compile(r"^[\w.-]+\.(?:py|sql|yml|toml|md|csv|sh|conf|properties)$")
ABSOLUTE = re.compile(r"(?<![\w:/.])/(?:work|root|home|Users)/")

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def code_of(text: str) -> str:
    """Return what a document shows as code: fenced blocks and spans."""
    blocks = FENCE.findall(text)
    return "\n".join([*blocks, *SPAN.findall(FENCE.sub("", text))])


def made_by_landlords() -> set[str]:
    """Return the names of the files that the landlord's tool knows in its folder."""
    folder = Workspace(Path())
    properties = [name for name, value in vars(Workspace).items() if isinstance(value, property)]
    return {getattr(folder, name).name for name in properties}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands() -> set[str]:
    group: Any = typer.main.get_command(app)
    return set(group.commands)


def missing_links(text: str, folder: Path) -> list[str]:
    links = [link.partition("#")[0] for link in LINK.findall(FENCE.sub("", text)) if "://" not in link]
    return [link for link in links if link and not (folder / link).exists()]


def missing_paths(text: str) -> list[str]:
    return [path for path in PATH.findall(text) if "NNNN" not in path and not (ROOT / path).exists()]


@every_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    assert missing_links(document.read_text(encoding="utf-8"), document.parent) == []


@every_document
def test_every_path_that_is_named_exists(document: Path) -> None:
    text = re.sub(r"https?://\S+", "", document.read_text(encoding="utf-8"))
    assert missing_paths(re.sub(r"\]\([^)]*\)", "]", text)) == []


@every_document
def test_every_file_named_without_its_folder_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    # A file that a shown command is given, or writes, is the reader's own.
    theirs = {word for block in FENCE.findall(text) for word in block.split()}
    names = {span for span in SPAN.findall(text) if FILE_NAME.match(span)} - theirs
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    known = {Path(line).name for line in listed.stdout.decode().splitlines()}
    if listed.returncode:
        known = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*")}
    assert names - known - {path.name for path in ROOT.iterdir()} - made_by_landlords() == set()


@every_document
def test_every_make_target_and_command_that_is_named_exists(document: Path) -> None:
    code = code_of(document.read_text(encoding="utf-8"))
    assert set(re.findall(r"\bmake ([a-z]+)\b", code)) - targets() == set()
    assert set(re.findall(r"\bquartiers ([a-z]+)\b", code)) - commands() == set()


@every_document
def test_no_path_of_a_machine_and_no_foreign_host(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not ABSOLUTE.search(text)
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s)>\"]+", text)}
    assert {host for host in hosts if not host.endswith(RESERVED)} <= HOSTS


def test_the_checks_see_what_is_wrong() -> None:
    assert missing_links("[a](docs/none.md) [b](README.md#top)", ROOT) == ["docs/none.md"]
    assert missing_paths("`streams/none.py`, `streams/app.py` and operations/") == ["streams/none.py"]
    assert code_of("a `make x` b\n```sh\nquartiers y\n```\n") == "quartiers y\n\nmake x"


def test_every_command_is_explained_to_whoever_runs_the_system() -> None:
    told = set(re.findall(r"`quartiers ([a-z]+)", OPERATIONS.read_text(encoding="utf-8")))
    assert commands() - told == set()


def test_every_target_of_the_makefile_does_something_and_says_what() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    assert phony == targets()
    assert phony == set(re.findall(r"^([a-z]+):.*## \S", text, re.MULTILINE))


def test_every_message_that_is_explained_is_in_the_code() -> None:
    section = OPERATIONS.read_text(encoding="utf-8").partition("## Ce que disent les messages")[2].partition("\n## ")[0]
    messages = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert len(messages) > 10
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("operations", "runtime", "streams", "consumers")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert [message for message in messages if message not in sources] == []


def test_the_pins_of_the_image_are_those_of_development() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("run.txt")
    assert pins("run.txt") < pins("dev.txt")
