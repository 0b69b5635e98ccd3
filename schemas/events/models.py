"""Pydantic models of the three event types and of their CloudEvents 1.0 envelope.

The models hold shape only. What depends on the day of receipt (horizons) or on the topic (source)
is decided by `schemas/events/rules.py`, which is given the day and the landlord.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.events.privacy import forbidden_fields

MOVE_OUT = "fr.data-quartiers.tenancy.move-out.v1"
MOVE_IN = "fr.data-quartiers.tenancy.move-in.v1"
STOCK = "fr.data-quartiers.stock.v1"
DECLARATION = "fr.data-quartiers.declaration.v1"

Commune = Annotated[str, Field(pattern=r"^([0-9]{2}|2[AB])[0-9]{3}$", description="Code INSEE de la commune")]
Qpv2024 = Annotated[str, Field(pattern=r"^QN([0-9]{3}|02[AB])[0-9]{2}[NMIC]$", description="Code du QPV de 2024")]
Qpv2015 = Annotated[str, Field(pattern=r"^QP([0-9]{3}|02[AB])[0-9]{3}$", description="Code du QPV de 2015")]
Month = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", description="Mois, AAAA-MM")]
Siren = Annotated[str, Field(pattern=r"^[0-9]{9}$", description="Numéro SIREN du bailleur")]
Revision = Annotated[int, Field(ge=0, lt=2**62, description="Entier qui ne fait que croître")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Rooms = Literal["T1", "T2", "T3", "T4", "T5", "T6+", "unknown"]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_+\-]+$")]
Direction = Literal["out", "in"]
Source = Annotated[str, Field(pattern=r"^urn:siren:[0-9]{9}$")]
ContentType = Annotated[str, Field(pattern=r"^application/json *(;.*)?$")]
StartYear = Annotated[str, Field(pattern=r"^([0-9]{4}|unknown)$")]
QpvStatus = Annotated[
    Literal["inside", "outside", "uncertain", "unknown"],
    Field(
        description="Dans un QPV de 2024 (connu par qpv_2024, ou non), hors de tous, à moins de 15 m d'une limite, "
        "ou non localisé. Absent : inside si qpv_2024 est donné, outside sinon"
    ),
]


def pattern_of(text: Any) -> str:
    """Return the pattern of one of these types of text."""
    (field,) = text.__metadata__
    return next(str(part.pattern) for part in field.metadata if hasattr(part, "pattern"))


class _Open(BaseModel):
    """Additive evolution: unknown fields are ignored, personal-looking ones are refused."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_personal_fields(cls, value: Any) -> Any:
        if isinstance(value, dict) and (found := forbidden_fields([str(key) for key in value])):
            raise ValueError(f"donnée personnelle interdite : {', '.join(found)}")
        return value


_CANCELLED_SAYS_WHY: Any = {
    "if": {"properties": {"status": {"const": "cancelled"}}, "required": ["status"]},
    "then": {"properties": {"cancel_reason": {"type": "string"}}, "required": ["cancel_reason"]},
    "else": {"properties": {"cancel_reason": {"type": "null"}}},
}


class Move(_Open):
    """The whole present state of one move-out or move-in, never a difference."""

    model_config = ConfigDict(json_schema_extra=_CANCELLED_SAYS_WHY)

    move_id: UUID
    revision: Revision
    status: Literal["announced", "effective", "cancelled"]
    effective_on: date
    date_precision: Literal["day", "month"] = "day"
    notice_received_on: date | None = None
    cancel_reason: Literal["notice_withdrawn", "mistake", "duplicate"] | None = None
    dwelling: UUID
    commune: Commune
    qpv_2024: Qpv2024 | None = None
    qpv_2015: Qpv2015 | None = None
    qpv_status: QpvStatus | None = None
    location_method: Literal["code", "address", "coordinates", "flag", "unknown"] = "unknown"
    location_quality: Literal["certain", "uncertain", "unknown"] = "unknown"
    rooms: Rooms = "unknown"
    financing: Code | None = None
    reason: Code = "non_renseigne"
    place: Code = "unknown"
    tenancy_started_on: Month | None = None
    household_type: Code | None = None
    household_size: Code | None = None
    holder_age: Code | None = None
    code_list_version: Annotated[int, Field(ge=1, le=9999)] = 1
    former_move_id: Annotated[
        UUID | None,
        Field(description="Identifiant de ce même mouvement sous la clé précédente, ou chez l'ancien bailleur"),
    ] = None
    former_landlord: Annotated[
        Siren | None, Field(description="SIREN de l'ancien bailleur, après une fusion ; absent : le même bailleur")
    ] = None

    @model_validator(mode="after")
    def _cancelled_says_why(self) -> "Move":
        if (self.status == "cancelled") != (self.cancel_reason is not None):
            raise ValueError("cancel_reason accompagne le statut cancelled, et lui seul")
        return self


class StockCell(_Open):
    """Dwellings of one landlord in one commune, QPV and rooms class, at the date of the stock."""

    commune: Commune
    qpv_2024: Qpv2024 | None = None
    qpv_2015: Qpv2015 | None = None
    qpv_status: QpvStatus | None = None
    rooms: Rooms = "unknown"
    let: Count
    on_offer_vacant_up_to_3_months: Annotated[Count, Field(description="MODE 2, vacants de 3 mois au plus")] = 0
    on_offer_vacant_over_3_months: Count = 0
    first_let_within_12_months: Annotated[Count, Field(description="Compris dans let et dans les vacants")] = 0
    out_of_market_works: Count = 0
    out_of_market_demolition: Count = 0
    out_of_market_sale: Count = 0
    tenancies_by_start_year: Annotated[dict[StartYear, Count], Field(max_length=120)] = {}


class Stock(_Open):
    """A landlord's dwellings at a date: the denominators. Aggregated, no list of dwellings."""

    stock_on: date
    revision: Revision
    scope: Literal["whole_stock", "qpv_only"] = "whole_stock"
    cells: Annotated[list[StockCell], Field(min_length=1, max_length=20_000)]


class ControlTotal(_Open):
    """How many effective moves the landlord counts in a month, in one direction."""

    month: Month
    direction: Direction
    count: Count


class Declaration(_Open):
    """`All my moves with effect from complete_from up to complete_through are sent.` Silence is not zero."""

    complete_from: Annotated[
        date | None,
        Field(description="Premier jour dont tous les mouvements sont envoyés ; absent : depuis le premier parc"),
    ] = None
    complete_through: date
    scope: Literal["whole_stock", "qpv_only"]
    revision: Revision
    control_totals: Annotated[list[ControlTotal], Field(max_length=600)] = []


class _Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON mode."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=128)]
    source: Source
    time: datetime
    datacontenttype: ContentType = "application/json"


class MoveEvent(_Envelope):
    """Envelope of a move."""

    type: Literal["fr.data-quartiers.tenancy.move-out.v1", "fr.data-quartiers.tenancy.move-in.v1"]
    data: Move


class StockEvent(_Envelope):
    """Envelope of a stock."""

    type: Literal["fr.data-quartiers.stock.v1"]
    data: Stock


class DeclarationEvent(_Envelope):
    """Envelope of a declaration."""

    type: Literal["fr.data-quartiers.declaration.v1"]
    data: Declaration


Event = Annotated[MoveEvent | StockEvent | DeclarationEvent, Field(discriminator="type")]
