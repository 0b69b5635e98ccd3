"""`quartiers alert`: what an operator reads of an alert, and what it keeps of what is said."""

from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from operations.cli import app, explain
from runtime.settings import Settings
from streams.alerts.watch import watch
from tests.streams.alerts.quartiers import LAST, Quartiers, write_quartiers

pytestmark = pytest.mark.services


@pytest.fixture
def quartiers(settings: Settings, database: psycopg.Connection[Any]) -> Quartiers:
    return write_quartiers(settings, database)


def run(quartiers: Quartiers, *arguments: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["alert", *arguments, "--instance", quartiers.instance])
    said = explain(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else None
    return done.exit_code, done.output + (said or "")


@pytest.fixture
def number(quartiers: Quartiers) -> str:
    """The alert of a quartier that had 25 departures where five are usual."""
    quartiers.change(quartiers.codes[3], LAST, departures=25)
    watch(quartiers.connection)
    ((found,),) = quartiers.rows(
        "SELECT alert_id FROM core.alert WHERE month = %s AND kind = 'departures_up' AND level = 'alert'", LAST
    )
    return str(found)


def test_open_alerts_are_listed_in_words(quartiers: Quartiers, number: str) -> None:
    code, said = run(quartiers, "list")
    assert code == 0
    line = next(line for line in said.splitlines() if f" {number} " in line)
    assert "02/2026" in line and "alerte" in line and "provisoire" in line


def test_a_confirmed_alert_is_open_until_staff_has_said_something_of_it(quartiers: Quartiers, number: str) -> None:
    quartiers.on("2026-04-02")
    watch(quartiers.connection)
    assert any(f" {number} " in line and "confirmée" in line for line in run(quartiers, "list")[1].splitlines())
    run(quartiers, "ack", number)
    assert not any(f" {number} " in line for line in run(quartiers, "list")[1].splitlines())
    assert any(f" {number} " in line for line in run(quartiers, "list", "--all")[1].splitlines())


def test_nothing_open_is_said(quartiers: Quartiers) -> None:
    assert run(quartiers, "list") == (0, "Aucune alerte ouverte.\n")


def test_an_alert_is_explained_and_computed_again(quartiers: Quartiers, number: str) -> None:
    code, said = run(quartiers, "explain", number)
    assert code == 0, said
    for word in ("La série", "couverture", "jusque-là, aucun signal", "au chiffre près", "cause non établie"):
        assert word in said, word


def test_figures_that_cannot_be_computed_again_end_with_an_error(quartiers: Quartiers, number: str) -> None:
    quartiers.connection.execute(
        "UPDATE core.alert SET evidence = jsonb_set(evidence, '{expected}', '1') WHERE alert_id = %s", (int(number),)
    )
    code, said = run(quartiers, "explain", number)
    assert (code, "AUTREMENT" in said) == (1, True)


def test_what_is_said_of_an_alert_is_kept_and_shown(quartiers: Quartiers, number: str) -> None:
    assert run(quartiers, "ack", number, "--by", "Léa") == (0, f"Alerte {number} : vue.\n")
    assert run(quartiers, "dismiss", number, "--reason", "immeuble vidé", "--by", "Léa")[0] == 0
    said = run(quartiers, "explain", number)[1]
    assert "Léa : vue" in said and "Léa : écartée : immeuble vidé" in said
    assert "écartée" in next(line for line in run(quartiers, "list")[1].splitlines() if f" {number} " in line)
    state = quartiers.rows("SELECT state FROM core.alert WHERE alert_id = %s", int(number))
    watch(quartiers.connection)
    assert quartiers.rows("SELECT state FROM core.alert WHERE alert_id = %s", int(number)) == state


@pytest.mark.parametrize("command", [("explain", "99999"), ("ack", "99999"), ("dismiss", "99999", "--reason", "x")])
def test_an_alert_that_is_not_there_is_one_sentence(quartiers: Quartiers, command: tuple[str, ...]) -> None:
    code, said = run(quartiers, *command)
    assert (code, "il n'y a pas d'alerte 99999" in said) == (2, True), said


def test_an_alert_is_not_dismissed_without_a_reason(quartiers: Quartiers, number: str) -> None:
    code, said = run(quartiers, "dismiss", number, "--reason", " ")
    assert (code, "dites pourquoi" in said) == (2, True)
