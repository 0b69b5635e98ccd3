"""Tell what looks personal, by a column's name and by its values, so that it is neither read, quoted nor sent."""

import re
from functools import lru_cache

from producers.extract.draft.codes import is_usual_word
from producers.extract.fields import FieldKind
from producers.extract.problems import HIDDEN
from producers.extract.vocabulary import folded
from schemas.events.privacy import looks_personal

_LONGEST = 40
_BIRTH = re.compile(r"\b(?:(?:d|dt|dat|date)?nais(?:s\w*)?|datnai|d?dn|ne e le|nee? le)\b")
# Of a person, and no word that also says whose a date or a motive is (`locataire`, `titulaire`).
_PERSON = re.compile(
    r"\b(?:nom[0-9]*|noms|nom(?:loc|occ|tit)\w*|(?:loc|occ|tit)nom|\w*prenom\w*|patronyme|civilite|civ|sexe|nationalite"
    r"|nir|n ?ss|num ?ss|secu|securite sociale|allocataire|gsm|mobile|portable|tel[0-9]*|telport\w*|telephone\w*|mel"
    r"|e mail[0-9]*|\w*mail[0-9]*|courriel[0-9]*|iban|rib|conjoint\w*|co ?titulaire|signataire|garant)\b"
)
_OF_PLACE = re.compile(
    r"\bnoms? (?:(?:de|du|des|la|le|l|d) )*(?:commune|ville|localite|quartier|qpv|residence|programme|groupe|ensemble"
    r"|agence|site|secteur|epci|departement|bailleur|organisme)"
)
_EMAIL = re.compile(r"[^@\s;]+@[^@\s;]+\.[a-zA-Z]{2,}")
_PHONE = re.compile(r"(?<![0-9])(?:\+33 ?(?:\(0\))?|0033|0)[ .-]?[1-9](?:[ .-]?[0-9]{2}){4}(?![0-9])")
_NIR = re.compile(r"[12] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?([0-9]{2})")
_NIR_LIKE = re.compile(r"(?<![0-9])[12] [0-9]{2} [0-9]{2} (?:[0-9]{2}|2[AB]) [0-9]{3} [0-9]{3}(?![0-9])")
_NIR_WITHOUT_KEY = re.compile(r"[12][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[0-9]{4}){3,}")
_TITLE = re.compile(
    r"(?:^|\s)(?:MM?\.|(?-i:M(?= [A-ZÀ-Ý]{2}))|Mr|Mme|Mlle|Mle|Melle|Monsieur|Madame|Mademoiselle|Veuve|Vve)\s",
    re.IGNORECASE,
)
_BORN = re.compile(r"\bnée? le\b", re.IGNORECASE)
_STREET = re.compile(
    r"(?:^|\s)(?:rue|avenue|av|boulevard|bd|impasse|allee|chemin|place|route|rte|square|cours|residence|quai|lotissement"
    r"|faubourg) [a-z]{2}|^[0-9]+ (?:(?:bis|ter|[a-d]) )?(?:r|all|ch|imp|fg) [a-z]{2}"
)
_PARKING = re.compile(r"parking|stationnement|garage|box")
_CAPITALS, _NAME = r"[A-ZÀ-Ý][A-ZÀ-Ý'-]+", r"[A-ZÀ-Ý][a-zà-ÿ'-]+"
_FULL_NAME = re.compile(rf"(?<!\w)(?=(?:({_CAPITALS}) ({_NAME})|({_NAME}) ({_CAPITALS}))(?!\w))")


def names_a_person(column: str) -> bool:
    """Return whether a column's name says that it holds what names, reaches or describes a person."""
    words = folded(column)
    return tells_birth(column) or bool(_PERSON.search(_OF_PLACE.sub("", words)))


@lru_cache(maxsize=1_024)
def is_personal_column(column: str) -> bool:
    """Return whether a column's name looks personal, as the contract judges it; the name of a place does not."""
    return names_a_person(column) or (looks_personal(column) and not _OF_PLACE.search(folded(column)))


def tells_birth(column: str) -> bool:
    """Return whether a column's name says that it holds a birth date."""
    return bool(_BIRTH.search(folded(column)))


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
    if _NIR_LIKE.search(text) or any(map(is_nir, (text, *text.split()))):
        return "un numéro de sécurité sociale"
    if _PHONE.search(text):
        return "un numéro de téléphone"
    if _IBAN.search(text):
        return "un compte bancaire"
    if _TITLE.search(text):
        return "un nom"
    if _BORN.search(text):
        return "une date de naissance"
    if any(character.isdigit() for character in text):
        words = folded(text)
        if _STREET.search(words) and not _PARKING.search(words):
            return "une adresse"
    return ""


def may_name_someone(text: str) -> bool:
    """Return whether a text may hold a name, such as `DUPONT Jean`, or else look personal: enough not to repeat it."""
    if looks_personal_text(text) or _NIR_WITHOUT_KEY.fullmatch(text):
        return True
    pairs = ([one for one in found if one] for found in _FULL_NAME.findall(text))
    return any(not any(map(is_usual_word, pair)) for pair in pairs)


def identifies(text: str) -> str:
    """Return what an identifier wrongly is: an e-mail address or a social security number; empty if neither.

    A phone number's ten digits may be a lease's number: they do not count here.
    """
    if "@" in text and _EMAIL.search(text):
        return "une adresse électronique"
    return "un numéro de sécurité sociale" if len(text) >= 15 and is_nir(text) else ""


def quotable(column: str, text: str, kind: FieldKind = "code") -> str:
    """Return the value as a problem may quote it, short; hidden if its column or itself looks personal.

    `kind` is what the cell should hold: an identifier is never quoted, nor words where there should be figures.
    """
    if not text:
        return ""
    words = " " in text and not any(character.isdigit() for character in text)
    if kind == "identifier" or (words and kind in ("date", "qpv", "number")):
        return HIDDEN
    if is_personal_column(column) or may_name_someone(text):
        return HIDDEN
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
