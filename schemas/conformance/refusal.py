"""What a bad message must bring. The sentences that many refusals share are written here once.

`{J+n}` in a sentence stands for the day of receipt and n days more.
"""

from typing import Any, NamedTuple

from schemas.conformance.events import written
from schemas.events.reasons import ReasonCode

INTEGER = "attendu un nombre entier, sans guillemets"
ABSENT = "champ obligatoire absent"
DATE = "date impossible : attendu AAAA-MM-JJ, une date qui existe"
TEXT = "attendu un texte, entre guillemets"
OBJECT = "attendu un objet JSON"
NOT_JSON = "le message n'est pas du JSON (UTF-8) valide"
NOT_JSON_EVENT = "l'événement n'est pas du JSON (UTF-8) valide"
CANCELLED = "cancel_reason accompagne le statut cancelled, et lui seul"
TOO_SMALL = "nombre trop petit : 0 au moins"
NOT_UUID = "attendu un identifiant UUID"


class Refusal(NamedTuple):
    """A bad event (or the bytes of one), and the code, JSON pointer and French sentence that it must bring."""

    name: str
    sent: Any
    code: ReasonCode
    pointer: str
    message_fr: str
    readable_id: str | None = None
    """The id that can be read in bytes that are no JSON."""

    @property
    def payload(self) -> bytes:
        """The bytes to send."""
        return self.sent if isinstance(self.sent, bytes) else written(self.sent)

    @property
    def event_id(self) -> str | None:
        """The id by which a receipt can name the event: at most 128 characters, None where there is none."""
        if isinstance(self.sent, bytes):
            return self.readable_id
        found = self.sent.get("id") if isinstance(self.sent, dict) else None
        return found if isinstance(found, str) and 0 < len(found) <= 128 else None
