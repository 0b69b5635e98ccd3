"""The two tables of the open data, column by column: headers, types, schemas and the dictionary are made from here.

Invariant: codes in the files are French and stable; a value and its bounds are there exactly where the status tells.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from schemas.indicators import indicators
from schemas.indicators.measures import MEASURES
from schemas.indicators.model import Indicator

Kind = Literal["string", "date", "integer", "number"]
TELLING = ("valeur", "provisoire")
"""The statuses with which there is a value."""

STATUSES = {
    "value": "valeur",
    "provisional": "provisoire",
    "secret": "secret",
    "not_covered": "non_couvert",
    "no_data": "sans_donnee",
    "too_few_dwellings": "trop_peu_de_logements",
    "too_many_unknown": "trop_d_inconnus",
}
STATUSES_FR = {
    "valeur": "La valeur est définitive pour ce millésime. Zéro est une valeur.",
    "provisoire": "La valeur est donnée, mais les déclarations du mois sont incomplètes : elle montera encore.",
    "secret": "La valeur existe et n'est pas diffusée : trop peu de ménages, ou elle en révélerait une autre.",
    "non_couvert": "Aucun bailleur participant n'a de logement ici : rien ne peut en être dit.",
    "sans_donnee": "Aucun bailleur n'a déclaré ces mois : ce n'est pas zéro.",
    "trop_peu_de_logements": "Pas de taux : moins de logements que le minimum de l'indicateur.",
    "trop_d_inconnus": "Pas de taux : trop de destinations ou de motifs inconnus.",
}
FIGURE_STATUSES = tuple(STATUSES[name] for name in ("value", "provisional", "secret", "not_covered", "no_data"))
LEVELS = {
    **{name: name for name in ("commune", "departement", "epci", "qpv_2015", "qpv_2024", "region")},
    "own": "projet",
}
LEVELS_FR = {
    "qpv_2024": "Quartier prioritaire, périmètres de 2024 (code QN…)",
    "qpv_2015": "Quartier prioritaire, périmètres de 2015 (code QP…)",
    "commune": "Commune (code INSEE)",
    "epci": "Intercommunalité (SIREN)",
    "departement": "Département (code INSEE)",
    "region": "Région (code INSEE)",
    "projet": "Territoire de projet (contrat de ville ou autre), au code choisi par l'observatoire",
}
PARTS = {"all": "ensemble", "qpv": "qpv", "hors_qpv": "hors_qpv", "non_localise": "non_localise"}
PARTS_FR = {
    "ensemble": "Tout le territoire",
    "qpv": "Ses logements situés dans un quartier prioritaire",
    "hors_qpv": "Ses logements situés hors de tout quartier prioritaire",
    "non_localise": "Ses logements non localisés, ou à moins de 15 m d'une limite de quartier",
}
WINDOWS = (1, 3, 12)


@cache
def derived() -> dict[str, Indicator]:
    """Return the indicators that published measures give, by code: fractions, and sums of several measures."""
    return {
        code: one
        for code, one in indicators().items()
        if one.numerator is not None and (one.denominator is not None or len(one.numerator) > 1)
    }


@dataclass(frozen=True)
class Column:
    """A column. `codes`: what may stand in it, with the meaning in French."""

    name: str
    kind: Kind
    title: str
    description: str
    example: Any
    codes: dict[str, str] = field(default_factory=dict)
    required: bool = True
    pattern: str = ""
    minimum: int | None = None

    @property
    def constraints(self) -> dict[str, Any]:
        """Return what a value must be, as a Table Schema says it."""
        found: dict[str, Any] = {"required": self.required}
        if self.codes:
            found["enum"] = list(self.codes) if self.kind == "string" else [int(code) for code in self.codes]
        if self.pattern:
            found["pattern"] = self.pattern
        if self.minimum is not None:
            found["minimum"] = self.minimum
        return found

    def accepts(self, value: Any) -> bool:
        """Return whether a value of the right type is one that the column may hold."""
        if value is None:
            return not self.required
        if self.codes and str(value) not in self.codes:
            return False
        if self.pattern and not re.fullmatch(self.pattern, value):
            return False
        return self.minimum is None or value >= self.minimum


@dataclass(frozen=True)
class Table:
    """A table: its files are `name`.csv and `name`.parquet."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [column.name for column in self.columns]

    @property
    def arrow(self) -> pa.Schema:
        """Return the columns' types in Parquet."""
        types = {"string": pa.string(), "date": pa.date32(), "integer": pa.int32(), "number": pa.float64()}
        return pa.schema([pa.field(one.name, types[one.kind], not one.required) for one in self.columns])


_WHERE_AND_WHEN = (
    Column(
        "millesime",
        "date",
        "Millésime",
        "Premier jour du mois dont le millésime porte le nom. Un millésime est figé : une correction n'y change rien, "
        "elle paraît dans un millésime suivant.",
        "2026-04-01",
    ),
    Column("niveau", "string", "Niveau", "Sorte de territoire.", "qpv_2024", LEVELS_FR),
    Column(
        "code", "string", "Code", "Code officiel du territoire, selon son niveau.", "QN03107M", pattern="[0-9A-Za-z_-]+"
    ),
    Column(
        "nom", "string", "Nom", "Nom du territoire, pour la lecture : c'est le code qui l'identifie.", "Bellefontaine"
    ),
    Column(
        "partie",
        "string",
        "Partie",
        "Partie du territoire. Un quartier n'a que « ensemble ».",
        "ensemble",
        PARTS_FR,
    ),
    Column(
        "fenetre_mois",
        "integer",
        "Fenêtre",
        "Nombre de mois entiers, déclarés, sur lesquels porte le chiffre.",
        12,
        {"1": "Le mois", "3": "Trois mois", "12": "Douze mois"},
    ),
    Column("mois", "date", "Dernier mois", "Premier jour du dernier mois de la fenêtre.", "2026-02-01"),
)

FIGURES = Table(
    "chiffres",
    "Mouvements et logements du parc social",
    "Une ligne par territoire, partie, fenêtre, mois et mesure : les comptes publiés.",
    (
        *_WHERE_AND_WHEN,
        Column("mesure", "string", "Mesure", "Code de la mesure.", "departures", MEASURES),
        Column("libelle", "string", "Libellé", "Ce que compte la mesure.", MEASURES["departures"]),
        Column(
            "valeur",
            "integer",
            "Valeur",
            "Des logements : un compte de mouvements sur la fenêtre, ou une moyenne du parc arrondie à l'unité. "
            "Vide sauf avec le statut « valeur » ou « provisoire ».",
            48,
            required=False,
            minimum=0,
        ),
        Column(
            "statut",
            "string",
            "Statut",
            "Ce que vaut la valeur, ou pourquoi il n'y en a pas.",
            "valeur",
            {name: STATUSES_FR[name] for name in FIGURE_STATUSES},
        ),
    ),
    ("millesime", "niveau", "code", "partie", "fenetre_mois", "mois", "mesure"),
)

INDICATORS = Table(
    "indicateurs",
    "Taux, parts et soldes",
    "Une ligne par territoire, partie, fenêtre, mois et indicateur, calculée des seuls chiffres publiés du millésime.",
    (
        *_WHERE_AND_WHEN,
        Column(
            "indicateur",
            "string",
            "Indicateur",
            "Code de l'indicateur ; sa formule et ses limites sont dans le dictionnaire.",
            "departure_rate",
            {code: one.name for code, one in derived().items()},
        ),
        Column(
            "libelle",
            "string",
            "Libellé",
            "Nom de l'indicateur, avec sa fenêtre ; « annualisé » s'il est ramené à l'année.",
            "Taux de départ (bailleur), 12 mois",
        ),
        Column(
            "unite",
            "string",
            "Unité",
            "Unité de la valeur.",
            "%",
            {"%": "Pour cent", "logements": "Logements, ou ménages"},
        ),
        Column(
            "numerateur",
            "integer",
            "Numérateur",
            "Somme de mesures publiées. Vide si l'une est secrète ou absente.",
            48,
            required=False,
        ),
        Column(
            "denominateur",
            "integer",
            "Dénominateur",
            "Somme de mesures publiées. Vide si l'une est secrète ou absente, et pour un solde.",
            512,
            required=False,
            minimum=0,
        ),
        Column(
            "valeur",
            "number",
            "Valeur",
            "Numérateur rapporté au dénominateur, dans l'unité, à quatre décimales. Vide sauf avec le statut "
            "« valeur » ou « provisoire ».",
            9.375,
            required=False,
        ),
        Column(
            "borne_basse",
            "number",
            "Borne basse",
            "Début de l'intervalle à 95 %. Vide sans valeur, ou si l'indicateur n'a pas d'intervalle.",
            6.9125,
            required=False,
        ),
        Column("borne_haute", "number", "Borne haute", "Fin de l'intervalle à 95 %.", 12.43, required=False),
        Column(
            "statut",
            "string",
            "Statut",
            "Ce que vaut la valeur, ou pourquoi il n'y en a pas.",
            "valeur",
            STATUSES_FR,
        ),
    ),
    ("millesime", "niveau", "code", "partie", "fenetre_mois", "mois", "indicateur"),
)

TABLES = (FIGURES, INDICATORS)
