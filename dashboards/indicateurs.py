"""*Indicateurs*: one territory of any level, every indicator with its two sides, its interval and what surrounds it."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, territory, variables
from dashboards.fields import Field
from dashboards.source import Query

PAGE = page.Page(
    page.INDICATEURS,
    "Un territoire de tout niveau : chaque indicateur, numérateur, dénominateur, intervalle, complétude, comparaisons.",
    refresh="5m",
    since="now-3y",
)
HOW_TO_READ = """\
**Locataires du parc social seulement**, mois déclarés. « Au moins », « au plus » : intervalle à 95 %. Un écart n'est
dit que si les intervalles ne se recouvrent pas. « — » n'est pas zéro : le statut dit pourquoi. Définitions :
`docs/indicateurs.md`.
"""
RATE_HELP = (
    "L'indicateur et la fenêtre sont ceux que l'on choisit en haut ; leur définition est dans le tableau des "
    "indicateurs et dans docs/indicateurs.md. Une fenêtre de 1 ou 3 mois est ramenée à l'année, saison comprise. "
)
WINDOWS = {"12": "12 mois", "3": "3 mois, annualisé", "1": "1 mois, annualisé"}


def _figure(name: str, width: int = 92) -> Field:
    return Field(name, fields.COUNT, 1, width=width, mappings=fields.UNTOLD)


def every_one() -> list[Any]:
    """Return all indicators: of the territory, then beside its comparators."""
    own = panels.rows(
        4,
        "Tous les indicateurs du territoire",
        "Un indicateur par ligne, sur la fenêtre choisie, finissant au dernier mois complet : valeur, intervalle à "
        "95 % (Poisson exact pour un taux, Wilson pour une part), numérateur et dénominateur des mêmes bailleurs aux "
        "mêmes mois, complétude, statut. Zéro est une valeur. Source : staff.indicator, staff.indicator_text (registre "
        "des indicateurs). Unité : celle de la colonne « Unité ».",
        (0, 5, 24, 14),
        Query("indicateurs/tous"),
        [
            Field("Famille", fields.TEXT, width=100, filterable=True),
            Field("Indicateur", fields.TEXT, filterable=True),
            _figure("Valeur"),
            Field("Unité", fields.TEXT, width=92),
            _figure("Au moins"),
            _figure("Au plus"),
            Field("Numérateur", fields.COUNT, 0, width=104, mappings=fields.UNTOLD),
            Field("Dénominateur", fields.COUNT, 0, width=116, mappings=fields.UNTOLD),
            replace(fields.STATUS, width=160),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            replace(fields.THROUGH, name="Jusqu'à", width=80),
        ],
    )
    beside = panels.rows(
        5,
        "Les mêmes, à côté de ce qui l'entoure · 12 mois",
        "Taux et parts des mêmes 12 mois : ici, dans ses QPV et hors QPV (commune et au-dessus), dans le reste de sa "
        "commune, son EPCI, les QPV du département et de la région (QPV), la région entière. Écart avec la région : "
        "dit seulement si les intervalles à 95 % ne se recouvrent pas. « — » : sans objet à ce niveau, secret ou non "
        "déclaré. Source : staff.compared_indicator. Unité : %.",
        (0, 19, 24, 14),
        Query("indicateurs/compares"),
        [
            Field("Indicateur", fields.TEXT, filterable=True),
            *(
                Field(name, fields.PERCENT, 1, width=width, mappings=fields.UNTOLD)
                for name, width in (
                    ("Ici", 74),
                    ("Ses QPV", 84),
                    ("Hors QPV", 92),
                    ("Reste de la commune", 172),
                    ("EPCI", 74),
                    ("QPV du département", 168),
                    ("QPV de la région", 138),
                    ("Région", 76),
                )
            ),
            replace(fields.GAP, name="Écart avec la région", width=158),
        ],
    )
    return [own, beside]


def chosen() -> list[Any]:
    """Return one indicator: over the years with its interval, and its comparators with their two sides."""
    lines = panels.lines(
        7,
        "L'indicateur choisi, fenêtre glissante",
        RATE_HELP + "Bande grise : intervalle à 95 % du territoire. Le dénominateur et la complétude sont dans le "
        "tableau voisin. Un trou est un secret ou un mois non déclaré. Source : staff.compared_indicator. Unité : %.",
        (0, 34, 8, 10),
        [Query("indicateurs/evolution", "time_series")],
        [
            Field("Ce territoire", fields.PERCENT, 1, palette.DEPARTURES, line={"lineWidth": 3}),
            *fields.band(fields.PERCENT),
            Field("Reste de sa commune, hors QPV", fields.PERCENT, 1, palette.INTERNAL),
            Field("QPV de la région", fields.PERCENT, 1, palette.AROUND),
            Field("Région", fields.PERCENT, 1, palette.QUIET),
        ],
        fields.PERCENT,
    )
    table = panels.rows(
        8,
        "L'indicateur choisi, comparé",
        RATE_HELP + "Mêmes mois pour tous. Écart : « plus haut ici » ou « plus bas ici » seulement si les intervalles "
        "à 95 % ne se recouvrent pas. Source : staff.compared_indicator. Unité : %, mouvements, logements.",
        (8, 34, 16, 10),
        Query("indicateurs/un"),
        [
            Field("Territoire", fields.TEXT),
            Field("Valeur", fields.PERCENT, 1, width=76, mappings=fields.UNTOLD),
            *fields.bounds(),
            Field("Numérateur", fields.COUNT, 0, width=100, mappings=fields.UNTOLD),
            Field("Dénominateur", fields.COUNT, 0, width=114, mappings=fields.UNTOLD),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            replace(fields.STATUS, width=124),
            replace(fields.GAP, width=120),
        ],
    )
    return [lines, table]


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *territory.header(HOW_TO_READ),
            panels.row(3, "Tous les indicateurs", 4),
            *every_one(),
            panels.row(6, "Un indicateur de près", 33),
            *chosen(),
        ],
        [
            *variables.territory(),
            variables.asked("indicateur", "indicateurs/indicateur", "Indicateur"),
            variables.listed("fenetre", "Fenêtre", WINDOWS),
        ],
    )
