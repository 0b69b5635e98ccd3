"""What people are told of a vintage, in French: read-me, dictionary, licence. Made from the tables and the registry."""

from collections.abc import Iterator
from pathlib import Path

from consumers.opendata.metadata import DESCRIPTION, LICENCE, PUBLISHER, SOURCE, TITLE, VERSION, Extent, schema_name
from consumers.opendata.publication import Vintage
from consumers.opendata.tables import FIGURES, LEVELS_FR, PARTS_FR, STATUSES_FR, TABLES, Table, derived
from schemas.indicators import Indicator, conditions
from schemas.indicators.measures import LEVELS, MEASURES, text_of

_MODES_FR = {
    "suppression": "Ce qui est secret est vide, et assez d'autres chiffres avec lui pour qu'aucune différence (entre "
    "territoires, fenêtres, générations de quartiers ou millésimes) ne le rende.",
    "rounding": "Les comptes sont arrondis : un total n'est pas toujours la somme de ses parties, un taux porte sur "
    "des comptes arrondis, et les intervalles ne disent rien de cet arrondi.",
}


def read_me(vintage: Vintage, extent: Extent, rows: dict[str, int]) -> str:
    """Return README.md."""
    period = (
        f"Les fenêtres couvrent les mois de {extent.first:%m/%Y} à {extent.last:%m/%Y}."
        if extent.first and extent.last
        else "Ce millésime ne contient aucun chiffre."
    )
    files = "\n".join(
        f"| `{table.name}.csv`, `{table.name}.parquet` | {table.title.lower()} : {rows[table.name]} lignes |"
        for table in TABLES
    )
    return _text("lisez-moi").format(
        title=TITLE,
        vintage=f"{vintage.month:%Y-%m}",
        description=DESCRIPTION,
        period=period,
        mode=_MODES_FR[vintage.mode],
        files=files,
        schemas=", ".join(f"`{schema_name(table)}`" for table in TABLES),
        version=VERSION,
        licence=LICENCE["title"],
        publisher=PUBLISHER,
        source=SOURCE,
    )


def licence() -> str:
    """Return LICENCE.md: the reference, not the text."""
    return _text("licence").format(publisher=PUBLISHER, **LICENCE)


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def dictionary() -> str:
    """Return dictionnaire.md."""
    return "\n".join(
        [
            "# Dictionnaire des données\n",
            *(line for table in TABLES for line in _columns(table)),
            *_codes("Niveaux", "niveau", LEVELS_FR),
            *_codes("Parties d'un territoire", "partie", PARTS_FR),
            *_codes("Statuts", "statut", STATUSES_FR),
            *_measures(),
            "## Indicateurs\n",
            "Calculés des seules mesures publiées : un indicateur dont une mesure est secrète est secret.\n",
            *(line for one in derived().values() for line in _indicator(one)),
        ]
    )


def _columns(table: Table) -> Iterator[str]:
    yield f"## `{table.name}` : {table.title.lower()}\n\n{table.description}\n"
    yield "| colonne | type | obligatoire | ce qu'elle dit | exemple |\n|---|---|---|---|---|"
    for one in table.columns:
        cells = (f"`{one.name}`", _TYPES_FR[one.kind], "oui" if one.required else "non", one.description, one.example)
        yield f"| {' | '.join(map(str, cells))} |"
    yield f"\nUne ligne est identifiée par : {', '.join(f'`{name}`' for name in table.key)}.\n"


_TYPES_FR = {"string": "texte", "date": "date", "integer": "entier", "number": "décimal"}


def _codes(title: str, column: str, codes: dict[str, str]) -> Iterator[str]:
    yield f"## {title}\n\n| `{column}` | ce que cela veut dire |\n|---|---|"
    for code, meaning in codes.items():
        yield f"| `{code}` | {meaning} |"
    yield ""


def _measures() -> Iterator[str]:
    yield f"## Mesures\n\nDe la table `{FIGURES.name}`.\n"
    yield "| `mesure` | ce qu'elle compte | sur la fenêtre |\n|---|---|---|"
    for name, label in MEASURES.items():
        yield f"| `{name}` | {label} | {'moyenne' if name in LEVELS else 'somme'} |"
    yield "\n`relet_dwellings_12_months` porte toujours sur les douze mois qui finissent avec le dernier mois.\n"


def _indicator(one: Indicator) -> Iterator[str]:
    yield f"### `{one.code}` : {one.name}\n\n{one.says}\n"
    yield f"- Formule : {one.formula}."
    yield f"- Numérateur : `{text_of(one.numerator or ())}`"
    if one.denominator:
        yield f"- Dénominateur : `{text_of(one.denominator)}`"
    yield f"- Unité : {one.unit} ; fenêtres : {', '.join(map(str, one.windows))} mois"
    if told := conditions(one):
        yield f"- Conditions : {told}."
    if one.excludes:
        yield f"- Exclus : {one.excludes}"
    yield f"- Limites : {one.limits}"
    if one.not_to_mix:
        yield f"- À ne pas confondre : {one.not_to_mix}"
    yield f"- Source : {one.source}\n"
