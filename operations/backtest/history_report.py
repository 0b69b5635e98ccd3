"""The sections of a report that only the project's own history has: the replay, known incidents, what staff said."""

from collections.abc import Callable
from datetime import date
from statistics import median

from operations.backtest import timelines
from operations.backtest.figures import day, decimal, month, reasons, table
from operations.backtest.history import History, Month, months_of
from operations.backtest.svg import Drawing
from operations.numbers import number
from schemas.alerts.kinds import KINDS
from schemas.alerts.wording import LEVELS_FR, STATES_FR
from streams.backtest.labels import Outcome
from streams.backtest.replay import Alert
from streams.detection.families import Level

Picture = Callable[[str, Drawing], str]
LEVEL_CODES = {Level.WATCH: "watch", Level.ALERT: "alert"}


def sections(history: History, picture: Picture) -> list[str]:
    """Return the sections, in order."""
    found = [replayed(history, picture)]
    if history.outcomes is not None:
        found.append(known(history, history.outcomes, picture))
    return [*found, declarations(history), feedback(history)]


def replayed(history: History, picture: Picture) -> str:
    """Return what the replay found about quartiers."""
    families = history.replayed.families
    about = [one for one in history.replayed.alerts if one.code is not None]
    alerts = [one for one in about if one.level == Level.ALERT]
    lifted = sum(one.state == "lifted" for one in alerts)
    held = [*families, *history.replayed.late]
    tests, signals = sum(one.tests for one in held), sum(one.signals for one in held)
    waits = timelines.held_after(history)
    proof = {
        True: "Au dernier jour, les entrées ainsi refaites sont celles des mesures, au chiffre près.",
        False: "**Au dernier jour, elles diffèrent de celles des mesures : c'est un défaut, signalez-le.**",
        None: "Les mesures attendent d'être à jour : l'égalité des entrées refaites avec elles n'a pas été vérifiée.",
    }[history.equal]
    kinds = ", ".join(
        f"{sum(one.kind == kind.code for one in alerts)} {kind.name_fr[0].lower()}{kind.name_fr[1:]}"
        for kind in KINDS
        if any(one.kind == kind.code for one in alerts)
    )
    false = ""
    if history.outcomes is not None:
        n = len(history.unexplained)
        false = (
            f" Tous les incidents étant connus, {n} de ces alertes sont fausses : {decimal(n / max(len(families), 1))} "
            "par mois."
        )
    return f"""## L'historique, dans l'ordre d'arrivée

Rejoué du {day(history.first)} au {day(history.today)} : une alerte datée d'un jour ne s'appuie que sur ce qui était \
reçu ce jour-là. Chaque mois est examiné une fois, quand {decimal(100 * history.rules.least, 0)} % du parc est déclaré \
ou que plus rien n'est attendu ; un quartier qui n'avait alors pas de verdict, faute de déclarations, l'est plus tard, \
quand plus rien n'est attendu et que la moitié y est ; rien ne l'est deux fois. Ensuite une alerte est confirmée ou \
levée, revue chaque lundi. Les préavis n'y sont pas : le registre n'en garde que le dernier état. {proof}

{picture("alertes", timelines.alerts_by_month(history))}

{number(len(families))} mois examinés, {number(tests)} examens, {number(signals)} signaux \
({decimal(100 * signals / max(tests, 1))} %), {len(alerts)} alertes{f" ({kinds})" if kinds else ""} ; levées ensuite : \
{lifted}. Un mois est examiné {median(waits) if waits else "–"} jours après sa fin (de {min(waits, default=0)} à \
{max(waits, default=0)}).{false}

{_blind(history)}"""


def _blind(history: History) -> str:
    """Return of what nothing could be said, on the day on which its month was tested and once it was settled."""
    never, quartiers = timelines.never_tested(history), len(history.arrivals.places.codes)
    late = history.replayed.late
    taken_up, tests = sum(len(one.seen) for one in late), sum(one.tests for one in late)
    text = (
        f"Sans verdict sur les départs ce jour-là, quartiers et mois : {_untested(history)}. Repris plus tard : "
        f"{number(taken_up)} ({number(tests)} examens)."
    )
    if not never:
        return f"{text} Chaque quartier a eu un verdict pour un mois au moins."
    names = ", ".join(history.names.get(code, code) for code in never)
    return (
        f"{text} **{len(never)} quartiers sur {quartiers} n'ont eu de verdict pour aucun mois**, et aucune alerte n'y "
        f"peut naître : {names}."
    )


def _untested(history: History) -> str:
    """Return for how many quartiers and months nothing could be said, by reason."""
    found: dict[str, int] = {}
    for family in history.replayed.families:
        for code, n in family.untested.items():
            found[code] = found.get(code, 0) + n
    return reasons(found)


def known(history: History, outcomes: list[Outcome], picture: Picture) -> str:
    """Return what became of known incidents."""
    rows = [_row(history, one) for one in sorted(outcomes, key=lambda one: one.incident.start)]
    header = [
        "incident",
        "où",
        "quand",
        "attendu",
        "alertes levées : genre, mois, niveau, jour",
        "retard",
        "verdicts",
        "",
    ]
    wrong = [
        f"- {_name(history, one)}, {timelines.kind_fr(one.kind).lower()}, {month(one.month)} ({STATES_FR[one.state]})"
        for one in history.unexplained
    ]
    detail = [
        _months(history, one)
        for one in outcomes
        if one.incident.qpv is not None and one.rule.wanted and one.incident.start >= history.first
    ]
    parts = [
        "## Les incidents connus",
        picture("incidents-connus", timelines.known_incidents(history, outcomes)),
        table(header, rows),
        "*Retard* : jours du début de l'incident au jour où naît l'alerte. *Attendu* : la règle de ce genre "
        "d'incident, avec sa raison. *Verdicts* : quartiers et mois où il pouvait être dit quelque chose des départs ; "
        "ne rien dire à tort là où rien ne peut être dit ne prouve rien. Un signal à surveiller n'est pas une alerte.",
        *detail,
    ]
    if wrong:
        parts += ["Alertes qu'aucun incident n'explique :", "\n".join(wrong)]
    return "\n\n".join(parts)


def _row(history: History, one: Outcome) -> list[str]:
    incident = one.incident
    told = [*one.raised, *one.besides, *one.wrong]
    alerts = "<br>".join(_told(alert) for alert in sorted(told, key=lambda alert: alert.raised_on))
    wanted = ", ".join(timelines.kind_fr(kind).lower() for kind in one.rule.wanted) or "aucune"
    quiet = " ; rien sur ses quartiers" if one.rule.quiet else ""
    watched = f"<br>({len(one.watched)} à surveiller)" if one.watched else ""
    return [
        timelines.KINDS_FR[incident.kind],
        history.names.get(incident.qpv or incident.landlord or "", incident.qpv or incident.landlord or "–"),
        f"{day(incident.start)} – {day(incident.end)}",
        f"{wanted}{quiet} : {one.rule.why_fr}",
        (alerts or "aucune") + watched,
        "–" if one.delay is None else f"{one.delay} j",
        f"{one.seen} / {one.possible}",
        _mark(one),
    ]


def _mark(one: Outcome) -> str:
    """Return whether it is as expected; where no quartier had a verdict, nothing wrong was said for want of one."""
    if not one.as_expected:
        return "**✘**"
    return "✔, faute de verdict" if one.rule.quiet and one.possible and not one.seen else "✔"


def _told(alert: Alert) -> str:
    about = "" if alert.code is None else f" {month(alert.month)},"
    level = LEVELS_FR[LEVEL_CODES[alert.level]]
    return f"{timelines.kind_fr(alert.kind)},{about} {level}, le {day(alert.raised_on)} ({STATES_FR[alert.state]})"


def _months(history: History, one: Outcome) -> str:
    """Return the table of the months of a known incident in a quartier."""
    rows = [_month(found) for found in months_of(history, one.incident)]
    header = ["mois", "examiné le", "départs", "attendus", "rapport", "borne", "p", "couverture", "niveau"]
    name = history.names.get(one.incident.qpv or "", one.incident.qpv or "")
    return f"{name}, {timelines.KINDS_FR[one.incident.kind]}, mois par mois :\n\n" + table(header, rows)


def _month(found: Month) -> list[str]:
    one = found.signal
    if one is None:
        return [month(found.month), day(found.held_on), *["–"] * 6, "pas de verdict"]
    return [
        month(found.month),
        day(found.held_on),
        decimal(one.count, 0),
        decimal(one.expected, 1),
        decimal(one.ratio, 1),
        decimal(one.bound, 0),
        f"{one.p:.1e}".replace(".", ","),
        f"{decimal(100 * one.coverage, 0)} %",
        "rien" if found.level == Level.NONE else LEVELS_FR[LEVEL_CODES[found.level]],
    ]


def _name(history: History, alert: Alert) -> str:
    whose = alert.code or alert.landlord or ""
    return history.names.get(whose, whose)


def declarations(history: History) -> str:
    """Return the alerts on what landlords sent."""
    header = ["jour", "bailleur", "alerte", "état"]
    rows = [
        [day(on), _name(history, one), timelines.kind_fr(one.kind), _state(one)]
        for on, one in timelines.of_declarations(history)
    ]
    if not rows:
        return "## Alertes sur les déclarations\n\nAucune."
    return "## Alertes sur les déclarations\n\n" + table(header, rows)


def _state(alert: Alert) -> str:
    ended: date | None = alert.changed_on
    return STATES_FR[alert.state] if ended is None else f"{STATES_FR[alert.state]} le {day(ended)}"


def feedback(history: History) -> str:
    """Return what staff said of the alerts that were really raised."""
    title = "## L'avis de l'équipe"
    rows = []
    for level, name in LEVELS_FR.items():
        seen, put_aside, silent = (
            history.said.get((level, verdict), 0) for verdict in ("acknowledged", "dismissed", "none")
        )
        judged = seen + put_aside
        precise = "–" if not judged else f"{decimal(100 * seen / judged, 0)} % de {judged}"
        rows.append([name, str(seen), str(put_aside), str(silent), precise])
    if not history.said:
        return f"{title}\n\nAucune alerte n'a encore été levée dans cette base : personne n'a pu en juger."
    header = ["niveau", "vues", "écartées", "sans avis", "retenues parmi les jugées"]
    return (
        f"{title}\n\nSur les alertes réellement levées (`quartiers alert ack`, `dismiss`). Compté à côté ; aucun "
        "calcul n'en apprend.\n\n" + table(header, rows)
    )
