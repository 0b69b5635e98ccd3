"""*Consignes*: the runbooks of `docs/runbooks/`, where who sees an alert reads what to do."""

from typing import Any

from dashboards import page, panels
from dashboards.rules import RULES
from runtime.settings import ROOT

FOLDER = ROOT / "docs" / "runbooks"
PAGE = page.Page(
    page.CONSIGNES,
    "Ce qu'il faut faire quand une règle d'alerte de Grafana se déclenche : une consigne par règle.",
    refresh="1d",
    since="now-1y",
)
INTRODUCTION = """\
Une consigne par règle d'alerte : ce qu'elle veut dire, quoi regarder, quoi faire. Les mêmes textes sont dans
`docs/runbooks/`. Ils parlent de la chaîne, et des alertes ; les chiffres, eux, comptent les **locataires du parc social
seulement**.
"""
HEIGHT = 13


def build() -> Any:
    """Return the dashboard: two runbooks side by side, in the order of the rules."""
    words = panels.words(1, "À quoi sert cette page", "Ce que sont les consignes.", (0, 0, 24, 4), INTRODUCTION)
    return page.build(PAGE, [words, *(_runbook(place, rule.consigne) for place, rule in enumerate(RULES))])


def _runbook(place: int, name: str) -> Any:
    title, _, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    at = (12 * (place % 2), 4 + HEIGHT * (place // 2), 12, HEIGHT)
    words = f"La règle « {RULES[place].title} » renvoie ici."
    return panels.words(page.FIRST_CONSIGNE + place, title.removeprefix("# "), words, at, text.strip())
