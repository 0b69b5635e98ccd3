"""Steps of alerts, and recipients, as tests need them."""

from datetime import date
from typing import Any

from consumers.notifier.recipients import Addressees, Recipient
from schemas.alerts import ALERT, AlertEvent, AlertStep

SENTENCE = "Signal statistique : départs inhabituellement nombreux, de 2 à 3 fois l'attendu ; cause non établie."


def step(alert: int = 12, number: int = 1, **changes: Any) -> AlertStep:
    """Return a step of an alert about a quartier of Toulouse; its evidence holds counts that nobody may be told."""
    found: dict[str, Any] = {
        "alert_id": alert,
        "step": number,
        "on": date(2026, 3, 10),
        "kind": "departures_up",
        "month": "2026-02",
        "level": "alert",
        "state": "provisional",
        "code": "QN03107M",
        "name": "Bagatelle & Papus",
        "departement": "31",
        "communes": ("31555",),
        "evidence": {"message_fr": SENTENCE, "count": 987, "expected": 321.5},
    }
    return AlertStep(**(found | changes))


def about_landlord(alert: int = 13) -> AlertStep:
    """Return an alert on a landlord's declarations."""
    evidence = {"message_fr": "Déclaration attendue et non reçue : rien n'est dit des quartiers."}
    place = {"code": None, "name": None, "departement": None, "communes": ()}
    return step(alert, kind="silence", landlord="900000001", evidence=evidence, **place)


def event(told: AlertStep) -> bytes:
    """Return the message of a step."""
    identity = f"{told.alert_id}-{told.step}"
    found = AlertEvent(specversion="1.0", id=identity, source="urn:x", type=ALERT, subject="x", data=told)
    return found.model_dump_json().encode()


def recipient(name: str = "Équipe", **changes: Any) -> Recipient:
    """Return a recipient of the observatory, by mail, at once."""
    found = {"nom": name, "role": "observatoire", "courriel": "equipe@exemple.fr"}
    return Recipient.model_validate(found | changes)


def addressees(*recipients: Recipient, port: int = 25) -> Addressees:
    """Return these recipients and a mail server on this machine."""
    smtp = {"serveur": "127.0.0.1", "port": port, "chiffrement": "aucun", "expediteur": "observatoire@exemple.fr"}
    return Addressees.model_validate({"smtp": smtp, "destinataire": recipients})
