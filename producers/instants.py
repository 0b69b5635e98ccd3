"""Of which instant an extract is: what the landlord says, else the date in its name, else when the file was written.

The instant is the revision of what the extract says: it only has to grow from one extract to the next.
"""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from producers.errors import LandlordError
from runtime.clock import PARIS

_DATES = (
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-_. ]?(?P<month>\d\d)[-_. ]?(?P<day>\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<day>\d\d)[-_. ](?P<month>\d\d)[-_. ](?P<year>20\d\d)(?!\d)"),
)


def instant_of(path: Path, said: datetime | None, now: datetime) -> int:
    """Return an extract's instant in seconds. `said` without a zone is Paris time.

    Raises LandlordError for one that is still to come: nothing could correct it until then.
    """
    if said is not None:
        aware = said if said.tzinfo else said.replace(tzinfo=PARIS)
        if aware > now + timedelta(hours=1):
            raise LandlordError(f"--extracted-at {said:%d/%m/%Y %H:%M} est dans l'avenir.")
        return int(aware.timestamp())
    if day := day_in(path.name, now.astimezone(PARIS).date()):
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return int(min(path.stat().st_mtime, now.timestamp()))


def day_in(name: str, today: date) -> date | None:
    """Return the latest day that a file's name tells, today at most; None if it tells none."""
    found = []
    for pattern in _DATES:
        for match in pattern.finditer(name):
            try:
                day = date(int(match["year"]), int(match["month"]), int(match["day"]))
            except ValueError:
                continue
            if day <= today:
                found.append(day)
    return max(found, default=None)


def day_of(instant: int) -> date:
    """Return the day of an extract, in Paris."""
    return datetime.fromtimestamp(instant, PARIS).date()


def last_whole_month(day: date) -> date:
    """Return the last day of the last month that an extract of this day may hold whole."""
    if (day + timedelta(days=1)).day == 1:
        return day
    return day.replace(day=1) - timedelta(days=1)
