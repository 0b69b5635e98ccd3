"""The kit as files, `accepted.json` and `refused.json`: each case a message to send and what its receipt must say.

Invariant: cases do not depend on one another, nor on the ledger, so that they can be sent in any order to a
sandbox. Generated (`quartiers contract`), never edited.
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from schemas.conformance.accepted import GOOD_MESSAGES
from schemas.conformance.events import SIREN, move, written
from schemas.conformance.refusal import Refusal
from schemas.conformance.refused import BAD_EVENTS, BAD_MESSAGES
from schemas.events.reasons import remedy

FOLDER = Path(__file__).parent
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_DAY = re.compile(r"\{J\+([0-9]+)\}")
Case = dict[str, Any]


def accepted() -> list[Case]:
    """Return the messages that must be taken."""
    return [_case(one.name, one.payload, one.outcomes, []) for one in GOOD_MESSAGES]


def refused() -> list[Case]:
    """Return the messages that must be refused, and batches of which one event must be."""
    alone = [
        _case(one.name, one.payload, {"quarantined": 1}, [_remark(one, 0)]) for one in (*BAD_EVENTS, *BAD_MESSAGES)
    ]
    return [*alone, *map(_among_good_ones, BAD_EVENTS[::9])]


def _among_good_ones(one: Refusal) -> Case:
    payload = b"[" + written(move(7)) + b", " + one.payload + b",\n" + written(move(8)) + b"]"
    return _case(f"lot-{one.name}", payload, {"applied": 2, "quarantined": 1}, [_remark(one, 1)])


def _remark(one: Refusal, index: int) -> dict[str, Any]:
    return {
        "event_id": one.event_id,
        "index": index,
        "code": one.code,
        "pointer": one.pointer,
        "message_fr": one.message_fr,
        "remedy_fr": remedy(one.code),
    }


def _case(name: str, payload: bytes, outcomes: dict[str, int], rejected: list[dict[str, Any]]) -> Case:
    try:
        content: dict[str, Any] = {"payload": payload.decode()}
    except UnicodeDecodeError:
        content = {"payload_base64": base64.b64encode(payload).decode()}
    expected = {
        "events": sum(outcomes.values()),
        "outcomes": dict(sorted(outcomes.items())),
        "rejected": rejected,
        "rejected_total": len(rejected),
        "warnings": [],
        "control_differences": [],
    }
    batch = payload.lstrip()[:1] == b"["
    return {"name": name, "content_type": BATCH if batch else SINGLE, **content, "expected": expected}


FILES: dict[str, Callable[[], list[Case]]] = {"accepted.json": accepted, "refused.json": refused}


def render(name: str) -> str:
    """Return a file of the kit as text."""
    return json.dumps({"landlord": SIREN, "cases": FILES[name]()}, ensure_ascii=False, indent=1) + "\n"


def write() -> None:
    """Write every file of the kit."""
    for name in FILES:
        (FOLDER / name).write_text(render(name), encoding="utf-8")


def read(siren: str = SIREN) -> list[Case]:
    """Return the cases of the files, made the landlord's own: its SIREN in the place of the kit's."""
    texts = [(FOLDER / name).read_text(encoding="utf-8").replace(SIREN, siren) for name in FILES]
    return [case for text in texts for case in json.loads(text)["cases"]]


def payload_of(case: Case) -> bytes:
    """Return the bytes to send."""
    if "payload_base64" in case:
        return base64.b64decode(case["payload_base64"])
    return str(case["payload"]).encode()


def dated(text: str, received_on: date) -> str:
    """Return the text with the days that it counts from the day of receipt written out."""
    return _DAY.sub(lambda found: (received_on + timedelta(days=int(found[1]))).isoformat(), text)


def differences(case: Case, data: dict[str, Any]) -> list[str]:
    """Return in what a receipt's data are not what the case expects, one line each; nothing if it conforms."""
    received_on = date.fromisoformat(data["received_on"])
    expected = json.loads(dated(json.dumps(case["expected"], ensure_ascii=False), received_on))
    return [
        f"{case['name']} : {name} : attendu {value!r}, reçu {data.get(name)!r}"
        for name, value in expected.items()
        if data.get(name) != value
    ]
