"""Refuse, by name, fields that look like personal data: none has a place in any event."""

import re
import unicodedata

_FORBIDDEN = frozenset(
    {
        "nom",
        "name",
        "prenom",
        "firstname",
        "lastname",
        "surname",
        "nir",
        "numsecu",
        "email",
        "mail",
        "courriel",
        "telephone",
        "phone",
        "tel",
        "mobile",
        "adresse",
        "address",
        "rue",
        "street",
        "voie",
        "latitude",
        "longitude",
        "lat",
        "lon",
        "x",
        "y",
        "coordinates",
        "birthdate",
        "datenaissance",
        "naissance",
        "dateofbirth",
        "iban",
    }
)


def _fold(name: str) -> str:
    """Lower-case a field name without accents or separators: `Date_Naissance` -> `datenaissance`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def forbidden_fields(names: list[str]) -> list[str]:
    """Return the names, in order, that look like a name, address, coordinate or birth date."""
    return [name for name in names if _fold(name) in _FORBIDDEN]
