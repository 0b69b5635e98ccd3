"""What Grafana 12 makes of a query before PostgreSQL sees it: variables by the browser, then macros by the server.

A copy of Grafana's rules for what the dashboards use, so that a test runs what a viewer would run. Source: `macros.go`
of grafana-postgresql-datasource, and `sqlStringFormatter` of @grafana/scenes.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)(\w+)")
MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")


class UnknownMacroError(ValueError):
    """The query asks for something that this module, or Grafana, does not know."""


def sqlstring(value: str | Sequence[str]) -> str:
    """Return a variable's value as `${name:sqlstring}` does: several values with commas.

    A quote is doubled, and a double quote gets a backslash, which PostgreSQL keeps: no value may hold one.
    """
    values = [value] if isinstance(value, str) else value
    return ",".join("'" + one.replace("'", "''").replace('"', '\\"') + "'" for one in values)


def with_variables(query: str, values: Mapping[str, str | Sequence[str]]) -> str:
    """Return the query with its variables replaced; UnknownMacroError unless each is known and `:sqlstring`."""

    def value(found: re.Match[str]) -> str:
        name, format_, bare = found.groups()
        if bare or format_ != "sqlstring" or name not in values:
            raise UnknownMacroError(f"variable : {found[0]}")
        return sqlstring(values[name])

    return VARIABLE.sub(value, query)


def instant(moment: datetime) -> str:
    """Return an instant as Go's RFC3339Nano in UTC: no fraction when there is none, no trailing zero."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"'{text}Z'"


def with_macros(query: str, since: datetime, until: datetime) -> str:
    """Return the query with its macros expanded over [since, until]; UnknownMacroError for one that is not known."""

    def expansion(found: re.Match[str]) -> str:
        name, column = found[1], found[2].split(",")[0].strip(" ")
        if name == "__timeFilter":
            return f"{column} BETWEEN {instant(since)} AND {instant(until)}"
        if name == "__timeFrom":
            return instant(since)
        if name == "__timeTo":
            return instant(until)
        raise UnknownMacroError(f"macro : {found[0]}")

    return MACRO.sub(expansion, query)


def expanded(query: str, values: Mapping[str, str | Sequence[str]], since: datetime, until: datetime) -> str:
    """Return the query as PostgreSQL gets it."""
    return with_macros(with_variables(query, values), since, until)
