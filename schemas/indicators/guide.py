"""The guide of indicators, `docs/indicateurs.md`: for a person who has never seen SQL, made from the records.

Invariant: every worked example is computed by `rates.rate`, the function that stands for the formula.
"""

from pathlib import Path

from schemas.indicators import conditions, indicators
from schemas.indicators.model import MONTHS_A_YEAR, Indicator
from schemas.indicators.rates import rate

_OPENING = Path(__file__).parent / "opening.md"

_FAMILIES = {
    "sorties": "Sorties : qui quitte un logement",
    "préavis": "Préavis : ce qui s'annonce",
    "entrées": "Entrées : qui arrive",
    "parcours": "Parcours : d'où, vers où",
    "logements": "Logements : ce qui est vide, ce qui est vendu",
    "durées": "Durées : combien de temps",
    "couverture": "Couverture : ce que valent les autres chiffres",
}


def page() -> str:
    """Return the whole guide, in French, as Markdown."""
    parts = [_OPENING.read_text(encoding="utf-8")]
    for family, title in _FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_told(one) for one in indicators().values() if one.family == family]
    return "\n".join(parts)


def _told(one: Indicator) -> str:
    lines = [
        f"### {one.name}",
        one.says,
        f"**Comment il est fait.** {_sentence(one.formula)} {_windows(one)}",
        f"**Exemple.** {one.example.text}{_worked(one)}",
        f"**Ce qu'il ne dit pas.** {one.limits}",
        f"**Ce qui n'y est pas.** {one.excludes}" if one.excludes else "",
        f"**À ne pas confondre avec.** {one.not_to_mix}" if one.not_to_mix else "",
        f"**Conditions.** {_sentence(told)}" if (told := conditions(one)) else "",
        f"**Source.** {_sentence(one.source)}",
        f"Code dans les données : `{one.code}`.",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _windows(one: Indicator) -> str:
    """Return over which windows the figure exists."""
    if one.windows == (1,):
        return "Donné par mois."
    *first, last = map(str, one.windows)
    return f"Fenêtre de {', '.join(first)} {'ou ' if first else ''}{last} mois.".replace("  ", " ")


def _worked(one: Indicator) -> str:
    """Return the example worked out, empty where the text says all."""
    if one.denominator is None:
        return _counted(one)
    found = rate(one, one.example.measures, one.example.window)
    assert found.numerator is not None and found.denominator and found.value is not None  # noqa: S101 a test holds it
    yearly = ""
    if one.annualised and one.example.window != MONTHS_A_YEAR:
        yearly = f" × 12 ÷ {one.example.window}"
    work = f" Calcul : {_number(found.numerator)} ÷ {_number(found.denominator)}{yearly} = {_number(found.value)} %"
    if found.lower is None or found.upper is None:
        return f"{work}."
    return f"{work}, intervalle de {_number(found.lower)} à {_number(found.upper)} %."


def _counted(one: Indicator) -> str:
    """Return a difference worked out; a plain count needs none."""
    if one.numerator is None or len(one.numerator) == 1:
        return ""
    terms = [(sign, one.example.measures[name]) for name, sign in one.numerator]
    work = "".join(f"{' − ' if sign < 0 else ' + '}{_number(value)}" for sign, value in terms).removeprefix(" + ")
    return f" Calcul : {work} = {_number(sum(sign * value for sign, value in terms))}."


def _number(value: float) -> str:
    """Return a number as the French write it, with one decimal where it has any."""
    return f"{value:.1f}".removesuffix(".0").replace(".", ",").replace("-", "−")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
