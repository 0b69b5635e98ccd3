"""*Chaîne de traitement*: what waits, what became of the events, landlord by landlord, and what was refused."""

from typing import Any

from dashboards import fields, page, palette, panels
from dashboards.fields import Field
from dashboards.source import Query
from schemas.events.reasons import REASONS

PAGE = page.Page(
    page.CHAINE,
    "Des messages des bailleurs aux compteurs : attente, sort de chaque événement, quarantaine.",
    refresh="10s",
    since="now-90d",
)
HOW_TO_READ = """\
Chaque événement reçu a **un sort et un seul** : appliqué, remplacé (une révision plus récente était connue), déjà reçu,
hors champ (ce n'est pas un mouvement) ou refusé (gardé en quarantaine, avec son motif). Rien ne se perd.
**Locataires du parc social seulement.**
"""
WAITING = fields.steps((None, palette.GOOD), (1, palette.WARNING), (1000, palette.BAD))
AGE = fields.steps((None, palette.GOOD), (3600, palette.WARNING), (172_800, palette.BAD))
NONE_EXPECTED = fields.steps((None, palette.GOOD), (1, palette.BAD))
SOME_EXPECTED = fields.steps((None, palette.GOOD), (1, palette.WARNING))


def outcomes(cell: str | None = None, width: int | None = None) -> list[Field]:
    """Return the five columns of outcomes, each in its colour."""
    return [Field(name, fields.COUNT, 0, colour, width, cell=cell) for name, colour in palette.OUTCOMES.items()]


def state() -> Any:
    """Return the state of the chain in five figures."""
    return panels.figures(
        2,
        "État de la chaîne",
        "Messages publiés et pas encore enregistrés (tous bailleurs), temps depuis le dernier enregistrement, "
        "accusés de réception à envoyer, messages effacés par Kafka avant lecture (doit rester 0), événements "
        "refusés pas encore repris. Source : staff.lag, staff.freshness, staff.quarantine. Unité : messages, "
        "durée, événements.",
        (0, 0, 16, 5),
        Query("chaine/etat"),
        [
            Field("Messages en attente", fields.COUNT, 0, thresholds=WAITING, scheme="thresholds"),
            Field(
                "Âge du dernier enregistrement",
                fields.SECONDS,
                0,
                thresholds=AGE,
                scheme="thresholds",
                mappings=fields.UNTOLD,
            ),
            Field("Accusés en attente", fields.COUNT, 0, thresholds=WAITING, scheme="thresholds"),
            Field("Trous de lecture", fields.COUNT, 0, thresholds=NONE_EXPECTED, scheme="thresholds"),
            Field("En quarantaine", fields.COUNT, 0, thresholds=SOME_EXPECTED, scheme="thresholds"),
        ],
        value_size=36,
    )


def fates() -> list[Any]:
    """Return what became of the events: in all, and by day of receipt."""
    total = panels.figures(
        4,
        "Sort des événements · depuis le début",
        "Événements reçus, par sort : chaque événement en a exactement un. Tous les bailleurs, tous les types. "
        "Source : staff.tally. Unité : événements.",
        (0, 6, 24, 4),
        Query("chaine/total"),
        outcomes(),
    )
    by_day = panels.stacked_days(
        5,
        "Sort des événements par jour de réception",
        "Événements par jour de réception (heure de Paris) et par sort, tous les bailleurs. Cliquez un sort dans "
        "la légende pour ne voir que lui. Source : staff.tally. Unité : événements par jour.",
        (0, 10, 24, 8),
        Query("chaine/jours", "time_series"),
        outcomes(),
    )
    return [total, by_day]


def landlords() -> Any:
    """Return the table of the landlords."""
    return panels.rows(
        7,
        "Bailleur par bailleur",
        "Messages en attente, dernier enregistrement, dernier jour déclaré complet et événements par sort depuis "
        "le début, pour chaque bailleur, et ce qu'il a de particulier. Ordre alphabétique. "
        "Source : staff.lag, staff.landlord, staff.declaration, "
        "staff.tally. "
        "Unité : messages, dates, événements.",
        (0, 19, 24, 11),
        Query("chaine/bailleurs"),
        [
            Field("Bailleur", fields.TEXT, filterable=True),
            Field("SIREN", fields.TEXT, width=100),
            Field(
                "En attente",
                fields.COUNT,
                0,
                thresholds=WAITING,
                scheme="thresholds",
                cell="color-text",
                width=95,
            ),
            Field("Dernier enregistrement", fields.MOMENT, width=182, mappings=fields.UNTOLD),
            Field("Déclaré jusqu'au", fields.DAY, width=140, mappings=fields.UNTOLD),
            Field("Périmètre déclaré", fields.TEXT, width=148, mappings=fields.UNTOLD),
            *outcomes(cell="color-text", width=98),
            Field("Particularités", fields.TEXT, width=150, wrapped=True),
        ],
    )


def refused() -> list[Any]:
    """Return why events were refused, and the last of them."""
    words = fields.words({code: (reason.word_fr, palette.BAD) for code, reason in REASONS.items()})
    by_reason = panels.rows(
        9,
        "Motifs de refus",
        "Événements en quarantaine par motif, et combien ont été repris après correction. Source : staff.quarantine. "
        "Unité : événements.",
        (0, 31, 8, 13),
        Query("chaine/quarantaine_motifs"),
        [
            Field("Motif", fields.TEXT, mappings=words, width=150),
            Field("Refusés", fields.COUNT, 0, palette.BAD, cell="color-text", width=76),
            Field("Repris", fields.COUNT, 0, palette.GOOD, cell="color-text", width=64),
            Field("Bailleurs", fields.COUNT, 0, width=78),
            Field("Dernier reçu", fields.MOMENT),
        ],
    )
    latest = panels.rows(
        10,
        "Derniers refus",
        "Les 200 derniers événements refusés : bailleur, motif, message envoyé au bailleur, endroit dans "
        "l'événement. Le contenu n'est jamais montré. Source : staff.quarantine. Unité : position, rang du message "
        "puis rang de l'événement dans le lot.",
        (8, 31, 16, 13),
        Query("chaine/quarantaine"),
        [
            Field("Reçu le", fields.MOMENT, width=142),
            Field("Bailleur", fields.TEXT, width=178, wrapped=True, filterable=True),
            Field("Motif", fields.TEXT, mappings=words, width=150, filterable=True),
            Field("Ce qui ne va pas", fields.TEXT, wrapped=True),
            Field("Où", fields.TEXT, width=158),
            Field("Position", fields.TEXT, width=85),
            Field("Suite", fields.TEXT, width=85),
        ],
    )
    return [by_reason, latest]


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            state(),
            panels.words(1, "Comment lire", "Ce que disent les chiffres de cette page.", (16, 0, 8, 5), HOW_TO_READ),
            panels.row(3, "Sort des événements", 5),
            *fates(),
            panels.row(6, "Bailleurs", 18),
            landlords(),
            panels.row(8, "Quarantaine", 30),
            *refused(),
        ],
    )
