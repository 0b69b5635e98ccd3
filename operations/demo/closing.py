"""The closing table: what was published, what became of it, what was proved, three quartiers' figures."""

from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from operations.demo.proof import Comparison
from operations.services import grafana_service
from operations.verify import Verdict
from runtime.database import connect
from runtime.settings import Settings

OUTCOMES = {
    "applied": "appliqués",
    "superseded": "déjà remplacés par une révision plus récente",
    "duplicate": "doublons",
    "out_of_scope": "hors champ",
    "quarantined": "en quarantaine",
}
THREE_QPVS = """
SELECT code, name, window_days, departures, arrivals, departures_status
FROM staff.rolling JOIN staff.territory USING (territory_id)
WHERE part = 'all' AND code IN (
    SELECT code FROM staff.rolling JOIN staff.territory USING (territory_id)
    WHERE level = 'qpv_2024' AND part = 'all' AND window_days = 365 ORDER BY departures DESC NULLS LAST LIMIT 3)
ORDER BY code, window_days
"""


def number(value: int | None) -> str:
    """Return a number as the French write it; a value held back is `secret`."""
    return "secret" if value is None else f"{value:,}".replace(",", "\u202f")


def say_where(settings: Settings, console: Console) -> None:
    """Name the dashboards' address, or say how to get Grafana."""
    if grafana_service.process(settings).pid():
        console.print(f"[bold]Tableaux de bord :[/] {grafana_service.url(settings)}")
    else:
        console.print(grafana_service.HOW_TO_GET)


def show(
    settings: Settings,
    console: Console,
    published: int,
    seed_seconds: float,
    verdict: Verdict,
    truth: Comparison | None,
) -> None:
    """Print the closing table."""
    with connect(settings, "analyst") as connection:
        outcomes = dict(_rows(connection, "SELECT outcome, sum(n)::bigint FROM core.tally GROUP BY 1"))
        reasons = _rows(connection, "SELECT reason, count(*) FROM core.quarantine GROUP BY 1 ORDER BY 2 DESC, 1")
        quartiers = _rows(connection, THREE_QPVS)
    table = Table("", "Événements", title="Ce que les événements sont devenus")
    table.columns[1].justify = "right"
    table.add_row("publiés", number(published))
    for outcome, label in OUTCOMES.items():
        table.add_row(label, number(outcomes.get(outcome, 0)))
    for reason, n in reasons:
        table.add_row(f"   {reason}", number(n))
    table.add_row("débit de la reprise, par seconde", number(round(published / max(seed_seconds, 0.001))))
    console.print(table)
    windows = Table("QPV", "Fenêtre (jours)", "Départs", "Arrivées", title="Fenêtres glissantes, encore en déclaration")
    for code, name, days, departures, arrivals, _ in quartiers:
        windows.add_row(f"{name} ({code})", str(days), number(departures), number(arrivals))
    console.print(windows)
    accounted = sum(outcomes.values()) == published
    console.print(_line(accounted, "chaque événement publié a exactement un sort", "des événements manquent"))
    console.print(
        _line(
            verdict.equal,
            f"verify : {number(sum(verdict.compared.values()))} compteurs égalent le recomptage",
            "verify : différences",
        )
    )
    if truth is not None:
        console.print(
            _line(
                truth.equal,
                f"le registre est la vérité du simulateur : {number(truth.truth)} mouvements",
                f"registre {truth.ledger}, vérité {truth.truth}, différents {truth.differing}",
            )
        )


def _line(good: bool, yes: str, no: str) -> str:
    return f"[green]✔ {yes}[/]" if good else f"[red]✘ {no}[/]"


def _rows(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return connection.execute(query).fetchall()
