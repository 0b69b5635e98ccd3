"""Alerts as they are told on `mobility.alerts`: kinds, wording and the event's model."""

from schemas.alerts.event import ALERT, AlertEvent, AlertStep, read

__all__ = ["ALERT", "AlertEvent", "AlertStep", "read"]
