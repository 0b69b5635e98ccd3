"""What an alert may claim, in French: a signal and its size, never a cause, and how often such signals are wrong.

Invariant: no count is in these sentences, since a month's count may be one that a threshold hides; where counts may be
read they stand beside.
"""

from schemas.alerts.kinds import DECLARATIONS_FR, UPLOAD, kind_of

FALSE_IN_TEN = 1
"""Of ten alerts, how many are false at most, on average: the false discovery rate that families are held to."""
STATES_FR = {"provisional": "provisoire", "confirmed": "confirmée", "lifted": "levée"}
LEVELS_FR = {"watch": "à surveiller", "alert": "alerte"}


def of_quartier(kind: str, ratio: float) -> str:
    """Return the sentence of a signal of a quartier."""
    name = kind_of(kind).name_fr
    return (
        f"Signal statistique : {name[0].lower()}{name[1:]}, {size(ratio)} ; cause non établie ; "
        f"réglé pour que {FALSE_IN_TEN} alerte sur 10 au plus soit fausse."
    )


def size(ratio: float) -> str:
    """Return how large a signal is, in words."""
    if ratio >= 3:
        return "3 fois l'attendu ou plus"
    if ratio >= 2:
        return "de 2 à 3 fois l'attendu"
    if ratio >= 1.5:
        return "de 1,5 à 2 fois l'attendu"
    if ratio > 1:
        return "au-dessus de l'attendu"
    return "sous l'attendu" if ratio > 0.5 else "la moitié de l'attendu ou moins"


def of_declarations(kind: str, details: str) -> str:
    """Return the sentence of an alert on what a landlord sends."""
    claim = "un envoi, sans doute, et non les quartiers" if kind == UPLOAD else "rien n'est dit des quartiers"
    return f"{DECLARATIONS_FR[kind]} : {details} ; {claim}."
