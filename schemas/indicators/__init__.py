"""Every indicator, in one place: the records of `records/*.toml`, read once.

Help texts, the guide, the views and the exports are made from them: a formula stands nowhere else.
"""

import tomllib
from functools import cache
from pathlib import Path

from schemas.indicators.model import Indicator
from schemas.indicators.rates import Rate, rate

__all__ = ["Indicator", "Rate", "conditions", "help_text", "indicator", "indicators", "rate"]

RECORDS = Path(__file__).parent / "records"
_FILES = ("sorties", "entrees", "parcours", "logements", "durees", "couverture")


@cache
def indicators() -> dict[str, Indicator]:
    """Return every indicator by its code, in the order of the guide; ValueError for two of one code."""
    found: dict[str, Indicator] = {}
    for name in _FILES:
        text = (RECORDS / f"{name}.toml").read_text(encoding="utf-8")
        for code, record in tomllib.loads(text).items():
            if code in found:
                raise ValueError(f"two indicators are called {code}")
            found[code] = Indicator(code=code, **record)
    return found


def indicator(code: str) -> Indicator:
    """Return the indicator of a code; KeyError if there is none."""
    return indicators()[code]


def help_text(code: str) -> str:
    """Return what a panel says of an indicator, in French: what it is, its formula, its limits. Markdown."""
    one = indicator(code)
    parts = [
        one.says,
        f"**Formule :** {one.formula}.",
        f"**Exclus :** {one.excludes}" if one.excludes else "",
        f"**Limites :** {one.limits}",
        f"**Conditions :** {told}." if (told := conditions(one)) else "",
        f"**À ne pas confondre :** {one.not_to_mix}" if one.not_to_mix else "",
    ]
    return "\n\n".join(part for part in parts if part)


def conditions(one: Indicator) -> str:
    """Return when the figure is held back and how its interval is made, in French; empty if neither."""
    parts = []
    if one.least_dwellings:
        parts.append(f"rien sous {one.least_dwellings} logements")
    if one.held_back is not None:
        parts.append(f"rien si {one.held_back.what} dépassent {one.held_back.at_most:.0%}".replace("%", " %"))
    if one.annualised:
        parts.append("les fenêtres de 1 et 3 mois sont ramenées à l'année et marquées « annualisé »")
    if one.interval == "poisson":
        parts.append("intervalle à 95 % exact de Poisson (Garwood)")
    if one.interval == "wilson":
        parts.append("intervalle à 95 % de Wilson")
    return " ; ".join(parts)
