"""Write the dashboards' JSON, and the alert rules': `python -m dashboards.generate`, or `quartiers dashboards`.

Invariant: what is in `generated/`, `generated_public/` and `provisioning/alerting/` is what this writes, byte for byte
(a test regenerates and compares).
"""

import json
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import (
    alertes,
    chaine,
    consignes,
    couverture,
    indicateurs,
    occupation,
    page,
    parcours,
    public,
    quartier,
    region,
    rules,
)
from dashboards.source import PUBLIC

GENERATED = Path(__file__).parent / "generated"
GENERATED_PUBLIC = Path(__file__).parent / "generated_public"
"""Apart, because each Grafana reads the whole of its folder."""
BUILDERS = {
    page.REGION: region.build,
    page.QUARTIER: quartier.build,
    page.INDICATEURS: indicateurs.build,
    page.PARCOURS: parcours.build,
    page.OCCUPATION: occupation.build,
    page.COUVERTURE: couverture.build,
    page.ALERTES: alertes.build,
    page.CHAINE: chaine.build,
    page.CONSIGNES: consignes.build,
    PUBLIC: public.build,
}


def text(dashboard: Any) -> str:
    """Return a dashboard as Classic JSON, in a stable order."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"


def texts(folder: Path) -> dict[str, str]:
    """Return the text of every file of `generated/` or `generated_public/`, by name: the uid of the dashboard."""
    public_ones = folder == GENERATED_PUBLIC
    return {f"{uid}.json": text(build()) for uid, build in BUILDERS.items() if (uid == PUBLIC) == public_ones}


def main() -> None:
    """Write every file; remove those that no builder makes any more."""
    for folder in (GENERATED, GENERATED_PUBLIC):
        folder.mkdir(exist_ok=True)
        wanted = texts(folder)
        for stale in folder.glob("*.json"):
            if stale.name not in wanted:
                stale.unlink()
        for name, content in wanted.items():
            (folder / name).write_text(content, encoding="utf-8")
    rules.FILE.parent.mkdir(exist_ok=True)
    rules.FILE.write_text(rules.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
