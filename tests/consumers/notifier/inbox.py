"""A mail server for tests, that keeps what comes."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any


class Inbox:
    """A mail server's handler that keeps what comes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"
