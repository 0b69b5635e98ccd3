"""Each rule of Grafana's fires when its condition is made true and is silent else; it names a panel and a runbook."""

import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from dashboards.asked import dashboards
from dashboards.consignes import FOLDER
from dashboards.lint import panels_of
from dashboards.rules import FILE, RULES, Rule
from dashboards.source import STAFF, sql
from operations.cli import app
from runtime.database import connect
from runtime.settings import ROOT, Settings
from tests.conftest import empty
from tests.dashboards.alerting import landlord, quartier

WRITTEN = {one["uid"]: one for one in json.loads(FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]}
EVERY = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
SIREN, OTHER = "999000001", "999000002"
TOPICS = [f"tenancy.moves.{siren}" for siren in (SIREN, OTHER)]


def fired(viewer: psycopg.Connection[Any], rule: Rule) -> list[dict[str, Any]]:
    """Ask as Grafana does, and return the labels of what is above the limit, each with its number as `value`."""
    data = {one["refId"]: one["model"] for one in WRITTEN[rule.uid]["data"]}
    cursor = viewer.execute(data["A"]["rawSql"])
    columns = cursor.description or []
    numbers = [one.name for one in columns if psycopg.adapters.types[one.type_code].name in ("int8", "float8")]
    assert len(numbers) == 1, "one number, and labels"
    (condition,) = data["B"]["conditions"]
    assert (data["B"]["type"], data["B"]["expression"], WRITTEN[rule.uid]["condition"]) == ("threshold", "A", "B")
    assert condition["evaluator"]["type"] == "gt"
    (limit,) = condition["evaluator"]["params"]
    rows = [dict(zip([one.name for one in columns], row, strict=True)) for row in cursor.fetchall()]
    assert all(isinstance(value, str) for row in rows for name, value in row.items() if name not in numbers)
    return [row | {"value": row[numbers[0]]} for row in rows if row[numbers[0]] > limit]


@EVERY
def test_a_rule_names_a_panel_and_a_runbook_that_exist(rule: Rule) -> None:
    written, all_dashboards = WRITTEN[rule.uid], dashboards()
    panel = next(one for one in panels_of(all_dashboards[written["dashboardUid"]]) if one["id"] == written["panelId"])
    assert panel["type"] not in ("row", "text")
    annotations = written["annotations"]
    assert (annotations["__dashboardUid__"], annotations["__panelId__"]) == (rule.dashboard, str(rule.panel))
    found = re.fullmatch(r"/d/consignes\?viewPanel=panel-(\d+)", annotations["runbook_url"])
    assert found
    page = next(one for one in panels_of(all_dashboards["consignes"]) if one["id"] == int(found[1]))
    text = (FOLDER / f"{rule.consigne}.md").read_text(encoding="utf-8")
    assert text == f"# {page['title']}\n\n{page['options']['content']}\n"
    for part in ("**Ce que cela veut dire.**", "**Quoi regarder.**", "**Quoi faire.**"):
        assert part in text


def test_every_runbook_is_that_of_a_rule() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {rule.consigne for rule in RULES}
    assert FOLDER == ROOT / "docs" / "runbooks"


def test_the_commands_of_the_runbooks_exist() -> None:
    from typer.main import get_command

    known = get_command(app).commands  # type: ignore[attr-defined]
    named = {words for file in FOLDER.iterdir() for words in re.findall(r"`quartiers ([a-z -]+)", file.read_text())}
    assert len(named) > 10
    for words in named:
        command, *rest = words.split()
        assert command in known, words
        family = getattr(known[command], "commands", None)
        assert family is None or rest[0] in family, words


@EVERY
def test_a_rule_says_in_french_what_its_query_gives(rule: Rule) -> None:
    written = WRITTEN[rule.uid]
    labels = set(re.findall(r"\$labels\.(\w+)", json.dumps(written)))
    assert labels <= set(re.findall(r"AS (\w+)", sql(rule.query)))
    assert written["data"][0]["datasourceUid"] == STAFF.uid
    assert (written["noDataState"], written["execErrState"]) == ("OK", "Error")
    assert not re.search(r"\bcore\s*\.", sql(rule.query))


def test_no_alert_rule_reaches_the_public_grafana() -> None:
    assert not list((ROOT / "operations" / "services" / "grafana" / "public").rglob("*alert*"))


@pytest.fixture
def quiet(settings: Settings) -> psycopg.Connection[Any]:
    """A database where an agent looks, all was read a moment ago, and nothing is said of anybody."""
    empty(settings)
    connection = connect(settings, "ingest", autocommit=True)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO core.landlord (siren, name) VALUES (%s, %s)", [(SIREN, "A"), (OTHER, "B")])
        for topic in TOPICS:
            cursor.execute("INSERT INTO core.topic_end (topic, partition, end_offset) VALUES (%s, 0, 5)", (topic,))
            cursor.execute("INSERT INTO core.ingest_offset (topic, partition, next_offset) VALUES (%s, 0, 5)", (topic,))
    return connection


def of_a_quartier(database: psycopg.Connection[Any]) -> None:
    with database.cursor() as cursor:
        quartier(cursor, "QN03107M")
        quartier(cursor, "QN03107M", kind="arrivals_up", state="confirmed")
        quartier(cursor, "QN03107M", kind="notices_up", level="watch")
        quartier(cursor, "QN03003M", state="lifted")
        quartier(cursor, "QN03003M", kind="notices_up", level="watch", state="confirmed")


def of_a_landlord(database: psycopg.Connection[Any]) -> None:
    with database.cursor() as cursor:
        landlord(cursor, SIREN)
        landlord(cursor, OTHER, state="lifted")


def three_days_later(database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE core.ingest_offset SET committed_at = clock_timestamp() - interval '73 hours'")


def nobody_looks(database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE core.topic_end SET seen_at = clock_timestamp() - interval '121 s'")


def stalled(database: psycopg.Connection[Any]) -> None:
    database.execute("UPDATE core.ingest_offset SET committed_at = clock_timestamp() - interval '16 min'")
    database.execute("UPDATE core.topic_end SET end_offset = 6 WHERE topic = %s", (TOPICS[1],))


def outbox_stuck(database: psycopg.Connection[Any]) -> None:
    database.execute(
        "INSERT INTO core.outbox (topic, message_id, payload, queued_at) "
        "VALUES ('x', 'x', '', clock_timestamp() - interval '16 min')"
    )


Condition = Callable[[psycopg.Connection[Any]], None]
CONDITIONS: dict[str, tuple[Condition, list[dict[str, Any]]]] = {
    "quartiers-alertes": (
        of_a_quartier,
        [{"niveau": "alerte", "ouvertes": 2, "departement": "31"}, {"niveau": "à surveiller", "ouvertes": 1}],
    ),
    "quartiers-declarations": (of_a_landlord, [{"bailleur": "A", "siren": SIREN, "ouvertes": 1}]),
    "quartiers-fraicheur": (three_days_later, [{}]),
    "quartiers-agent": (nobody_looks, [{}]),
    "quartiers-retard": (stalled, [{"bailleur": "B", "siren": OTHER}]),
    "quartiers-envois": (outbox_stuck, [{}]),
}


@pytest.mark.services
@EVERY
def test_a_rule_fires_when_its_condition_is_true_and_is_silent_else(
    rule: Rule, quiet: psycopg.Connection[Any], settings: Settings
) -> None:
    make_true, expected = CONDITIONS[rule.uid]
    with connect(settings, "observatory", autocommit=True) as viewer, quiet:
        assert [fired(viewer, one) for one in RULES] == [[]] * len(RULES)
        make_true(quiet)
        told = fired(viewer, rule)
        assert len(told) == len(expected)
        assert all(wanted.items() <= row.items() for wanted, row in zip(expected, told, strict=True))
        # The alert's own step waits to be sent since just now; three days without an event are three days for each.
        others = [one.uid for one in RULES if one is not rule and fired(viewer, one)]
        assert others == []


@pytest.mark.services
def test_on_an_empty_database_no_rule_fires(settings: Settings) -> None:
    empty(settings)
    with connect(settings, "observatory", autocommit=True) as viewer:
        assert [fired(viewer, rule) for rule in RULES] == [[]] * len(RULES)
