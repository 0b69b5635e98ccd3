"""Tell what looks personal, by a column's name and by its values, so that it is neither read, quoted nor sent."""

import re

from producers.extract.problems import HIDDEN
from producers.extract.vocabulary import folded
from schemas.events.privacy import looks_personal

_LONGEST = 40
_EMAIL = re.compile(r"[^@\s;]+@[^@\s;]+\.[a-zA-Z]{2,}")
_PHONE = re.compile(r"(?:\+33|0033|0)[ .-]?[1-9](?:[ .-]?[0-9]{2}){4}")
_NIR = re.compile(r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?([0-9]{2})")
_TITLE = re.compile(r"(?:^|\s)(?:M\.|Mr|Mme|Mlle|Monsieur|Madame)\s", re.IGNORECASE)
_STREET = re.compile(
    r"(?:^|\s)(?:rue|avenue|av|boulevard|bd|impasse|allee|chemin|place|route|square|cours|residence|quai)\s"
)


def is_nir(text: str) -> bool:
    """Return whether a text is a social security number with a right key."""
    match = _NIR.fullmatch(text)
    if not match:
        return False
    digits = text.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def looks_personal_text(text: str) -> str:
    """Return what a value looks like, in French (`une adresse électronique` ...); empty if like nothing personal."""
    if _EMAIL.search(text):
        return "une adresse électronique"
    if is_nir(text):
        return "un numéro de sécurité sociale"
    if _PHONE.fullmatch(text):
        return "un numéro de téléphone"
    if _TITLE.search(text):
        return "un nom"
    if any(character.isdigit() for character in text) and _STREET.search(folded(text) + " "):
        return "une adresse"
    return ""


def identifies(text: str) -> str:
    """Return what an identifier wrongly is: an e-mail address or a social security number; empty if neither.

    A phone number's ten digits may be a lease's number: they do not count here.
    """
    if "@" in text and _EMAIL.search(text):
        return "une adresse électronique"
    return "un numéro de sécurité sociale" if len(text) >= 15 and is_nir(text) else ""


def quotable(column: str, text: str) -> str:
    """Return the value as a problem may quote it: hidden if its column or itself looks personal, and short."""
    if not text:
        return ""
    if looks_personal(column) or looks_personal_text(text):
        return HIDDEN
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
