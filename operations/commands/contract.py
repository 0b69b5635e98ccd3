"""`quartiers contract`: write what is generated of the published contract: schemas, page, conformance kit."""

import typer

from runtime.settings import ROOT

PAGE = ROOT / "docs" / "contrat.md"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Écrit le contrat publié : schémas, document AsyncAPI, listes de codes, page de l'intégrateur, "
        "jeu de conformité."
    )
    def contract() -> None:
        from schemas.conformance import kit  # the models: `--help` does not wait for them
        from schemas.contract import page, publish

        publish.main()
        kit.write()
        PAGE.write_text(page.refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        typer.echo(f"Contrat écrit dans {publish.PUBLISHED}, {kit.FOLDER} et {PAGE}")
