"""`quartiers simulate`: a folder with the messages and the truth beside them."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operations.cli import app

NAMES = ("messages.jsonl", "truth.csv", "truth.json")


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", str(folder), "--scale", "0.01", *arguments])


def short(folder: Path, seed: int = 4) -> Result:
    return call(folder, "--start", "2025-01-01", "--end", "2025-07-01", "--seed", str(seed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("region") / "new" / "folder"
    result = short(made)
    assert result.exit_code == 0, result.output
    return made


def truth(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "messages.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_truth_counts_the_events_of_the_messages(folder: Path) -> None:
    assert sorted(one.name for one in folder.iterdir()) == sorted(NAMES)
    messages = lines(folder)
    assert sum(one["events"] for one in messages) == truth(folder)["events"] > 500
    assert [one["published_at"] for one in messages] == sorted(one["published_at"] for one in messages)
    assert {one["landlord"] for one in messages} <= {one["siren"] for one in truth(folder)["landlords"]}
    assert all(len(json.loads(one["payload"])) == one["events"] for one in messages if one["batch"])


def test_the_truth_holds_each_move_in_its_last_state(folder: Path) -> None:
    last: dict[tuple[str, str], dict] = {}
    spoilt = 0
    for message in lines(folder):
        try:
            payload = json.loads(message["payload"])
        except json.JSONDecodeError:
            spoilt += 1
            continue
        for event in payload if message["batch"] else [payload]:
            data, key = event["data"], (message["landlord"], event["data"].get("move_id"))
            if isinstance(data["revision"], int) and key[1] and data["revision"] >= last.get(key, data)["revision"]:
                last[key] = data
    assert spoilt == truth(folder)["malformed"].get("not_json", 0)
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as handle:
        rows = {(row["landlord"], row["move_id"]): row for row in csv.DictReader(handle)}
    assert len(rows) > 300
    assert rows.keys() == last.keys()
    assert all(int(row["revision"]) == last[key]["revision"] for key, row in rows.items())
    # a spoilt copy, or another content under the same revision, may come last
    differing = [key for key, row in rows.items() if row["effective_on"] != last[key]["effective_on"]]
    assert len(differing) <= sum(truth(folder)["malformed"].values())


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(folder: Path, tmp_path: Path) -> None:
    short(tmp_path / "same")
    short(tmp_path / "other", seed=5)
    for name in NAMES:
        assert (tmp_path / "same" / name).read_bytes() == (folder / name).read_bytes()
        assert (tmp_path / "other" / name).read_bytes() != (folder / name).read_bytes()


def test_without_dates_it_is_five_years_and_every_incident_is_told(tmp_path: Path) -> None:
    result = call(tmp_path)
    assert result.exit_code == 0, result.output
    incidents = truth(tmp_path)["incidents"]
    assert {one["kind"] for one in incidents} == {
        "sale",
        "merger",
        "demolition",
        "rekeyed_erp",
        "doubled_departures",
        "silence",
        "optimistic_declarations",
        "wrong_control_total",
    }
    for one in incidents:
        assert one["kind"] in result.output
        assert one["label_fr"] in result.output
    first, last = lines(tmp_path)[0]["published_at"], lines(tmp_path)[-1]["published_at"]
    assert (first[:7], last[:7]) == ("2021-01", "2025-12")


def test_a_span_that_ends_before_it_begins_is_refused_with_a_message(tmp_path: Path) -> None:
    result = call(tmp_path / "none", "--start", "2025-02-01", "--end", "2025-01-01")
    assert result.exit_code == 2
    assert "précéder" in result.output
    assert not (tmp_path / "none").exists()
