"""What people read of alerts, in French: a subject, a text and the same in HTML.

Invariant: nothing but the sentence of each step, its place, its month and its state: no count, no landlord's name for a
partner, no cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from consumers.notifier.recipients import Recipient
from schemas.alerts import AlertStep
from schemas.alerts.wording import LEVELS_FR, STATES_FR

MONTHS_FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
NOTICE = (
    "Une alerte est un signal statistique, pas une explication : elle dit qu'un compte sort de ce que le passé "
    "laissait attendre, et jamais pourquoi. « Provisoire » : des déclarations tardives peuvent encore la lever."
)


@dataclass(frozen=True)
class Letter:
    """A message: `thread` names the alert that it continues, of one alert only."""

    subject: str
    text: str
    html: str
    identity: str
    thread: str | None


def letter(recipient: Recipient, steps: Sequence[tuple[str, AlertStep]]) -> Letter:
    """Return one message for these steps (identity, step), the oldest first."""
    alone = len(steps) == 1
    first_identity, first = steps[0]
    subject = _title(first) if alone else f"{len(steps)} alertes · observatoire des quartiers"
    lines = [_lines(recipient, step) for _, step in steps]
    greeting = f"Bonjour {recipient.name},"
    text = "\n\n".join([greeting, *("\n".join(one) for one in lines), NOTICE])
    blocks = "".join(
        f"<h3>{escape(one[0])}</h3><p>{'<br>'.join(escape(line) for line in one[1:])}</p>" for one in lines
    )
    html = page(f"<p>{escape(greeting)}</p>{blocks}", [NOTICE])
    identity = first_identity if alone else f"{first_identity}+{len(steps) - 1}"
    return Letter(subject, text, html, identity, f"{first.alert_id}-1" if alone and first.step > 1 else None)


def page(body: str, small: Sequence[str]) -> str:
    """Return a whole page of HTML: a body of HTML, then lines of plain text in small print."""
    notes = "".join(f'<p style="color:#555;font-size:90%">{escape(line)}</p>' for line in small)
    return (
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><body style="font-family:sans-serif;max-width:40em">'
        f"{body}{notes}</body></html>"
    )


def _title(step: AlertStep) -> str:
    about = f"{step.name} ({step.code})" if step.code else "déclarations d'un bailleur"
    return f"{LEVELS_FR[step.level].capitalize()} {STATES_FR[step.state]} · {about} · {month_fr(step.month)}"


def _lines(recipient: Recipient, step: AlertStep) -> list[str]:
    lines = [_title(step), step.message_fr]
    if recipient.role == "observatoire":
        lines += [f"Bailleur : SIREN {step.landlord}."] if step.landlord else []
        lines.append(f"Pour l'examiner : quartiers alert explain {step.alert_id}")
    return lines


def month_fr(month: str) -> str:
    """Return `2026-02` as `février 2026`."""
    year, number = month.split("-")
    return f"{MONTHS_FR[int(number) - 1]} {year}"
