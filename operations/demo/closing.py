"""The closing table: what was published, what became of it, what was proved, three quartiers' figures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.demo.proof import Comparison
from operations.demo.wording import OUTCOMES, reason
from operations.numbers import number
from operations.services import grafana_service
from operations.verify import Verdict
from runtime.database import connect
from runtime.settings import Settings
from schemas.alerts.kinds import DECLARATIONS_FR, KINDS
from schemas.alerts.wording import LEVELS_FR, STATES_FR

OUTCOME_TOTALS = "SELECT outcome, sum(n)::bigint FROM core.tally GROUP BY 1"
REASON_TOTALS = "SELECT reason, count(*) FROM core.quarantine GROUP BY 1 ORDER BY 2 DESC, 1"
ALERTS = """
SELECT kind, alert_level, state, count(*)::integer, count(*) FILTER (WHERE open)::integer
FROM staff.alert JOIN staff.alert_evidence USING (alert_id) GROUP BY 1, 2, 3 ORDER BY alert_level, kind, state
"""
THREE_QPVS = """
SELECT name, code, window_days, departures, arrivals
FROM staff.rolling JOIN staff.territory USING (territory_id)
WHERE part = 'all' AND code IN (
    SELECT code FROM staff.rolling JOIN staff.territory USING (territory_id)
    WHERE level = 'qpv_2024' AND part = 'all' AND window_days = 365
    ORDER BY departures DESC NULLS LAST, code LIMIT 3)
ORDER BY code, window_days
"""


@dataclass(frozen=True)
class Closing:
    """What the demonstration ends with."""

    published: int
    seeded: int
    seed_seconds: float
    outcomes: dict[str, int]
    reasons: list[tuple[str, int]]
    quartiers: list[tuple[Any, ...]]
    alerts: list[tuple[str, str, str, int, int]]
    verdict: Verdict
    truth: Comparison | None

    @property
    def accounted(self) -> bool:
        """Whether each published event has exactly one outcome."""
        return sum(self.outcomes.values()) == self.published

    @property
    def proved(self) -> bool:
        """Whether everything that was looked at is as it must be."""
        return self.accounted and self.verdict.equal and (self.truth is None or self.truth.equal)


def say_where(settings: Settings, console: Console) -> None:
    """Name the dashboards' address, or say how to get Grafana."""
    if grafana_service.process(settings).pid():
        console.print(f"[bold]Tableaux de bord :[/] {grafana_service.url(settings)}", soft_wrap=True)
    else:
        console.print(f"[yellow]{escape(grafana_service.HOW_TO_GET)}[/]")


def close(
    settings: Settings, published: int, seeded: int, seed_seconds: float, verdict: Verdict, truth: Comparison | None
) -> Closing:
    """Read from the database what the closing table tells."""
    with connect(settings, "ingest") as connection:
        outcomes = dict(connection.execute(OUTCOME_TOTALS).fetchall())
        reasons = connection.execute(REASON_TOTALS).fetchall()
    with connect(settings, "observatory") as viewer:
        quartiers = viewer.execute(THREE_QPVS).fetchall()
        alerts = viewer.execute(ALERTS).fetchall()
    return Closing(published, seeded, seed_seconds, outcomes, reasons, quartiers, alerts, verdict, truth)


def show(closing: Closing, console: Console) -> None:
    """Print the tables and the proofs."""
    console.print(fates(closing))
    console.print(windows(closing.quartiers, closing.verdict))
    console.print(raised(closing.alerts))
    for line in proofs(closing):
        console.print(line)


def fates(closing: Closing) -> Table:
    """Return the table of what became of the events."""
    table = Table("", "Événements", title="Ce que les événements sont devenus")
    table.columns[1].justify = "right"
    table.add_row("[bold]publiés[/]", f"[bold]{number(closing.published)}[/]")
    for outcome, label in OUTCOMES.items():
        table.add_row(label, number(closing.outcomes.get(outcome, 0)))
    for code, n in closing.reasons:
        table.add_row(f"   dont {escape(reason(code))}", number(n))
    table.add_section()
    rate = round(closing.seeded / max(closing.seed_seconds, 0.001))
    table.add_row("par seconde pour les cinq ans, démarrage de l'agent compris", number(rate))
    return table


def windows(quartiers: Sequence[tuple[Any, ...]], verdict: Verdict) -> Table:
    """Return the table of three quartiers' rolling figures, one line each."""
    days = sorted({row[2] for row in quartiers})
    spans = " · ".join(map(str, days))
    title = f"Fenêtres glissantes au {verdict.as_of:%d/%m/%Y} (encore en cours de déclaration)"
    table = Table(
        "Quartier prioritaire",
        f"Départs sur\n{spans} jours",
        f"Arrivées sur\n{spans} jours",
        title=title,
        caption="Publication : les bailleurs de la démonstration acceptent d'être reconnus là où ils sont seuls.",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    figures: dict[tuple[str, str], dict[int, tuple[int | None, int | None]]] = defaultdict(dict)
    for name, code, n, departures, arrivals in quartiers:
        figures[name, code][n] = (departures, arrivals)
    for (name, code), by_window in figures.items():
        cells = [" · ".join(number(by_window.get(n, (0, 0))[side]) for n in days) for side in (0, 1)]
        table.add_row(f"{escape(name)} ({code})", *cells)
    return table


def raised(alerts: Sequence[tuple[str, str, str, int, int]]) -> Table:
    """Return the table of the alerts: by kind, level and state, how many there are and how many are open."""
    table = Table(
        *("Alertes", "Niveau", "État", "Nombre", "Ouvertes"),
        title="Ce qui est inhabituel",
        caption="Lesquelles, et pourquoi : `quartiers alert list`, `quartiers alert explain N`.",
    )
    for column in table.columns[3:]:
        column.justify = "right"
    names = {**{one.code: one.name_fr for one in KINDS}, **DECLARATIONS_FR}
    for kind, level, state, many, opened in alerts:
        table.add_row(names[kind], LEVELS_FR[level], STATES_FR[state], number(many), number(opened))
    if not alerts:
        table.add_row("aucune", "", "", "0", "0")
    return table


def proofs(closing: Closing) -> list[str]:
    """Return a line for each thing proved, or found wrong."""
    told, verdict, truth = sum(closing.outcomes.values()), closing.verdict, closing.truth
    lines = [
        _line(
            closing.accounted,
            "chaque événement publié a exactement un sort",
            f"{number(closing.published)} événements publiés, {number(told)} sorts",
        ),
        _line(
            verdict.equal,
            f"verify : {number(sum(verdict.compared.values()))} compteurs égalent le recomptage du registre",
            f"verify : {number(sum(verdict.differing.values()))} compteurs diffèrent (`quartiers verify` les montre)",
        ),
    ]
    if truth is None:
        return lines
    return [
        *lines,
        _line(
            truth.moves_equal,
            f"le registre est la vérité du simulateur, mouvement par mouvement : {number(truth.truth)}",
            f"le registre n'est pas la vérité : {number(truth.differing)} mouvements faux, "
            f"{number(truth.missing)} manquants",
        ),
        _line(
            truth.quarantine_equal,
            f"les {number(truth.malformed.total())} événements abîmés, et eux seuls, sont en quarantaine, "
            "chacun pour son motif",
            f"quarantaine attendue : {dict(truth.malformed)} ; trouvée : {dict(truth.quarantined)}",
        ),
    ]


def _line(good: bool, yes: str, no: str) -> str:
    return f"[green]✔ {escape(yes)}[/]" if good else f"[red]✘ {escape(no)}[/]"
