"""*Parcours*: where those who leave go, where those who come come from, and whether they stay in the social stock."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, territory, variables
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import Query

PAGE = page.Page(
    page.PARCOURS,
    "Où vont ceux qui partent, d'où viennent ceux qui arrivent, départs internes et externes au parc social.",
    refresh="5m",
    since="now-3y",
)
HOW_TO_READ = """\
**Locataires du parc social seulement**, 12 mois déclarés. « Au moins », « au plus » : intervalle à 95 % ; deux parts
dont les intervalles se recouvrent ne se distinguent pas. « — » et « secret » ne sont pas zéro. *Inconnu* : le bailleur
ne sait pas.
"""


def _share(name: str, width: int = 84) -> Field:
    return Field(name, fields.PERCENT, 1, width=width, mappings=fields.UNTOLD)


def _count(count: Field, width: int = 78) -> Field:
    return replace(count, width=width, mappings=fields.UNTOLD, cell="color-text")


def places() -> list[Any]:
    """Return where they go and come from: the table with shares and intervals, and the bars."""
    table = panels.rows(
        4,
        "Où vont ceux qui partent, d'où viennent ceux qui arrivent · 12 mois déclarés",
        described(
            ["left_same_qpv_share", "came_same_qpv_share"],
            "Chaque mouvement est dans une classe et une seule. Solde : arrivées de ce lieu moins départs vers lui.",
            "staff.path, staff.indicator",
            "mouvements, %",
        ),
        (0, 5, 24, 10),
        Query("parcours/lieux"),
        [
            Field("Lieu", fields.TEXT),
            _count(fields.DEPARTURES),
            _share("Part des départs", 136),
            _share("Dép. min."),
            _share("Dép. max."),
            replace(fields.STATUS, name="Statut des départs", width=150),
            _count(fields.ARRIVALS),
            _share("Part des arrivées", 140),
            _share("Arr. min."),
            _share("Arr. max."),
            replace(fields.STATUS, name="Statut des arrivées", width=154),
            _count(fields.SOLDE),
        ],
    )
    bars = panels.bars(
        5,
        "Départs vers, arrivées de · 12 mois déclarés",
        "Départs par destination et arrivées par origine, du plus près au plus loin. Une barre absente est un compte "
        "secret ou non déclaré : le tableau du dessus le dit. Source : staff.path. Unité : mouvements.",
        (0, 15, 24, 8),
        Query("parcours/classes"),
        Field("Lieu", fields.TEXT),
        [fields.DEPARTURES, fields.ARRIVALS],
    )
    return [table, bars]


def kinds() -> list[Any]:
    """Return the internal and external departures: the table, and the two rates over the years."""
    table = panels.rows(
        7,
        "Rester dans le parc social ou en sortir · 12 mois déclarés",
        described(
            ["internal_departure_rate", "external_departure_rate"],
            "Taux : départs de cette sorte pour 100 logements « loués ou proposés ».",
            "staff.departure_kind, staff.indicator",
            "mouvements, %, logements",
        ),
        (0, 24, 12, 9),
        Query("parcours/motifs"),
        [
            Field("Départ", fields.TEXT),
            _count(fields.DEPARTURES),
            replace(fields.STATUS, width=124),
            _share("Taux", 72),
            *fields.bounds(),
            replace(fields.DWELLINGS, width=94),
        ],
    )
    lines = panels.lines(
        8,
        "Taux de départ interne et externe, 12 mois glissants déclarés",
        described(
            ["internal_departure_rate", "external_departure_rate"],
            "Le dénominateur, l'intervalle et la complétude sont dans le tableau voisin et dans « Indicateurs ».",
            "staff.indicator",
            "%",
        ),
        (12, 24, 12, 9),
        [Query("parcours/evolution", "time_series")],
        [
            Field("Interne au parc social", fields.PERCENT, 1, palette.INTERNAL),
            Field("Hors du parc social", fields.PERCENT, 1, palette.DEPARTURES),
        ],
        fields.PERCENT,
    )
    return [table, lines]


def compared() -> Any:
    """Return the same shares of the places around."""
    return panels.rows(
        10,
        "Où l'on part, comparé à ce qui l'entoure · 12 mois déclarés",
        described(
            ["left_same_qpv_share", "left_unknown_share"],
            "Les mêmes 12 mois pour tous. Une petite différence est le hasard : les intervalles du territoire sont "
            "dans le premier tableau.",
            "staff.compared_indicator",
            "%, mouvements",
        ),
        (0, 34, 24, 9),
        Query("parcours/compare"),
        [
            Field("Territoire", fields.TEXT),
            *(
                _share(name, width)
                for name, width in (
                    ("Vers le même QPV", 144),
                    ("Vers un autre QPV", 148),
                    ("Vers la commune", 138),
                    ("Vers l'EPCI", 104),
                    ("Vers le département", 162),
                    ("Vers la région", 124),
                    ("Vers ailleurs", 118),
                    ("Inconnu", 88),
                )
            ),
            _count(fields.DEPARTURES),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
        ],
    )


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *territory.header(HOW_TO_READ),
            panels.row(3, "Destinations et origines", 4),
            *places(),
            panels.row(6, "Internes et externes", 23),
            *kinds(),
            panels.row(9, "Comparé à ce qui l'entoure", 33),
            compared(),
        ],
        variables.territory(),
    )
