"""The event of one step of an alert: raised (provisional), confirmed or lifted.

Invariant: `id` names the alert and the step: the same step told twice is the same event. `evidence.message_fr` holds no
count; the other figures of `evidence` are for analysts, and go into no message.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from schemas.events.models import Month

ALERT: Literal["fr.data-quartiers.alert.v1"] = "fr.data-quartiers.alert.v1"
Level = Literal["watch", "alert"]
State = Literal["provisional", "confirmed", "lifted"]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AlertStep(_Told):
    """A step, of a quartier (`code`, `name`, `communes`, `departement`) or of a landlord's declarations."""

    alert_id: int
    step: int
    on: date
    kind: str
    month: Month
    level: Level
    state: State
    code: str | None = None
    name: str | None = None
    departement: str | None = None
    communes: tuple[str, ...] = ()
    landlord: str | None = None
    evidence: dict[str, Any]

    @property
    def message_fr(self) -> str:
        """The sentence that may be told: a signal and its size, no count and no cause."""
        return str(self.evidence["message_fr"])


class AlertEvent(_Told):
    """The CloudEvent on the topic."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["fr.data-quartiers.alert.v1"]
    subject: str
    data: AlertStep


def read(payload: bytes) -> AlertEvent:
    """Return the event of a message. Raises ValueError (pydantic's) if it is none."""
    return AlertEvent.model_validate_json(payload)
