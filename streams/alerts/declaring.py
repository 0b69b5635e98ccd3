"""What is unusual in what landlords send: silence, a burst of old moves, a past that is sent again under new names.

Invariant: said of a landlord, never of a quartier; a burst and a re-key end, lifted or confirmed. Days are those of
receipt, so that a replay says the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg

from schemas.alerts.kinds import BURST, REKEY, SILENCE
from schemas.alerts.wording import of_declarations
from streams.detection.declarations import burst, rekeyed, silence
from streams.publication.base import first_day, number

USUAL_DAYS = 31
SPAN_DAYS, SPANS = 7, 26
PAST_MONTHS = 24
WATCHED_DAYS = 31
"""How long a burst or a re-key may be taken back before it is confirmed."""
# Its usual days between two declarations, and from the last day of one to its receipt, which is never counted as more
# than a quarter: a whole past sent at once is no habit. The last 12 are enough to know one. A landlord that declares on
# the 10th what has 38 days behind it has no new whole month to declare in March: it says the same days again. That was
# no silence; the next one is awaited from there, once, since one that says the same for ever declares nothing.
_HABITS = """
SELECT landlord, through, least(greatest(days + after, said_on - through + days), 2 * days + after) AS every
FROM (
    SELECT landlord, max(complete_through) AS through, max(said_on) AS said_on,
        coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY days), %(usual)s) AS days,
        least(percentile_cont(0.5) WITHIN GROUP (ORDER BY received_on - complete_through), 92) AS after
    FROM (
        SELECT landlord, complete_through, received_on, said_on,
            complete_through - lag(complete_through) OVER (PARTITION BY landlord ORDER BY complete_through) AS days,
            row_number() OVER (PARTITION BY landlord ORDER BY complete_through DESC) AS rank
        FROM (SELECT landlord, complete_through, min(received_on) AS received_on, max(received_on) AS said_on
              FROM core.declaration WHERE received_on <= %(today)s GROUP BY 1, 2) AS told
    ) AS declared
    JOIN core.landlord_at USING (landlord)
    WHERE rank <= 12 AND since <= %(today)s AND until > %(today)s AND counted_for = landlord
    GROUP BY landlord
) AS habit
ORDER BY landlord
"""
_OLD_MOVES = """
SELECT landlord, ((%(today)s::date - received_on) / %(days)s)::integer AS span, sum(delta)::integer
FROM core.fact
WHERE received_on > %(today)s::date - %(days)s * %(spans)s AND received_on <= %(today)s
    AND effect_month < date_trunc('month', received_on::timestamp) - interval '2 months'
GROUP BY 1, 2
"""
# What a landlord has taken back of the months that a burst or a re-key filled.
_TAKEN_BACK = """
SELECT -coalesce(sum(delta), 0)::integer FROM core.fact
WHERE landlord = %(landlord)s AND received_on > %(raised)s AND received_on <= %(today)s AND effect_month < %(before)s
"""
_PAST = """
SELECT landlord, effect_month, sum(delta) FILTER (WHERE received_on <= %(since)s)::integer,
    sum(delta) FILTER (WHERE received_on > %(since)s)::integer
FROM core.fact
WHERE received_on <= %(today)s AND effect_month >= %(first)s
    AND landlord IN (SELECT landlord FROM core.fact WHERE received_on > %(since)s AND received_on <= %(today)s)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Remark:
    """What is unusual of a landlord; `evidence` holds what it stands on, `message_fr` among it."""

    kind: str
    landlord: str
    evidence: dict[str, Any]


def remarks(cursor: psycopg.Cursor[Any], today: date) -> list[Remark]:
    """Return what was unusual on a day, by what was received by then."""
    return [*_silent(cursor, today), *_bursting(cursor, today), *_rekeyed(cursor, today)]


def outcome(
    cursor: psycopg.Cursor[Any], kind: str, landlord: str, raised_on: date, earlier: Mapping[str, Any], today: date
) -> tuple[str | None, Mapping[str, Any]]:
    """Return what became of a burst or a re-key, None while it may still be taken back, and its evidence.

    It is lifted once at least half of the moves that made it are taken back, and confirmed when its time has passed.
    """
    before = first_day(number(raised_on) - (2 if kind == BURST else 0))
    asked = {"landlord": landlord, "raised": raised_on, "today": today, "before": before}
    taken_back: int = cursor.execute(_TAKEN_BACK, asked).fetchall()[0][0]
    moves = earlier["moves"] if kind == BURST else sum(max(gained, 0) for gained in earlier["added"])
    if 2 * taken_back >= moves:
        return "lifted", {**earlier, "taken_back": taken_back}
    return ("confirmed" if today > raised_on + timedelta(days=WATCHED_DAYS) else None), earlier


def _silent(cursor: psycopg.Cursor[Any], today: date) -> list[Remark]:
    rows = cursor.execute(_HABITS, {"today": today, "usual": USUAL_DAYS}).fetchall()
    through = np.array([row[1].toordinal() for row in rows], dtype=np.int64)
    every = np.array([round(row[2]) for row in rows], dtype=np.int64)
    overdue = silence(through, np.maximum(every, 1), today.toordinal())
    found = []
    for (landlord, told, _), days, usual in zip(rows, overdue.tolist(), every.tolist(), strict=True):
        if days:
            late, habit = f"{days} {_days(days)}", f"{usual} {_days(usual)}"
            details = f"complet jusqu'au {told:%d/%m/%Y}, {late} de retard sur son habitude ({habit})"
            evidence = {"complete_through": told.isoformat(), "usual_days": usual, "days_late": days}
            found.append(_remark(SILENCE, landlord, evidence, details))
    return found


def _bursting(cursor: psycopg.Cursor[Any], today: date) -> list[Remark]:
    asked = {"today": today, "days": SPAN_DAYS, "spans": SPANS}
    rows = cursor.execute(_OLD_MOVES, asked).fetchall()
    landlords = sorted({row[0] for row in rows})
    table = np.zeros((len(landlords), SPANS), dtype=np.int64)
    for landlord, span, moves in rows:
        table[landlords.index(landlord), SPANS - 1 - span] = max(moves, 0)
    raised, chance = burst(table)
    found = []
    for row in np.flatnonzero(raised).tolist():
        moves = int(table[row, -1])
        details = f"{moves} mouvements de plus de deux mois reçus en {SPAN_DAYS} jours"
        evidence = {"moves": moves, "days": SPAN_DAYS, "before": table[row, :-1].tolist(), "chance": float(chance[row])}
        found.append(_remark(BURST, landlords[row], evidence, details))
    return found


def _rekeyed(cursor: psycopg.Cursor[Any], today: date) -> list[Remark]:
    since = today - timedelta(days=SPAN_DAYS)
    first = date(today.year - PAST_MONTHS // 12, today.month, 1)
    rows = cursor.execute(_PAST, {"today": today, "since": since, "first": first}).fetchall()
    landlords, months = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    before, added = (np.zeros((len(landlords), len(months)), dtype=np.int64) for _ in range(2))
    for landlord, month, held, gained in rows:
        at = landlords.index(landlord), months.index(month)
        before[at], added[at] = max(held or 0, 0), gained or 0
    found = []
    for row in np.flatnonzero(rekeyed(before, added)).tolist():
        copied = int((added[row] >= np.maximum(before[row], 1) / 2).sum())
        details = f"{copied} mois passés ont reçu presque autant de mouvements qu'ils en avaient, en {SPAN_DAYS} jours"
        evidence = {
            "months": [month.isoformat() for month in months],
            "before": before[row].tolist(),
            "added": added[row].tolist(),
        }
        found.append(_remark(REKEY, landlords[row], evidence, details))
    return found


def _days(many: int) -> str:
    return "jours" if many > 1 else "jour"


def _remark(kind: str, landlord: str, evidence: dict[str, Any], details: str) -> Remark:
    return Remark(kind, landlord, {**evidence, "message_fr": of_declarations(kind, details)})
