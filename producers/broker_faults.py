"""Why a landlord does not reach its topics, said so that it can be mended: address, port, certificate, password, right.

kafka-python hides most of these behind one time-out after 30 seconds. So the port is asked again, step by step:
connection, TLS, password, right; the first step that fails is the answer. Nothing is written.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from kafka.admin import ACLOperation
from kafka.errors import AuthorizationError, KafkaError
from kafka.net.sasl.scram import ScramClient
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from producers.errors import LandlordError
from runtime.connection import FILE_NAME, Connection
from runtime.topics import moves_topic, sandbox_topic

PATIENCE = 10.0
MECHANISM = "SCRAM-SHA-256"
CALL_FR = "Appelez l'observatoire."

# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
NOT_YET_VALID, EXPIRED = (9, 13), (10, 14)
WRONG_NAME = (62, 63, 64)


class AddressError(LandlordError):
    """The server's address is wrong, or its port cannot be reached."""


class CertificateError(LandlordError):
    """The server's certificate is not one that may be trusted, or the file that says so cannot be used."""


class PasswordError(LandlordError):
    """The server does not know this user, or not with this password."""


class RightError(LandlordError):
    """The user is known, but may not write here."""


class _Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def explain_broker_fault(error: Exception, connection: Connection, *, sandbox: bool = False) -> LandlordError:
    """Return what to tell the landlord about an error that kafka-python raised for this connection.

    An error that is a LandlordError already is returned as it is. Takes at most some ten seconds.
    """
    if isinstance(error, LandlordError):
        return error
    try:
        require_access(connection, sandbox=sandbox)
    except LandlordError as found:
        return found
    if isinstance(error, AuthorizationError):
        return _no_right(connection, _topic(connection, sandbox=sandbox))
    return AddressError(
        f"Le serveur {connection.bootstrap} répond, mais l'échange a été interrompu ({type(error).__name__}). "
        "Recommencez : un envoi répété ne compte jamais deux fois. Si cela dure, appelez l'observatoire."
    )


def require_access(connection: Connection, *, sandbox: bool = False) -> None:
    """Raise the LandlordError that says why this connection could not publish now; nothing if it could.

    The addresses of `bootstrap` are tried in order; the first one that is reached decides.
    """
    with _reached(connection) as talk:
        _authenticate(talk, connection)
        _require_right(talk, connection, _topic(connection, sandbox=sandbox))


def require_password(connection: Connection) -> None:
    """Raise like `require_access`, without asking for a right: a suspended landlord still reads its receipts."""
    with _reached(connection) as talk:
        _authenticate(talk, connection)


@contextmanager
def _reached(connection: Connection) -> Iterator["_Talk"]:
    """Yield a talk with the first address that answers; raises the last one's AddressError if none does."""
    unreached = AddressError(f"{FILE_NAME} : aucune adresse dans « bootstrap ».")
    for address in _addresses(connection):
        try:
            plain = _connect(address)
        except AddressError as error:
            unreached = error
            continue
        with closing(plain), _secured(plain, address, connection) as channel:
            yield _Talk(channel, address)
            return
    raise unreached


def _topic(connection: Connection, *, sandbox: bool) -> str:
    return sandbox_topic(connection.siren) if sandbox else moves_topic(connection.siren)


def _addresses(connection: Connection) -> Iterator[_Address]:
    for text in connection.bootstrap.split(","):
        host, _, port = text.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise AddressError(
                f"{FILE_NAME} : « {text.strip()} » n'est pas une adresse ; attendu nom:port, par exemple "
                "kafka.exemple.fr:9094. Reprenez le fichier que l'observatoire vous a remis."
            )
        yield _Address(host.strip("[]"), int(port))


def _connect(address: _Address) -> socket.socket:
    try:
        return socket.create_connection(address, timeout=PATIENCE)
    except socket.gaierror as error:
        raise AddressError(
            f"Le nom « {address.host} » est inconnu de votre réseau. Vérifiez « bootstrap » dans {FILE_NAME}, puis "
            "votre connexion à internet."
        ) from error
    except ConnectionRefusedError as error:
        raise AddressError(
            f"Personne ne répond à {address} : connexion refusée. Vérifiez « bootstrap » dans {FILE_NAME} ; s'il est "
            "juste, le serveur est arrêté : recommencez plus tard, ou appelez l'observatoire."
        ) from error
    except OSError as error:
        raise AddressError(
            f"Le port {address.port} de {address.host} est injoignable. Votre réseau ne laisse sans doute pas sortir "
            f"ce port : demandez à votre service informatique d'ouvrir {address} en sortie, ou passez par HTTPS "
            "(option --via)."
        ) from error


@contextmanager
def _secured(plain: socket.socket, address: _Address, connection: Connection) -> Iterator[socket.socket]:
    """Yield the channel: encrypted and the server's certificate checked, where the connection has an authority."""
    if connection.ca_file is None:
        yield plain
        return
    with _wrapped(plain, address, _context(connection)) as secured:
        yield secured


def _context(connection: Connection) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=connection.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise CertificateError(
            f"Le fichier {connection.ca_file} (« ca_file » de {FILE_NAME}) manque ou n'est pas un certificat. "
            "Remettez celui que l'observatoire vous a remis, à côté du fichier de connexion."
        ) from error


def _wrapped(plain: socket.socket, address: _Address, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(explain_certificate(error, str(address), address.host)) from error
    except OSError as error:
        raise CertificateError(
            f"{address} répond, mais pas en TLS. Vérifiez le port dans « bootstrap » de {FILE_NAME} ; un pare-feu "
            "qui inspecte le trafic chiffré fait aussi cela : voyez votre service informatique."
        ) from error


def explain_certificate(error: ssl.SSLCertVerificationError, address: str, host: str) -> str:
    """Return in French why a server's certificate was refused; `host` is the name by which it was called."""
    if error.verify_code in EXPIRED:
        return (
            f"Le certificat du serveur {address} a expiré. Rien n'a été envoyé. Vérifiez la date de cet ordinateur ; "
            "si elle est juste, l'observatoire doit renouveler son certificat : appelez-le."
        )
    if error.verify_code in NOT_YET_VALID:
        return (
            f"Le certificat du serveur {address} n'est pas encore valable : l'horloge de cet ordinateur retarde. "
            "Mettez-la à l'heure, puis recommencez."
        )
    if error.verify_code in WRONG_NAME:
        return (
            f"Le certificat du serveur {address} n'est pas au nom de « {host} ». Rien n'a été envoyé. Reprenez "
            f"l'adresse exacte que donne le {FILE_NAME} remis par l'observatoire."
        )
    return (
        f"Le certificat du serveur {address} n'est pas signé par l'autorité de votre fichier ca.pem. Rien n'a été "
        "envoyé. Soit ca.pem est ancien : demandez-le de nouveau ; soit un équipement s'interpose sur le réseau : "
        "voyez votre service informatique."
    )


class _Talk:
    """Kafka's requests and answers on an open channel, one at a time."""

    def __init__(self, channel: socket.socket, address: _Address) -> None:
        self._channel, self._address = channel, address
        self._protocol = KafkaProtocol(client_id="quartiers-probe")

    def ask(self, request: Any) -> Any:
        """Return the answer to a request. Raises AddressError if the server breaks off."""
        try:
            self._protocol.send_request(request)
            self._channel.sendall(self._protocol.send_bytes())
            while data := self._channel.recv(65_536):
                if answers := self._protocol.receive_bytes(data):
                    return answers[0][1]
        except (OSError, ValueError, KafkaError) as error:
            raise self._broken() from error
        raise self._broken()

    def _broken(self) -> AddressError:
        return AddressError(
            f"{self._address} répond, mais pas comme un serveur Kafka. Vérifiez le port dans « bootstrap » de "
            f"{FILE_NAME}, et que « ca_file » y est : ce serveur n'est joint que par un canal chiffré."
        )


def _authenticate(talk: _Talk, connection: Connection) -> None:
    """Prove the password to the server and the server's knowledge of it to us. Raises PasswordError."""
    wrong = PasswordError(
        f"Le serveur refuse l'utilisateur {connection.user} : mot de passe faux ou remplacé. Reprenez le dernier "
        f"{FILE_NAME} que l'observatoire vous a remis ; s'il est perdu, demandez un nouveau mot de passe."
    )
    if talk.ask(SaslHandshakeRequest(mechanism=MECHANISM, version=1)).error_code:
        raise AddressError(f"Le serveur {connection.bootstrap} n'accepte pas {MECHANISM}. {CALL_FR}")
    scram = ScramClient(connection.user, connection.password, MECHANISM)
    first = talk.ask(SaslAuthenticateRequest(scram.first_message(), version=1))
    if first.error_code:
        raise wrong
    scram.process_server_first_message(first.auth_bytes)
    final = talk.ask(SaslAuthenticateRequest(scram.final_message(), version=1))
    if final.error_code:
        raise wrong
    try:
        scram.process_server_final_message(final.auth_bytes)
    except ValueError as error:
        raise CertificateError(
            f"{connection.bootstrap} ne connaît pas votre mot de passe : ce n'est pas le serveur de l'observatoire. "
            f"Rien n'a été envoyé. {CALL_FR}"
        ) from error


def _require_right(talk: _Talk, connection: Connection, topic: str) -> None:
    request = MetadataRequest(
        topics=[(topic,)],
        allow_auto_topic_creation=False,
        include_topic_authorized_operations=True,
        version=9,
    )
    (found,) = talk.ask(request).topics
    if found.error_code or ACLOperation.WRITE not in found.authorized_operations:
        raise _no_right(connection, topic)


def _no_right(connection: Connection, topic: str) -> RightError:
    return RightError(
        f"L'utilisateur {connection.user} est connu, mais n'a pas le droit d'écrire sur {topic} : compte suspendu, "
        f"ou SIREN {connection.siren} qui n'est pas le sien. Rien n'a été envoyé. {CALL_FR}"
    )
