"""`quartiers alert list | explain | ack | dismiss`: what the detectors found, why, and what staff says of it."""

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from runtime.settings import Settings

if TYPE_CHECKING:
    from streams.alerts.explain import Explained

Number = Annotated[int, typer.Argument(help="Numéro de l'alerte, que donne `quartiers alert list`.")]
By = Annotated[str | None, typer.Option("--by", help="Qui le dit ; par défaut le compte de la machine.")]
_LIST = """
SELECT alert_id, month, alert_level, state, coalesce(name, landlord_name, landlord) AS about, message_fr, feedback
FROM staff.alert JOIN staff.alert_evidence USING (alert_id)
WHERE %s OR open ORDER BY month DESC, alert_id DESC
"""


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Les alertes : ce qui est inhabituel, pourquoi, ce qu'on en dit.")
    app.add_typer(family, name="alert")

    @family.command("list", help="Montre les alertes ouvertes ; avec --all, toutes.")
    def list_alerts(
        every: Annotated[bool, typer.Option("--all", help="Aussi celles qui ne sont plus ouvertes.")] = False,
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from runtime.database import connect
        from schemas.alerts.wording import LEVELS_FR, STATES_FR

        with connect(Settings.load(name), "observatory") as connection:
            rows = connection.execute(_LIST, (every,)).fetchall()
        table = Table("N°", "Mois", "Niveau", "État", "Sur", "Ce qui est dit", "Avis")
        for number, month, level, state, about, message, feedback in rows:
            said = {"acknowledged": "vue", "dismissed": "écartée"}.get(feedback, "")
            table.add_row(str(number), f"{month:%m/%Y}", LEVELS_FR[level], STATES_FR[state], about, message, said)
        Console().print(table if rows else "Aucune alerte ouverte." if not every else "Aucune alerte.")

    @family.command(help="Montre d'où vient une alerte, la recalcule, et dit ce qui l'aurait levée.")
    def explain(number: Number, name: InstanceName = None) -> None:
        from runtime.database import connect
        from streams.alerts.explain import explain as explained

        with connect(Settings.load(name), "ingest") as connection:
            try:
                found = explained(connection, number)
            except LookupError as error:
                raise _unknown(number) from error
        show(found, Console())
        if found.equal is False:
            raise typer.Exit(1)

    @family.command(help="Note qu'une alerte a été vue.")
    def ack(number: Number, by: By = None, name: InstanceName = None) -> None:
        _say(Settings.load(name), number, "acknowledged", None, by)
        typer.echo(f"Alerte {number} : vue.")

    @family.command(help="Écarte une alerte, avec la raison ; elle reste, et aucun calcul n'en apprend.")
    def dismiss(
        number: Number,
        reason: Annotated[str, typer.Option("--reason", help="Pourquoi elle est écartée.")],
        by: By = None,
        name: InstanceName = None,
    ) -> None:
        if not reason.strip():
            raise typer.BadParameter("dites pourquoi elle est écartée", param_hint="--reason")
        _say(Settings.load(name), number, "dismissed", reason.strip(), by)
        typer.echo(f"Alerte {number} : écartée.")


def _say(settings: Settings, number: int, verdict: str, reason: str | None, by: str | None) -> None:
    from runtime.database import connect
    from streams.alerts.register import say

    with connect(settings, "ingest") as connection:
        try:
            say(connection, number, verdict, reason, by or getpass.getuser())
        except LookupError as error:
            raise _unknown(number) from error


def _unknown(number: int) -> typer.BadParameter:
    return typer.BadParameter(f"il n'y a pas d'alerte {number} : `quartiers alert list --all` les montre toutes")


def show(found: "Explained", console: Console) -> None:
    """Print an alert, its series, its evidence, and the recomputation."""
    from schemas.alerts.wording import LEVELS_FR, STATES_FR

    console.print(f"[bold]Alerte {found.alert_id}[/] · {found.name or found.landlord} · {found.month:%m/%Y}")
    console.print(found.evidence["message_fr"])
    console.print(f"Niveau : {LEVELS_FR[found.level]}. État : {STATES_FR[found.state]}.")
    for step, day, state in found.steps:
        console.print(f"  étape {step}, {day:%d/%m/%Y} : {STATES_FR[state]}")
    if found.series:
        table = Table("Mois", "Compte", "Logements déclarés", "Couverture", title="La série")
        for one in found.series:
            table.add_row(
                f"{one.month:%m/%Y}", f"{one.count:.0f}", f"{one.dwellings:.0f}", f"{100 * one.coverage:.0f} %"
            )
        console.print(table)
        console.print(_figures(found.evidence))
        for name, title, columns in (
            ("landlords", "Les bailleurs du quartier", ("landlord", "count", "expected")),
            ("neighbours", "Les autres quartiers de ses communes", ("code", "ratio")),
        ):
            if found.evidence[name]:
                console.print(_listed(found.evidence[name], title, columns))
    for said_at, by, verdict, reason in found.said:
        word = "vue" if verdict == "acknowledged" else f"écartée : {reason}"
        console.print(f"  {said_at:%d/%m/%Y}, {by} : {word}")
    if found.equal is not None:
        same = "au chiffre près" if found.equal else "AUTREMENT : signalez-le"
        console.print(f"Recalculée d'après ce qui était reçu (détecteur {found.version}) : {same}.")


def _figures(evidence: Any) -> Table:
    table = Table("Preuve", "", title="Ce sur quoi elle tient")
    for label, value in (
        ("observé", f"{evidence['count']:.0f}"),
        ("attendu", f"{evidence['expected']:.2f}"),
        ("rapport", f"{evidence['ratio']:.2f}"),
        ("borne du mois seul : jusque-là, aucun signal", f"{evidence['bound']:.0f}"),
        ("probabilité (p)", f"{evidence['p']:.2e}"),
        ("dont le mois seul", f"{evidence['single']:.2e}"),
        ("dont le trimestre", "—" if evidence["summed"] is None else f"{evidence['summed']:.2e}"),
        ("couverture", f"{100 * evidence['coverage']:.0f} %"),
        ("surdispersion", f"{evidence['dispersion']:.2f}"),
    ):
        table.add_row(label, value.replace(".", ","))
    return table


def _listed(rows: Any, title: str, columns: tuple[str, ...]) -> Table:
    labels = {"landlord": "Bailleur", "count": "Observé", "expected": "Attendu", "code": "Quartier", "ratio": "Rapport"}
    table = Table(*(labels[name] for name in columns), title=title)
    for row in rows:
        table.add_row(*(f"{row[n]:.2f}".replace(".", ",") if isinstance(row[n], float) else row[n] for n in columns))
    return table
