"""*Région*: how fresh the figures are, what the quartiers of the region live, and each of them in a row."""

from dataclasses import replace
from typing import Any

from dashboards import fields, maps, page, panels
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import Query

PAGE = page.Page(
    page.REGION,
    "Mobilité résidentielle dans le parc social des QPV d'Occitanie : fraîcheur, fenêtres, liste des quartiers.",
    refresh="30s",
    since="now-3y",
)
HOW_TO_READ = """\
**En direct** : ce que les bailleurs ont déjà envoyé, *encore en déclaration* : le chiffre monte pendant des semaines.
**Déclaré** : mois entiers que les bailleurs ont dits complets ; seuls ces chiffres portent un taux ou se comparent.
**Locataires du parc social seulement.** Solde : logements, non personnes. Zéro est une valeur.
« secret » : de 1 à 4, ou un compte qui révélerait un secret, grand ou petit.
"""
LIVE = (
    "Départs et arrivées effectifs reçus dont la date tombe dans les {days} derniers jours, encore en déclaration. "
    "Parc social des 108 QPV (2024) de la région, bailleurs participants. Départs techniques exclus. "
    "Solde : arrivées moins départs, en logements. Source : staff.rolling. Unité : mouvements."
)


def live(number: int, days: int, x: int) -> Any:
    """Return the live figures of one window."""
    return panels.figures(
        number,
        f"{days} derniers jours · encore en déclaration",
        LIVE.format(days=days),
        (x, 5, 8, 4),
        Query("region/direct", window=days),
        [
            replace(fields.DEPARTURES, mappings=fields.SECRET),
            replace(fields.ARRIVALS, mappings=fields.SECRET),
            replace(fields.SOLDE, mappings=fields.SECRET),
        ],
        value_size=44,
    )


def freshness() -> Any:
    """Return how fresh everything is."""
    return panels.figures(
        2,
        "Fraîcheur",
        "Jour où finissent les fenêtres en direct, instant du dernier enregistrement d'événements, dernier mois où "
        "80 % des logements de la région sont déclarés, et QPV suivis. Source : staff.freshness, "
        "staff.complete_through. Unité : dates ; nombre de QPV.",
        (12, 0, 12, 4),
        Query("region/fraicheur"),
        [
            Field("Fenêtres arrêtées au", fields.DAY),
            Field("Dernier enregistrement", fields.MOMENT, mappings=fields.UNTOLD),
            Field("Région complète jusqu'à", fields.MONTH, mappings=fields.UNTOLD),
            Field("QPV suivis", fields.COUNT, 0),
        ],
        value_size=18,
    )


def declared() -> list[Any]:
    """Return the declared windows: of the quartiers, and of the whole social stock."""
    quartiers = panels.figures(
        7,
        "QPV de la région · 12 mois déclarés",
        "Départs et arrivées des 12 mois entiers finissant au dernier mois complet de chaque QPV, sommés sur les QPV "
        "dont les deux chiffres ne sont pas secrets. Taux de départ : départs pour 100 logements « loués ou "
        "proposés » des bailleurs déclarants. Complétude : logements déclarés / logements des bailleurs "
        "participants. Source : staff.declared_window. Unité : mouvements, logements, %.",
        (0, 10, 12, 6),
        Query("region/declare_qpv"),
        [
            fields.DEPARTURES,
            fields.ARRIVALS,
            fields.SOLDE,
            replace(fields.RATE, label="Taux"),
            fields.DWELLINGS,
            fields.COMPLETENESS,
            Field("QPV comptés", fields.COUNT, 0),
        ],
        value_size=26,
    )
    stock = panels.rows(
        8,
        "Tout le parc social de la région · fenêtres déclarées",
        "Départs, arrivées et taux de départ des 1, 3 et 12 mois entiers finissant au dernier mois complet de la "
        "région, QPV et hors QPV. Le taux porte sur la fenêtre, non sur l'année. Dénominateur : logements « loués "
        "ou proposés » des bailleurs déclarants. Source : staff.declared_window. Unité : mouvements, logements, %.",
        (12, 10, 12, 6),
        Query("region/declare"),
        [
            Field("Fenêtre", fields.TEXT, width=72),
            *(_column(one, one.name, 72) for one in (fields.DEPARTURES, fields.ARRIVALS, fields.SOLDE)),
            replace(fields.RATE, width=118),
            replace(fields.DWELLINGS, width=95),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            replace(fields.THROUGH, name="Jusqu'à", width=72),
            fields.STATUS,
        ],
    )
    return [quartiers, stock]


def months() -> Any:
    """Return the monthly bars."""
    return panels.bars(
        9,
        "Départs et arrivées par mois · tout le parc social de la région",
        "Mouvements effectifs par mois de date d'effet, QPV et hors QPV, des bailleurs qui ont déclaré le mois ; "
        "seuls les mois complets (80 % des logements) sont montrés. Une barre absente est un compte secret. "
        "Source : staff.declared_series, fenêtre d'un mois. Unité : mouvements par mois.",
        (0, 17, 24, 8),
        Query("region/mois"),
        fields.MONTHS,
        [fields.DEPARTURES, fields.ARRIVALS],
    )


def _column(count: Field, name: str, width: int) -> Field:
    return replace(count, name=name, width=width, mappings=fields.UNTOLD, cell="color-text")


def quartiers() -> Any:
    """Return the list of the quartiers, in the order of their codes: counts would rank by size."""
    shown: list[Field] = [
        Field("Code", fields.TEXT, width=108, link=page.TO_QUARTIER),
        Field("Quartier", fields.TEXT, link=page.TO_QUARTIER, filterable=True),
        Field("Dépt", fields.TEXT, width=68, filterable=True),
        Field("departement", fields.TEXT, hidden=True),
        Field("Commune", fields.TEXT, width=132),
        Field("Périmètre", fields.TEXT, width=84),
        _column(fields.DEPARTURES, "Dép. 12 m", 84),
        _column(fields.ARRIVALS, "Arr. 12 m", 76),
        _column(fields.SOLDE, "Solde 12 m", 88),
        replace(fields.RATE, label="Taux", width=62),
        Field("Intervalle", fields.TEXT, width=94, mappings=fields.UNTOLD),
        replace(fields.DWELLINGS, width=94),
        replace(fields.COMPLETENESS, cell="color-text", width=98),
        replace(fields.THROUGH, name="Jusqu'à", width=72),
        replace(fields.STATUS, name="Statut 12 m", width=92),
        _column(fields.DEPARTURES, "Dép. 90 j", 80),
        _column(fields.ARRIVALS, "Arr. 90 j", 74),
        replace(fields.STATUS, name="Statut 90 j", width=92),
    ]
    return panels.rows(
        11,
        "Les 108 QPV, par code",
        "Un QPV (2024) par ligne : cliquez pour l'ouvrir. 12 mois : fenêtre déclarée finissant à « Complet jusqu'à "
        "» ; taux : départs pour 100 logements « loués ou proposés » (« — » sous 50 logements ou si le compte est "
        "secret), et son intervalle à 95 %. 90 j : en direct, encore en déclaration. Pas de classement : "
        "un compte classe la taille. "
        "Source : staff.declared_window, staff.rolling. Unité : mouvements, logements, %.",
        (0, 26, 24, 16),
        Query("region/qpv"),
        shown,
    )


def departements() -> Any:
    """Return the quartiers of each département, summed, beside those of the région."""
    return panels.rows(
        13,
        "Les QPV de chaque département · 12 mois déclarés",
        described(
            ["departure_rate", "relet_rate", "vacancy_rate"],
            "Tous les QPV (2024) du département ensemble. « Au moins », « au plus » : intervalle à 95 % du taux de "
            "départ ; deux intervalles qui se recouvrent ne disent pas d'écart.",
            "staff.indicator, partie « qpv »",
            "%, mouvements, logements",
        ),
        (0, 42, 24, 12),
        Query("region/departements"),
        [
            Field("Territoire", fields.TEXT, link=page.TO_INDICATEURS),
            Field("Code", fields.TEXT, width=64),
            Field("niveau", fields.TEXT, hidden=True),
            replace(fields.RATE, width=118),
            *fields.bounds(),
            _column(fields.DEPARTURES, "Départs", 76),
            replace(fields.DWELLINGS, width=94),
            Field("Taux d'emménagement", fields.PERCENT, 1, width=178, mappings=fields.UNTOLD),
            Field("Vacance", fields.PERCENT, 1, width=82, mappings=fields.UNTOLD),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            replace(fields.THROUGH, name="Jusqu'à", width=80),
            replace(fields.STATUS, width=124),
        ],
    )


def build() -> Any:
    """Return the dashboard."""
    how = panels.words(1, "Comment lire", "Ce que disent les chiffres de cette page.", (0, 0, 12, 4), HOW_TO_READ)
    return page.build(
        PAGE,
        [
            how,
            freshness(),
            panels.row(3, "En direct · QPV de la région", 4),
            live(4, 30, 0),
            live(5, 90, 8),
            live(6, 365, 16),
            panels.row(14, "Déclaré", 9),
            *declared(),
            panels.row(15, "Évolution", 16),
            months(),
            panels.row(10, "Quartiers", 25),
            quartiers(),
            departements(),
            maps.quartiers(12, (0, 54, 24, 18)),
        ],
    )
