"""The HTTPS gateway before the real broker: what it takes, what it refuses, and that it lends nobody a right."""

import ssl
from collections.abc import Iterator
from contextlib import closing

import httpx
import orjson
import pytest

from operations.certificates import CertificateFiles
from operations.gateway.messages import BATCH, LARGEST, SINGLE, message_refusal
from operations.gateway.sessions import FAILURES, LIFE, Sessions, TooManyError
from operations.landlords import resume, suspend
from operations.services import broker_service, gateway_service
from producers.broker_faults import PasswordError
from runtime.broker import admin, ensure_principals, landlord_connection
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.topics import landlord_principal, moves_topic, receipts_topic, sandbox_topic
from schemas.events.reading import MAX_EVENTS, read_message
from tests.streams.faults.events import messages
from tests.streams.faults.harness import Stage, stage

__all__ = ["stage"]
pytestmark = pytest.mark.services


def client(settings: Settings, siren: str, password: str | None = None) -> httpx.Client:
    """Return a client that knows the gateway's authority and shows a landlord's password."""
    known = landlord_connection(settings, siren)
    return httpx.Client(
        base_url=f"https://127.0.0.1:{settings.port('gateway')}",
        auth=(known.user, password or known.password),
        verify=ssl.create_default_context(cafile=CertificateFiles.of(settings).authority),
        timeout=40,
    )


@pytest.fixture
def served(stage: Stage) -> Iterator[Stage]:
    """A gateway that runs."""
    gateway_service.start(stage.settings)
    yield stage
    gateway_service.stop(stage.settings)


def post(landlord: httpx.Client, payload: bytes, kind: str = SINGLE, **options: str) -> httpx.Response:
    return landlord.post("/v1/messages", content=payload, headers={"Content-Type": kind}, params=options)


def receipt(stage: Stage, landlord: httpx.Client, where: str) -> httpx.Response:
    """Ask until the receipt is there, or the answer is another than "not yet"."""
    answers: list[httpx.Response] = []

    def came() -> bool:
        answers.append(landlord.get(where))
        return answers[-1].status_code != 202

    stage.wait_for(came, f"an answer at {where}")
    return answers[-1]


def test_a_message_arrives_byte_for_byte_and_its_receipt_comes_back(served: Stage) -> None:
    (siren,) = served.enrol(1)
    served.start(1)
    one, many = messages(siren, 1, 1)[0].payload, messages(siren, 1, 5, seed=2)[0].payload
    one = orjson.dumps(orjson.loads(one)[0]) if one.startswith(b"[") else one
    with client(served.settings, siren) as landlord:
        first, second = post(landlord, one + b" \n"), post(landlord, many, f"{BATCH}; charset=utf-8")
        assert [first.status_code, second.status_code] == [202, 202]
        told = second.json()
        assert (told["topic"], told["partition"], told["offset"]) == (moves_topic(siren), 0, 1)
        assert second.headers["Location"].startswith("/v1/receipts/0/1?since=")
        records = served.topic(moves_topic(siren))
        assert [record.value for record in records] == [one + b" \n", many]
        assert [dict(record.headers)["content-type"].decode() for record in records] == [SINGLE, BATCH]
        answers = [receipt(served, landlord, answer.headers["Location"]) for answer in (first, second)]
        bare = receipt(served, landlord, "/v1/receipts/0/1")
    assert [answer.status_code for answer in answers] == [200, 200]
    written = {record.key.decode(): record.value for record in served.topic(receipts_topic(siren))}
    assert [answer.content for answer in answers] == [written[f"{moves_topic(siren)}:0:{n}"] for n in (0, 1)]
    assert bare.content == answers[1].content, "the address holds without its instant too"


def test_the_same_message_twice_counts_once(served: Stage) -> None:
    (siren,) = served.enrol(1)
    served.start(1)
    payload = messages(siren, 1, 4)[0].payload
    with client(served.settings, siren) as landlord:
        answers = [post(landlord, payload, BATCH) for _ in range(2)]
        first, second = (receipt(served, landlord, one.headers["Location"]).json() for one in answers)
    assert "applied" in first.get("data", first)["outcomes"]
    assert second.get("data", second)["outcomes"].keys() <= {"duplicate", "superseded"}
    assert served.assert_exact().events == 8


def test_the_sandbox_is_another_topic(served: Stage) -> None:
    (siren,) = served.enrol(1)
    with client(served.settings, siren) as landlord:
        told = post(landlord, b"{}", sandbox="true").json()
    assert (told["topic"], "sandbox=true" in told["receipt"]) == (sandbox_topic(siren), True)
    assert [record.value for record in served.topic(sandbox_topic(siren))] == [b"{}"]
    assert served.topic(moves_topic(siren)) == []


def test_who_does_not_prove_its_password_puts_and_reads_nothing(served: Stage) -> None:
    own, other = served.enrol(2)
    administrator = httpx.BasicAuth("admin", served.settings.password("admin"))
    with client(served.settings, own) as landlord, client(served.settings, own, "faux") as stranger:
        answers = [
            post(stranger, b"{}"),
            stranger.get("/v1/receipts/0/0"),
            stranger.get("/v1/receipts"),
            stranger.get("/v1/access"),
            landlord.post("/v1/messages", content=b"{}", auth=administrator),
            landlord.post("/v1/messages", content=b"{}", auth=httpx.BasicAuth(landlord_principal(other), "x")),
            *(
                landlord.post("/v1/messages", content=b"{}", auth=None, headers={"Authorization": header})
                for header in ("", "Basic", "Basic !!!", "Basic bm8=", "Bearer x")
            ),
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Basic realm="quartiers", charset="UTF-8"'}
    assert {answer.json()["reason"] for answer in answers} == {"wrong_password"}
    assert not any(served.records([moves_topic(own), moves_topic(other)]).values())


def test_a_suspended_landlord_is_refused_by_the_broker_and_still_reads(served: Stage) -> None:
    (siren,) = served.enrol(1)
    served.query("INSERT INTO core.landlord (siren, name) VALUES (%s, 'x') RETURNING 1", [siren])
    with client(served.settings, siren) as landlord:
        assert post(landlord, b"{}").status_code == 202
        assert landlord.get("/v1/access").status_code == 204
        suspend(served.settings, siren, SystemClock().now())
        try:
            refused = post(landlord, b"{}")
            assert (refused.status_code, refused.json()["reason"]) == (403, "not_allowed")
            assert landlord.get("/v1/access").status_code == 403
            assert landlord.get("/v1/receipts").json() == []
            assert landlord.get("/v1/receipts/0/0").status_code == 202
        finally:
            resume(served.settings, siren)
        served.wait_for(lambda: post(landlord, b"{}").status_code == 202, "the right is back")


def test_a_position_without_a_message_is_not_found(served: Stage) -> None:
    own, other = served.enrol(2)
    with client(served.settings, own) as landlord, client(served.settings, other) as stranger:
        assert post(landlord, b"{}").status_code == 202
        asked = [landlord.get("/v1/receipts/0/1"), landlord.get("/v1/receipts/7/0"), stranger.get("/v1/receipts/0/0")]
        beyond = landlord.get("/v1/receipts/0/x")
    assert [answer.status_code for answer in asked] == [404] * 3
    assert {answer.json()["reason"] for answer in asked} == {"no_such_message"}
    assert beyond.status_code == 404


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b"[" * 65_536


def test_the_limits_are_those_of_the_broker_and_of_the_contract(served: Stage) -> None:
    (siren,) = served.enrol(1)
    largest = b'{"a":"' + b"x" * (LARGEST - 8) + b'"}'
    too_many = orjson.dumps([{}] * (MAX_EVENTS + 1))
    with client(served.settings, siren) as landlord:
        assert post(landlord, largest).status_code == 202
        for body in (largest + b" ", chunks(LARGEST * 3)):
            headers = {"Content-Type": BATCH}
            answer = landlord.post("/v1/messages", content=body, headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (413, "message_too_large")
        for kind in ("application/json", "text/plain", "", f"{SINGLE}; charset=latin-1"):
            answer = post(landlord, b"{}", kind)
            assert (answer.status_code, answer.json()["reason"]) == (415, "wrong_content_type"), kind
        assert post(landlord, b"[{}]", SINGLE).status_code == 415
        assert post(landlord, b"{}", BATCH).status_code == 415
        for payload, kind in ((b"{", SINGLE), (b"\xff", SINGLE), (b"[]", BATCH), (too_many, BATCH), (b"[1,", BATCH)):
            answer = post(landlord, payload, kind)
            (rejected,) = read_message(payload).rejected
            assert answer.status_code == 400
            assert answer.json()["reason"] == rejected.problem.reason, "not the reason that the worker gives"
    assert [record.value for record in served.topic(moves_topic(siren))] == [largest]


def test_what_is_wrong_in_an_event_is_left_to_its_receipt() -> None:
    assert message_refusal(b'{"type": "unknown"}', SINGLE) is None
    assert message_refusal(b"[1, 2]", BATCH) is None


def test_the_receipts_are_listed_page_by_page(served: Stage) -> None:
    (siren,) = served.enrol(1)
    served.start(1)
    served.publish(messages(siren, 12, 1))
    served.wait_for(lambda: len(served.topic(receipts_topic(siren))) == 12, "twelve receipts")
    written = [record.value for record in served.topic(receipts_topic(siren))]
    instant = served.topic(receipts_topic(siren))[5].timestamp
    with closing(Sessions(served.settings.kafka_bootstrap)) as sessions:
        known = landlord_connection(served.settings, siren)
        session = sessions.acquire(siren, known.password, "here")
        pages, after = [], None
        while True:
            found, after = session.receipts(after, None, 5)
            pages.append(found)
            if after is None:
                break
        since, _ = session.receipts(None, instant, 500)
        sessions.release(session)
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [one for page in pages for one in page] == written
    assert since == written[-len(since) :]
    assert len(since) >= 7
    with client(served.settings, siren) as landlord:
        answer = landlord.get("/v1/receipts", params={"after": "3"})
        assert answer.headers["Content-Type"] == f"{BATCH}; charset=utf-8"
        assert answer.json() == [orjson.loads(one) for one in written[3:]]


def test_an_old_password_opens_nothing_once_its_session_is_over(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    now = [0.0]
    old = stage.settings.password(landlord_principal(siren))
    with closing(Sessions(stage.settings.kafka_bootstrap, lambda: now[0])) as sessions:
        sessions.release(sessions.acquire(siren, old, "here"))
        with closing(admin(stage.settings)) as administrator:
            ensure_principals(administrator, {landlord_principal(siren): "new-password"})
        sessions.release(sessions.acquire(siren, old, "here"))
        now[0] = LIFE + 1
        with pytest.raises(PasswordError):
            sessions.acquire(siren, old, "here")
        session = sessions.acquire(siren, "new-password", "here")
        with pytest.raises(PasswordError):
            sessions.acquire(siren, old, "here")
        assert sessions.acquire(siren, "new-password", "here") is session, "a wrong password ends nobody's session"


def test_guessing_is_stopped_and_harms_nobody_else(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    right = stage.settings.password(landlord_principal(siren))
    with closing(Sessions(stage.settings.kafka_bootstrap)) as sessions:
        held = sessions.acquire(siren, right, "there")
        for _ in range(FAILURES):
            with pytest.raises(PasswordError):
                sessions.acquire(siren, "faux", "here")
        with pytest.raises(TooManyError, match="trop de mots de passe faux"):
            sessions.acquire(siren, "faux", "here")
        with pytest.raises(PasswordError):
            sessions.acquire(siren, "faux", "elsewhere")
        assert sessions.acquire(siren, right, "there") is held


def test_a_landlord_has_four_requests_at_a_time(stage: Stage) -> None:
    own, other = stage.enrol(2)
    words = {siren: stage.settings.password(landlord_principal(siren)) for siren in (own, other)}
    with closing(Sessions(stage.settings.kafka_bootstrap)) as sessions:
        held = [sessions.acquire(own, words[own], "here") for _ in range(4)]
        with pytest.raises(TooManyError, match="4 requêtes"):
            sessions.acquire(own, words[own], "here")
        assert sessions.acquire(other, words[other], "here") is not held[0]
        sessions.release(held[0])
        assert sessions.acquire(own, words[own], "here") is held[0]


def test_a_broker_that_is_away_is_said_and_nothing_of_a_message_is_logged(served: Stage) -> None:
    (siren,) = served.enrol(1)
    marked = b'{"secret": "Madame Untel"}'
    password = served.settings.password(landlord_principal(siren))
    with client(served.settings, siren) as landlord:
        assert post(landlord, marked).status_code == 202
        broker_service.stop(served.settings)
        away = post(landlord, marked)
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
        assert "recommencez" in away.json()["message_fr"]
        broker_service.start(served.settings, print)
        assert post(landlord, marked).status_code == 202
    log = gateway_service.process(served.settings).log_file.read_text(encoding="utf-8", errors="replace")
    assert "request not served" in log
    assert "Untel" not in log
    assert password not in log
