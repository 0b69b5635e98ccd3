"""A history sent at once: the same events in the same order, in fewer messages."""

import orjson

from producers.region.upload import MAX_BYTES, as_upload
from schemas.events.models import DECLARATION


def elements(publications) -> list[bytes]:
    """Return every event as bytes, in order; what is not JSON as it is."""
    found = []
    for one in publications:
        try:
            document = orjson.loads(one.payload)
        except orjson.JSONDecodeError:
            found.append(one.payload)
            continue
        found += [orjson.dumps(event) for event in (document if one.batch else [document])]
    return found


def test_each_landlord_uploads_its_events_in_order_in_fewer_messages(small):
    for siren, publications in small.publications_by_landlord().items():
        plain = list(publications)
        upload = list(as_upload(plain))
        assert elements(upload) == elements(plain)
        assert len(upload) <= len(plain)
        assert sum(one.events for one in upload) == sum(one.events for one in plain)
        assert {one.landlord for one in upload} <= {siren}
        assert max((one.events for one in upload), default=0) <= 500
        assert max((len(one.payload) for one in upload), default=0) < MAX_BYTES + 100_000


def test_live_days_are_joined(small, messages):
    live = {one.siren for one in small.landlords if one.cadence == "live"}
    upload = [
        one
        for siren, publications in small.publications_by_landlord().items()
        if siren in live
        for one in as_upload(publications)
    ]
    assert len(upload) < 0.8 * sum(one.landlord in live for one in messages)


def test_nothing_follows_a_declaration_in_its_message(small):
    declarations = 0
    for publications in small.publications_by_landlord().values():
        for one in as_upload(publications):
            if one.batch:
                types = [event["type"] for event in orjson.loads(one.payload)]
                declarations += DECLARATION in types
                assert DECLARATION not in types[:-1]
    assert declarations > 0
