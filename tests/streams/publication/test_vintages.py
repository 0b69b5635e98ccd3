"""Vintages are made in order, once, and never change; staff is shown nothing under its threshold."""

from datetime import date
from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import Rules
from streams.publication.base import FAMILIES, RELET
from streams.publication.due import due_months
from streams.publication.publish import PublicationError, last_vintage, publish
from streams.publication.staff import show

pytestmark = pytest.mark.services
NOVEMBER, DECEMBER = date(2025, 11, 1), date(2025, 12, 1)
RULES = Rules.model_validate({"dominance": {"seul_reconnaissable": True}})
CLASSES = [name for family in FAMILIES for name in family.classes] + [RELET]
FIGURES = "SELECT measure, window_months, value, status FROM published.figure WHERE vintage = %s"
SHOWN = """
SELECT shown.status, shown.departures, whole.departures::integer, shown.window_months, shown.sold_to_tenant
FROM core.shown_window AS shown JOIN core.observed_window AS whole USING (territory_id, part, window_months, month)
"""


def test_nothing_is_due_before_a_year_is_declared_and_its_day_has_come(publisher: psycopg.Connection[Any]) -> None:
    assert due_months(publisher, RULES, date(2024, 6, 20)) == []
    assert due_months(publisher, RULES, date(2026, 1, 14)) == [date(2025, 10, 1)]
    assert due_months(publisher, RULES, date(2026, 1, 15)) == [NOVEMBER]


@pytest.fixture
def vintages(publisher: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Two vintages, the second of a December."""
    if last_vintage(publisher) is None:
        publish(publisher, RULES, NOVEMBER)
        publish(publisher, RULES, DECEMBER)
    return publisher


def test_the_months_after_the_last_vintage_are_due_each_on_its_day(vintages: psycopg.Connection[Any]) -> None:
    assert due_months(vintages, RULES, date(2026, 2, 20)) == []
    assert due_months(vintages, RULES, date(2026, 4, 15)) == [date(2026, 1, 1), date(2026, 2, 1)]


@pytest.mark.parametrize("month", [date(2025, 10, 1), DECEMBER, date(2026, 2, 1)])
def test_a_vintage_made_already_or_out_of_turn_is_refused(vintages: psycopg.Connection[Any], month: date) -> None:
    with pytest.raises(PublicationError, match="01/2026"):
        publish(vintages, RULES, month)
    assert last_vintage(vintages) == DECEMBER


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE published.figure SET value = 12",
        "DELETE FROM published.figure",
        "UPDATE published.vintage SET loss = '{}'",
        "DELETE FROM published.vintage",
        "DELETE FROM core.published_base",
    ],
)
def test_what_is_published_can_be_neither_changed_nor_deleted(
    vintages: psycopg.Connection[Any], statement: str
) -> None:
    before = vintages.execute("SELECT count(*), sum(value) FROM published.figure").fetchall()
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityConstraintViolation)):
        vintages.execute(statement.encode())
    assert vintages.execute("SELECT count(*), sum(value) FROM published.figure").fetchall() == before


def test_not_even_who_migrates_rewrites_a_figure(vintages: psycopg.Connection[Any], settings: Settings) -> None:
    with connect(settings, "migrator", autocommit=True) as migrator:
        for statement in ("UPDATE published.figure SET value = 12", "DELETE FROM published.vintage"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                migrator.execute(statement.encode())


def test_no_published_count_is_small(vintages: psycopg.Connection[Any]) -> None:
    values = [row for row in vintages.execute(FIGURES, (DECEMBER,)) if row[2] is not None and row[0] != "dwellings"]
    assert all(value == 0 or value >= RULES.publication.seuil for _, _, value, _ in values)
    assert {status for _, _, _, status in values} <= {"value", "provisional"}


def test_how_moves_divide_is_published_in_december_only(vintages: psycopg.Connection[Any]) -> None:
    assert not {measure for measure, *_ in vintages.execute(FIGURES, (NOVEMBER,))} & set(CLASSES)
    december = vintages.execute(FIGURES, (DECEMBER,)).fetchall()
    assert set(CLASSES) <= {measure for measure, *_ in december}
    assert {window for measure, window, *_ in december if measure in CLASSES} == {12}
    assert any(measure in CLASSES and status == "secret" for measure, _, _, status in december)


def test_classes_are_shown_together_and_never_beside_a_secret_total(vintages: psycopg.Connection[Any]) -> None:
    rows = vintages.execute(
        "SELECT territory_id, part, measure, value FROM published.figure WHERE vintage = %s AND window_months = 12",
        (DECEMBER,),
    ).fetchall()
    values = {(territory, part, measure): value for territory, part, measure, value in rows}
    for family in FAMILIES:
        for territory, part, _ in {key for key in values if key[2] == family.total}:
            classes = [values[territory, part, name] for name in family.classes if (territory, part, name) in values]
            shown = [one for one in classes if one is not None]
            assert len(shown) in (0, len(classes))
            if shown:
                rest = values[territory, part, family.total] - sum(shown)
                assert rest == 0 or rest >= RULES.publication.seuil


def test_staff_is_shown_no_small_count_and_the_true_ones(publisher: psycopg.Connection[Any]) -> None:
    written = show(publisher, RULES)
    rows = publisher.execute(SHOWN).fetchall()
    assert written.windows == len(rows) > 1000
    told = [row for row in rows if row[1] is not None]
    assert all(shown == whole for _, shown, whole, *_ in told)
    assert all(shown == 0 or shown >= RULES.observatoire.seuil for _, shown, *_ in told)
    assert any(shown is None and 0 < whole < RULES.observatoire.seuil for _, shown, whole, *_ in rows)
    assert {"value", "no_data"} <= {row[0] for row in rows}
    assert all(row[4] is None for row in rows)
    classes = publisher.execute(
        "SELECT DISTINCT level, month FROM core.shown_window JOIN core.territory USING (territory_id) "
        "WHERE left_same_commune IS NOT NULL"
    ).fetchall()
    assert "region" in {level for level, _ in classes}
    newest = max(month for _, month in classes)
    assert {month for level, month in classes if level == "commune"} <= {date(2024, 12, 1), DECEMBER, newest}


def test_staff_is_shown_nothing_while_nothing_is_declared(publisher: psycopg.Connection[Any]) -> None:
    publisher.execute(
        "CREATE TEMP TABLE declared AS SELECT territory_id, part, month, dwellings FROM core.observed_month"
    )
    publisher.execute("UPDATE core.observed_month SET dwellings = 0")
    try:
        assert show(publisher, RULES).first is None
        told = publisher.execute("SELECT count(departures), count(arrivals), count(notices) FROM core.shown_window")
        assert told.fetchall() == [(0, 0, 0)]
    finally:
        publisher.execute(
            "UPDATE core.observed_month AS one SET dwellings = declared.dwellings FROM declared WHERE "
            "(one.territory_id, one.part, one.month) = (declared.territory_id, declared.part, declared.month)"
        )
