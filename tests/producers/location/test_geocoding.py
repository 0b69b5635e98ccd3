"""A landlord's own address service is asked politely, and each of its failures is said clearly."""

import csv
import io
import re
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from producers.location.geocoding import AddressService, Found, GeocodingError, Query

HEADER = "number,address,commune,longitude,latitude,result_score,result_label,result_type,result_citycode,result_status"
ROUTES = {
    "1 rue A": "1.40,43.57,0.95,1 Rue A,housenumber,31555,ok",
    "rue B": "1.41,43.58,0.80,Rue B,street,31555,ok",
    "hameau C": "1.42,43.59,0.61,C,locality,31555,ok",
    "Toulouse": "1.43,43.60,0.99,Toulouse,municipality,31555,ok",
    "vague": "1.44,43.61,0.59,Vague,housenumber,31555,ok",
}


class FakeService(ThreadingHTTPServer):
    """Answers as the BAN's service does; `answers` may put (status, body) before the real answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FakeHandler)
        self.tables: list[list[dict[str, str]]] = []
        self.paths: list[str] = []
        self.fields: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.headers: dict[str, str] = {}
        self.stuck: Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class FakeHandler(BaseHTTPRequestHandler):
    server: FakeService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.paths.append(self.path)
        if self.server.stuck is not None:
            self.server.stuck.wait(20)
            return
        parts = dict(re.findall(r'name="(\w+)"[^\n]*\r\n(?:Content-Type[^\n]*\n)?\r\n(.*?)\r\n--', body, re.DOTALL))
        rows = list(csv.DictReader(io.StringIO(parts.pop("data"))))
        self.server.fields.append(parts)
        self.server.tables.append(rows)
        lines = [
            f"{row['number']},{row['address']},{row['commune']},{ROUTES.get(row['address'], ',,,,,,not-found')}"
            for row in rows
        ]
        status, answer = 200, "\n".join([HEADER, *lines]).encode()
        if self.server.answers:
            status, answer = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[FakeService]:
    server = FakeService()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    if server.stuck is not None:
        server.stuck.set()
    server.shutdown()
    server.server_close()


def asked(*addresses: str) -> list[Query]:
    return [Query(address, "31555") for address in addresses]


def refusal(find: Callable[[], object]) -> str:
    with pytest.raises(GeocodingError) as caught:
        find()
    assert "rue A" not in str(caught.value)
    return str(caught.value)


def test_addresses_come_back_in_the_order_they_were_asked(service: FakeService) -> None:
    found = AddressService(service.url).find(asked("rue B", "nowhere", "1 rue A"))
    assert found == [Found(1.41, 43.58, False, "31555"), None, Found(1.40, 43.57, True, "31555")]


def test_a_low_score_and_a_mere_commune_are_not_enough(service: FakeService) -> None:
    assert AddressService(service.url).find(asked("vague", "Toulouse")) == [None, None]
    assert AddressService(service.url, least_score=0.5).find(asked("vague")) == [Found(1.44, 43.61, True, "31555")]


def test_the_service_gets_addresses_and_communes_once_in_alphabetical_order_and_nothing_else(
    service: FakeService,
) -> None:
    AddressService(service.url + "/").find(asked("rue B", "1 rue A", "rue B", "hameau C"))
    assert service.paths == ["/search/csv/"]
    assert service.fields == [{"columns": "address", "citycode": "commune"}]
    assert service.tables == [
        [
            {"number": "0", "address": "1 rue A", "commune": "31555"},
            {"number": "1", "address": "hameau C", "commune": "31555"},
            {"number": "2", "address": "rue B", "commune": "31555"},
        ]
    ]


def test_many_addresses_go_in_batches(service: FakeService) -> None:
    addresses = [f"{number:03} rue Z" for number in range(7)] + ["1 rue A"]
    found = AddressService(service.url, batch=3).find(asked(*addresses))
    assert [len(table) for table in service.tables] == [3, 3, 2]
    assert found[-1] is not None
    assert found[:-1] == [None] * 7


def test_nothing_asked_is_no_request(service: FakeService) -> None:
    assert AddressService(service.url).find([]) == []
    assert service.paths == []


def test_a_busy_service_is_asked_again_after_longer_and_longer_pauses(service: FakeService) -> None:
    pauses: list[float] = []
    service.answers = [(429, b""), (503, b"")]
    found = AddressService(service.url, pause=pauses.append).find(asked("1 rue A"))
    assert found == [Found(1.40, 43.57, True, "31555")]
    assert pauses == [1.0, 2.0]


def test_a_service_that_stays_busy_is_given_up(service: FakeService) -> None:
    service.answers = [(429, b"")] * 9
    message = refusal(lambda: AddressService(service.url, pause=lambda _: None).find(asked("1 rue A")))
    assert "est saturé (réponse 429)" in message
    assert len(service.paths) == 4


@pytest.mark.parametrize("status", [400, 404, 413, 500])
def test_a_refusal_is_said_with_its_number(service: FakeService, status: int) -> None:
    service.answers = [(status, b"no")]
    message = refusal(lambda: AddressService(service.url).find(asked("1 rue A")))
    assert f"refuse la demande (réponse {status})" in message
    assert "geocoding.toml" in message


def test_addresses_do_not_follow_a_redirection_to_another_service(service: FakeService) -> None:
    other = FakeService()
    try:
        Thread(target=other.serve_forever, daemon=True).start()
        service.answers, service.headers = [(307, b"")], {"Location": f"{other.url}/search/csv/"}
        assert "réponse 307" in refusal(lambda: AddressService(service.url).find(asked("1 rue A")))
        assert other.paths == []
    finally:
        other.shutdown()
        other.server_close()


@pytest.mark.parametrize(
    "answer",
    [b"<html>Bonjour</html>", b"", b"number,x\n0,1", HEADER.encode() + b"\n9,a,b,1,1,1,a,street,c,ok", b"\xff\xfe"],
)
def test_something_else_than_a_geocoding_service_is_recognised(service: FakeService, answer: bytes) -> None:
    service.answers = [(200, answer)]
    message = refusal(lambda: AddressService(service.url).find(asked("1 rue A")))
    assert "ne répond pas comme un service de géocodage" in message


def test_a_service_that_is_not_there_is_said_so() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert "est injoignable" in refusal(lambda: AddressService(url).find(asked("1 rue A")))


def test_a_service_that_does_not_answer_is_not_waited_for_for_ever(service: FakeService) -> None:
    service.stuck = Event()
    message = refusal(lambda: AddressService(service.url, timeout_s=0.2).find(asked("1 rue A")))
    assert "n'a pas répondu en 0.2 s" in message


def test_without_its_file_the_service_is_off(tmp_path: Path) -> None:
    assert AddressService.read(tmp_path / "geocoding.toml") is None


def test_the_file_names_the_service_and_its_limits(tmp_path: Path) -> None:
    path = tmp_path / "geocoding.toml"
    path.write_text('url = "https://adresses.example"\nleast_score = 0.7\ntimeout_s = 5\nbatch = 100\n')
    assert AddressService.read(path) == AddressService("https://adresses.example", 0.7, 5.0, 100)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "url doit être"),
        ('url = "ftp://x"', "url doit être"),
        ("url = 3", "url doit être"),
        ('url = "http://adresses.example"', "en clair"),
        ('url = "https://x"\nleast_score = 60', "least_score doit être un nombre entre 0 et 1"),
        ('url = "https://x"\nbatch = 0', "timeout_s et batch"),
        ('url = "https://x"\ntimeout_s = "long"', "timeout_s et batch"),
        ("url = ", "ne peut pas être lu"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "geocoding.toml"
    path.write_text(text)
    with pytest.raises(GeocodingError, match=says):
        AddressService.read(path)
