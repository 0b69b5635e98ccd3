"""A landlord's machine: the wheel, installed where only the base dependencies are, runs its commands.

Nothing is downloaded: the dependencies are those of this environment, of which all but the base ones are hidden.
"""

import ast
import json
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "runtime", "producers", "streams", "consumers", "dashboards", "operations")
DATA = ("*.csv", "*.json", "*.sql", "*.md", "*.properties", "*.yaml", "*.conf", "*.xml")
SERVER_ONLY = {"fcntl", "psycopg", "faust", "structlog", "aiokafka", "aiohttp", "cryptography", "resource", "pwd"}
SERVER_MODULES = {"runtime.settings", "runtime.broker", "runtime.database", "runtime.logging"}


def closure(extra: str = "") -> set[str]:
    """Return the distributions that `pyproject.toml` brings with it, base dependencies or an extra, and all theirs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = project["optional-dependencies"][extra] if extra else project["dependencies"]
    found: set[tuple[str, str]] = set()
    waiting = [(text, "") for text in texts]
    while waiting:
        text, of_extra = waiting.pop()
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": of_extra}):
            continue
        for wanted in ("", *needed.extras):
            if (key := (needed.name.lower(), wanted)) not in found:
                found.add(key)
                waiting += [(one, wanted) for one in distribution(needed.name).requires or []]
    return {name for name, _ in found}


def tops(name: str) -> set[str]:
    """Return the first parts of a distribution's paths, as they lie in the environment."""
    files = distribution(name).files or []
    return {path.parts[0] for path in files if path.parts[0] not in ("..", "__pycache__")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / "source" / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(folder / "source")], check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the base dependencies, linked one by one; its folder of programs."""
    folder = tmp_path_factory.mktemp("machine")
    venv.create(folder, with_pip=False)
    programs = folder / "bin"
    answer = subprocess.run(
        [programs / "python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = Path(answer.stdout.strip())
    for name in closure():
        for top in tops(name):
            (packages / top).unlink(missing_ok=True)
            (packages / top).symlink_to(distribution(name).locate_file(top))
    command = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--no-index", str(wheel)], check=True)
    return programs


def run(machine: Path, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of the machine, which knows nothing of this repository."""
    environment = {"PATH": str(machine), "LANG": "C.UTF-8", "COLUMNS": "200", "HOME": str(machine)}
    return subprocess.run(
        [machine / command[0], *command[1:]],
        env=environment,
        cwd=folder or machine,
        capture_output=True,
        text=True,
        check=False,
    )


def python(machine: Path, code: str) -> list[str]:
    """Return what a program prints as a JSON list."""
    said = run(machine, "python", "-W", "ignore", "-c", f"import json\n{code}")
    assert said.returncode == 0, said.stderr
    found: list[str] = json.loads(said.stdout)
    return found


def test_none_of_the_servers_packages_is_there(machine: Path) -> None:
    servers = set().union(*map(tops, closure("server") - closure()))
    names = sorted({top.partition(".")[0] for top in servers if top.partition(".")[0].isidentifier()})
    assert {"faust", "psycopg", "aiohttp", "structlog", "cryptography"} <= set(names)
    # Some ship a top-level `test`: the interpreter has one of its own, outside its environment.
    code = """
import sys
from importlib.util import find_spec
found = {{name: find_spec(name) for name in {names}}}
print(json.dumps([name for name, spec in found.items() if spec and (spec.origin or "").startswith(sys.prefix)]))
"""
    assert python(machine, code.format(names=names)) == []


def test_every_command_of_a_landlord_explains_itself_and_none_of_the_operators_is_there(machine: Path) -> None:
    code = """
import typer
from operations.cli import app
def walk(group, path):
    for name, command in sorted(group.commands.items()):
        yield [*path, name]
        if hasattr(command, "commands"):
            yield from walk(command, [*path, name])
print(json.dumps([" ".join(path) for path in walk(typer.main.get_command(app), [])]))
"""
    commands = python(machine, code)
    assert "connection" in commands
    assert not {"up", "down", "landlord", "gateway", "verify"} & set(commands)
    told = run(machine, "quartiers", "--help")
    assert (told.returncode, "connection" in told.stdout) == (0, True), told.stderr
    for command in commands:
        said = run(machine, "quartiers", *command.split(), "--help")
        assert said.returncode == 0, said.stderr
        assert "Usage: quartiers" in said.stdout


def test_a_landlords_fault_is_one_sentence_there_too(machine: Path, tmp_path: Path) -> None:
    said = run(machine, "quartiers", "connection", folder=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("Erreur : connection.toml n'existe pas")
    assert "Traceback" not in said.stderr
    (tmp_path / "connection.toml").write_text('siren = "999000011"\nbootstrap = "127.0.0.1:1"\npassword = "x"\n')
    said = run(machine, "quartiers", "connection", folder=tmp_path)
    assert (said.returncode, "connexion refusée" in said.stderr) == (1, True), said.stderr


def test_the_contract_is_read_there_as_it_is_here(machine: Path) -> None:
    code = """
from schemas.events.reading import read_message
from schemas.events.rules import Rules
from schemas.territories import load
Rules(load())
print(json.dumps([bad.problem.reason for bad in read_message(b"{}").rejected]))
"""
    assert python(machine, code) == ["unknown_type"]


def test_the_wheel_holds_every_file_that_the_programs_read(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for pattern in DATA
        for path in (ROOT / room).rglob(pattern)
        if (path.parent / "__init__.py").exists()
    }
    assert any(path.endswith("qpv_2024.csv") for path in wanted)
    assert wanted - held == set()


def imports_of(file: Path) -> set[str]:
    """Return every module that a file imports, in functions too: `from a import b` is `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.exists()), None)


def reached_from(modules: set[str]) -> dict[str, str]:
    """Return each module that these import, through however many of ours, and one that imports it."""
    reached = dict.fromkeys(modules, "the start")
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if (file := file_of(module)) is not None:
            for name in imports_of(file) - reached.keys():
                reached[name] = module
                waiting.append(name)
    return reached


def test_nothing_that_a_landlords_command_imports_needs_the_server_or_unix() -> None:
    commands = {f"producers.commands.{path.stem}" for path in (ROOT / "producers" / "commands").glob("[!_]*.py")}
    assert commands
    reached = reached_from(commands | {"runtime.connection", "runtime.topics"})
    assert "schemas.events.models" in reached_from({"schemas.events.reading"})
    wrong = {
        name: why
        for name, why in reached.items()
        if name.partition(".")[0] in SERVER_ONLY | {"operations", "streams"} or name in SERVER_MODULES
    }
    assert wrong == {}


def test_the_check_sees_what_is_reached_through_another_module() -> None:
    assert {"fcntl", "structlog"} <= reached_from({"operations.supervisor"}).keys()
