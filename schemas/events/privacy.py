"""Refuse, by name, fields that look like personal data: none has a place in any event.

A name is cut into words (`dateNaissance`, `DATE_DE_NAISSANCE`, `date de naissance`), folded to plain lower case;
one forbidden word is enough. Objects inside unknown fields are looked into.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_WORDS = frozenset(
    "nom noms name names prenom prenoms firstname lastname surname patronyme civilite nir nss numsecu secu email mail "
    "courriel telephone phone tel mobile portable fax adresse address rue street voie postal lat lng lon latitude "
    "longitude coord coordonnees coordinates geom geometry x y naissance birth birthdate datenaissance dateofbirth "
    "iban rib ident locataire titulaire occupant occupants conjoint cotitulaire signataire garant sexe nationalite "
    "ddn naiss dtnaiss dtnais datnai gsm telport mel adrmail adr libvoie typvoie lambert wgs allocataire revenu "
    "revenus profession employeur".split()
)
# NEE_LE and X_L93 are among them, once cut and joined
_PHRASES = frozenset("codepostal identrep identint numerobail numbail refbail idbail numss neele xl yl".split())
_OWN = "x_"
"""What the contract asks a sender to begin its own fields with: there it says no coordinate."""
_DEPTH = 20


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return re.findall(r"[a-z]+", spaced.lower())


@lru_cache(maxsize=16_384)
def looks_personal(name: str) -> bool:
    """Return whether a field's name looks like a name, an address, a coordinate, an identifier or a birth date."""
    words = _words(name)
    if name[:2].lower() == _OWN and len(words) > 1 and "".join(words) not in _PHRASES:
        words = words[1:]
    return not _WORDS.isdisjoint(words) or "".join(words) in _WORDS | _PHRASES


def forbidden_fields(names: Iterable[str]) -> list[str]:
    """Return the names, in order, that look personal."""
    return [name for name in names if looks_personal(name)]


def forbidden_path(value: Any, known: frozenset[str] = frozenset(), depth: int = 0) -> tuple[str, ...] | None:
    """Return the path to the first field that looks personal, in a value and all that it holds; None if none does.

    `known` are the contract's own fields of the value: they are not judged, nor what is in them.
    """
    if depth > _DEPTH:
        return None
    if isinstance(value, dict):
        for name, inside in value.items():
            if name in known:
                continue
            if looks_personal(name):
                return (name,)
            if found := forbidden_path(inside, depth=depth + 1):
                return (name, *found)
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            if found := forbidden_path(inside, depth=depth + 1):
                return (str(index), *found)
    return None
