"""The pictures of a replay: alerts month by month, and known incidents with the alerts that they raised."""

from collections.abc import Sequence
from datetime import date

from operations.backtest.charts import WIDTH, legend
from operations.backtest.figures import day, month
from operations.backtest.history import History
from operations.backtest.svg import BLUE, GRID, INK, LASTING, MUTED, RED, SHADES, Drawing, Scale
from schemas.alerts.kinds import DECLARATIONS_FR, kind_of
from streams.backtest.labels import Outcome
from streams.backtest.replay import Alert
from streams.detection.families import Level
from streams.publication.base import first_day, number

KINDS_FR = {
    "doubled_departures": "départs doublés",
    "demolition": "démolition, relogements",
    "rekeyed_erp": "logiciel changé, passé renvoyé",
    "silence": "bailleur silencieux",
    "sale": "vente de logements",
    "merger": "fusion de bailleurs",
    "optimistic_declarations": "déclarations optimistes",
    "wrong_control_total": "total de contrôle faux",
}


def kind_fr(kind: str) -> str:
    """Return what a kind of alert is called."""
    return DECLARATIONS_FR.get(kind) or kind_of(kind).name_fr


def alerts_by_month(history: History) -> Drawing:
    """Draw signals to watch and alerts about quartiers by month tested, those that no incident explains apart."""
    families = history.replayed.families
    drawing = Drawing(WIDTH, 280, "Signaux et alertes sur les quartiers, par mois examiné")
    left, right, top, bottom = 46, WIDTH - 14, 24, 206
    false = {id(one) for one in history.unexplained}
    counted = []
    for family in families:
        own = [one for one in history.replayed.alerts if one.code is not None and one.month == family.month]
        alerts = [one for one in own if one.level == Level.ALERT]
        odd = sum(id(one) in false for one in alerts) if history.outcomes is not None else 0
        counted.append((len(own) - len(alerts), len(alerts) - odd, odd))
    most = max([4, *(sum(one) for one in counted)])
    y = Scale(0, most, bottom, top)
    for tick in range(0, most + 1, 2 if most > 6 else 1):
        drawing.line(left, y(tick), right, y(tick))
        drawing.text(left - 8, y(tick) + 4, str(tick), MUTED, 11.5, "end")
    step = (right - left) / max(len(families), 1)
    for place, (family, heights) in enumerate(zip(families, counted, strict=True)):
        base, at = 0, left + place * step
        for height, colour in zip(heights, (SHADES[0], BLUE, RED), strict=True):
            drawing.box(at + step * 0.18, y(base + height), step * 0.64, y(base) - y(base + height), colour)
            base += height
        if family.month.month in (1, 7) or not place:
            drawing.line(at, bottom, at, bottom + 6, MUTED)
            drawing.text(at + 2, bottom + 20, month(family.month), MUTED, 11.5)
    drawing.line(left, bottom, right, bottom, MUTED)
    explained = "alerte" if history.outcomes is None else "alerte d'un incident connu"
    entries = [("bar", SHADES[0], "à surveiller"), ("bar", BLUE, explained)]
    legend(
        drawing,
        258,
        left,
        entries + ([("bar", RED, "alerte que rien n'explique")] if history.outcomes is not None else []),
    )
    return drawing


def known_incidents(history: History, outcomes: Sequence[Outcome]) -> Drawing:
    """Draw a lane for each known incident: when it lasted, and the days on which alerts were raised."""
    since = first_day(number(min([one.incident.start for one in outcomes])) - 1)
    since = max(since, history.first)
    left, right, top, height = 236, WIDTH - 20, 30, 40
    bottom = top + height * len(outcomes)
    drawing = Drawing(WIDTH, bottom + 66, "Incidents connus et alertes qu'ils ont levées")
    x = Scale(since.toordinal(), history.today.toordinal(), left, right)
    every = 3 if (history.today - since).days < 700 else 6
    for at in range(number(since), number(history.today) + 1):
        if at % every == 0:
            place = x(first_day(at).toordinal())
            drawing.line(place, top, place, bottom, GRID)
            drawing.text(
                place, bottom + 18, month(first_day(at)), MUTED, 11.5, "end" if place > right - 30 else "middle"
            )
    for lane, one in enumerate(outcomes):
        y = top + height * (lane + 0.5)
        drawing.line(left, y + height / 2, right, y + height / 2, GRID)
        drawing.text(14, y - 1, KINDS_FR[one.incident.kind], INK, 13)
        drawing.text(14, y + 13, _about(history, one)[:36], MUTED, 11)
        begin, end = x(max(one.incident.start, since).toordinal()), x(one.incident.end.toordinal())
        drawing.box(begin, y - 9, max(end - begin, 4), 18, LASTING, 3)
        drawing.line(begin, y - 9, begin, y + 9, MUTED, 1.5)
        for alert in one.besides:
            drawing.dot(x(alert.raised_on.toordinal()), y, 5, BLUE, hollow=True, hint=_hint(alert))
        for alert in one.raised:
            drawing.dot(x(alert.raised_on.toordinal()), y, 5, BLUE, hint=_hint(alert))
        for alert in one.wrong:
            drawing.cross(x(alert.raised_on.toordinal()), y, 5, RED, hint=_hint(alert))
    legend(
        drawing,
        bottom + 50,
        14,
        [
            ("bar", LASTING, "durée de l'incident"),
            ("dot", BLUE, "l'alerte attendue, au jour où elle naît"),
            ("hollow", BLUE, "une suite de l'incident"),
            ("cross", RED, "à tort, sur un quartier"),
        ],
    )
    return drawing


def _about(history: History, outcome: Outcome) -> str:
    whose = outcome.incident.qpv or outcome.incident.landlord or ""
    return history.names.get(whose, whose)


def _hint(alert: Alert) -> str:
    of = "" if alert.code is None else f", mois de {month(alert.month)}"
    return f"{kind_fr(alert.kind)}{of} : {day(alert.raised_on)}"


def held_after(history: History) -> list[int]:
    """Return after how many days each month was tested, from its end."""
    return [(one.on - first_day(number(one.month) + 1)).days for one in history.replayed.families]


def never_tested(history: History) -> list[str]:
    """Return the quartiers of which no family could say anything."""
    seen = frozenset[str]().union(*(one.seen for one in [*history.replayed.families, *history.replayed.late]))
    return [code for code in history.arrivals.places.codes if code not in seen]


def of_declarations(history: History) -> list[tuple[date, Alert]]:
    """Return the alerts on declarations, by day."""
    return sorted(((one.raised_on, one) for one in history.replayed.alerts if one.code is None), key=lambda one: one[0])
