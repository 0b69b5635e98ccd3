"""Where a landlord's messages go, and where its receipts come from: Kafka, or the HTTPS gateway.

What publishes knows nothing else of the way out. `producers/publisher.py` and `producers/receipts.py` are Kafka's.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.events.receipts import ReceiptEvent


class Position(NamedTuple):
    """Where a message lies: its receipt says the same."""

    topic: str
    partition: int
    offset: int


class Channel(Protocol):
    """Takes messages. Errors that a landlord can mend are LandlordErrors, or KafkaErrors to be explained."""

    def send(self, payload: bytes, *, batch: bool) -> None:
        """Queue a message: one event, or a batch of them."""
        ...

    def flush(self) -> None:
        """Wait until everything queued is acknowledged; raises the first failure."""
        ...

    def positions(self) -> list[Position]:
        """Return where each message lies, in the order they were sent, once they are acknowledged."""
        ...


class Mailbox(Protocol):
    """Gives receipts. Open it before anything is sent."""

    def answers(self, positions: Collection[Position], seconds: float) -> Iterable[ReceiptEvent]:
        """Yield the receipt of each of these messages, once, as it comes; stop when all came or time is over."""
        ...

    def since(self, instant: datetime | None) -> Iterable[ReceiptEvent]:
        """Yield the receipts there are from an instant on (None: all that are kept), oldest first."""
        ...
