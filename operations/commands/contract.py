"""`quartiers contract`: write what is generated of the published contract, and of the integrator's page."""

import typer

from runtime.settings import ROOT
from schemas.contract import page, publish

PAGE = ROOT / "docs" / "contrat.md"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Écrit le contrat publié : schémas, document AsyncAPI, listes de codes, page de l'intégrateur.")
    def contract() -> None:
        publish.main()
        PAGE.write_text(page.refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        typer.echo(f"Contrat écrit dans {publish.PUBLISHED} et {PAGE}")
