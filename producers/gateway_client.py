"""Messages and receipts through the HTTPS gateway, where the landlord's network lets nothing else out.

The same `Channel` and `Mailbox` as Kafka's. A request that failed on the way is sent again: what arrives twice is a
duplicate in the ledger, never counted twice.
"""

import re
import ssl
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from producers.broker_faults import (
    AddressError,
    CertificateError,
    PasswordError,
    RightError,
    explain_certificate,
)
from producers.channel import Position
from producers.errors import LandlordError
from producers.publisher import BATCH, SINGLE, MessageTooLargeError
from producers.receipts import read_receipt
from runtime.connection import FILE_NAME, Connection
from schemas.events.receipts import ReceiptEvent

PATIENCE = 60.0
FIRST_PATIENCE = 15.0  # for an address that never answered yet: it may be another service's
ATTEMPTS = 6
LONGEST_WAIT = 30.0
NEXT = re.compile(r"<([^>]+)>; rel=\"next\"")


class GatewayClient:
    """One landlord's way out by HTTPS (`Channel` and `Mailbox`). Use it as a context manager.

    `url` is the gateway's address (default: the connection file's). Messages are sent one after the other, each
    acknowledged before the next: `flush` has nothing left to do.
    """

    def __init__(
        self,
        connection: Connection,
        url: str = "",
        *,
        sandbox: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Make ready; nothing is sent. Raises AddressError or CertificateError for what cannot be used."""
        self._address = _checked(url or connection.gateway)
        self._user = connection.user
        self._where = {"sandbox": "true"} if sandbox else {}
        self._sleep = sleep
        self._answered = False
        self._sent: list[tuple[Position, str]] = []
        self._client = httpx.Client(
            base_url=self._address,
            auth=httpx.BasicAuth(connection.user, connection.password),
            verify=_context(connection),
            timeout=PATIENCE,
            follow_redirects=False,
            transport=transport,
        )

    def require_access(self) -> None:
        """Raise the LandlordError that says why nothing could be sent now; nothing is sent."""
        answer = self._ask("GET", "/v1/access", params=self._where)
        if answer.status_code != 204:
            raise self._refused(answer)

    def send(self, payload: bytes, *, batch: bool) -> None:
        """Send a message and wait for the gateway's word. Raises a LandlordError that says what to do."""
        answer = self._ask(
            "POST",
            "/v1/messages",
            content=payload,
            params=self._where,
            headers={"Content-Type": (BATCH if batch else SINGLE).decode()},
        )
        if answer.status_code != 202:
            raise self._refused(answer)
        told = answer.json()
        where = self._own(told["receipt"])
        self._sent.append((Position(told["topic"], told["partition"], told["offset"]), where))

    def flush(self) -> None:
        """Return at once: each message was acknowledged when it was sent."""

    def positions(self) -> list[Position]:
        """Return where each message lies, in the order they were sent."""
        return [position for position, _ in self._sent]

    def answers(self, positions: Collection[Position], seconds: float) -> Iterator[ReceiptEvent]:
        """Yield the receipt of each of these messages, once, as it comes; stop when all came or time is over.

        Only messages that this client sent are looked for: it knows where their receipts will be.
        """
        missing = {where: position for position, where in self._sent if position in set(positions)}
        deadline = time.monotonic() + seconds
        while missing:
            for where in list(missing):
                answer = self._ask("GET", where)
                if answer.status_code == 202:
                    break  # receipts come in the order of the messages: the others are not there either
                if answer.status_code != 200:
                    raise self._refused(answer)
                del missing[where]
                if (receipt := read_receipt(answer.content)) is not None:
                    yield receipt
                if time.monotonic() > deadline:
                    return
            else:
                continue
            if time.monotonic() > deadline:
                return
            self._sleep(1.0)

    def since(self, instant: datetime | None) -> Iterator[ReceiptEvent]:
        """Yield the receipts there are from an instant on (None: all that are kept), oldest first, each once."""
        where: str | None = "/v1/receipts"
        if instant is not None:
            where = f"/v1/receipts?since={int(instant.timestamp() * 1000)}"
        seen: set[tuple[str, bool]] = set()
        while where is not None:
            answer = self._ask("GET", where)
            if answer.status_code != 200:
                raise self._refused(answer)
            for one in orjson.loads(answer.content):
                receipt = read_receipt(orjson.dumps(one))
                if receipt is not None and (identity := (receipt.id, receipt.data.redriven)) not in seen:
                    seen.add(identity)
                    yield receipt
            following = NEXT.search(answer.headers.get("Link", ""))
            where = self._own(following[1]) if following else None

    def _ask(self, method: str, where: str, **options: Any) -> httpx.Response:
        """Return the answer, asking again while the gateway says to wait or breaks off. Raises LandlordError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                patience = PATIENCE if self._answered else FIRST_PATIENCE
                answer = self._client.request(method, where, timeout=patience, **options)
                self._answered = True
            except httpx.TransportError as error:
                stranger = not self._answered and (attempt > 1 or isinstance(error, httpx.ReadTimeout))
                if attempt == ATTEMPTS or stranger or _is_hopeless(error):
                    raise self._unreached(error) from error
                self._sleep(min(2.0**attempt, LONGEST_WAIT))
                continue
            busy = answer.status_code in (429, 502, 503, 504)
            if not busy or attempt == ATTEMPTS:
                return answer
            told = answer.headers.get("Retry-After", "")
            self._sleep(min(float(told) if told.isdecimal() else 2.0**attempt, LONGEST_WAIT))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _own(self, where: str) -> str:
        """Return an address within the gateway. Raises GatewayError for another: the password goes nowhere else."""
        if not where.startswith("/v1/receipts"):
            raise GatewayError(f"La passerelle {self._address} renvoie ailleurs : {where}. Appelez l'observatoire.")
        return where

    def _unreached(self, error: httpx.TransportError) -> LandlordError:
        cause = _verification(error)
        if cause is not None:
            return CertificateError(explain_certificate(cause, self._address, str(urlsplit(self._address).hostname)))
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            return AddressError(
                f"La passerelle {self._address} est injoignable. Vérifiez l'adresse (option --via, ou « gateway » de "
                f"{FILE_NAME}), votre connexion à internet, et le mandataire (proxy) de votre réseau."
            )
        if not self._answered:
            return AddressError(
                f"{self._address} est joignable, mais ne répond pas comme une passerelle ({type(error).__name__}). "
                f"Vérifiez l'adresse (option --via, ou « gateway » de {FILE_NAME}) ; si elle est juste, recommencez "
                "plus tard, ou appelez l'observatoire."
            )
        return AddressError(
            f"L'échange avec la passerelle {self._address} a été interrompu ({type(error).__name__}). Recommencez : "
            "un envoi répété ne compte jamais deux fois."
        )

    def _refused(self, answer: httpx.Response) -> Exception:
        try:
            told = str(answer.json()["message_fr"])
        except (ValueError, KeyError, TypeError):
            told = "réponse inattendue : est-ce bien l'adresse de la passerelle ?"
        if answer.status_code == 401:
            return PasswordError(
                f"La passerelle refuse l'utilisateur {self._user} : mot de passe faux ou remplacé. Reprenez le "
                f"dernier {FILE_NAME} que l'observatoire vous a remis ; s'il est perdu, demandez-en un autre."
            )
        if answer.status_code == 403:
            return RightError(f"L'utilisateur {self._user} est connu, mais {told}. Rien n'a été envoyé.")
        if answer.status_code == 413:
            return MessageTooLargeError(told)
        return GatewayError(f"La passerelle {self._address} répond {answer.status_code} : {told}.")

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._client.close()


class GatewayError(LandlordError):
    """The gateway answered, but did not take the message."""


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if not url:
        raise AddressError(
            f"Aucune adresse de passerelle : ni option --via, ni « gateway » dans {FILE_NAME}. Demandez-la à "
            "l'observatoire."
        )
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
        raise AddressError(
            f"« {url} » n'est pas l'adresse d'une passerelle : attendu https://nom:port. Votre mot de passe ne part "
            "jamais sans chiffrement."
        )
    return url.rstrip("/")


def _context(connection: Connection) -> ssl.SSLContext:
    """Return a context that trusts the kit's authority, and the machine's own: a public certificate may come first."""
    context = ssl.create_default_context()
    if connection.ca_file is not None:
        try:
            context.load_verify_locations(connection.ca_file)
        except OSError as error:
            raise CertificateError(
                f"Le fichier {connection.ca_file} (« ca_file » de {FILE_NAME}) manque ou n'est pas un certificat. "
                "Remettez celui que l'observatoire vous a remis, à côté du fichier de connexion."
            ) from error
    return context


def _verification(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return the certificate's fault beneath an error, None if it is another's."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _is_hopeless(error: httpx.TransportError) -> bool:
    """Return whether asking again cannot help: nobody there, or not who they say."""
    return isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol)
