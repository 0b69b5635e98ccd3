"""*Public*: published figures of the newest vintage, for the Grafana that anyone may read."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, variables
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import PUBLIC, Query

PAGE = page.Page(
    PUBLIC,
    "Chiffres publiés de la mobilité dans le parc social des quartiers prioritaires : millésime le plus récent.",
    refresh="1h",
    since="now-3y",
)
HOW_TO_READ = """\
**Locataires du parc social seulement**, chez les bailleurs qui participent : jamais tous les habitants. Chiffres figés
chaque mois ; une correction fait un nouveau millésime. **Secret** : trop peu de ménages, ou un chiffre qui en
révélerait un autre. Zéro est une valeur. « Au moins », « au plus » : intervalle à 95 % ; deux intervalles qui se
recouvrent ne disent pas d'écart.
"""


def _percent(name: str, width: int) -> Field:
    return Field(name, fields.PERCENT, 1, width=width, mappings=fields.UNTOLD)


def header() -> list[Any]:
    """Return which territory, which months, which vintage, and how to read the page."""
    return [
        panels.figures(
            1,
            "Le territoire et son millésime",
            "Territoire choisi, fin de la dernière fenêtre de 12 mois publiée, millésime le plus récent et façon dont "
            "il est protégé. Source : published.vintage, published.figure. Unité : texte, dates.",
            (0, 0, 14, 5),
            Query("public/entete"),
            [
                Field("Territoire", fields.TEXT),
                Field("Code", fields.TEXT),
                Field("12 mois finissant en", fields.MONTH, mappings=fields.UNTOLD),
                Field("Millésime", fields.MONTH, mappings=fields.UNTOLD),
                Field("Protection", fields.TEXT),
            ],
            value_size=16,
        ),
        panels.words(2, "Comment lire", "Ce que disent les chiffres de cette page.", (14, 0, 10, 5), HOW_TO_READ),
    ]


def rates() -> list[Any]:
    """Return the rates with their two sides and interval, and the departure rate over the months published."""
    table = panels.rows(
        4,
        "Taux et parts, avec leur intervalle · 12 mois",
        described(
            ["departure_rate"],
            "Un taux n'est publié qu'au-dessus de 50 logements et si son numérateur l'est. Définitions : "
            "docs/indicateurs.md.",
            "published.indicator",
            "%, mouvements, logements",
        ),
        (0, 6, 14, 8),
        Query("public/taux"),
        [
            Field("Indicateur", fields.TEXT, filterable=True),
            _percent("Valeur", 76),
            *fields.bounds(),
            Field("Numérateur", fields.COUNT, 0, width=100, mappings=fields.UNTOLD),
            Field("Dénominateur", fields.COUNT, 0, width=114, mappings=fields.UNTOLD),
            replace(fields.STATUS, width=160),
        ],
    )
    counts = panels.rows(
        5,
        "Les comptes publiés · 12 mois",
        "Départs, arrivées, leurs destinations et origines, logements (moyennes de la fenêtre). Chaque compte a un "
        "statut : valeur, provisoire, secret, non couvert, pas de données. Source : published.figure. Unité : "
        "mouvements, logements.",
        (14, 6, 10, 8),
        Query("public/comptes"),
        [
            Field("Compte", fields.TEXT, filterable=True),
            Field("Valeur", fields.COUNT, 0, width=84, mappings=fields.UNTOLD),
            replace(fields.STATUS, width=110),
        ],
    )
    lines = panels.lines(
        6,
        "Taux de départ, 12 mois glissants publiés",
        described(
            ["departure_rate"],
            "Bande grise : intervalle à 95 %. Chaque mois dans son millésime le plus récent. Numérateur, dénominateur "
            "et complétude : tableaux du dessus.",
            "published.indicator",
            "%",
        ),
        (0, 14, 24, 8),
        [Query("public/evolution", "time_series")],
        [
            Field("Taux de départ", fields.PERCENT, 1, palette.DEPARTURES, line={"lineWidth": 3}),
            *fields.band(fields.PERCENT),
        ],
        fields.PERCENT,
    )
    return [table, counts, lines]


def held_back() -> list[Any]:
    """Return how much is held back at each level, and the vintages there are."""
    losses = panels.rows(
        8,
        "Ce que le secret retient, par niveau",
        "Chiffres du millésime le plus récent (12 mois, dernier mois, tout le territoire) par statut, et part des "
        "secrets parmi ceux qui existent. Plus le territoire est petit, "
        "plus il y en a. Source : published.figure. Unité : chiffres, %.",
        (0, 23, 16, 9),
        Query("public/pertes"),
        [
            Field("Niveau", fields.TEXT),
            *(Field(name, fields.COUNT, 0, width=112) for name in ("Chiffres", "Publiés", "Provisoires", "Secrets")),
            Field("Part secrète", fields.PERCENT, 1, width=116, mappings=fields.UNTOLD),
            Field("Sans données", fields.COUNT, 0, width=124),
        ],
    )
    vintages = panels.rows(
        9,
        "Millésimes",
        "Les 36 derniers millésimes : mois, instant où il fut figé, façon dont il est protégé. Source : "
        "published.vintage. Unité : dates.",
        (16, 23, 8, 9),
        Query("public/millesimes"),
        [
            Field("Millésime", fields.MONTH),
            Field("Figé le", fields.MOMENT),
            Field("Protection", fields.TEXT),
        ],
    )
    return [losses, vintages]


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *header(),
            panels.row(3, "Chiffres publiés", 5),
            *rates(),
            panels.row(7, "Ce qui est retenu", 22),
            *held_back(),
        ],
        [
            variables.asked("niveau", "public/niveau", "Niveau"),
            variables.asked("territoire", "public/territoire", "Territoire"),
        ],
    )
