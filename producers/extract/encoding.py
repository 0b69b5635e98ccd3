"""Tell what a file is from its bytes alone: a workbook, or text and in which encoding.

Invariant: whatever the bytes, the answer is an encoding that decodes the whole file or an `ExtractError`.
"""

import codecs
from pathlib import Path
from typing import NamedTuple

import charset_normalizer

from producers.extract.problems import ExtractError

_BLOCK = 1 << 20
_SAMPLE = 1 << 17
_GUESSES = ["cp1252", "cp850", "mac_roman"]
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# first bytes of what is no table, and what to say of it
_FOREIGN = (
    (b"%PDF", "est un PDF", "exporter le tableau en CSV ou en XLSX"),
    (
        b"\xd0\xcf\x11\xe0",
        "est un classeur Excel ancien (.xls) ou protégé par un mot de passe",
        "l'enregistrer au format .xlsx, sans mot de passe",
    ),
    (b"\x1f\x8b", "est compressé (gzip)", "le décompresser"),
    (b"Rar!", "est compressé (rar)", "le décompresser"),
    (b"7z\xbc\xaf", "est compressé (7z)", "le décompresser"),
    (b"SQLite format 3", "est une base SQLite", "exporter la table en CSV"),
)
_MARKUP = (
    (b"<!doctype html", "est une page HTML"),
    (b"<html", "est une page HTML"),
    (b"<table", "est une page HTML"),
    (b"<?xml", "est un document XML"),
    (b"{", "est du JSON"),
    (b"[", "est du JSON"),
)


class Content(NamedTuple):
    """What a file is: `encoding` is empty for a workbook; `has_nul` tells that rows must be looked at one by one."""

    encoding: str
    has_nul: bool = False


def look_at(path: Path) -> Content:
    """Return what the file is, having read all of it.

    Raises ExtractError if it cannot be read, is empty, or is no table.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(_SAMPLE)
    except OSError as error:
        raise ExtractError(
            f"{path} ne peut pas être lu ({error.strerror or error}). Vérifier le nom et les droits."
        ) from None
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ExtractError(f"{path.name} est vide. Refaire l'export.")
    if head.startswith(b"PK\x03\x04"):
        return Content("")
    _refuse_foreign(path, head)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _decoded(path, encoding)
    if _looks_like_utf16(head):
        raise ExtractError(
            f"{path.name} semble être en UTF-16 sans marque d'ordre des octets. L'enregistrer en UTF-8 "
            "(« CSV UTF-8 » dans le tableur)."
        )
    if _decodes(path, "utf-8"):
        return Content("utf-8", _has_nul(path))
    return _decoded(path, _guessed(head))


def _refuse_foreign(path: Path, head: bytes) -> None:
    for start, what, remedy in _FOREIGN:
        if head.startswith(start):
            raise ExtractError(f"{path.name} {what}, non une table. Il faut {remedy}.")
    begun = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, what in _MARKUP:
        if begun.startswith(start):
            raise ExtractError(f"{path.name} {what}, non une table. Il faut l'enregistrer en CSV ou en .xlsx.")


def _looks_like_utf16(head: bytes) -> bool:
    """Latin text in UTF-16 has a nul in every other byte."""
    return len(head) > 20 and head.count(b"\x00") > 0.3 * len(head)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _has_nul(path: Path) -> bool:
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            if b"\x00" in block:
                return True
    return False


def _decoded(path: Path, encoding: str) -> Content:
    if not _decodes(path, encoding):
        raise ExtractError(
            f"{path.name} n'est pas du texte lisible ({encoding}). L'enregistrer en UTF-8 (« CSV UTF-8 » dans le "
            "tableur)."
        )
    return Content(encoding, "16" not in encoding and _has_nul(path))


def _guessed(head: bytes) -> str:
    """Return the encoding in which accents read as French: what Windows, DOS or an old Macintosh writes."""
    best = charset_normalizer.from_bytes(head, cp_isolation=_GUESSES).best()
    return best.encoding if best is not None else "cp1252"
