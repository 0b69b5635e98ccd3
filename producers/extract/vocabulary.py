"""Words that need no mapping: our own codes, numbers of rooms, yes and no, names of communes.

Pure: text in, code out. What only *suggests* a code is in `draft_codes.py`, for a person to confirm.
"""

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

from schemas.territories import load

_YES = frozenset({"1", "o", "oui", "y", "yes", "vrai", "true", "x", "qpv", "en qpv"})
_NO = frozenset({"0", "2", "n", "non", "no", "faux", "false", "hors qpv", "hqpv"})
NO_QPV = frozenset({"0", "non", "n", "hors qpv", "hqpv", "aucun", "neant", "-", "sans objet"})
_ROOMS = re.compile(r"(?:t|f|type|p)? ?0*([1-9][0-9]?)(?: ?(?:p|pieces?|bis|b|a|c))?")
_STUDIO = frozenset({"studio", "std", "ch", "chambre", "t0", "f0", "t1bis", "f1bis"})
_QPV = {2024: re.compile(r"QN(?:[0-9]{3}|02[AB])[0-9]{2}[NMIC]"), 2015: re.compile(r"QP(?:[0-9]{3}|02[AB])[0-9]{3}")}
_AGES = ((25, "moins_25"), (30, "25-29"), (40, "30-39"), (50, "40-49"), (60, "50-59"), (75, "60-74"), (111, "75+"))


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Return the text in plain lower case, its words separated by one space."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def rooms_code(text: str) -> str | None:
    """Return the class of a number of rooms (3, T3, F3 bis, studio), None if it is none."""
    word = folded(text)
    if word in _STUDIO:
        return "T1"
    match = _ROOMS.fullmatch(word)
    if not match:
        return None
    number = int(match[1])
    return f"T{number}" if number < 6 else "T6+" if number < 20 else None


def household_size_code(text: str) -> str | None:
    """Return the class of a number of persons, None if it is none."""
    if not text.isdecimal() or not 0 < int(text) < 30:
        return None
    number = int(text)
    return str(number) if number <= 2 else "3-4" if number <= 4 else "5+"


def holder_age_code(text: str) -> str | None:
    """Return the class of an age in years (16 to 110), None if it is none."""
    if not text.isdecimal() or not 16 <= int(text) <= 110:
        return None
    return next(code for limit, code in _AGES if int(text) < limit)


PLAIN_CODES = {"rooms": rooms_code, "household_size": household_size_code, "holder_age": holder_age_code}


def flag_of(text: str) -> bool | None:
    """Return yes or no as landlords and RPLS (1, 2) write them, None for anything else."""
    word = folded(text)
    return True if word in _YES else False if word in _NO else None


def qpv_generation(code: str) -> int | None:
    """Return 2015 or 2024 for a code of that shape, None for any other."""
    return next((generation for generation, shape in _QPV.items() if shape.fullmatch(code)), None)


@lru_cache(maxsize=16_384)
def commune_key(name: str) -> str:
    """Return a commune's name as addresses write it: no articles' marks, SAINT in full, no CEDEX."""
    words = folded(name).split()
    full = {"st": "saint", "ste": "sainte", "s": "sur"}
    kept = [full.get(word, word) for word in words]
    if "cedex" in kept:
        kept = kept[: kept.index("cedex")]
    if len(kept) > 1 and kept[-1].isdecimal():
        kept = kept[:-1]
    return "".join(kept)


@cache
def _communes_by_key() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for commune in load().communes.values():
        found[commune_key(commune.name)].append(commune.code)
    return {key: tuple(codes) for key, codes in found.items()}


def communes_named(name: str, postal_code: str = "") -> tuple[str, ...]:
    """Return the codes of the communes of that name, those of the postal code's département if it is given."""
    codes = _communes_by_key().get(commune_key(name), ())
    departement = postal_code.zfill(5)[:2] if postal_code else ""
    return tuple(code for code in codes if code.startswith(departement))
