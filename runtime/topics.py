"""Names of topics and principals, and the limit of a message: what both sides of the broker must agree on."""

MOVES = "tenancy.moves."
SANDBOX = "tenancy.sandbox."
RECEIPTS = "tenancy.receipts."
ALERTS = "mobility.alerts"
SENTINEL = f"{MOVES}sentinel"
"""A topic that stays empty: a Faust worker without any topic dies."""
MAX_MESSAGE_BYTES = 1_048_576


def moves_topic(siren: str) -> str:
    """Return the topic that only this landlord may write."""
    return f"{MOVES}{siren}"


def sandbox_topic(siren: str) -> str:
    """Return the topic where this landlord tries things out: receipts come back, nothing is counted."""
    return f"{SANDBOX}{siren}"


def receipts_topic(siren: str) -> str:
    """Return the topic where this landlord reads what became of its messages."""
    return f"{RECEIPTS}{siren}"


def landlord_of(topic: str) -> str:
    """Return the landlord (SIREN) whose topic this is, of moves or sandbox."""
    return topic.removeprefix(MOVES).removeprefix(SANDBOX)


def is_sandbox(topic: str) -> bool:
    """Return whether nothing on this topic counts."""
    return topic.startswith(SANDBOX)


def landlord_principal(siren: str) -> str:
    """Return the name of the landlord's Kafka user."""
    return f"landlord-{siren}"
