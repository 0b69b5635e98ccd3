"""The ways to a recipient: mail, webhook, Grafana annotation. Each sends a letter or raises `NotSentError`."""

import hashlib
import hmac
import json
import os
import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import httpx

from consumers.notifier.letters import Letter, letter
from consumers.notifier.recipients import Recipient, Smtp
from runtime.clock import Clock
from schemas.alerts import AlertStep

PATIENCE = 15.0
SIGNATURE = "X-Quartiers-Signature"
Steps = Sequence[tuple[str, AlertStep]]
Send = Callable[[Recipient, Steps], None]


class NotSentError(RuntimeError):
    """What could not be sent, and why; it is tried again."""


def sender(smtp: Smtp | None, clock: Clock) -> Send:
    """Return what sends steps to any recipient."""

    def send(recipient: Recipient, steps: Steps) -> None:
        if recipient.mail and smtp:
            send_mail(smtp, recipient, letter(recipient, steps), clock)
        elif recipient.webhook:
            for identity, step in steps:
                post(recipient, identity, step)
        elif recipient.grafana:
            for identity, step in steps:
                annotate(recipient, identity, step)

    return send


def mailer(smtp: Smtp | None, clock: Clock) -> Callable[[Recipient, Letter], None]:
    """Return what mails a letter. A file whose recipients have no server is refused before."""

    def send(recipient: Recipient, written: Letter) -> None:
        if smtp:
            send_mail(smtp, recipient, written, clock)

    return send


def send_mail(smtp: Smtp, recipient: Recipient, written: Letter, clock: Clock) -> None:
    """Send a mail. Its Message-ID is that of its steps: a mail sent twice by a crash is one to any reader."""
    domain = smtp.sender.rpartition("@")[2]
    whom = hashlib.sha256(recipient.name.encode()).hexdigest()[:12]
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = smtp.sender, recipient.mail, written.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<alerte-{written.identity}.{whom}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if written.thread:
        mail["In-Reply-To"] = mail["References"] = f"<alerte-{written.thread}.{whom}@{domain}>"
    mail.set_content(written.text)
    mail.add_alternative(written.html, subtype="html")
    try:
        with _connected(smtp) as server:
            if smtp.user:
                server.login(smtp.user, os.environ.get("QUARTIERS_SMTP_PASSWORD", ""))
            server.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        raise NotSentError(f"courriel : {error}") from error


def _connected(smtp: Smtp) -> smtplib.SMTP:
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=PATIENCE, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=PATIENCE)
    if smtp.security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def post(recipient: Recipient, identity: str, step: AlertStep) -> None:
    """Post a step as JSON, signed: HMAC-SHA256 of the body with the shared key. `Idempotency-Key` names the step."""
    body = json.dumps(told(recipient, identity, step), ensure_ascii=False).encode()
    key = os.environ.get(recipient.secret, "").encode()
    if not key:
        raise NotSentError(f"la variable {recipient.secret} n'a pas de clé")
    signature = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", SIGNATURE: signature, "Idempotency-Key": identity}
    try:
        httpx.post(str(recipient.webhook), content=body, headers=headers, timeout=PATIENCE).raise_for_status()
    except httpx.HTTPError as error:
        raise NotSentError(f"webhook : {error}") from error


def told(recipient: Recipient, identity: str, step: AlertStep) -> dict[str, Any]:
    """Return what a program is told of a step: what a mail says, and no figure of the evidence."""
    found = step.model_dump(mode="json", exclude={"evidence"}) | {"id": identity, "message_fr": step.message_fr}
    if recipient.role == "partenaire":
        del found["landlord"]
    return found


def annotate(recipient: Recipient, identity: str, step: AlertStep) -> None:
    """Write an annotation into Grafana, tagged with the alert, its quartier and its state."""
    # Its client is slow to load: only who writes annotations waits for it.
    from grafana_client import GrafanaApi, TokenAuth
    from grafana_client.client import GrafanaException

    try:
        grafana = GrafanaApi.from_url(
            str(recipient.grafana), credential=TokenAuth(os.environ.get(recipient.secret, "")), timeout=PATIENCE
        )
        known = grafana.annotations.get_annotation(tags=[f"alerte-{identity}"], limit=1)
        if not known:
            tags = ["alerte", f"alerte-{identity}", step.state, *([step.code] if step.code else [])]
            grafana.annotations.add_annotation(text=step.message_fr, tags=tags)
    except (GrafanaException, httpx.HTTPError, OSError) as error:
        raise NotSentError(f"Grafana : {error}") from error
