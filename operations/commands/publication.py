"""`quartiers publication run | list | show | rules`: the vintages of the published layer, and what secrecy costs."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from operations.numbers import number as in_french
from runtime.settings import Settings

if TYPE_CHECKING:
    from schemas.secrecy import Rules

LEVELS_FR = {
    "region": "Région",
    "departement": "Départements",
    "epci": "EPCI",
    "commune": "Communes",
    "qpv_2024": "QPV 2024",
    "qpv_2015": "QPV 2015",
    "own": "Territoires de projet",
}
STEPS_FR = {
    "commune": "les quartiers, ou le reste, d'une commune",
    "epci": "ceux d'un EPCI",
    "departement": "ceux d'un département",
    "departement_all_parts": "tout un département",
    "region": "toute la région",
}
MEASURES_FR = {
    "departures": "Départs",
    "arrivals": "Arrivées",
    "departure_kinds": "Départs, internes ou externes",
    "destinations": "Destinations",
    "arrival_kinds": "Arrivées, internes ou externes",
    "origins": "Origines",
    "relet_dwellings_12_months": "Logements reloués",
}
RulesFile = Annotated[Path | None, typer.Option("--rules", help="Fichier des règles du secret.")]
Month = Annotated[datetime | None, typer.Option(formats=["%Y-%m"], help="Mois du millésime (AAAA-MM).")]


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="La couche publiée : millésimes figés, secret statistique.")
    app.add_typer(family, name="publication")

    @family.command(help="Fige le millésime d'un mois, ou tous ceux qui sont dus ; dit ce que le secret retient.")
    def run(month: Month = None, rules: RulesFile = None, name: InstanceName = None) -> None:
        # The database's client and the engine are slow to load, here and below: `--help` does not wait for them.
        from runtime.clock import SystemClock, paris_today
        from runtime.database import connect
        from streams.publication.due import due_months
        from streams.publication.publish import PublicationError, publish

        settings = Settings.load(name)
        chosen = _rules(rules, settings)
        with connect(settings, "ingest", autocommit=True) as connection:
            months = [month.date()] if month else due_months(connection, chosen, paris_today(SystemClock()))
            if not months:
                typer.echo("Aucun millésime n'est dû.")
            for one in months:
                typer.echo(f"Millésime {one:%m/%Y} : calcul du secret…", err=True)
                try:
                    made = publish(connection, chosen, one)
                except PublicationError as error:
                    typer.secho(f"Erreur : {error}", err=True)
                    raise typer.Exit(1) from error
                typer.echo(f"Millésime {made.month:%m/%Y} figé : {in_french(made.figures)} lignes.")
                show_loss(made.loss)

    @family.command("list", help="Les millésimes publiés.")
    def list_vintages(name: InstanceName = None) -> None:
        from runtime.database import connect

        with connect(Settings.load(name), "ingest") as connection:
            rows = connection.execute(
                "SELECT vintage, frozen_at, mode, "
                "(SELECT count(*) FROM published.figure WHERE figure.vintage = vintage.vintage "
                "AND status IN ('value', 'provisional')), "
                "(SELECT count(*) FROM published.figure WHERE figure.vintage = vintage.vintage AND status = 'secret') "
                "FROM published.vintage ORDER BY vintage"
            ).fetchall()
        table = Table("Millésime", "Figé le", "Mode", "Chiffres publiés", "Secrets")
        for vintage, frozen_at, mode, shown, secret in rows:
            said = "arrondi" if mode == "rounding" else "suppression"
            table.add_row(f"{vintage:%m/%Y}", f"{frozen_at:%d/%m/%Y}", said, in_french(shown), in_french(secret))
        Console().print(table if rows else "Aucun millésime n'est publié.")

    @family.command(help="Ce que le secret retient dans un millésime, et les règles qui en ont décidé.")
    def show(
        month: Annotated[datetime, typer.Argument(formats=["%Y-%m"], metavar="AAAA-MM")], name: InstanceName = None
    ) -> None:
        from runtime.database import connect
        from schemas.secrecy import Rules

        with connect(Settings.load(name), "ingest") as connection:
            found = connection.execute(
                "SELECT rules, loss FROM published.vintage WHERE vintage = %s", (month.date(),)
            ).fetchone()
        if found is None:
            typer.secho(f"Erreur : aucun millésime {month:%m/%Y} ; voir `quartiers publication list`.", err=True)
            raise typer.Exit(1)
        show_loss(found[1])
        show_rules(Rules.model_validate(found[0]))

    @family.command("rules", help="Lit un fichier de règles : ce qu'il dit, et s'il est plus faible que la loi.")
    def tell_rules(rules: RulesFile = None, name: InstanceName = None) -> None:
        show_rules(_rules(rules, Settings.load(name)))


def _rules(path: Path | None, settings: Settings) -> "Rules":
    from schemas.secrecy import RulesError, load_rules, rules_in_force

    try:
        return load_rules(path) if path else rules_in_force(settings.instance_dir)
    except RulesError as error:
        typer.secho(f"Erreur : {error}", err=True)
        raise typer.Exit(1) from error


def show_loss(loss: Mapping[str, Any]) -> None:
    """Print, by measure, level and window, the figures that are shown and the share of moves held back."""
    for measure, told in loss.items():
        by_window = {window: by_level for window, by_level in told.items() if window != "steps"}
        table = Table("Niveau", *(f"{window} mois" for window in by_window), title=MEASURES_FR.get(measure, measure))
        levels = [level for level in LEVELS_FR if any(level in by_level for by_level in by_window.values())]
        for level in levels:
            cells = []
            for by_level in by_window.values():
                one = by_level[level]
                shown = one["figures"] - one["figures_held_back"]
                off = f", écart moyen {in_french(round(one['off']))}" if one["off"] else ""
                held_back = f"{one['moves_held_back_percent']} % des mouvements retenus"
                cells.append(f"{shown} sur {one['figures']} ({held_back}{off})")
            table.add_row(LEVELS_FR[level], *cells)
        Console().print(table)
        for step, times in told.get("steps", {}).items():
            typer.echo(f"Ce que rien d'autre ne protégeait a masqué d'un coup {STEPS_FR[step]} ({times} fois).")


def _consenting(rules: "Rules") -> str:
    if rules.dominance.seul_reconnaissable:
        return "tous les bailleurs"
    return ", ".join(rules.dominance.bailleurs_consentants) or "aucun bailleur"


def show_rules(rules: "Rules") -> None:
    """Print what the rules say, and who agreed to less than the law."""
    told = [
        ("Seuil de publication", str(rules.publication.seuil)),
        ("Largeur protégée", str(rules.publication.largeur_protegee)),
        ("Mode", rules.publication.mode),
        ("Seuil de l'observatoire", str(rules.observatoire.seuil)),
        ("Part maximale d'un bailleur", f"{100 * rules.dominance.part_maximale:.0f} %"),
        ("Reconnaissables là où ils sont seuls", _consenting(rules)),
        ("Logements minimum", str(rules.population.logements_minimum)),
        ("Figé le", f"{rules.publication.jour} du mois, {rules.publication.delai_mois} mois après"),
    ]
    table = Table("Règle", "Valeur")
    for row in told:
        table.add_row(*row)
    Console().print(table)
    if weaker := rules.weaker_than_law():
        typer.secho(f"Plus faible que la loi : {' ; '.join(weaker)}. {rules.plus_faible_que_la_loi}", fg="yellow")
