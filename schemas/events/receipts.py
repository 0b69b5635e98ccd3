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
    message_fr: Annotated[str, Field(description="Ce qui ne va pas, en français")]
    remedy_fr: Annotated[str, Field(description="Ce qu'il faut faire")]


class ControlDifference(_Sent):
    """A control total of a declaration that is not what the observatory counts."""

    month: Month
    direction: Annotated[Direction, Field(description="Départs (out) ou arrivées (in)")]
    declared: Annotated[int, Field(description="Nombre déclaré par le bailleur")]
    counted: Annotated[int, Field(description="Nombre que compte l'observatoire")]


class Erased(_Sent):
    """What was erased at the landlord's demand. It quotes no pseudonym."""

    asked: Annotated[int, Field(ge=0, description="Nombre de pseudonymes dont l'effacement fut demandé")]
    list_sha256: Annotated[
        str, Field(description="Empreinte SHA-256 de leur liste : un par ligne, en minuscules, dans l'ordre")
    ]
    moves: Annotated[int, Field(ge=0, description="Mouvements effacés du registre ; ils restent comptés")]
    refused: Annotated[int, Field(ge=0, description="Contenus effacés parmi les événements refusés")]
    receipts: Annotated[int, Field(ge=0, description="Accusés en attente d'envoi, effacés")]
    archived: Annotated[
        int | None, Field(description="Lignes effacées de l'archive ; vide : aucune archive n'est tenue")
    ] = None
    kafka_until: Annotated[date, Field(description="Jour auquel Kafka aura oublié les derniers messages reçus")]


class ReceiptData(_Sent):
    """What became of each event of one message."""

    landlord: Siren
    topic: Annotated[str, Field(description="Sujet Kafka du message")]
    partition: Annotated[int, Field(description="Partition du message, toujours 0")]
    offset: Annotated[int, Field(description="Position du message dans son sujet : ce que rend l'envoi Kafka")]
    received_on: Annotated[date, Field(description="Jour de réception, à Paris")]
    sandbox: Annotated[bool, Field(description="Bac à sable : rien n'est compté")] = False
    redriven: Annotated[bool, Field(description="Relecture d'un événement qui avait été refusé")] = False
    events: Annotated[int, Field(description="Nombre d'événements du message")]
    outcomes: Annotated[dict[Outcome, int], Field(description="Nombre d'événements par issue ; leur somme est events")]
    rejected: Annotated[list[Remark], Field(description="Les refus, 100 au plus")] = []
    rejected_total: Annotated[int, Field(description="Nombre de refus, listés ou non")] = 0
    warnings: Annotated[
        list[Remark], Field(description="Les avertissements, 100 au plus : l'événement est accepté")
    ] = []
    warnings_total: Annotated[int, Field(description="Nombre d'avertissements, listés ou non")] = 0
    control_differences: Annotated[
        list[ControlDifference], Field(description="Totaux de contrôle qui ne sont pas ceux de l'observatoire")
    ] = []
    erased: Annotated[
        Erased | None,
        Field(description="Effacement demandé : l'accusé ne répond alors à aucun message, events est 0, offset est -1"),
    ] = None
    summary_fr: Annotated[str, Field(description="Le bilan en une phrase")]


class ReceiptEvent(_Sent):
    """Envelope of a receipt. `id` is the position of the message it answers: `topic:partition:offset`."""

    specversion: Annotated[Literal["1.0"], Field(description="Version de CloudEvents")]
    id: Annotated[
        str, Field(description="Position du message auquel il répond : un même accusé peut arriver deux fois")
    ]
    source: Annotated[str, Field(description="L'observatoire")]
    type: Annotated[Literal["fr.data-quartiers.receipt.v1"], Field(description="Accusé de réception")]
    time: Annotated[datetime, Field(description="Instant de l'accusé")]
    datacontenttype: Annotated[Literal["application/json"], Field(description="Toujours du JSON")]
    data: ReceiptData
