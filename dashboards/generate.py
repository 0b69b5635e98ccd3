"""Write the dashboards' JSON: `python -m dashboards.generate`, or `quartiers dashboards`.

Invariant: what is in `generated/` is what this writes, byte for byte (a test regenerates and compares).
"""

import json
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import chaine, couverture, indicateurs, occupation, page, parcours, quartier, region

GENERATED = Path(__file__).parent / "generated"
BUILDERS = {
    page.REGION: region.build,
    page.QUARTIER: quartier.build,
    page.INDICATEURS: indicateurs.build,
    page.PARCOURS: parcours.build,
    page.OCCUPATION: occupation.build,
    page.COUVERTURE: couverture.build,
    page.CHAINE: chaine.build,
}


def text(dashboard: Any) -> str:
    """Return a dashboard as Classic JSON, in a stable order."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"


def texts() -> dict[str, str]:
    """Return the text of every file of `generated/`, by name: the uid of the dashboard."""
    return {f"{uid}.json": text(build()) for uid, build in BUILDERS.items()}


def main() -> None:
    """Write every file; remove those that no builder makes any more."""
    GENERATED.mkdir(exist_ok=True)
    wanted = texts()
    for stale in GENERATED.glob("*.json"):
        if stale.name not in wanted:
            stale.unlink()
    for name, content in wanted.items():
        (GENERATED / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
