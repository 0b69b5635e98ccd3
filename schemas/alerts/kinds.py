"""What is watched: each kind of alert, with its words for staff."""

from typing import NamedTuple


class Kind(NamedTuple):
    """A one-sided test of a measure of the quartiers; `downward` looks for unusually few."""

    code: str
    measure: str
    downward: bool
    name_fr: str


KINDS = (
    Kind("departures_up", "departures", False, "Départs inhabituellement nombreux"),
    Kind("departures_down", "departures", True, "Départs inhabituellement rares"),
    Kind("arrivals_up", "arrivals", False, "Arrivées inhabituellement nombreuses"),
    Kind("arrivals_down", "arrivals", True, "Arrivées inhabituellement rares"),
    Kind("notices_up", "notices", False, "Préavis inhabituellement nombreux"),
)
"""One family a month holds all of them: each is held to the same budget of false alarms."""
MEASURES = ("departures", "arrivals", "notices")
_BY_CODE = {one.code: one for one in KINDS}

SILENCE, BURST, REKEY, UPLOAD = "silence", "burst", "rekey", "upload"
DECLARATIONS_FR = {
    SILENCE: "Déclaration attendue et non reçue",
    BURST: "Beaucoup de mouvements anciens reçus à la fois",
    REKEY: "Le passé renvoyé sous de nouveaux identifiants",
    UPLOAD: "Excès dans presque tous les quartiers d'un bailleur",
}
"""Alerts on what a landlord sends: they say that figures are not to be believed yet, and nothing of a quartier."""


def kind_of(code: str) -> Kind:
    """Return the kind of that code. Raises KeyError."""
    return _BY_CODE[code]
