"""Addresses to points by a geocoding service that speaks as the Base adresse nationale's does; off by default.

Only addresses and commune codes are sent, each once and in alphabetical order, to the service the landlord chose:
its own installation, or a public one. Nothing is kept.
"""

import csv
import io
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx

from producers.errors import LandlordError

FILE_NAME = "geocoding.toml"
PATH = "search/csv/"
TRIES = 4
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
BUSY = frozenset({429, 502, 503, 504})
# A commune's centre says nothing of a quartier; a street's middle says a little.
PRECISE, VAGUE = frozenset({"housenumber"}), frozenset({"street", "locality"})


class Query(NamedTuple):
    """An address of a dwelling, and the code of its commune today."""

    address: str
    commune: str


class Found(NamedTuple):
    """Where an address is, in degrees. `precise`: down to the house number; `commune` as the service says."""

    longitude: float
    latitude: float
    precise: bool
    commune: str


class Geocoder(Protocol):
    """Finds addresses."""

    def find(self, queries: Sequence[Query]) -> list[Found | None]:
        """Return a place for each query, None for an address that was not found well enough."""
        ...


class GeocodingError(LandlordError):
    """The service cannot be reached or does not answer as expected; the message, in French, says what to do."""


def _is_private(url: str) -> bool:
    """Return whether what is sent to an address is encrypted, or stays on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))


@dataclass(frozen=True)
class AddressService:
    """A service at `url`, under which `search/csv/` takes a table. `least_score` is between 0 and 1.

    `batch` addresses a request; `timeout_s` seconds for an answer. `pause` waits between tries (seconds).
    """

    url: str
    least_score: float = 0.6
    timeout_s: float = 60.0
    batch: int = 2_000
    pause: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)

    @classmethod
    def read(cls, path: Path) -> "AddressService | None":
        """Return the service that `geocoding.toml` names, None without such a file. Raises GeocodingError."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise GeocodingError(f"{path} ne peut pas être lu : {error}") from error
        url, score = values.get("url"), values.get("least_score", cls.least_score)
        timeout, batch = values.get("timeout_s", cls.timeout_s), values.get("batch", cls.batch)
        if not isinstance(url, str) or not _is_private(url):
            raise GeocodingError(
                f"{path} : url doit être l'adresse du service, commençant par https:// (http:// seulement sur cette "
                "machine) : des adresses n'ont pas à voyager en clair."
            )
        if not _is_number(score) or not 0 <= score <= 1:
            raise GeocodingError(f"{path} : least_score doit être un nombre entre 0 et 1.")
        if not _is_number(timeout) or timeout <= 0 or not isinstance(batch, int) or batch < 1:
            raise GeocodingError(f"{path} : timeout_s et batch doivent être des nombres positifs.")
        return cls(url, float(score), float(timeout), batch)

    def find(self, queries: Sequence[Query]) -> list[Found | None]:
        """Return a place for each query. Raises GeocodingError if the service fails."""
        once = sorted(set(queries))
        places: dict[Query, Found | None] = {}
        # No redirect is followed: the addresses go where the landlord said, nowhere else.
        with httpx.Client(timeout=self.timeout_s, follow_redirects=False) as client:
            for first in range(0, len(once), self.batch):
                part = once[first : first + self.batch]
                places |= zip(part, self._ask(client, part), strict=True)
        return [places[query] for query in queries]

    def _ask(self, client: httpx.Client, part: Sequence[Query]) -> list[Found | None]:
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(("number", "address", "commune"))
        writer.writerows((number, *query) for number, query in enumerate(part))
        answer = self._post(client, table.getvalue().encode())
        try:
            rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
            found = {int(row["number"]): self._place(row) for row in rows}
            # An address without a line was not looked for: it must not pass for one that was not found.
            return [found[number] for number in range(len(part))]
        except (KeyError, ValueError, TypeError) as error:
            raise GeocodingError(
                f"{self.url} ne répond pas comme un service de géocodage de type BAN : vérifiez url dans {FILE_NAME}."
            ) from error

    def _post(self, client: httpx.Client, table: bytes) -> httpx.Response:
        """Send one table, again where the service is busy."""
        for attempt in range(TRIES):
            try:
                answer = client.post(
                    f"{self.url.rstrip('/')}/{PATH}",
                    files={"data": ("addresses.csv", table, "text/csv")},
                    data={"columns": ["address"], "citycode": "commune"},
                )
            except httpx.TimeoutException as error:
                raise GeocodingError(
                    f"{self.url} n'a pas répondu en {self.timeout_s:g} s : réessayez plus tard, ou baissez batch "
                    f"(actuellement {self.batch}) dans {FILE_NAME}."
                ) from error
            except httpx.HTTPError as error:
                raise GeocodingError(
                    f"{self.url} est injoignable ({error}) : vérifiez l'adresse et le réseau, ou retirez {FILE_NAME} "
                    "pour localiser sans géocodage."
                ) from error
            if answer.status_code not in BUSY or attempt == TRIES - 1:
                break
            self.pause(2.0**attempt)
        if answer.status_code in BUSY:
            raise GeocodingError(f"{self.url} est saturé (réponse {answer.status_code}) : réessayez plus tard.")
        if not answer.is_success:
            raise GeocodingError(f"{self.url} refuse la demande (réponse {answer.status_code}) : vérifiez {FILE_NAME}.")
        return answer

    def _place(self, row: dict[str, str]) -> Found | None:
        if not row["result_score"] or float(row["result_score"]) < self.least_score:
            return None
        if row["result_type"] not in PRECISE | VAGUE:
            return None
        return Found(
            float(row["longitude"]), float(row["latitude"]), row["result_type"] in PRECISE, row["result_citycode"]
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
