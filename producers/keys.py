"""The landlord's pseudonym keys: one file of mode 600, written whole or not at all, never overwritten, never shown.

A lease's `move_id` depends on the key. A rotation therefore opens a **period of two keys**: every move sent says
its `former_move_id`, computed of the same lease under the previous key, so that the observatory takes it for the
same move. Nothing else has to be remembered. A merger is the same thing under the predecessor's key and SIREN.
Invariant: a move has at most one former identity, so the two periods exclude each other.
"""

import binascii
import errno
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from producers.errors import LandlordError
from producers.pseudonyms import pseudonym_text

SIZE = 32
FORMAT = 1
_OWNER_ONLY = 0o600
_FINGERPRINT = b"fr.data-quartiers.key"


@dataclass(frozen=True)
class Key:
    """A secret of 32 bytes, with the day it was made. The secret is in no `repr`."""

    secret: bytes = field(repr=False)
    made_on: date

    @property
    def id(self) -> str:
        """A fingerprint that tells nothing of the secret: 12 hexadecimal digits."""
        return hmac.digest(self.secret, _FINGERPRINT, "sha256").hex()[:12]


@dataclass(frozen=True)
class Predecessor:
    """A landlord that merged into this one: its key, until when it is named, and which dwellings came from it.

    `dwellings` are pseudonyms under its key; empty: any lease may have come from it.
    """

    siren: str
    key: Key
    until: date
    dwellings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Keyring:
    """What is in the file. `previous` and `until` are the period of two keys; `retired` keys serve for erasure only."""

    current: Key
    previous: Key | None = None
    until: date | None = None
    predecessors: tuple[Predecessor, ...] = ()
    retired: tuple[Key, ...] = ()

    def move_id(self, lease: str, direction: str) -> str:
        """Return the identifier of a lease's move."""
        return pseudonym_text(self.current.secret, "move", lease, direction)

    def dwelling(self, dwelling: str) -> str:
        """Return the pseudonym of a dwelling."""
        return pseudonym_text(self.current.secret, "dwelling", dwelling)

    def former(self, lease: str, direction: str, dwelling: str) -> tuple[str, str | None] | None:
        """Return (former move id, former landlord) of a move; None outside a period of two keys."""
        if self.previous:
            return pseudonym_text(self.previous.secret, "move", lease, direction), None
        for one in self.predecessors:
            if not one.dwellings or pseudonym_text(one.key.secret, "dwelling", dwelling) in one.dwellings:
                return pseudonym_text(one.key.secret, "move", lease, direction), one.siren
        return None

    def without_predecessors(self) -> "Keyring":
        """Return the keyring for moves whose leases no predecessor named: those that are derived from states."""
        return replace(self, predecessors=())

    def former_dwelling(self, dwelling: str) -> str | None:
        """Return the pseudonym that a dwelling had before the rotation; None outside a period of two keys."""
        return pseudonym_text(self.previous.secret, "dwelling", dwelling) if self.previous else None

    def all_keys(self) -> list[Key]:
        """Return every key of the file."""
        middle = [self.previous] if self.previous else []
        return [self.current, *middle, *(one.key for one in self.predecessors), *self.retired]

    @property
    def ends_on(self) -> date | None:
        """The last day on which a former identity is named."""
        days = [one.until for one in self.predecessors] + ([self.until] if self.until else [])
        return max(days, default=None)


def every_pseudonym(ring: Keyring, dwellings: Iterable[str], leases: Iterable[str]) -> list[str]:
    """Return what dwellings, and the two moves of leases, are or were called under every key of the file."""
    secrets_ = [key.secret for key in ring.all_keys()]
    of_dwellings = [pseudonym_text(secret, "dwelling", one) for one in dwellings for secret in secrets_]
    of_leases = [
        pseudonym_text(secret, "move", one, direction)
        for one in leases
        for direction in ("out", "in")
        for secret in secrets_
    ]
    return list(dict.fromkeys([*of_dwellings, *of_leases]))


def new_key(today: date) -> Key:
    """Return a new random key."""
    return Key(secrets.token_bytes(SIZE), today)


def rotated(ring: Keyring, today: date, until: date) -> Keyring:
    """Return the keyring with a new current key, the old one being named until `until`.

    Raises LandlordError while another period runs.
    """
    _refuse_two_periods(ring)
    _refuse_past(until, today)
    return replace(ring, current=new_key(today), previous=ring.current, until=until)


def with_predecessor(ring: Keyring, siren: str, key: Key, until: date, dwellings: Iterable[str] = ()) -> Keyring:
    """Return the keyring with a predecessor's key; `dwellings` are natural identifiers, kept as pseudonyms.

    Raises LandlordError during a rotation, and for a second predecessor when one of them does not say its dwellings.
    """
    if not (len(siren) == 9 and siren.isdecimal()):
        raise LandlordError(f"« {siren} » n'est pas un numéro SIREN : neuf chiffres sont attendus.")
    if ring.previous:
        _refuse_two_periods(ring)
    known = frozenset(pseudonym_text(key.secret, "dwelling", one) for one in dwellings)
    others = [one for one in ring.predecessors if one.siren != siren]
    if others and not (known and all(one.dwellings for one in others)):
        raise LandlordError(
            "avec plusieurs anciens bailleurs, dites pour chacun quels logements en viennent (option --dwellings)."
        )
    return replace(ring, predecessors=(*others, Predecessor(siren, key, until, known)))


def retire(ring: Keyring) -> Keyring:
    """Return the keyring after the period of two keys: what was named is kept, but serves no more."""
    if not ring.previous and not ring.predecessors:
        raise LandlordError("aucune ancienne clé n'est en service : il n'y a rien à retirer.")
    old = ([ring.previous] if ring.previous else []) + [one.key for one in ring.predecessors]
    return Keyring(ring.current, retired=(*ring.retired, *old))


def _refuse_two_periods(ring: Keyring) -> None:
    if ring.previous or ring.predecessors:
        raise LandlordError(
            f"une ancienne clé est encore en service jusqu'au {ring.ends_on:%d/%m/%Y} : un mouvement ne peut avoir "
            "qu'un seul ancien identifiant. Terminez d'abord cette période par `quartiers keys retire`."
        )


def _refuse_past(until: date, today: date) -> None:
    if until <= today:
        raise LandlordError(f"la période à deux clés doit finir après aujourd'hui, pas le {until:%d/%m/%Y}.")


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the 28th where that month may lack it."""
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, min(day.day, 28))


# -- the file


def read(path: Path) -> Keyring:
    """Return the keys of a file. Raises LandlordError if it is missing, damaged, or readable by others."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LandlordError(
            f"{path} n'existe pas. Une clé existe déjà ? Remettez-y sa sauvegarde : avec une autre clé, vos mouvements "
            "compteraient deux fois. Sinon, créez-la par `quartiers keys init`."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LandlordError(f"{path} ne peut pas être lu : vérifiez ses droits ou remettez sa sauvegarde.") from error
    _refuse_shared(path)
    return parse(text, path)


def parse(text: str, path: Path) -> Keyring:
    """Return the keys of a file's text. Raises LandlordError, which quotes nothing of it."""
    try:
        found = json.loads(text)
        newer = found["format"] > FORMAT
        ring = None if newer else _keyring(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LandlordError(f"{path} est abîmé : remettez-y sa sauvegarde. N'en créez pas une autre.") from None
    if ring is None:
        raise LandlordError(f"{path} vient d'une version plus récente : mettez le programme à jour.")
    return ring


def create(path: Path, ring: Keyring) -> None:
    """Write a first file of keys. Raises LandlordError if there is one: a key is never overwritten."""
    temporary = _write_aside(path, ring)
    try:
        if os.name == "nt":
            temporary.rename(path)  # refuses a file that exists, there
        else:
            _link(temporary, path)
    except FileExistsError as error:
        raise LandlordError(
            f"{path} existe déjà : une clé ne se remplace pas, car vos mouvements compteraient deux fois. "
            "Pour en changer, `quartiers keys rotate`."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _link(temporary: Path, path: Path) -> None:
    """Give the file its name. Raises FileExistsError, also on a share that knows no links."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, "exists", str(path)) from error
        temporary.rename(path)


def save(path: Path, ring: Keyring) -> None:
    """Replace the file by one that still holds every key of it. Raises LandlordError, with nothing changed."""
    kept = {key.secret for key in ring.all_keys()}
    if not {key.secret for key in read(path).all_keys()} <= kept:
        raise LandlordError(f"{path} a changé entre-temps : recommencez.")
    _write_aside(path, ring).replace(path)
    _sync_folder(path.parent)


def missing_from(ring: Keyring, copy: Keyring) -> list[Key]:
    """Return the keys that a backup copy lacks."""
    held = {key.secret for key in copy.all_keys()}
    return [key for key in ring.all_keys() if key.secret not in held]


def _write_aside(path: Path, ring: Keyring) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(_document(ring), file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _sync_folder(folder: Path) -> None:
    """Make the name last too; Windows has no such call for a folder."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(handle)
    os.close(handle)


def _refuse_shared(path: Path) -> None:
    """Refuse a file that others may read; on Windows the folder's rights decide, which Python does not see."""
    if os.name != "nt" and (mode := path.stat().st_mode & 0o777) & 0o077:
        raise LandlordError(
            f"{path} peut être lu par d'autres (droits {mode:o}) : donnez-le à vous seul par `chmod 600 {path}`."
        )


def _document(ring: Keyring) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "current": _of_key(ring.current),
        "previous": _of_key(ring.previous) if ring.previous else None,
        "until": ring.until.isoformat() if ring.until else None,
        "predecessors": [
            {
                "siren": one.siren,
                "key": _of_key(one.key),
                "until": one.until.isoformat(),
                "dwellings": sorted(one.dwellings),
            }
            for one in ring.predecessors
        ],
        "retired": [_of_key(key) for key in ring.retired],
    }


def _of_key(key: Key) -> dict[str, str]:
    return {"id": key.id, "made_on": key.made_on.isoformat(), "secret": key.secret.hex()}


def _key(found: dict[str, str]) -> Key:
    """Return a key whose fingerprint is the one that was written beside it. Raises ValueError."""
    try:
        key = Key(binascii.unhexlify(found["secret"]), date.fromisoformat(found["made_on"]))
    except binascii.Error as error:
        raise ValueError("not hexadecimal") from error
    if len(key.secret) != SIZE or key.id != found["id"]:
        raise ValueError("not the key that was written")
    return key


def _keyring(found: dict[str, Any]) -> Keyring:
    return Keyring(
        current=_key(found["current"]),
        previous=_key(found["previous"]) if found["previous"] else None,
        until=date.fromisoformat(found["until"]) if found["until"] else None,
        predecessors=tuple(
            Predecessor(
                one["siren"], _key(one["key"]), date.fromisoformat(one["until"]), frozenset(map(str, one["dwellings"]))
            )
            for one in found["predecessors"]
        ),
        retired=tuple(_key(one) for one in found["retired"]),
    )
