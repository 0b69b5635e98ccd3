"""What became of incidents that are known: which alerts each raised, when, and whether they are the right ones.

Invariant: an incident is judged by a rule of its kind that was written before looking (`EXPECTED`): which alerts it
must raise, and whether any about its quartiers would be wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from schemas.alerts.kinds import BURST, REKEY, SILENCE, UPLOAD
from streams.backtest.arrivals import Arrivals
from streams.backtest.replay import Alert, Replayed
from streams.detection.families import Level
from streams.publication.base import first_day, number

ECHO = 2
"""So many months later an incident is still in the sum of three months that is tested."""
LATE = timedelta(days=62)
"""What is said of declarations is an incident's up to so many days after its end."""
UPWARD = ("departures_up", "notices_up", "arrivals_up")


@dataclass(frozen=True)
class Incident:
    """A known incident from `start` to `end` (excluded), in one quartier or at one landlord."""

    kind: str
    label_fr: str
    qpv: str | None
    landlord: str | None
    start: date
    end: date


class Rule(NamedTuple):
    """What an incident of a kind must raise: one of `wanted` (none: nothing need be). `quiet`: nothing may be said of
    its quartiers, until `echo` months after it; `fallout`: what else it brings about, not wrong; `why_fr`: why so.
    """

    wanted: tuple[str, ...]
    quiet: bool
    fallout: tuple[str, ...]
    why_fr: str
    echo: int = ECHO


EXPECTED = {
    "doubled_departures": Rule(
        ("departures_up",), False, UPWARD, "des départs en excès ; les logements rendus sont reloués"
    ),
    "rekeyed_erp": Rule((REKEY,), True, (BURST, UPLOAD), "un envoi, pas un fait du quartier", 12),
    "silence": Rule((SILENCE,), True, (BURST, UPLOAD), "un envoi, pas un fait du quartier"),
    "merger": Rule(
        (SILENCE,),
        True,
        (BURST, UPLOAD),
        "le bailleur absorbé n'envoie plus, tant que sa reprise n'est pas enregistrée (`quartiers landlord merge`)",
    ),
    "demolition": Rule((), True, (), "les relogements sont laissés de côté : décidés par un programme"),
    "sale": Rule((), True, (), "des logements hors QPV"),
    "optimistic_declarations": Rule((), True, (), "un retard d'envoi, trop petit pour un signal"),
    "wrong_control_total": Rule(
        (), True, (), "l'accusé de réception le dit au bailleur ; rien à détecter dans les comptes"
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What became of an incident: the alerts that it must raise and did (`raised`), those that it brings about besides
    (`besides`), and those about its quartiers that are wrong (`wrong`); `watched`: signals to watch, no alerts.

    `seen` of `possible`: quartiers and months in which something could be said of its departures. Nothing wrong where
    nothing could be said proves nothing.
    """

    incident: Incident
    rule: Rule
    raised: tuple[Alert, ...]
    besides: tuple[Alert, ...]
    wrong: tuple[Alert, ...]
    watched: tuple[Alert, ...]
    seen: int
    possible: int

    @property
    def as_expected(self) -> bool:
        """Whether what must be raised was, and nothing that may not be."""
        return bool(self.raised or not self.rule.wanted) and not self.wrong

    @property
    def delay(self) -> int | None:
        """Days from its beginning to the first alert that it must raise."""
        return min(((one.raised_on - self.incident.start).days for one in self.raised), default=None)


def judge(incidents: Iterable[Incident], replayed: Replayed, arrivals: Arrivals) -> list[Outcome]:
    """Return what became of each incident. Raises KeyError for a kind that no rule is written for."""
    return [_judge(one, EXPECTED[one.kind], replayed, arrivals) for one in incidents]


def _judge(incident: Incident, rule: Rule, replayed: Replayed, arrivals: Arrivals) -> Outcome:
    own = quartiers_of(incident, arrivals)
    near = [one for one in replayed.alerts if _about(incident, own, one)]
    months = months_of(incident, rule.echo)
    held, seconds = ([one for one in of if one.month in months] for of in (replayed.families, replayed.late))
    raised = tuple(one for one in near if one.kind in rule.wanted and one.level == Level.ALERT)
    besides = tuple(one for one in near if one.kind in rule.fallout and one not in raised and one.level == Level.ALERT)
    of_quartiers = [one for one in near if one.code is not None]
    return Outcome(
        incident=incident,
        rule=rule,
        raised=raised,
        besides=besides,
        wrong=tuple(one for one in of_quartiers if rule.quiet and one.level == Level.ALERT),
        watched=tuple(one for one in of_quartiers if one.level == Level.WATCH),
        seen=sum(len(one.seen & own) for one in [*held, *seconds]),
        possible=len(held) * len(own),
    )


def quartiers_of(incident: Incident, arrivals: Arrivals) -> frozenset[str]:
    """Return the quartiers of an incident: its own, or those in which its landlord has dwellings."""
    if incident.qpv is not None:
        return frozenset({incident.qpv})
    if incident.landlord not in arrivals.landlords:
        return frozenset()
    landlord = arrivals.landlords.index(incident.landlord)
    cells = np.zeros(len(arrivals.places.quartier), dtype=bool)
    for stock in arrivals.stocks:
        if stock.landlord == landlord:
            cells |= stock.dwellings > 0
    return frozenset(arrivals.places.codes[place] for place in arrivals.places.quartier[cells].tolist())


def _about(incident: Incident, own: frozenset[str], alert: Alert) -> bool:
    """Return whether an alert is about an incident's quartiers or landlord, in its time."""
    if alert.code is None:
        return alert.landlord == incident.landlord and incident.start <= alert.raised_on <= incident.end + LATE
    return alert.code in own and alert.month in months_of(incident, EXPECTED[incident.kind].echo)


def months_of(incident: Incident, echo: int = 0) -> frozenset[date]:
    """Return the months of an incident, and so many more in which it may still be in the sums that are tested."""
    last = number(incident.end - timedelta(days=1)) + echo
    return frozenset(first_day(month) for month in range(number(incident.start), last + 1))


def unexplained(outcomes: Iterable[Outcome], alerts: Iterable[Alert]) -> list[Alert]:
    """Return the alerts about quartiers that no known incident accounts for: where all are known, the false ones."""
    accounted = {id(alert) for one in outcomes for alert in (*one.raised, *one.besides)}
    return [one for one in alerts if one.code is not None and one.level == Level.ALERT and id(one) not in accounted]
