"""Pseudonyms made at the landlord: HMAC-SHA-256 under a key that never leaves it, cut to a UUID.

An unkeyed hash of a dwelling identifier is reversible by enumeration; a keyed one is not. A `move_id`
is made of the lease and the direction, never of a date: a corrected date keeps its identity.
"""

import hmac
from uuid import UUID

_SEPARATOR = "\x1f"
_CLEAR = ~((0xF << 76) | (0x3 << 62))
_VERSION_8 = (0x8 << 76) | (0x2 << 62)


def _number(key: bytes, parts: tuple[str, ...]) -> int:
    if not key:
        raise ValueError("the pseudonym key is empty")
    text = _SEPARATOR.join(parts)
    if text.count(_SEPARATOR) != len(parts) - 1:
        raise ValueError("a part is missing or holds the separator U+001F")
    digest = hmac.digest(key, text.encode(), "sha256")
    return int.from_bytes(digest[:16], "big") & _CLEAR | _VERSION_8


def pseudonym(key: bytes, *parts: str) -> UUID:
    """Return the version 8 UUID (RFC 9562) of `parts` under the landlord's secret `key`.

    Raises ValueError if the key or the list of parts is empty, or if a part holds U+001F.
    """
    return UUID(int=_number(key, parts))


def pseudonym_text(key: bytes, *parts: str) -> str:
    """Return `str(pseudonym(key, *parts))` without building the UUID: for bulk publication."""
    digits = f"{_number(key, parts):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
