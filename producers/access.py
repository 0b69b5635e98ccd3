"""Open the way out that the landlord has: Kafka, or the HTTPS gateway. What fails there is told in French."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from kafka.errors import KafkaError

from producers.broker_faults import explain_broker_fault, require_access
from producers.channel import Channel, Mailbox
from producers.gateway_client import GatewayClient
from producers.publisher import Publisher
from producers.receipts import ReceiptReader
from runtime.connection import Connection


class Way(NamedTuple):
    """Where messages go, and where their receipts come from (None: nobody waits for them)."""

    channel: Channel
    mailbox: Mailbox | None


def require_way(connection: Connection, via: str, *, sandbox: bool) -> None:
    """Raise the LandlordError that says why nothing could be sent now: before a long file is read."""
    if not via:
        require_access(connection, sandbox=sandbox)
        return
    with GatewayClient(connection, via, sandbox=sandbox) as gateway:
        gateway.require_access()


@contextmanager
def open_way(connection: Connection, via: str, *, sandbox: bool, receipts: bool) -> Iterator[Way]:
    """Open the way out, by the gateway `via` if one is named; its receipts too if they are waited for.

    Raises LandlordError, also for what fails inside the block.
    """
    with _explained(connection, sandbox=sandbox), ExitStack() as stack:
        if via:
            client = stack.enter_context(GatewayClient(connection, via, sandbox=sandbox))
            yield Way(client, client)
            return
        mailbox = stack.enter_context(ReceiptReader(connection)) if receipts else None
        yield Way(stack.enter_context(Publisher(connection, sandbox=sandbox, keep_positions=receipts)), mailbox)


@contextmanager
def open_mailbox(connection: Connection, via: str) -> Iterator[Mailbox]:
    """Open the landlord's receipts alone. Raises LandlordError."""
    with _explained(connection, sandbox=False):
        if via:
            with GatewayClient(connection, via) as client:
                yield client
        else:
            with ReceiptReader(connection) as reader:
                yield reader


@contextmanager
def _explained(connection: Connection, *, sandbox: bool) -> Iterator[None]:
    logging.getLogger("kafka").addHandler(logging.NullHandler())  # its retries are no news for a clerk
    try:
        yield
    except KafkaError as error:
        raise explain_broker_fault(error, connection, sandbox=sandbox) from error
