"""The gateway's routes. What blocks runs in threads, of which there are few: that bounds memory too."""

import asyncio
import base64
import binascii
import re
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web
from kafka.errors import AuthorizationError, KafkaError

from operations.gateway.messages import LARGEST, Refusal, kind_refusal, message_refusal, size_refusal
from operations.gateway.sessions import Placed, Session, Sessions, TooManyError
from producers.broker_faults import PasswordError, RightError
from producers.errors import LandlordError
from runtime.logging import logger
from runtime.topics import moves_topic, sandbox_topic

AT_ONCE = 16
BODY_SECONDS = 60.0
RELOAD_SECONDS = 60.0
PAGE = 500
USER = re.compile(r"landlord-([0-9]{9})")
SESSIONS, THREADS, ROOM = (
    web.AppKey("sessions", Sessions),
    web.AppKey("threads", ThreadPoolExecutor),
    web.AppKey("room", asyncio.Semaphore),
)
Result = TypeVar("Result")
RECEIPT, RECEIPTS = "application/cloudevents+json", "application/cloudevents-batch+json"


def application(bootstrap: str) -> web.Application:
    """Return the gateway of the broker at this address, that of its plain listener."""
    app = web.Application(client_max_size=LARGEST, middlewares=[_explained])
    app[SESSIONS] = Sessions(bootstrap)
    app[THREADS] = ThreadPoolExecutor(AT_ONCE)
    app[ROOM] = asyncio.Semaphore(AT_ONCE)
    app.router.add_post("/v1/messages", _post)
    app.router.add_get("/v1/access", _access)
    app.router.add_get("/v1/receipts", _list)
    app.router.add_get(r"/v1/receipts/{partition:\d{1,9}}/{offset:\d{1,18}}", _get)
    app.router.add_get("/v1/health", _health)
    app.on_cleanup.append(_close)
    return app


async def _close(app: web.Application) -> None:
    app[SESSIONS].close()
    app[THREADS].shutdown(wait=False, cancel_futures=True)


async def _health(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def _refused(refusal: Refusal, **headers: str) -> web.Response:
    body = {"reason": refusal.reason, "message_fr": refusal.message_fr}
    return web.json_response(body, status=refusal.status, headers=headers)


def _wait(status: int, text: str, seconds: int) -> web.Response:
    return _refused(Refusal(status, "try_again", text), **{"Retry-After": str(seconds)})


@web.middleware
async def _explained(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give each failure its status and a sentence; log it without a word of the message."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return _refused(size_refusal(0))
    except TooManyError as error:
        return _wait(429, str(error), 60 if "mots de passe" in str(error) else 1)
    except PasswordError:
        return _unknown()
    except (AuthorizationError, RightError):
        text = "ce compte n'a pas le droit d'écrire ici : suspendu, ou fermé. Appelez l'observatoire"
        return _refused(Refusal(403, "not_allowed", text))
    except (LandlordError, KafkaError, TimeoutError) as error:
        logger(__name__).warning("request not served", path=request.path, error=type(error).__name__)
        return _wait(503, "le serveur ne répond pas ; recommencez : un envoi répété ne compte jamais deux fois", 5)


def _unknown() -> web.Response:
    refusal = Refusal(401, "wrong_password", "utilisateur ou mot de passe refusé")
    return _refused(refusal, **{"WWW-Authenticate": 'Basic realm="quartiers", charset="UTF-8"'})


def credentials(header: str) -> tuple[str, str] | None:
    """Return (SIREN, password) of an `Authorization` header, None if it is not a landlord's."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    with suppress(binascii.Error, UnicodeDecodeError):
        user, _, password = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
        if (found := USER.fullmatch(user)) and password and "\0" not in password:
            return found[1], password
    return None


@asynccontextmanager
async def _landlord(request: web.Request) -> AsyncIterator[tuple[str, Session]]:
    """Yield the landlord and its session; PasswordError before a byte of the body is read."""
    known = credentials(request.headers.get("Authorization", ""))
    if known is None:
        raise PasswordError("no landlord's credentials")
    if request.app[ROOM].locked():
        raise TooManyError("la passerelle est occupée")
    async with request.app[ROOM]:
        session = await _in_thread(request, lambda: request.app[SESSIONS].acquire(*known, request.remote or ""))
        try:
            yield known[0], session
        finally:
            request.app[SESSIONS].release(session)


async def _in_thread(request: web.Request, work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(request.app[THREADS], work)


def _is_sandbox(request: web.Request) -> bool:
    return request.query.get("sandbox", "").lower() in ("true", "1")


async def _access(request: web.Request) -> web.Response:
    """Say whether the landlord may write, before it reads a long file: 204, or why not."""
    async with _landlord(request) as (_, session):
        await _in_thread(request, lambda: session.require_right(sandbox=_is_sandbox(request)))
    return web.Response(status=204)


async def _post(request: web.Request) -> web.Response:
    """Put a message on the landlord's topic: 202, and where its receipt will be."""
    async with _landlord(request) as (siren, session):
        if refusal := kind_refusal(request.content_type, request.charset or "utf-8"):
            return _refused(refusal)
        if (size := request.content_length or 0) > LARGEST:
            return _refused(size_refusal(size))
        async with asyncio.timeout(BODY_SECONDS):
            payload = await request.read()
        kind, sandbox = request.content_type, _is_sandbox(request)
        topic = sandbox_topic(siren) if sandbox else moves_topic(siren)

        def put() -> Refusal | Placed:
            return message_refusal(payload, kind) or session.put(topic, payload, kind)

        done = await _in_thread(request, put)
    if isinstance(done, Refusal):
        return _refused(done)
    query = urlencode({"since": done.timestamp_ms} | ({"sandbox": "true"} if sandbox else {}))
    where = f"/v1/receipts/{done.partition}/{done.offset}?{query}"
    body = {"topic": topic, "partition": done.partition, "offset": done.offset, "receipt": where}
    return web.json_response(body, status=202, headers={"Location": where})


async def _get(request: web.Request) -> web.Response:
    """Return the receipt of one message: 200, 202 while it is not there yet, 404 if there is no such message."""
    partition, offset = int(request.match_info["partition"]), int(request.match_info["offset"])
    since = _number(request, "since")
    async with _landlord(request) as (siren, session):
        topic = sandbox_topic(siren) if _is_sandbox(request) else moves_topic(siren)

        def look() -> bytes | Refusal | None:
            if offset >= session.end_of(topic, partition):
                return Refusal(404, "no_such_message", "aucun message à cette position")
            return session.receipt(f"{topic}:{partition}:{offset}", since)

        found = await _in_thread(request, look)
    if isinstance(found, Refusal):
        return _refused(found)
    if found is None:
        return web.Response(status=202, headers={"Retry-After": "1"})
    return web.Response(body=found, content_type=RECEIPT, charset="utf-8")


async def _list(request: web.Request) -> web.Response:
    """Return receipts from an instant on (`since`, milliseconds) or from where the last page ended (`after`)."""
    after, since = _number(request, "after"), _number(request, "since")
    async with _landlord(request) as (_, session):
        found, following = await _in_thread(request, lambda: session.receipts(after, since, PAGE))
    headers = {} if following is None else {"Link": f'</v1/receipts?after={following}>; rel="next"'}
    return web.Response(body=b"[" + b",".join(found) + b"]", content_type=RECEIPTS, charset="utf-8", headers=headers)


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def secure(certificate: Path) -> ssl.SSLContext:
    """Return a server's context with the key and certificates of a PEM file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate)
    return context


async def _renewed(context: ssl.SSLContext, certificate: Path) -> None:
    """Take up a renewed certificate: new connections are shown it, open ones go on."""
    seen = certificate.stat().st_mtime_ns
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        with suppress(OSError, ssl.SSLError):
            if (now := certificate.stat().st_mtime_ns) != seen:
                context.load_cert_chain(certificate)
                seen = now


async def _serve(bootstrap: str, address: str, port: int, certificate: Path) -> None:
    runner = web.AppRunner(application(bootstrap), access_log=None)
    await runner.setup()
    context = secure(certificate)
    try:
        await web.TCPSite(runner, address, port, ssl_context=context).start()
        await _renewed(context, certificate)
    finally:
        await runner.cleanup()


def run(bootstrap: str, address: str, port: int, certificate: Path) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises OSError for a port that is taken."""
    loop = asyncio.new_event_loop()
    serving = loop.create_task(_serve(bootstrap, address, port, certificate))
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, serving.cancel)
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)
    finally:
        loop.close()
