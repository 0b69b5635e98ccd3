"""Queries are expanded as Grafana 12 expands them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dashboards.macros import UnknownMacroError, expanded, instant, sqlstring

SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UNTIL = datetime(2026, 2, 2, 3, 4, 5, 670_000, tzinfo=UTC)


def test_a_time_filter_is_between_two_instants_of_go() -> None:
    query = expanded("WHERE $__timeFilter( ends_at )", {}, SINCE, UNTIL)
    assert query == "WHERE ends_at BETWEEN '2026-01-02T03:04:05Z' AND '2026-02-02T03:04:05.67Z'"


def test_from_and_to_are_instants() -> None:
    assert expanded("$__timeFrom()::timestamptz, $__timeTo()", {}, SINCE, UNTIL) == (
        "'2026-01-02T03:04:05Z'::timestamptz, '2026-02-02T03:04:05.67Z'"
    )


def test_an_instant_is_in_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert instant(datetime(2026, 1, 1, 0, 30, tzinfo=paris)) == "'2025-12-31T23:30:00Z'"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [("QN03107M", "'QN03107M'"), ("l'Isle", "'l''Isle'"), (["a", "b'"], "'a','b'''"), ('a"b', "'a\\\"b'")],
)
def test_a_variable_is_quoted(value: str | list[str], quoted: str) -> None:
    assert sqlstring(value) == quoted
    assert expanded("code = ${qpv:sqlstring}", {"qpv": value}, SINCE, UNTIL) == f"code = {quoted}"


@pytest.mark.parametrize(
    "query",
    ["code = $qpv", "code = ${qpv}", "code = ${qpv:raw}", "code = ${other:sqlstring}", "$__timeGroup(x,'1M')"],
)
def test_what_grafana_would_not_quote_or_know_is_refused(query: str) -> None:
    with pytest.raises(UnknownMacroError):
        expanded(query, {"qpv": "QN03001I"}, SINCE, UNTIL)
