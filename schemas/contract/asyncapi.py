"""The AsyncAPI 3.0 document, from the side of a landlord's application: it sends moves, it receives receipts.

Payload schemas are those of the models, as AsyncAPI Schema Objects (a superset of JSON Schema draft 07): nothing
that pydantic makes of these models is newer. What the broker decides (names, limits) is repeated here, because
`schemas` imports no other room; a test holds both equal.
"""

from typing import Any, NamedTuple

from pydantic.json_schema import models_json_schema

from schemas.events.models import (
    COUNTS,
    DECLARATION,
    MOVE_IN,
    MOVE_OUT,
    STOCK,
    CountsEvent,
    DeclarationEvent,
    MoveEvent,
    StockEvent,
)
from schemas.events.reading import MAX_EVENTS
from schemas.events.receipts import ReceiptEvent

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOVES_ADDRESS = "tenancy.moves.{siren}"
SANDBOX_ADDRESS = "tenancy.sandbox.{siren}"
RECEIPTS_ADDRESS = "tenancy.receipts.{siren}"
RETENTION_MS = 30 * 24 * 3600 * 1000
MAX_MESSAGE_BYTES = 1_048_576
_KAFKA = "0.5.0"
_HTTP = "0.3.0"


class _Message(NamedTuple):
    """A message of one event: its key in the document, the type it must have, its model and what to call it."""

    key: str
    event_type: str
    model: str
    title: str
    summary: str


_EVENTS = (
    _Message("move-out", MOVE_OUT, "MoveEvent", "Départ", "Un logement est quitté, ou le sera : congé annoncé"),
    _Message("move-in", MOVE_IN, "MoveEvent", "Arrivée", "Un logement est occupé par un nouveau locataire"),
    _Message("stock", STOCK, "StockEvent", "Parc", "Les logements du bailleur à une date, agrégés"),
    _Message(
        "declaration", DECLARATION, "DeclarationEvent", "Déclaration", "Tous les mouvements jusqu'à ce jour sont là"
    ),
    _Message("counts", COUNTS, "CountsEvent", "Comptes", "Les mouvements d'un mois, sans aucune ligne"),
)
_SENT = [*(message.key for message in _EVENTS), "batch"]


def asyncapi(version: str, examples: dict[str, Any]) -> dict[str, Any]:
    """Return the document. `examples` holds one event by message: those of `_EVENTS`, and receipt."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(version),
        "defaultContentType": SINGLE,
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": _messages(examples),
            "schemas": _schemas(),
            "parameters": {
                "siren": {"description": "Le SIREN du bailleur, 9 chiffres", "examples": ["123456789"]},
            },
            "securitySchemes": {
                "scram": {
                    "type": "scramSha256",
                    "description": "Utilisateur landlord- suivi du SIREN ; mot de passe du fichier de connexion",
                },
                "motDePasse": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Passerelle HTTPS : le même utilisateur, le même mot de passe",
                },
            },
        },
    }


def _info(version: str) -> dict[str, Any]:
    return {
        "title": "Data & Quartiers Occitanie : les mouvements des bailleurs",
        "version": f"{version}.0",
        "description": (
            "Ce qu'un bailleur social envoie et reçoit, vu de son application : des CloudEvents 1.0 en JSON structuré. "
            "Le guide complet est docs/contrat.md ; les listes de codes sont dans codes.json, à côté de ce document. "
            "Les schémas sont ouverts : un champ inconnu est ignoré, un champ qui ressemble à une donnée personnelle "
            "est refusé."
        ),
        "license": {"name": "Apache-2.0"},
        "tags": [{"name": "logement social"}, {"name": "QPV"}],
    }


def _servers() -> dict[str, Any]:
    said = "Donné dans le fichier de connexion que l'observatoire remet au bailleur"
    return {
        "observatoire": {
            "host": "{host}",
            "protocol": "kafka-secure",
            "title": "Kafka, chiffré (SASL_SSL, SCRAM-SHA-256)",
            "description": "Le certificat du serveur se vérifie avec le fichier d'autorité remis au bailleur (ca_file)",
            "variables": {"host": {"description": said, "examples": ["observatoire.example:9094"]}},
            "security": [_ref("components", "securitySchemes", "scram")],
        },
        "passerelle": {
            "host": "{host}",
            "protocol": "https",
            "title": "Passerelle HTTPS, pour un réseau qui ne laisse sortir que HTTPS",
            "variables": {"host": {"description": said, "examples": ["observatoire.example:8443"]}},
            "security": [_ref("components", "securitySchemes", "motDePasse")],
        },
    }


def _channels() -> dict[str, Any]:
    own = "Un sujet par bailleur, une seule partition : l'ordre y est celui des envois"
    return {
        "moves": _topic(MOVES_ADDRESS, "Les envois du bailleur", f"{own}. Lui seul peut y écrire.", _SENT),
        "sandbox": _topic(
            SANDBOX_ADDRESS, "Le bac à sable du bailleur", "Mêmes règles, mêmes accusés ; rien n'est compté.", _SENT
        ),
        "receipts": _topic(
            RECEIPTS_ADDRESS,
            "Les accusés de réception",
            "Un accusé par message reçu. Lui seul peut les lire.",
            ["receipt"],
        ),
        "gateway": {
            "address": "/v1/messages",
            "title": "Les envois du bailleur, par HTTPS",
            "description": "Le corps est le message, le même qu'avec Kafka ; content-type dit un événement ou un lot.",
            "servers": [_ref("servers", "passerelle")],
            "messages": {key: _ref("components", "messages", key) for key in _SENT},
        },
    }


def _topic(address: str, title: str, description: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "title": title,
        "description": description,
        "servers": [_ref("servers", "observatoire")],
        "parameters": {"siren": _ref("components", "parameters", "siren")},
        "messages": {key: _ref("components", "messages", key) for key in messages},
        "bindings": {
            "kafka": {
                "topic": address,
                "partitions": 1,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": RETENTION_MS,
                    "max.message.bytes": MAX_MESSAGE_BYTES,
                },
                "bindingVersion": _KAFKA,
            }
        },
    }


def _operations() -> dict[str, Any]:
    sandbox = {
        "type": "object",
        "properties": {"sandbox": {"type": "boolean", "description": "Vrai : le message va au bac à sable"}},
    }
    user = {"type": "string", "description": "Quelconque, mais commence par landlord- et le SIREN"}
    return {
        "sendMoves": _sends("moves", "Envoyer des mouvements, un parc, une déclaration"),
        "tryMoves": _sends("sandbox", "Essayer, sans que rien ne compte"),
        "receiveReceipts": {
            "action": "receive",
            "channel": _ref("channels", "receipts"),
            "title": "Lire ce que devient chaque message",
            "messages": [_ref("channels", "receipts", "messages", "receipt")],
            "bindings": {"kafka": {"groupId": user, "bindingVersion": _KAFKA}},
        },
        "postMoves": _sends("gateway", "Envoyer par HTTPS")
        | {"bindings": {"http": {"method": "POST", "query": sandbox, "bindingVersion": _HTTP}}},
    }


def _sends(channel: str, title: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": _ref("channels", channel),
        "title": title,
        "messages": [_ref("channels", channel, "messages", key) for key in _SENT],
    }


def _messages(examples: dict[str, Any]) -> dict[str, Any]:
    single = {
        message.key: {
            "name": message.event_type,
            "title": message.title,
            "summary": message.summary,
            "contentType": SINGLE,
            "headers": _headers(SINGLE),
            "payload": {
                "allOf": [
                    _ref("components", "schemas", message.model),
                    {"properties": {"type": {"const": message.event_type}}},
                ]
            },
            "examples": [{"name": message.key, "payload": examples[message.key]}],
        }
        for message in _EVENTS
    }
    return {
        **single,
        "batch": {
            "name": "batch",
            "title": "Lot",
            "summary": f"De 1 à {MAX_EVENTS} événements en un message",
            "description": (
                "Le format de lot JSON de CloudEvents. La liaison Kafka de CloudEvents n'en a pas : c'est une "
                "extension de ce contrat, marquée par content-type. Un événement refusé n'en retient aucun autre."
            ),
            "contentType": BATCH,
            "headers": _headers(BATCH),
            "payload": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_EVENTS,
                "items": {"anyOf": [_ref("components", "schemas", model) for model in _models()]},
            },
            "examples": [{"name": "batch", "payload": [examples["move-out"], examples["move-in"]]}],
        },
        "receipt": {
            "name": "fr.data-quartiers.receipt.v1",
            "title": "Accusé de réception",
            "summary": "Ce que devient chaque événement d'un message",
            "contentType": SINGLE,
            "payload": _ref("components", "schemas", "ReceiptEvent"),
            "examples": [{"name": "receipt", "payload": examples["receipt"]}],
        },
    }


def _models() -> list[str]:
    return list(dict.fromkeys(message.model for message in _EVENTS))


def _headers(content_type: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"content-type": {"type": "string", "const": content_type}},
        "description": "Recommandé ; le contenu décide : un tableau JSON est un lot",
    }


def _schemas() -> dict[str, Any]:
    models = (MoveEvent, StockEvent, DeclarationEvent, CountsEvent, ReceiptEvent)
    _, made = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = made["$defs"]
    return definitions


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)}
