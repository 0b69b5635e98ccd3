"""A mail server on a free port."""

import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from tests.consumers.notifier.inbox import Inbox


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    """A mail server, and its port."""
    handler = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()
