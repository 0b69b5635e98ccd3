"""*Quartier*: one QPV, live and declared, month by month, and beside the places that it is compared with."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, variables
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import Query

PAGE = page.Page(
    page.QUARTIER,
    "Un quartier prioritaire : départs, arrivées et taux de départ, face à sa commune, son département et sa région.",
    refresh="30s",
    since="now-3y",
)
HOW_TO_READ = """\
**En direct** : ce qui est déjà reçu, *encore en déclaration*. **Déclaré** : mois entiers que les bailleurs ont dits
complets.
« secret » : de 1 à 4, ou un compte, même grand, qui en révélerait un. Un trou n'est pas un zéro.
**Locataires du parc social seulement.**
"""
LIVE = (
    "Départs et arrivées effectifs reçus dont la date tombe dans les {days} derniers jours, encore en déclaration. "
    "Parc social du QPV, bailleurs participants ; départs techniques exclus ; secret de 1 à 4, ou s'il en révèle un. "
    "Solde : arrivées moins départs, en logements. Source : staff.rolling. Unité : mouvements."
)
DECLARED = (
    "Départs et arrivées des {months} mois entiers finissant au dernier mois complet du QPV. Taux de départ : "
    "départs de la fenêtre pour 100 logements « loués ou proposés » des bailleurs déclarants (pas de taux sous 50 "
    "logements). Complétude : logements déclarés / logements des participants. Source : staff.declared_window. "
    "Unité : mouvements, logements, %."
)


def live(number: int, days: int, x: int) -> Any:
    """Return the live figures of one window."""
    return panels.figures(
        number,
        f"{days} derniers jours · encore en déclaration",
        LIVE.format(days=days),
        (x, 5, 8, 4),
        Query("quartier/direct", window=days),
        [replace(one, mappings=fields.SECRET) for one in (fields.DEPARTURES, fields.ARRIVALS, fields.SOLDE)],
        value_size=44,
    )


def declared(number: int, months: int, x: int) -> Any:
    """Return the declared figures of one window, the rate with its denominator and its completeness."""
    return panels.figures(
        number,
        f"{months} mois déclarés",
        DECLARED.format(months=months),
        (x, 10, 12, 4),
        Query("quartier/declare", window=months),
        [
            *(replace(one, mappings=fields.SECRET) for one in (fields.DEPARTURES, fields.ARRIVALS, fields.SOLDE)),
            replace(fields.RATE, label="Taux"),
            fields.DWELLINGS,
            fields.COMPLETENESS,
            replace(fields.THROUGH, label="Jusqu'à"),
        ],
        value_size=22,
    )


def header() -> list[Any]:
    """Return who the quartier is, and how to read the page."""
    return [
        panels.figures(
            1,
            "Le quartier",
            "Nom, commune(s), périmètre de 2024 et quartier(s) de 2015 dont il vient. Source : staff.qpv (décrets "
            "QPV). Unité : texte.",
            (0, 0, 16, 4),
            Query("quartier/entete"),
            [
                Field(name, fields.TEXT, colour="text")
                for name in ("Quartier", "Code", "Commune", "Département", "Périmètre", "Quartier de 2015")
            ],
            value_size=16,
        ),
        panels.words(2, "Comment lire", "Ce que disent les chiffres de cette page.", (16, 0, 8, 4), HOW_TO_READ),
    ]


def by_month() -> list[Any]:
    """Return the monthly bars, and under them the ribbon that says why there is a gap."""
    return [
        panels.bars(
            9,
            "Départs et arrivées par mois déclaré",
            "Mouvements effectifs par mois de date d'effet, des bailleurs qui ont déclaré le mois. Un trou est un "
            "mois secret, peu déclaré ou sans données : le ruban du dessous le dit. Source : staff.declared_series, "
            "fenêtre d'un mois. Unité : mouvements par mois.",
            (0, 15, 24, 8),
            Query("quartier/mois"),
            fields.MONTHS,
            [fields.DEPARTURES, fields.ARRIVALS],
        ),
        panels.states(
            10,
            "Ce que vaut chaque mois",
            "Statut du compte de chaque mois : valeur, provisoire (moins de 80 % des logements déclarés), secret "
            "(1 à 4 mouvements), non couvert, pas de données. Source : staff.declared_series. Unité : statut.",
            (0, 23, 24, 5),
            Query("quartier/mois_statut", "time_series"),
            [
                Field(name, fields.TEXT, mappings=fields.words(palette.STATUSES), colour=palette.ABSENT)
                for name in ("Départs", "Arrivées")
            ],
        ),
    ]


def compared() -> list[Any]:
    """Return the rate beside those of the places around, and each rate's two sides and interval."""
    rates = panels.lines(
        12,
        "Taux de départ, 12 mois glissants déclarés",
        described(
            ["departure_rate"],
            "Bande grise : intervalle à 95 % du quartier. Reste de sa commune : hors QPV, communes du QPV sommées. QPV "
            "du département et de la région : tous ensemble. Un trou est un secret ou un mois non déclaré. Le "
            "dénominateur et la complétude sont dans le tableau voisin.",
            "staff.compared_indicator",
            "%",
        ),
        (0, 29, 8, 11),
        [Query("quartier/taux", "time_series")],
        [
            *(
                Field(name, fields.PERCENT, 1, colour, line={"lineWidth": 4 if name == "Ce quartier" else 2})
                for name, colour in palette.COMPARED.items()
            ),
            *fields.band(fields.PERCENT),
        ],
        fields.PERCENT,
    )
    table = panels.rows(
        13,
        "Les mêmes taux, avec leur dénominateur",
        described(
            ["departure_rate"],
            "Dernière fenêtre déclarée de 12 mois du quartier, et les mêmes mois pour les autres. Écart : dit "
            "seulement si les intervalles à 95 % ne se recouvrent pas.",
            "staff.compared_indicator",
            "%, mouvements, logements",
        ),
        (8, 29, 16, 11),
        Query("quartier/comparaison"),
        [
            Field("Territoire", fields.TEXT, mappings=_comparison_colours(), cell="color-text"),
            replace(fields.RATE, label="Taux", width=60),
            *fields.bounds(),
            replace(fields.DEPARTURES, width=76, mappings=fields.UNTOLD, cell="color-text"),
            replace(fields.DWELLINGS, width=92),
            replace(fields.COMPLETENESS, width=98, cell="color-text"),
            replace(fields.THROUGH, name="Jusqu'à", width=74),
            replace(fields.STATUS, width=114),
            replace(fields.GAP, width=120),
        ],
    )
    return [rates, table]


def _comparison_colours() -> list[Any]:
    return fields.words({name: (name, colour) for name, colour in palette.COMPARED.items()})


def generations() -> list[Any]:
    """Return the rate over both generations of quartiers, and under it whose months tell of it."""
    return [
        panels.lines(
            20,
            "Taux de départ d'une génération de quartiers à l'autre, 12 mois glissants",
            described(
                ["departure_rate"],
                "Avant 2024, un quartier identique (I) continue celui de 2015 ; un modifié (M) n'est montré que "
                "recalculé sur le périmètre de 2024 ; un nouveau (N) n'a pas d'histoire. Le dénominateur et la "
                "complétude sont dans « Indicateurs ».",
                "staff.generation",
                "%",
            ),
            (0, 41, 24, 7),
            [Query("quartier/generations", "time_series")],
            [Field("Taux de départ", fields.PERCENT, 1, palette.DEPARTURES)],
            fields.PERCENT,
        ),
        panels.states(
            21,
            "Sur quel périmètre",
            "De quel quartier viennent les mois : celui de 2024, celui de 2015 au même périmètre, un recalcul sur le "
            "périmètre de 2024, ou rien (autre périmètre, ou pas encore un QPV). Source : "
            "staff.generation. Unité : mot.",
            (0, 48, 24, 4),
            Query("quartier/generations_raccord", "time_series"),
            [
                Field(
                    "Périmètre de la mesure",
                    fields.TEXT,
                    mappings=fields.words(palette.SPLICES),
                    colour=palette.ABSENT,
                )
            ],
        ),
    ]


def statuses() -> Any:
    """Return what each window's figures are worth."""
    return panels.rows(
        15,
        "Ce que valent les fenêtres",
        "Statut des comptes de chaque fenêtre : en direct (toujours provisoire ou secret) et déclarée. "
        "Source : staff.rolling, staff.declared_window. Unité : statut.",
        (0, 53, 12, 8),
        Query("quartier/statuts"),
        [
            Field("Fenêtre", fields.TEXT),
            Field("Nature", fields.TEXT),
            replace(fields.STATUS, name="Départs"),
            replace(fields.STATUS, name="Arrivées"),
        ],
    )


GLOSSARY = """\
| statut | ce qu'il dit |
|---|---|
| **valeur** | compte de mois complets ; zéro compris |
| **provisoire** | moins de 80 % des logements déclarés, ou fenêtre en direct |
| **secret** | de 1 à 4 mouvements, ou compte qui révélerait un secret |
| **< 50 logements** | trop peu pour un taux |
| **trop d'inconnus** | plus de 40 % de destinations ou de motifs inconnus |
| **non couvert** | aucun bailleur participant n'y a de logement |
| **pas de données** | le mois n'est pas encore déclaré |
"""


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *header(),
            panels.row(3, "En direct", 4),
            live(4, 30, 0),
            live(5, 90, 8),
            live(6, 365, 16),
            panels.row(16, "Déclaré", 9),
            declared(7, 3, 0),
            declared(8, 12, 12),
            panels.row(17, "Mois par mois", 14),
            *by_month(),
            panels.row(11, "Comparé à ce qui l'entoure", 28),
            *compared(),
            panels.row(19, "De 2015 à 2024", 40),
            *generations(),
            panels.row(14, "Statuts", 52),
            statuses(),
            panels.words(18, "Les statuts", "Ce que dit chaque statut.", (12, 53, 12, 8), GLOSSARY),
        ],
        [
            variables.asked("departement", "quartier/departement", "Département"),
            variables.asked("qpv", "quartier/qpv", "QPV"),
        ],
    )
