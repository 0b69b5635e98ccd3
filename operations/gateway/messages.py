"""What the gateway asks of a message before it takes it: its kind, its size, and that it is one."""

from typing import NamedTuple

from producers.publisher import OVERHEAD_BYTES
from runtime.topics import MAX_MESSAGE_BYTES
from schemas.events.reading import read_message

LARGEST = MAX_MESSAGE_BYTES - OVERHEAD_BYTES
"""Bytes of a body: the broker's limit, less its own overhead."""
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
WHOLE = ("not_json", "too_deep", "empty_batch", "batch_too_large")
"""Faults of the message itself, by the worker's own reason codes; those of an event are for the receipt."""


class Refusal(NamedTuple):
    """An HTTP status, and why: a reason code of the contract, or one of the gateway's own."""

    status: int
    reason: str
    message_fr: str


def kind_refusal(content_type: str, charset: str) -> Refusal | None:
    """Return why a body of this type is not taken, None if it is."""
    if content_type in (SINGLE, BATCH) and charset.lower() in ("utf-8", "utf8"):
        return None
    text = f"attendu Content-Type {SINGLE} (un événement) ou {BATCH} (un lot), en UTF-8 ; mode structuré seulement"
    return Refusal(415, "wrong_content_type", text)


def size_refusal(size: int) -> Refusal:
    """Return what is said of a body that is too large; `size` in bytes, 0 if it was not read to its end."""
    found = f"{size:,} octets : ".replace(",", "\u202f") if size else "plus de "
    text = f"{found}{LARGEST:,} octets".replace(",", "\u202f") + " au plus ; coupez le lot en plusieurs messages"
    return Refusal(413, "message_too_large", text)


def message_refusal(payload: bytes, content_type: str) -> Refusal | None:
    """Return why the message as a whole is refused, with the reason that the worker would give; None if it is not."""
    if (payload.lstrip(b" \t\n\r")[:1] == b"[") != (content_type == BATCH):
        text = f"un tableau va avec {BATCH}, un événement seul avec {SINGLE}"
        return Refusal(415, "wrong_content_type", text)
    for refused in read_message(payload).rejected[:1]:
        if refused.problem.reason in WHOLE and refused.raw == payload:
            return Refusal(400, refused.problem.reason, refused.problem.message_fr)
    return None
