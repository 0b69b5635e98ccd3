"""Each rule finds the fault that it is for: a good dashboard, spoilt one way at a time."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dashboards import lint
from dashboards.source import DATASOURCE_TYPE, PUBLISHED, STAFF

SOURCE = {"type": DATASOURCE_TYPE, "uid": STAFF.uid}
TARGET = {
    "refId": "A",
    "datasource": SOURCE,
    "rawSql": "SELECT n FROM staff.rolling WHERE code = ${qpv:sqlstring} AND $__timeFilter(at)",
}
PANEL = {
    "id": 1,
    "type": "timeseries",
    "title": "Départs",
    "description": "Ce qui est compté. Source : staff.rolling. Unité : mouvements.",
    "datasource": SOURCE,
    "targets": [TARGET],
    "options": {"legend": {"showLegend": True}},
    "fieldConfig": {
        "defaults": {"min": 0, "custom": {"spanNulls": False}},
        "overrides": [{"matcher": {"id": "byName", "options": "n"}, "properties": [{"id": "unit", "value": "locale"}]}],
    },
}
WORDS = {
    "id": 3,
    "type": "text",
    "title": "Comment lire",
    "description": "Ce que disent les chiffres.",
    "options": {"content": "**Locataires du parc\nsocial seulement.**"},
}
VARIABLE = {"type": "query", "name": "qpv", "datasource": SOURCE, "query": "SELECT code FROM staff.qpv"}
GOOD = {
    "schemaVersion": 42,
    "uid": "x",
    "title": "X",
    "description": "Y",
    "tags": ["quartiers"],
    "refresh": "30s",
    "timezone": "Europe/Paris",
    "editable": False,
    "panels": [PANEL, {"id": 2, "type": "row", "title": "Ligne", "panels": []}, WORDS],
    "templating": {"list": [VARIABLE]},
}
Path = tuple[str | int, ...]
FIRST: Path = ("panels", 0)
SQL: Path = (*FIRST, "targets", 0, "rawSql")
SPOILT: list[tuple[Callable[[Any], Any], Path, Any]] = [
    (lint.is_classic, ("schemaVersion",), 2),
    (lint.is_classic, ("uid",), ""),
    (lint.is_classic, ("tags",), []),
    (lint.is_classic, ("timezone",), "browser"),
    (lint.is_classic, ("editable",), True),
    (lint.has_ids, (*FIRST, "id"), None),
    (lint.has_ids, ("panels", 1, "id"), 0),
    (lint.has_ids, ("panels", 1, "id"), 1),
    (lint.has_words, (*FIRST, "title"), ""),
    (lint.has_words, ("panels", 1, "title"), ""),
    (lint.has_words, (*FIRST, "description"), ""),
    (lint.has_words, (*FIRST, "description"), "Ce qui est compté. Unité : mouvements."),
    (lint.has_words, (*FIRST, "description"), "Ce qui est compté. Source : staff.rolling."),
    (lint.has_units, (*FIRST, "fieldConfig", "overrides", 0, "properties"), []),
    (lint.has_units, (*FIRST, "fieldConfig", "overrides"), []),
    (lint.starts_at_zero, (*FIRST, "fieldConfig", "defaults", "min"), None),
    (lint.leaves_gaps, (*FIRST, "fieldConfig", "defaults", "custom"), {"spanNulls": True}),
    (lint.leaves_gaps, (*FIRST, "fieldConfig", "defaults", "custom"), {}),
    (lint.has_legend, (*FIRST, "options", "legend", "showLegend"), False),
    (lint.has_legend, (*FIRST, "options"), {}),
    (lint.asks_one_source, (*FIRST, "datasource"), None),
    (lint.asks_one_source, (*FIRST, "targets", 0, "datasource"), {"type": DATASOURCE_TYPE, "uid": "autre"}),
    (lint.asks_one_source, (*FIRST, "targets"), []),
    (lint.asks_one_source, ("templating", "list", 0, "datasource"), None),
    (lint.quotes_variables, SQL, "SELECT 1 FROM staff.rolling WHERE code = '$qpv'"),
    (lint.quotes_variables, SQL, "SELECT 1 FROM staff.rolling WHERE code = ${qpv}"),
    (lint.quotes_variables, SQL, "SELECT 1 FROM staff.rolling WHERE code = ${qpv:raw}"),
    (lint.quotes_variables, SQL, "SELECT 1 FROM staff.rolling WHERE code = [[qpv]]"),
    (lint.quotes_variables, ("templating", "list", 0, "query"), "SELECT 1 FROM staff.qpv WHERE d = $departement"),
    (lint.knows_its_variables, SQL, "SELECT 1 FROM staff.rolling WHERE code = ${ville:sqlstring}"),
    (lint.reads_its_schema_only, SQL, "SELECT 1 FROM staff.rolling JOIN core.move USING (territory_id)"),
    (lint.reads_its_schema_only, SQL, "SELECT 1 FROM staff.rolling JOIN published.figure USING (territory_id)"),
    (lint.reads_its_schema_only, SQL, "SELECT 1"),
    (lint.says_who_is_counted, ("panels", 2, "options", "content"), "Tous les habitants."),
    (lint.promises_no_trend, (*FIRST, "options", "showPercentChange"), True),
    (lint.keeps_clear_of_traps, SQL, "SELECT $__timeGroup(at,'1M') FROM staff.rolling"),
    (lint.keeps_clear_of_traps, SQL, "SELECT 1 FROM staff.rolling WHERE $__timeFilter(date_trunc('day', at))"),
    (lint.keeps_clear_of_traps, SQL, "SELECT '--' FROM staff.rolling"),
    (lint.keeps_clear_of_traps, SQL, "SELECT 1 FROM staff.rolling WHERE window_days = :window"),
]


def with_change(dashboard: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dashboard)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def test_a_good_dashboard_has_no_fault() -> None:
    assert lint.faults(GOOD) == []


@pytest.mark.parametrize(("rule", "path", "value"), SPOILT)
def test_a_rule_finds_its_fault(rule: lint.Rule, path: Path, value: Any) -> None:
    spoilt = with_change(GOOD, path, value)
    assert list(rule(spoilt))
    assert any(fault.startswith(rule.__name__) for fault in lint.faults(spoilt))


def test_every_rule_has_a_dashboard_that_fails_it() -> None:
    assert {rule for rule, _, _ in SPOILT} == set(lint.RULES)


def test_a_public_dashboard_reads_the_published_schema_only() -> None:
    published = {"type": DATASOURCE_TYPE, "uid": PUBLISHED.uid}
    public = copy.deepcopy(GOOD)
    public["templating"] = {"list": []}
    public["panels"][0] |= {"datasource": published}  # type: ignore[index]
    target = {"refId": "A", "datasource": published, "rawSql": "SELECT value FROM published.figure"}
    public["panels"][0]["targets"] = [target]  # type: ignore[index]
    assert lint.faults(public) == []
    target["rawSql"] = "SELECT departures FROM staff.measure"
    assert len(list(lint.reads_its_schema_only(public))) == 2


def test_panels_inside_a_collapsed_row_are_read_too() -> None:
    folded = with_change(
        GOOD, ("panels",), [{"id": 2, "type": "row", "title": "Ligne", "panels": [PANEL | {"id": 2}]}, WORDS]
    )
    assert lint.faults(folded) == ["has_ids : l'identifiant 2 sert 2 fois"]
