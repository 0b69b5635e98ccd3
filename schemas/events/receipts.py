"""The receipt: what the observatory answers to each message, a CloudEvent on `tenancy.receipts.<siren>`.

Invariant: the outcomes of a receipt add up to the events of its message. Every refused event is counted;
at most 100 are listed.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.models import Direction, Month, Siren

RECEIPT = "fr.data-quartiers.receipt.v1"
SOURCE = "urn:data-quartiers:observatoire"
Outcome = Literal["applied", "superseded", "duplicate", "out_of_scope", "quarantined"]
OUTCOMES_FR: dict[Outcome, str] = {
    "applied": "acceptés",
    "superseded": "remplacés par une version plus récente",
    "duplicate": "déjà reçus",
    "out_of_scope": "hors champ",
    "quarantined": "refusés",
}


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Remark(_Sent):
    """What is wrong (a refusal) or doubtful (a warning) in one event of the message."""

    event_id: Annotated[str | None, Field(description="`id` de l'événement, s'il a pu être lu")] = None
    index: Annotated[int, Field(ge=0, description="Rang de l'événement dans le message, depuis 0")]
    code: Annotated[str, Field(description="Code du motif, stable")]
    pointer: Annotated[str, Field(description="Pointeur JSON (RFC 6901) dans l'événement ; vide : l'événement entier")]
    message_fr: str
    remedy_fr: str


class ControlDifference(_Sent):
    """A control total of a declaration that is not what the observatory counts."""

    month: Month
    direction: Direction
    declared: int
    counted: int


class ReceiptData(_Sent):
    """What became of each event of one message."""

    landlord: Siren
    topic: str
    partition: int
    offset: int
    received_on: date
    sandbox: Annotated[bool, Field(description="Bac à sable : rien n'est compté")] = False
    redriven: Annotated[bool, Field(description="Relecture d'un événement qui avait été refusé")] = False
    events: int
    outcomes: dict[Outcome, int]
    rejected: list[Remark] = []
    rejected_total: int = 0
    warnings: list[Remark] = []
    warnings_total: int = 0
    control_differences: list[ControlDifference] = []
    summary_fr: str


class ReceiptEvent(_Sent):
    """Envelope of a receipt. `id` is the position of the message it answers: `topic:partition:offset`."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["fr.data-quartiers.receipt.v1"]
    time: datetime
    datacontenttype: Literal["application/json"]
    data: ReceiptData
