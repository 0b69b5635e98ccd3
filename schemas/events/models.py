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
COUNTS = "fr.data-quartiers.counts.v1"

Commune = Annotated[str, Field(pattern=r"^([0-9]{2}|2[AB])[0-9]{3}$", description="Code INSEE de la commune")]
Qpv2024 = Annotated[str, Field(pattern=r"^QN([0-9]{3}|02[AB])[0-9]{2}[NMIC]$", description="Code du QPV de 2024")]
Qpv2015 = Annotated[str, Field(pattern=r"^QP([0-9]{3}|02[AB])[0-9]{3}$", description="Code du QPV de 2015")]
Month = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", description="Mois, AAAA-MM")]
Siren = Annotated[str, Field(pattern=r"^[0-9]{9}$", description="Numéro SIREN du bailleur")]
LAST_REVISION = 2**62
Revision = Annotated[int, Field(ge=0, lt=LAST_REVISION, description="Entier qui ne fait que croître")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Rooms = Literal["T1", "T2", "T3", "T4", "T5", "T6+", "unknown"]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_+\-]+$")]
Direction = Literal["out", "in"]
Source = Annotated[str, Field(pattern=r"^urn:siren:[0-9]{9}$")]
ContentType = Annotated[str, Field(pattern=r"^application/json *(;.*)?$")]
StartYear = Annotated[str, Field(pattern=r"^([0-9]{4}|unknown)$")]
QpvStatus = Literal["inside", "outside", "uncertain", "unknown"]


def pattern_of(text: Any) -> str:
    """Return the pattern of one of these types of text."""
    (field,) = text.__metadata__
    return next(str(part.pattern) for part in field.metadata if hasattr(part, "pattern"))


def _of(codes: str | dict[str, str], title: str, description: str) -> Any:
    """Return a field's title and description, and the code list (`schemas/codes`) that its values come from.

    A list by direction where they differ. The list is closed if the field's schema enumerates its values.
    """
    extra: dict[str, Any] = {"x-codes": codes}
    return Field(title=title, description=description, json_schema_extra=extra)


def _said(title: str, description: str) -> Any:
    return Field(title=title, description=description)


class _Open(BaseModel):
    """Additive evolution: unknown fields are ignored, personal-looking ones are refused."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_personal_fields(cls, value: Any) -> Any:
        if isinstance(value, dict) and (found := forbidden_fields([str(key) for key in value])):
            raise ValueError(f"donnée personnelle interdite : {', '.join(found)}")
        return value


_REASONS = {"out": "departure_reason", "in": "arrival_nature"}
_SITUATION = (
    "Dans un QPV de 2024 (connu par qpv_2024, ou non), hors de tous, à moins de 15 m d'une limite, ou non localisé. "
    "Absent : inside si qpv_2024 est donné, outside sinon"
)


def _described(title: str, description: str, **more: Any) -> ConfigDict:
    """Return a model's French title and description in its schema; its docstring is for developers."""
    return ConfigDict(title=title, json_schema_extra={"description": description, **more})


_CANCELLED_SAYS_WHY: Any = {
    "if": {"properties": {"status": {"const": "cancelled"}}, "required": ["status"]},
    "then": {"properties": {"cancel_reason": {"type": "string"}}, "required": ["cancel_reason"]},
    "else": {"properties": {"cancel_reason": {"type": "null"}}},
}


class Move(_Open):
    """The whole present state of one move-out or move-in, never a difference."""

    model_config = _described(
        "Mouvement",
        "L'état présent et entier d'un départ ou d'une arrivée, jamais une différence",
        **_CANCELLED_SAYS_WHY,
    )

    move_id: Annotated[
        UUID,
        _said(
            "Mouvement", "Identifiant du mouvement, le même toute sa vie : tiré du bail et du sens, jamais d'une date"
        ),
    ]
    revision: Annotated[
        Revision,
        _said(
            "Révision",
            "La plus grande l'emporte, quel que soit l'ordre d'arrivée. Par exemple l'instant de l'extraction",
        ),
    ]
    status: Annotated[
        Literal["announced", "effective", "cancelled"],
        _of("status", "État", "Annoncé (congé reçu, attribution signée), effectif, ou annulé"),
    ]
    effective_on: Annotated[
        date,
        _said(
            "Date d'effet",
            "Remise des clés (départ) ou entrée dans les lieux (arrivée). Prévue si le mouvement est annoncé",
        ),
    ]
    date_precision: Annotated[
        Literal["day", "month"],
        _of(
            "date_precision",
            "Précision de la date",
            "month : seul le mois est connu, effective_on en est le premier jour",
        ),
    ] = "day"
    notice_received_on: Annotated[
        date | None, _said("Congé reçu le", "Jour où le bailleur a reçu le congé du locataire")
    ] = None
    cancel_reason: Annotated[
        Literal["notice_withdrawn", "mistake", "duplicate"] | None,
        _of("cancel_reason", "Motif d'annulation", "Obligatoire si le mouvement est annulé, interdit sinon"),
    ] = None
    dwelling: Annotated[
        UUID,
        _said("Logement", "Pseudonyme du logement, dont le bailleur seul détient la clé ; stable d'un envoi à l'autre"),
    ]
    commune: Annotated[Commune, _said("Commune", "Code INSEE de la commune du logement, en Occitanie")]
    qpv_2024: Annotated[
        Qpv2024 | None, _said("QPV de 2024", "Code du quartier prioritaire de 2024. Absent : voir qpv_status")
    ] = None
    qpv_2015: Annotated[
        Qpv2015 | None, _said("QPV de 2015", "Code du quartier prioritaire de 2015. Absent : hors de tous")
    ] = None
    qpv_status: Annotated[QpvStatus | None, _of("qpv_status", "Situation", _SITUATION)] = None
    location_method: Annotated[
        Literal["code", "address", "coordinates", "flag", "unknown"],
        _of("location_method", "Moyen de localisation", "Comment le logement a été situé"),
    ] = "unknown"
    location_quality: Annotated[
        Literal["certain", "uncertain", "unknown"],
        _of("location_quality", "Qualité de localisation", "Confiance dans la situation du logement"),
    ] = "unknown"
    rooms: Annotated[Rooms, _of("rooms", "Typologie", "Nombre de pièces principales, en classes")] = "unknown"
    financing: Annotated[Code | None, _of("financing", "Financement", "Financement d'origine du logement")] = None
    reason: Annotated[Code, _of(_REASONS, "Motif ou nature", "Motif du départ, ou nature de l'arrivée")] = (
        "non_renseigne"
    )
    place: Annotated[
        Code,
        _of(
            "place_class", "Destination ou origine", "Où va le ménage qui part, d'où vient celui qui arrive, en classes"
        ),
    ] = "unknown"
    tenancy_started_on: Annotated[
        Month | None, _said("Début du bail", "Mois où le bail a commencé, AAAA-MM : l'ancienneté des partants")
    ] = None
    household_type: Annotated[Code | None, _of("household_type", "Ménage", "Composition du ménage, en classes")] = None
    household_size: Annotated[
        Code | None, _of("household_size", "Taille du ménage", "Nombre de personnes, en classes")
    ] = None
    holder_age: Annotated[
        Code | None,
        _of("holder_age", "Âge", "Âge de la personne de référence, en classes ; jamais une date de naissance"),
    ] = None
    code_list_version: Annotated[
        Annotated[int, Field(ge=1, le=9999)],
        _said("Version des listes", "Version des listes de codes que connaît l'émetteur"),
    ] = 1
    former_move_id: Annotated[
        UUID | None,
        _said(
            "Ancien identifiant",
            "Identifiant de ce même mouvement sous la clé précédente, ou chez l'ancien bailleur : il est remplacé, "
            "jamais compté deux fois",
        ),
    ] = None
    former_landlord: Annotated[
        Siren | None,
        _said(
            "Ancien bailleur", "SIREN de l'ancien bailleur, après une fusion enregistrée ; absent : le même bailleur"
        ),
    ] = None

    @model_validator(mode="after")
    def _cancelled_says_why(self) -> "Move":
        if (self.status == "cancelled") != (self.cancel_reason is not None):
            raise ValueError("cancel_reason accompagne le statut cancelled, et lui seul")
        return self


class StockCell(_Open):
    """Dwellings of one landlord in one commune, QPV and rooms class, at the date of the stock."""

    model_config = _described("Case", "Les logements d'une commune, d'un QPV et d'une typologie, à la date du parc")

    commune: Annotated[Commune, _said("Commune", "Code INSEE de la commune, en Occitanie")]
    qpv_2024: Annotated[
        Qpv2024 | None, _said("QPV de 2024", "Code du quartier prioritaire de 2024. Absent : voir qpv_status")
    ] = None
    qpv_2015: Annotated[
        Qpv2015 | None, _said("QPV de 2015", "Code du quartier prioritaire de 2015. Absent : hors de tous")
    ] = None
    qpv_status: Annotated[QpvStatus | None, _of("qpv_status", "Situation", _SITUATION)] = None
    rooms: Annotated[Rooms, _of("rooms", "Typologie", "Nombre de pièces principales, en classes")] = "unknown"
    let: Annotated[Count, _said("Loués", "Logements loués (RPLS, MODE 1)")]
    on_offer_vacant_up_to_3_months: Annotated[
        Count,
        _said("Vacants de 3 mois au plus", "Proposés à la location (RPLS, MODE 2), vacants depuis 3 mois au plus"),
    ] = 0
    on_offer_vacant_over_3_months: Annotated[
        Count,
        _said("Vacants de plus de 3 mois", "Proposés à la location (RPLS, MODE 2), vacants depuis plus de 3 mois"),
    ] = 0
    first_let_within_12_months: Annotated[
        Count,
        _said(
            "Mis en location depuis 12 mois", "Première mise en location dans les 12 mois ; compris dans les précédents"
        ),
    ] = 0
    out_of_market_works: Annotated[Count, _said("Hors marché, travaux", "Vides pour travaux, non proposés")] = 0
    out_of_market_demolition: Annotated[
        Count, _said("Hors marché, démolition", "Vides avant démolition, non proposés")
    ] = 0
    out_of_market_sale: Annotated[Count, _said("Hors marché, vente", "Vides avant vente, non proposés")] = 0
    tenancies_by_start_year: Annotated[
        dict[StartYear, Count],
        Field(
            max_length=120,
            title="Baux par année de début",
            description="Nombre de baux en cours par année où ils ont commencé ; unknown : année inconnue",
        ),
    ] = {}


class Stock(_Open):
    """A landlord's dwellings at a date: the denominators. Aggregated, no list of dwellings."""

    model_config = _described(
        "Parc", "Les logements du bailleur à une date, agrégés : aucune liste de logements ne sort"
    )

    stock_on: Annotated[date, _said("Date du parc", "Jour où le parc est décrit, en général un 1er janvier")]
    revision: Annotated[Revision, _said("Révision", "La plus grande l'emporte, pour une même date de parc")]
    scope: Annotated[
        Literal["whole_stock", "qpv_only"],
        _of("scope", "Champ", "Tout le parc, ou les quartiers prioritaires seulement"),
    ] = "whole_stock"
    cells: Annotated[
        list[StockCell],
        Field(
            min_length=1,
            max_length=20_000,
            title="Cases",
            description="Une case par commune, QPV et typologie ; aucune deux fois",
        ),
    ]


class ControlTotal(_Open):
    """How many effective moves the landlord counts in a month, in one direction."""

    model_config = _described("Total de contrôle", "Ce que le bailleur compte, un mois et dans un sens")

    month: Annotated[Month, _said("Mois", "Mois d'effet, AAAA-MM")]
    direction: Annotated[Direction, _of("direction", "Sens", "Départ ou arrivée")]
    count: Annotated[Count, _said("Nombre", "Mouvements effectifs que le bailleur compte")]


class Declaration(_Open):
    """`All my moves with effect from complete_from up to complete_through are sent.` Silence is not zero."""

    model_config = _described(
        "Déclaration", "« Tous mes mouvements jusqu'à ce jour sont envoyés. » Le silence n'est pas zéro"
    )

    complete_from: Annotated[
        date | None,
        _said("Complet depuis", "Premier jour dont tous les mouvements sont envoyés ; absent : depuis le premier parc"),
    ] = None
    complete_through: Annotated[
        date, _said("Complet jusqu'au", "Dernier jour dont tous les mouvements sont envoyés ; jamais dans l'avenir")
    ]
    scope: Annotated[
        Literal["whole_stock", "qpv_only"],
        _of("scope", "Champ", "Tout le parc, ou les quartiers prioritaires seulement"),
    ]
    revision: Annotated[Revision, _said("Révision", "La plus grande l'emporte, pour un même champ")]
    control_totals: Annotated[
        list[ControlTotal],
        Field(
            max_length=600,
            title="Totaux de contrôle",
            description="Ce que le bailleur compte par mois et par sens ; un écart revient dans l'accusé de réception",
        ),
    ] = []


class CountCell(_Open):
    """How many effective moves of a month had this place, direction and reason."""

    model_config = _described("Compte", "Les mouvements effectifs d'un mois, d'un lieu, d'un sens et d'un motif")

    commune: Annotated[Commune, _said("Commune", "Code INSEE de la commune, en Occitanie")]
    qpv_2024: Annotated[
        Qpv2024 | None, _said("QPV de 2024", "Code du quartier prioritaire de 2024. Absent : voir qpv_status")
    ] = None
    qpv_2015: Annotated[
        Qpv2015 | None, _said("QPV de 2015", "Code du quartier prioritaire de 2015. Absent : hors de tous")
    ] = None
    qpv_status: Annotated[QpvStatus | None, _of("qpv_status", "Situation", _SITUATION)] = None
    direction: Annotated[Direction, _of("direction", "Sens", "Départ ou arrivée")]
    reason: Annotated[Code, _of(_REASONS, "Motif ou nature", "Motif des départs, ou nature des arrivées")] = (
        "non_renseigne"
    )
    count: Annotated[
        Annotated[int, Field(ge=1, le=1_000_000)],
        _said("Nombre", "Mouvements effectifs ; une case vide ne s'envoie pas"),
    ]


class Counts(_Open):
    """All effective moves of a month, counted: for a landlord of which no row may leave. Never beside moves."""

    model_config = _described(
        "Comptes",
        "Tous les mouvements effectifs d'un mois, comptés : pour un bailleur dont aucune ligne ne peut sortir",
    )

    month: Annotated[Month, _said("Mois", "Mois d'effet, AAAA-MM")]
    revision: Annotated[Revision, _said("Révision", "La plus grande l'emporte, pour un même mois")]
    cells: Annotated[
        list[CountCell],
        Field(
            max_length=20_000,
            title="Cases",
            description="Une case par lieu, sens et motif ; aucune deux fois. Elles remplacent toutes celles du mois",
        ),
    ] = []
    code_list_version: Annotated[
        Annotated[int, Field(ge=1, le=9999)],
        _said("Version des listes", "Version des listes de codes que connaît l'émetteur"),
    ] = 1


class _Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON mode."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Annotated[Literal["1.0"], _said("Version de CloudEvents", "Toujours 1.0")]
    id: Annotated[
        str,
        Field(
            min_length=1, max_length=128, title="Événement", description="Identifiant de l'envoi, choisi par l'émetteur"
        ),
    ]
    source: Annotated[Source, _said("Émetteur", "urn:siren: puis le SIREN du titulaire du sujet")]
    time: Annotated[datetime, _said("Instant", "Instant de l'envoi, AAAA-MM-JJThh:mm:ssZ ; il ne décide de rien")]
    datacontenttype: Annotated[ContentType, _said("Type du contenu", "Toujours du JSON")] = "application/json"


class MoveEvent(_Envelope):
    """Envelope of a move."""

    model_config = _described("Envoi d'un mouvement", "Enveloppe CloudEvents 1.0, JSON structuré")

    type: Annotated[
        Literal["fr.data-quartiers.tenancy.move-out.v1", "fr.data-quartiers.tenancy.move-in.v1"],
        _said("Type", "Départ (move-out) ou arrivée (move-in)"),
    ]
    data: Move


class StockEvent(_Envelope):
    """Envelope of a stock."""

    model_config = _described("Envoi d'un parc", "Enveloppe CloudEvents 1.0, JSON structuré")

    type: Annotated[Literal["fr.data-quartiers.stock.v1"], _said("Type", "Parc")]
    data: Stock


class DeclarationEvent(_Envelope):
    """Envelope of a declaration."""

    model_config = _described("Envoi d'une déclaration", "Enveloppe CloudEvents 1.0, JSON structuré")

    type: Annotated[Literal["fr.data-quartiers.declaration.v1"], _said("Type", "Déclaration")]
    data: Declaration


class CountsEvent(_Envelope):
    """Envelope of counts."""

    model_config = _described("Envoi de comptes", "Enveloppe CloudEvents 1.0, JSON structuré")

    type: Annotated[Literal["fr.data-quartiers.counts.v1"], _said("Type", "Comptes")]
    data: Counts


Event = Annotated[MoveEvent | StockEvent | DeclarationEvent | CountsEvent, Field(discriminator="type")]
