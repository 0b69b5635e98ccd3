"""`quartiers migrate`: from nothing, again, side by side, and refused where two databases would silently differ."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from operations import migrate as migrating
from operations.migrate import MIGRATIONS, Migration, MigrationError, apply, migrate, migrations
from runtime.database import ROLES, connect
from runtime.settings import Settings
from tests.operations.conftest import Quartiers

pytestmark = pytest.mark.services
NAME = "migrated"
OBJECTS = """
SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
WHERE nspname IN ('core', 'staff', 'published') ORDER BY 1
"""


@pytest.fixture
def empty(settings: Settings) -> Iterator[Settings]:
    """The running instance with a database name that does not exist yet."""
    fresh = dataclasses.replace(settings, database_name=NAME)
    drop(settings)
    yield fresh
    drop(settings)


def drop(settings: Settings) -> None:
    with connect(settings, "postgres", "postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def recorded(settings: Settings) -> list[str]:
    with connect(settings, "migrator") as connection:
        return [row[0] for row in connection.execute("SELECT name FROM public.migration ORDER BY number").fetchall()]


def test_from_nothing_to_the_newest_and_again_to_no_effect(empty: Settings) -> None:
    assert [one.name for one in migrate(empty)] == [one.name for one in migrations()] == recorded(empty)
    with connect(empty, "migrator") as connection:
        made = connection.execute(OBJECTS).fetchall()
        assert ("core.move",) in made
        assert migrate(empty) == []
        assert connection.execute(OBJECTS).fetchall() == made


def test_the_command_names_what_it_applied(
    empty: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARTIERS_DATABASE_NAME", NAME)
    first = quartiers("migrate", "--instance", empty.instance)
    assert first.code == 0
    assert [line.removeprefix("appliquée : ") for line in first.out.splitlines()] == [m.name for m in migrations()]
    second = quartiers("migrate", "--instance", empty.instance)
    assert (second.code, second.out) == (0, "La base est à jour.\n")


def test_two_at_the_same_time_apply_each_migration_once(empty: Settings) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = [one.name for found in pool.map(migrate, [empty, empty]) for one in found]
    assert sorted(applied) == [one.name for one in migrations()]


def test_from_every_earlier_state_to_the_newest(empty: Settings) -> None:
    migrating.bootstrap(empty)
    with connect(empty, "migrator") as connection:
        for number in range(1, len(migrations()) + 1):
            assert [one.number for one in apply(connection, migrations()[:number])] == [number]
        assert apply(connection, migrations()) == []


def test_a_file_that_changed_after_it_was_applied_is_refused(
    empty: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    first, *rest = migrations()
    changed = [dataclasses.replace(first, text=first.text + "\n-- a remark"), *rest]
    monkeypatch.setattr(migrating, "migrations", lambda: changed)
    monkeypatch.setenv("QUARTIERS_DATABASE_NAME", NAME)
    said = quartiers("migrate", "--instance", empty.instance)
    assert said.code == 1
    assert f"{first.name} a changé après avoir été appliquée" in said.err
    assert recorded(empty) == [one.name for one in migrations()]


def test_a_database_of_a_newer_program_is_refused(
    empty: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    older = migrations()[:-1]
    monkeypatch.setattr(migrating, "migrations", lambda: older)
    monkeypatch.setenv("QUARTIERS_DATABASE_NAME", NAME)
    said = quartiers("migrate", "--instance", empty.instance)
    assert said.code == 1
    assert f"migration {len(older) + 1}, plus récente que ce programme" in said.err


def test_a_migration_that_fails_leaves_what_came_before_it_and_nothing_of_its_own(empty: Settings) -> None:
    migrating.bootstrap(empty)
    good, bad = (
        Migration(1, "0001_good", "CREATE TABLE one ()"),
        Migration(2, "0002_bad", "CREATE TABLE two (); NONSENSE"),
    )
    with connect(empty, "migrator") as connection:
        with pytest.raises(MigrationError, match="0002_bad est refusée"):
            apply(connection, [good, bad])
        mended = dataclasses.replace(bad, text="CREATE TABLE two ()")
        assert [one.name for one in apply(connection, [good, mended])] == ["0002_bad"]


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    for name in ("0001_one.sql", "0003_three.sql"):
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(MigrationError, match="sans trou"):
        migrations(tmp_path)
    (tmp_path / "0002_two.sql").write_text("SELECT 2")
    assert [one.number for one in migrations(tmp_path)] == [1, 2, 3]


def test_every_file_of_the_folder_is_a_migration() -> None:
    assert [f"{one.name}.sql" for one in migrations()] == sorted(path.name for path in MIGRATIONS.glob("*"))


def test_no_role_of_the_running_system_is_a_superuser_and_a_stranger_does_not_enter(empty: Settings) -> None:
    migrate(empty)
    with connect(empty, "migrator") as connection:
        powers = connection.execute(
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = ANY(%s)",
            (list(ROLES),),
        ).fetchall()
    assert dict(powers) == dict.fromkeys(ROLES, False)
    wrong = empty.database_dsn("ingest").replace(empty.password("ingest"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_a_database_that_was_never_migrated_is_said(
    empty: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrating.bootstrap(empty)
    monkeypatch.setenv("QUARTIERS_DATABASE_NAME", NAME)
    said = quartiers("verify", "--instance", empty.instance)
    assert said.code == 1
    assert "quartiers migrate" in said.err
