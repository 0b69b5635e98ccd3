"""When a step may be told: at once, with the day's or the week's digest, never in quiet hours. Paris time."""

from datetime import datetime, timedelta

from consumers.notifier.recipients import Recipient
from runtime.clock import PARIS

DIGEST_HOUR = 8
MONDAY = 0
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


def due(recipient: Recipient, now: datetime) -> datetime:
    """Return the instant from which a step told now may be sent, aware."""
    local = now.astimezone(PARIS)
    if recipient.rhythm == "immediat":
        return after_quiet(recipient, local)
    digest = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    while digest <= local or (recipient.rhythm == "hebdomadaire" and digest.weekday() != MONDAY):
        digest += timedelta(days=1)
    return digest


def after_quiet(recipient: Recipient, now: datetime) -> datetime:
    """Return now, or the end of the quiet hours that it lies in; they may go over midnight."""
    if recipient.quiet is None:
        return now
    local = now.astimezone(PARIS)
    begins, ends = recipient.quiet
    clock = local.time().replace(tzinfo=None)
    inside = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    if not inside:
        return now
    end = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failures: a minute, then twice as long each time, six hours at most."""
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)
