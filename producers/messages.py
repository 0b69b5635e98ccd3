"""Events joined into messages, and checked by the parser and the rules of the observatory before anything leaves.

Invariant: a message holds at most 500 events and 900 kB, and none that the observatory would refuse, as far as a
landlord's machine can know.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from producers.preparation import Prepared
from schemas.events.horizon import AnyHorizon
from schemas.events.lineage import AnyMerger
from schemas.events.reading import MAX_EVENTS, Problem, read_message
from schemas.events.rules import Rules
from schemas.territories import Territories

MAX_BYTES = 900_000


class Refused(NamedTuple):
    """An event that the observatory would refuse: it is not sent."""

    event: Prepared
    problem: Problem


@dataclass(slots=True)
class Message:
    """A message of the topic: one event, or a batch."""

    events: list[Prepared]

    @property
    def batch(self) -> bool:
        """Whether it is a batch."""
        return len(self.events) > 1

    @property
    def payload(self) -> bytes:
        """What is sent."""
        if not self.batch:
            return self.events[0].payload
        return b"[" + b",".join(one.payload for one in self.events) + b"]"


def rules_of(territories: Territories) -> Rules:
    """Return the rules that a landlord's machine can apply."""
    return Rules(territories, AnyMerger(), AnyHorizon())


def as_messages(events: Iterable[Prepared]) -> Iterator[Message]:
    """Yield the events, in order, in messages."""
    held: list[Prepared] = []
    size = 0
    for one in events:
        if held and (len(held) == MAX_EVENTS or size + len(one.payload) + 1 > MAX_BYTES):
            yield Message(held)
            held, size = [], 0
        held.append(one)
        size += len(one.payload) + 1
    if held:
        yield Message(held)


def examine(message: Message, rules: Rules, siren: str, today: date) -> list[Refused]:
    """Take the events that the observatory would refuse out of a message, and return them."""
    reading = read_message(message.payload)
    refused = {one.index: one.problem for one in reading.rejected}
    for index, found in reading.events:
        if problem := rules.check(found, siren, today):
            refused[index] = problem
    if not refused:
        return []
    told = [Refused(message.events[index], problem) for index, problem in sorted(refused.items())]
    message.events = [one for index, one in enumerate(message.events) if index not in refused]
    return told
