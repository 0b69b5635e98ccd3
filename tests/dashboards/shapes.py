"""What the shape of an answer must be for the panel that reads it."""

from dashboards import palette
from dashboards.asked import Asked
from tests.dashboards.queries import AMBIGUOUS, NUMBERS, Answer, dressed


def check_series(got: Answer) -> None:
    first, *others = got.types
    assert (first, got.types[first]) == ("time", "timestamptz")
    assert others
    instants = [row["time"] for row in got.rows]
    assert instants == sorted(set(instants))


def check_figures(got: Answer) -> None:
    assert len(got.rows) == 1


def check_bars(asked: Asked, got: Answer) -> None:
    x = asked.panel["options"]["xField"]
    assert all(got.types[name] in NUMBERS for name in got.types if name != x)
    labels = [row[x] for row in got.rows]
    assert len(labels) == len(set(labels))
    if got.types[x] == "timestamptz":
        assert labels == sorted(labels)
    else:
        assert got.types[x] == "text"


def check_curve(asked: Asked, got: Answer) -> None:
    x = asked.panel["options"]["xField"]
    assert all(kind in NUMBERS for kind in got.types.values())
    ages = [row[x] for row in got.rows]
    assert ages == sorted(set(ages))


def check_variable(got: Answer) -> None:
    assert list(got.types) == ["__value", "__text"]
    assert len({row["__value"] for row in got.rows}) == len({row["__text"] for row in got.rows}) == len(got.rows)


def check_map(got: Answer) -> None:
    assert got.types["longitude"] == got.types["latitude"] == "float8"
    assert all(-1 < row["longitude"] < 5 and 42 < row["latitude"] < 45.5 for row in got.rows)


def check_dress(asked: Asked, got: Answer) -> None:
    """Every column is dressed, a number with a unit of numbers; a status is one of the five words."""
    columns = dressed(asked.panel)
    for name, kind in got.types.items():
        if name in ("time", "longitude", "latitude"):
            continue
        assert name in columns, f"nothing says how to show {name}"
        assert (columns[name]["unit"] == "string") == (kind == "text"), name
        if name.startswith("Statut"):
            assert {row[name] for row in got.rows} <= palette.STATUSES.keys()


def check(asked: Asked, got: Answer) -> None:
    """Check an answer that has rows."""
    assert got.rows
    assert not AMBIGUOUS & set(got.types.values())
    assert all(value != "" for row in got.rows for value in row.values()), "Grafana shows '' as « pas de données »"
    if asked.format == "variable":
        return check_variable(got)
    check_dress(asked, got)
    if asked.format == "time_series":
        return check_series(got)
    kind = asked.panel["type"]
    if kind == "stat":
        check_figures(got)
    if kind == "barchart":
        check_bars(asked, got)
    if kind == "trend":
        check_curve(asked, got)
    if kind == "geomap":
        check_map(got)
    return None
