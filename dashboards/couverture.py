"""*Couverture*: what the figures are worth: completeness and representativeness apart, who declared and until when."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, territory, variables
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import Query

PAGE = page.Page(
    page.COUVERTURE,
    "Ce que valent les chiffres : complétude, représentativité, dernier mois déclaré par territoire et par bailleur.",
    refresh="5m",
    since="now-5y",
)
HOW_TO_READ = """\
**Locataires du parc social seulement.** **Complétude** : parmi les bailleurs *participants*, qui a déclaré.
**Représentativité** : leur part dans *tout* le parc social (RPLS). L'une ne dit rien de l'autre. Un mois non déclaré
n'est pas un mois sans départ.
"""
INSIDE_RPLS = fields.steps((None, palette.WARNING), (80, palette.GOOD), (100.5, palette.BAD))


def state() -> list[Any]:
    """Return the two shares of the last complete month, and completeness over the years."""
    figures = panels.figures(
        4,
        "Complétude et représentativité · dernier mois complet",
        described(
            ["completeness", "representativeness"],
            "« inconnue » : pas de RPLS sur ce périmètre. Au-dessus de 100 % : les bailleurs déclarent plus de "
            "logements que le RPLS n'en compte, voir les constats.",
            "staff.coverage",
            "%, logements, bailleurs",
        ),
        (0, 5, 24, 4),
        Query("couverture/etat"),
        [
            fields.COMPLETENESS,
            Field(
                "Représentativité",
                fields.PERCENT,
                1,
                thresholds=INSIDE_RPLS,
                scheme="thresholds",
                mappings=fields.null_as("inconnue", palette.QUIET),
            ),
            Field("Logements des participants", fields.COUNT, 0, label="Parc des participants"),
            Field("Logements déclarés", fields.COUNT, 0),
            Field("Logements (RPLS)", fields.COUNT, 0, mappings=fields.null_as("inconnu", palette.QUIET)),
            Field("RPLS de", fields.TEXT, mappings=fields.null_as("inconnu", palette.QUIET)),
            Field("Bailleurs", fields.COUNT, 0),
            Field("Bailleurs ayant déclaré", fields.COUNT, 0),
            Field("Mois", fields.MONTH),
        ],
        value_size=22,
    )
    lines = panels.lines(
        5,
        "Complétude, mois par mois",
        described(["completeness"], "Sous 80 %, le mois n'est pas complet.", "staff.coverage", "%"),
        (0, 9, 9, 9),
        [Query("couverture/evolution", "time_series")],
        [Field("Complétude", fields.PERCENT, 1, palette.GOOD)],
        fields.PERCENT,
    )
    return [figures, lines]


def landlords() -> Any:
    """Return who owns here and how far each has declared."""
    return panels.rows(
        6,
        "Les bailleurs de ce territoire",
        "Logements « loués ou proposés » du dernier stock envoyé, part dans ceux des participants, date de ce stock, "
        "dernier jour déclaré complet et périmètre de cette déclaration. Un bailleur qui ne déclare que ses QPV est "
        "laissé hors des comparaisons. Source : staff.landlord_territory. Unité : logements, %, dates.",
        (9, 9, 15, 9),
        Query("couverture/bailleurs"),
        [
            Field("Bailleur", fields.TEXT, filterable=True),
            Field("SIREN", fields.TEXT, width=96),
            replace(fields.DWELLINGS, width=92),
            Field("Part des logements", fields.PERCENT, 1, width=150, mappings=fields.UNTOLD),
            Field("Stock du", fields.DAY, width=100),
            Field("Déclaré jusqu'au", fields.DAY, width=142, mappings=fields.null_as("jamais", palette.BAD)),
            Field("Périmètre déclaré", fields.TEXT, width=148),
        ],
    )


def quartiers() -> Any:
    """Return how far each quartier can be spoken of."""
    return panels.rows(
        8,
        "Jusqu'où chaque quartier peut être lu",
        described(
            ["representativeness"],
            "Un QPV (2024) par ligne : dernier mois complet, complétude et représentativité de ce mois, logements "
            "des participants et du RPLS.",
            "staff.declared_window, staff.census",
            "%, logements",
        ),
        (0, 19, 24, 12),
        Query("couverture/territoires"),
        [
            Field("Code", fields.TEXT, width=108, link=page.TO_QUARTIER),
            Field("Quartier", fields.TEXT, link=page.TO_QUARTIER, filterable=True),
            Field("Dépt", fields.TEXT, width=75, filterable=True),
            Field("departement", fields.TEXT, hidden=True),
            Field("Commune", fields.TEXT, width=160),
            replace(fields.THROUGH, width=136),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            Field(
                "Représentativité",
                fields.PERCENT,
                1,
                width=136,
                mappings=fields.null_as("inconnue", palette.QUIET),
                thresholds=INSIDE_RPLS,
                scheme="thresholds",
                cell="color-text",
            ),
            replace(fields.DWELLINGS, width=92),
            Field("Logements (RPLS)", fields.COUNT, 0, width=144, mappings=fields.null_as("inconnu", palette.QUIET)),
            Field("À noter", fields.TEXT, width=230),
        ],
    )


def findings() -> Any:
    """Return what does not hold together in what landlords sent."""
    return panels.rows(
        10,
        "Constats sur les envois",
        "Ce qui, dans les parcs, les mouvements et les déclarations reçus, ne tient pas ensemble : parc plus petit que "
        "ses départs, mouvements là où il n'y a pas de parc, plus de logements que le RPLS, déclaration qui recule, "
        "parc inattendu. Les 200 premiers. Source : staff.finding. Unité : texte.",
        (0, 32, 24, 9),
        Query("couverture/constats"),
        [
            Field("Constat", fields.TEXT, width=230, filterable=True),
            Field("Bailleur", fields.TEXT, width=200, filterable=True, mappings=fields.UNTOLD),
            Field("Territoire", fields.TEXT, width=200, filterable=True, link=page.TO_INDICATEURS),
            Field("Code", fields.TEXT, width=108),
            Field("niveau", fields.TEXT, hidden=True),
            Field("Mois", fields.MONTH, width=84, mappings=fields.UNTOLD),
            Field("Ce qui ne va pas", fields.TEXT, wrapped=True),
        ],
    )


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *territory.header(HOW_TO_READ),
            panels.row(3, "Ce territoire", 4),
            *state(),
            landlords(),
            panels.row(7, "Quartiers", 18),
            quartiers(),
            panels.row(9, "Envois douteux", 31),
            findings(),
        ],
        variables.territory(),
    )
