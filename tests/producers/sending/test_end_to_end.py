"""From a clerk's file to the ledger and back, through the real worker: what the receipts say is what is counted."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from operations import landlords
from operations.cli import app
from operations.verify import verify
from runtime.broker import landlord_connection
from runtime.database import connect
from runtime.topics import moves_topic
from tests.producers.sending.test_commands import MAPPING, row, run, write_file
from tests.streams.faults.harness import Stage, stage

__all__ = ["stage"]
pytestmark = pytest.mark.services
DECLARED = ("--complete-through", "2026-03-31", "--wait", "--yes")


@pytest.fixture
def office(stage: Stage, tmp_path: Path) -> Iterator[tuple[Stage, str, Path]]:
    """A landlord's folder beside a running worker."""
    (siren,) = stage.enrol(1)
    connection = landlord_connection(stage.settings, siren)
    (tmp_path / "connection.toml").write_text(
        f'siren = "{siren}"\nbootstrap = "{connection.bootstrap}"\npassword = "{connection.password}"\n'
    )
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    assert run("keys", "init", "--folder", str(tmp_path)).exit_code == 0
    stage.start(1)
    yield stage, siren, tmp_path


def receipts(folder: Path) -> list[dict]:
    lines = CliRunner().invoke(app, ["receipts", "--folder", str(folder), "--json"]).output.splitlines()
    return [orjson.loads(line)["data"] for line in lines]


def outcomes(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in receipts(folder):
        found.update({name: number for name, number in one["outcomes"].items() if number})
    return found


def test_a_corrected_file_changes_only_what_changed_and_receipts_equal_the_ledger(office) -> None:
    stage, siren, folder = office
    rows = [row(number, "Décès" if number % 4 == 0 else "Mutation") for number in range(60)]
    file = write_file(folder, rows)
    first = run("publish", str(file), "--folder", str(folder), *DECLARED)
    assert first.exit_code == 0, first.output
    assert "Totaux de contrôle" not in first.output, "the observatory counts what was declared"
    assert outcomes(folder) == {"applied": 61}
    corrected = write_file(folder, [row(0, "Décès", "28/03/2026"), *rows[1:]])
    again = run("publish", str(corrected), "--folder", str(folder), *DECLARED)
    assert again.exit_code == 0, again.output
    assert outcomes(folder) == {"applied": 62, "duplicate": 60}, "one move again; the declaration is the same"
    told = outcomes(folder)
    counted = dict(
        stage.query("SELECT outcome, sum(n)::integer FROM core.tally WHERE landlord = %s GROUP BY 1", (siren,))
    )
    assert {name: number for name, number in counted.items() if number} == told
    assert stage.query("SELECT count(*) FROM core.move WHERE landlord = %s", (siren,)) == [(60,)]
    sent = b"".join(record.value for record in stage.topic(moves_topic(siren)))
    assert not any(text in sent for text in (b"DUPONT", b'"B', b'"L', b"deces"))
    with connect(stage.settings, "ingest") as connection:
        verdict = verify(connection)
    assert verdict.equal, verdict.differences[:5]


def test_after_a_rotation_nothing_is_doubled(office) -> None:
    stage, siren, folder = office
    file = write_file(folder, [row(number) for number in range(20)])
    assert run("publish", str(file), "--folder", str(folder), *DECLARED).exit_code == 0
    assert run("keys", "rotate", "--folder", str(folder)).exit_code == 0
    again = run("publish", str(file), "--folder", str(folder), *DECLARED)
    assert again.exit_code == 0, again.output
    counted = "SELECT sum(n)::integer FROM core.monthly_counter JOIN core.territory USING (territory_id) "
    assert stage.query(counted + "WHERE level = 'region' AND landlord = %s", (siren,)) == [(20,)]
    with connect(stage.settings, "ingest") as connection:
        assert verify(connection).equal


def test_what_is_tried_in_the_sandbox_is_answered_and_not_counted(office) -> None:
    stage, siren, folder = office
    file = write_file(folder, [row(number) for number in range(8)])
    result = run("publish", str(file), "--folder", str(folder), "--sandbox", "--wait", "--yes")
    assert result.exit_code == 0, result.output
    assert "bac à sable" in result.output
    assert stage.query("SELECT count(*) FROM core.move WHERE landlord = %s", (siren,)) == [(0,)]
    assert receipts(folder) == []


BY_LANDLORD = "SELECT landlord, sum(n)::integer FROM core.daily_counter WHERE landlord = ANY (%s) GROUP BY 1"


def assert_equal_to_a_recount(stage: Stage) -> None:
    with connect(stage.settings, "ingest") as connection:
        verdict = verify(connection)
    assert verdict.equal, verdict.differences[:5]


def test_after_the_period_of_two_keys_nothing_is_doubled_either(office) -> None:
    stage, siren, folder = office
    rows = [row(number) for number in range(20)]

    def publish(*changed: str) -> str:
        file = write_file(folder, [*changed, *rows[len(changed) :]])
        result = run("publish", str(file), "--folder", str(folder), *DECLARED)
        assert result.exit_code == 0, result.output
        assert "Totaux de contrôle" not in result.output, result.output
        assert stage.query(BY_LANDLORD, ([siren],)) == [(siren, 20)]
        return result.output

    publish()
    assert run("keys", "rotate", "--folder", str(folder)).exit_code == 0
    publish()
    publish(row(0, left="30/03/2026"))
    assert run("keys", "retire", "--now", "--folder", str(folder)).exit_code == 0
    told = publish(row(0, left="30/03/2026"))
    assert "À confirmer" not in told, "the same moves are duplicates, though they no longer name their former ones"
    publish(row(0, left="31/03/2026"))
    last = "SELECT count(*) FROM core.daily_counter WHERE day = '2026-03-31' AND landlord = %s"
    assert stage.query(last, (siren,)) == [(1,)]
    assert_equal_to_a_recount(stage)


@pytest.fixture
def rights(office) -> Iterator[None]:
    """A merger takes the predecessor's right to write; the next session's landlords have the same numbers."""
    yield
    stage, siren, _ = office
    with connect(stage.settings, "ingest") as connection:
        connection.execute("UPDATE core.landlord SET merged_into = NULL, merged_on = NULL WHERE siren = %s", (siren,))
    landlords.resume(stage.settings, siren)


@pytest.mark.usefixtures("rights")
def test_a_successor_corrects_what_its_predecessor_sent(office, tmp_path_factory) -> None:
    """Its extract is older than the predecessor's last one, the merger is of a day within a month."""
    stage, old, folder = office
    new, ours = successor_of(old, folder, stage, tmp_path_factory.mktemp("successor"))
    rows = [row(number) for number in range(20)]
    sent = run("publish", str(write_file(folder, rows)), "--folder", str(folder), *DECLARED)
    assert sent.exit_code == 0, sent.output
    assert stage.query(BY_LANDLORD, ([old],)) == [(old, 20)]
    landlords.merge(
        stage.settings, old, new, date(2026, 3, 16), key_handed_over=True, now=datetime(2026, 4, 2, tzinfo=UTC)
    )
    added = run("keys", "add-predecessor", old, str(folder / "keys.json"), "--folder", str(ours))
    assert added.exit_code == 0, added.output
    file = write_file(ours, [row(0, left="20/03/2026"), row(19, left="02/03/2026"), *rows[1:19]])
    truth = {
        old: sum(number % 28 < 15 for number in range(1, 19)) + 1,
        new: sum(number % 28 >= 15 for number in range(1, 19)) + 1,
    }
    publish = ("publish", str(file), "--folder", str(ours), "--extracted-at", "2026-03-30", *DECLARED)
    for retired in (False, True):
        if retired:
            assert run("keys", "retire", "--now", "--folder", str(ours)).exit_code == 0
        result = run(*publish)
        assert result.exit_code == 0, result.output
        assert "Totaux de contrôle" not in result.output, result.output
        counted = stage.query(BY_LANDLORD, ([old, new],))
        assert dict(counted) == truth, retired
        assert_equal_to_a_recount(stage)


def successor_of(old: str, folder: Path, stage: Stage, ours: Path) -> tuple[str, Path]:
    """Return another landlord that writes, and its folder."""
    (new,) = stage.enrol(1)
    connection = landlord_connection(stage.settings, new)
    (ours / "connection.toml").write_text(
        f'siren = "{new}"\nbootstrap = "{connection.bootstrap}"\npassword = "{connection.password}"\n'
    )
    (ours / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    assert run("keys", "init", "--folder", str(ours)).exit_code == 0
    with connect(stage.settings, "ingest") as open_connection:
        for siren in (old, new):
            open_connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, %s)", (siren, siren))
    return new, ours
