"""The colours, the same on every dashboard, on a dark and on a light ground.

After Okabe and Ito's palette, which a colour-blind reader tells apart; some are darkened to be read on white.
"""

DEPARTURES = "#E69F00"
ARRIVALS = "#56B4E9"
SOLDE = "text"
GOOD = "#009E73"
WARNING = "#C9A227"
BAD = "#D55E00"
QUIET = "#8E8E99"
HELD_BACK = "#CC79A7"
ABSENT = "#5A5A66"
INTERNAL = "#9A7FD1"
BAND = "#8E8E99"
AROUND = "#2CB5A0"

STATUSES = {
    "value": ("valeur", GOOD),
    "provisional": ("provisoire", WARNING),
    "secret": ("secret", HELD_BACK),
    "not_covered": ("non couvert", QUIET),
    "no_data": ("pas de données", ABSENT),
    "too_few_dwellings": ("< 50 logements", QUIET),
    "too_many_unknown": ("trop d'inconnus", WARNING),
}
"""The statuses of a figure: the word that the reader sees, and its colour. Zero is a value."""

OUTCOMES = {
    "Appliqués": GOOD,
    "Remplacés": "#4C97D8",
    "Déjà reçus": QUIET,
    "Hors champ": "#9A7FD1",
    "Refusés": BAD,
}
"""What becomes of an event: exactly one of these."""

GAPS = {
    "plus haut ici": ("plus haut ici", WARNING),
    "plus bas ici": ("plus bas ici", INTERNAL),
    "pas d'écart sûr": ("pas d'écart sûr", QUIET),
    "référence": ("référence", QUIET),
    "—": ("—", QUIET),
}
"""What is said of a difference: nothing is, unless the two intervals are apart."""

SPLICES = {
    "actuelle": ("QPV de 2024", GOOD),
    "identique": ("QPV de 2015, même périmètre", "#4C97D8"),
    "recalculée": ("recalculé sur le périmètre de 2024", AROUND),
    "rupture": ("autre périmètre : rien n'est dit", BAD),
    "aucun historique": ("pas encore un QPV", ABSENT),
}
"""Whose months tell of a quartier of 2024 before and after 2024."""

COMPARED = {
    "Ce quartier": DEPARTURES,
    "Reste de sa commune, hors QPV": INTERNAL,
    "Son EPCI": "#4C97D8",
    "QPV du département": AROUND,
    "QPV de la région": "#B3A369",
    "Région, tout le parc social": QUIET,
}
"""A quartier and what it is compared with."""
