"""Events that must be refused, each with the reason code under which ingest has to quarantine it.

A malformed event is a spoilt copy of a valid one; the valid one is sent too.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from producers.region.landlords import fictitious_siren

Event = dict[str, Any]
_TOO_FAR_DAYS = 40


def _set(field: str, value: object) -> Callable[[Event, int], None]:
    def spoil(event: Event, published: int) -> None:
        event["data"][field] = value

    return spoil


def _drop_commune(event: Event, published: int) -> None:
    del event["data"]["commune"]


def _impossible_date(event: Event, published: int) -> None:
    event["data"]["effective_on"] = event["data"]["effective_on"][:4] + "-02-30"


def _unknown_type(event: Event, published: int) -> None:
    event["type"] = "fr.data-quartiers.tenancy.move-around.v1"


def _too_far_ahead(event: Event, published: int) -> None:
    day = datetime.fromtimestamp(published, UTC).date() + timedelta(days=_TOO_FAR_DAYS)
    event["data"].update(status="effective", effective_on=day.isoformat(), cancel_reason=None)


def _other_source(event: Event, published: int) -> None:
    event["source"] = f"urn:siren:{fictitious_siren(99_999)}"


# what is done to the event, and the reason code under which it must be quarantined
_KINDS: tuple[tuple[str, Callable[[Event, int], None] | None], ...] = (
    ("not_json", None),
    ("invalid_field", _set("revision", "hier")),
    ("unknown_code", _set("reason", "depart_sur_mars")),
    ("invalid_field", _impossible_date),
    ("unknown_type", _unknown_type),
    ("too_far_ahead", _too_far_ahead),
    ("missing_field", _drop_commune),
    ("personal_data", _set("nom", "Personne Fictive")),
    ("wrong_source", _other_source),
    ("unknown_commune", _set("commune", "31999")),
    ("invalid_field", _set("dwelling", 3)),
)
REASON_CODES = tuple(code for code, _ in _KINDS)
NOT_JSON = 0


def spoil(event: Event, kind: int, published: int) -> bytes:
    """Return the bytes of the event spoilt as `kind` says; `published` is in seconds."""
    change = _KINDS[kind][1]
    if change is None:
        return orjson.dumps(event)[:-25]
    change(event, published)
    return orjson.dumps(event)
