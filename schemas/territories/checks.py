"""The checks that make the territory tables trustworthy: each returns its problems, none repairs anything."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import chain

from schemas.territories.models import departement_of_commune
from schemas.territories.tables import QPV_FILES, RPLS_COLUMNS, Problem, Row, Tables

_CODE_PATTERNS = {
    "regions.csv": re.compile(r"[0-9]{2}"),
    "departements.csv": re.compile(r"[0-9]{2}|2[AB]|97[0-9]"),
    "epci.csv": re.compile(r"[0-9]{9}"),
    "communes.csv": re.compile(r"([0-9]{2}|2[AB])[0-9]{3}"),
    "commune_successions.csv": re.compile(r"([0-9]{2}|2[AB])[0-9]{3}"),
    "qpv_2015.csv": re.compile(r"QP([0-9]{3}|02[AB])[0-9]{3}"),
    "qpv_2024.csv": re.compile(r"QN([0-9]{3}|02[AB])[0-9]{2}[NMIC]"),
}
_REFERENCES = (
    ("departements.csv", "region", "regions.csv"),
    ("communes.csv", "departement", "departements.csv"),
    ("communes.csv", "region", "regions.csv"),
    ("communes.csv", "epci", "epci.csv"),
    ("qpv_2015.csv", "departement", "departements.csv"),
    ("qpv_2024.csv", "departement", "departements.csv"),
    ("qpv_2015.csv", "communes", "communes.csv"),
    ("qpv_2024.csv", "communes", "communes.csv"),
    ("qpv_2024.csv", "epci", "epci.csv"),
    ("qpv_2024.csv", "qpv_2015", "qpv_2015.csv"),
)
_CENTROID_SOURCES = frozenset({"perimeter_2015", "perimeter_2024", "predecessor", "commune", "town_centre"})
# Metropolitan France, loosely: catches swapped or projected coordinates, not small errors.
_DEGREES = {"longitude": (-5.5, 10.0), "latitude": (41.0, 51.5)}


def problems_of(tables: Tables) -> list[Problem]:
    """Return every problem of the tables, by file and line; empty when all is well."""
    checks: tuple[Callable[[Tables], Iterator[Problem]], ...] = (
        _codes,
        _references,
        _commune_ladders,
        _successions,
        _qpv_places,
        _lineages,
        _figures,
    )
    files = list(tables)
    found = chain.from_iterable(check(tables) for check in checks)
    return sorted(found, key=lambda problem: (files.index(problem.file), problem.line))


def departement_of_qpv(code: str) -> str:
    """Return the département in a QPV code, its padding removed: QP031007 -> 31, QN02A01M -> 2A."""
    return code[2:5].removeprefix("0")


def _codes(tables: Tables) -> Iterator[Problem]:
    for file, rows in tables.items():
        first_line: dict[str, int] = {}
        for row in rows:
            code = row["code"]
            if not _CODE_PATTERNS[file].fullmatch(code):
                what = f"malformed code {code!r}: expected {_CODE_PATTERNS[file].pattern}"
                yield row.problem("code", what)
            if first_line.setdefault(code, row.line) != row.line:
                yield row.problem("code", f"{code} is already on line {first_line[code]}: keep one of them")
            if not row["name"].strip():
                yield row.problem("name", f"{code} has no name: add it")


def _references(tables: Tables) -> Iterator[Problem]:
    known = {file: {row["code"] for row in rows} for file, rows in tables.items()}
    for file, column, target in _REFERENCES:
        for row in tables[file]:
            for code in row.codes(column) if file in QPV_FILES.values() else (row[column],):
                no_epci = column == "epci" and not code
                if code not in known[target] and not no_epci:
                    what = f"{code!r} is not in {target}: correct the code or add it there"
                    yield row.problem(column, what)


def _commune_ladders(tables: Tables) -> Iterator[Problem]:
    regions = {row["code"]: row["region"] for row in tables["departements.csv"]}
    for row in tables["communes.csv"]:
        code, departement = row["code"], row["departement"]
        if departement_of_commune(code) != departement:
            what = f"commune {code} cannot lie in département {departement!r}: correct one of the two"
            yield row.problem("departement", what)
        if departement in regions and row["region"] != regions[departement]:
            what = f"département {departement} lies in région {regions[departement]}: write that"
            yield row.problem("region", what)


def _successions(tables: Tables) -> Iterator[Problem]:
    communes = {row["code"] for row in tables["communes.csv"]}
    since: dict[str, str] = {}
    for row in tables["commune_successions.csv"]:
        since[row["code"]] = row["since"]
        if not _is_day(row["since"]):
            yield row.problem("since", f"{row['since']!r} is not a day: write YYYY-MM-DD")
    for row in tables["commune_successions.csv"]:
        successor = row["successor"]
        if successor not in communes and since.get(successor, "") <= row["since"]:
            what = f"{successor!r} is no commune, nor is it succeeded later: correct the code or add it"
            yield row.problem("successor", what)
        elif row["code"] == successor:
            yield row.problem("successor", f"{successor} cannot succeed itself: correct the code")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _qpv_places(tables: Tables) -> Iterator[Problem]:
    communes = {row["code"]: row for row in tables["communes.csv"]}
    for row in _qpv_rows(tables):
        code, departement = row["code"], row["departement"]
        if departement_of_qpv(code) != departement:
            what = f"QPV {code} cannot lie in département {departement!r}: correct one of the two"
            yield row.problem("departement", what)
        if not row.codes("communes"):
            yield row.problem("communes", f"QPV {code} has no commune: add at least one")
        for commune in row.codes("communes"):
            if commune in communes and communes[commune]["departement"] != departement:
                what = f"commune {commune} lies outside département {departement}: correct one of the two"
                yield row.problem("communes", what)
    for row in tables["qpv_2024.csv"]:
        of_communes = {communes[code]["epci"] for code in row.codes("communes") if code in communes} - {""}
        if set(row.codes("epci")) != of_communes:
            what = f"communes.csv says {' and '.join(sorted(of_communes)) or 'none'}: make the two agree"
            yield row.problem("epci", what)


def _lineages(tables: Tables) -> Iterator[Problem]:
    for row in tables["qpv_2024.csv"]:
        code, statut, lineage = row["code"], row["statut"], row.codes("qpv_2015")
        if statut != code[-1:]:
            what = f"statut {statut!r}, but {code} ends with {code[-1:]!r}: correct one of the two"
            yield row.problem("statut", what)
        if statut == "N" and lineage:
            what = f"{code} is new (N) yet has the lineage {' '.join(lineage)}: remove it or correct the code"
            yield row.problem("qpv_2015", what)
        if statut == "I" and len(lineage) != 1:
            what = f"{code} is identical (I): name exactly one QPV of 2015, not {len(lineage)}"
            yield row.problem("qpv_2015", what)
        if statut == "M" and not lineage:
            what = f"{code} is modified (M): name the QPVs of 2015 it comes from"
            yield row.problem("qpv_2015", what)


def _figures(tables: Tables) -> Iterator[Problem]:
    for row in tables["communes.csv"]:
        yield from _number(row, "population", whole=True)
    for generation, file in QPV_FILES.items():
        dwellings, *percents = RPLS_COLUMNS[generation]
        for row in tables[file]:
            yield from _number(row, dwellings, whole=True)
            for column in percents:
                yield from _number(row, column, highest=100)
            for column, (lowest, highest) in _DEGREES.items():
                yield from _number(row, column, lowest=lowest, highest=highest, needed=True)
            if row["centroid_source"] not in _CENTROID_SOURCES:
                what = f"unknown source {row['centroid_source']!r}: use one of {sorted(_CENTROID_SOURCES)}"
                yield row.problem("centroid_source", what)


def _number(
    row: Row,
    column: str,
    *,
    lowest: float = 0,
    highest: float = 1e9,
    whole: bool = False,
    needed: bool = False,
) -> Iterator[Problem]:
    text = row[column]
    if not text and not needed:
        return
    shape = r"[0-9]+" if whole else r"-?[0-9]+(\.[0-9]+)?"
    if not re.fullmatch(shape, text):
        kind = "a whole number" if whole else "a number with a decimal point"
        yield row.problem(column, f"{text!r} is not {kind}: correct it")
    elif not lowest <= float(text) <= highest:
        yield row.problem(column, f"{text} is not between {lowest:g} and {highest:g}: correct it")


def _qpv_rows(tables: Tables) -> Iterator[Row]:
    return chain.from_iterable(tables[file] for file in QPV_FILES.values())
