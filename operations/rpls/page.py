"""The reconciliation with RPLS as a page for readers: each difference with its reason, and the sum of them."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import repeat
from pathlib import Path

from operations.numbers import number
from operations.rpls.reconciliation import LABELS, LEASE_ONLY, RELET_ELSEWHERE, STOCK, Comparison

NOTHING = Fraction(0)
TEMPLATE = Path(__file__).parent / "page.md"


def written(everything: Comparison, quartiers: Iterable[Comparison], *, year: int, seed: int, scale: float) -> str:
    """Return the page, in Markdown."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        year=year,
        before=year - 1,
        seed=seed,
        scale=f"{100 * scale:g}",
        total=_total(everything),
        each=_each(quartiers),
    )


def _total(one: Comparison) -> str:
    relet, lease, stock = one.parts
    terms = one.terms()
    counted = {name: Fraction(n) for part in (relet, lease, stock) for name, n in part.items()}
    lines = [
        "| | nombre | en points |",
        "|---|---:|---:|",
        f"| emménagements (relocations) | {number(one.arrivals)} | |",
        f"| reloués plusieurs fois dans l'année, comptés une fois | {_signed(Fraction(one.ours - one.arrivals))} | |",
        f"| **logements reloués / {_quarters(one.our_dwellings)} : notre taux** "
        f"| {number(one.ours)} | {_percent(one.our_rate)} % |",
    ]
    for names, sign in ((RELET_ELSEWHERE, -1), (LEASE_ONLY, 1), (STOCK, 1)):
        for name in names:
            n = sign * counted.get(name, NOTHING)
            lines.append(f"| {LABELS[name]} | {_signed(n)} | {_points(-terms.get(name, NOTHING))} |")
    lines.append(
        f"| **baux de l'année / {number(one.rpls_dwellings)} : taux du RPLS** "
        f"| {number(one.rpls)} | {_percent(one.rpls_rate)} % |"
    )
    left = one.our_rate - one.rpls_rate - sum(terms.values())
    lines += [
        "",
        f"Reste inexpliqué : {_percent(left)} point. Les lignes du parc comptent des logements au dénominateur.",
        "",
    ]
    return "\n".join(lines)


def _each(quartiers: Iterable[Comparison]) -> str:
    lines = [
        "| quartier | notre taux (%) | RPLS (%) | écart | reloués, puis plus loués ou écartés | bail seul | parc |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in quartiers:
        terms = one.terms()
        sums = [sum(map(terms.get, names, repeat(NOTHING)), NOTHING) for names in (RELET_ELSEWHERE, LEASE_ONLY, STOCK)]
        figures = " | ".join(_points(one) for one in sums)
        gap = _points(one.our_rate - one.rpls_rate)
        lines.append(f"| {one.code} | {_percent(one.our_rate)} | {_percent(one.rpls_rate)} | {gap} | {figures} |")
    return "\n".join(lines) + "\n"


def _percent(rate: Fraction) -> str:
    return f"{float(100 * rate):.2f}".replace(".", ",")


def _points(rate: Fraction) -> str:
    return f"{float(100 * rate):+.2f}".replace(".", ",").replace("-", "−").replace("+0,00", "0").replace("−0,00", "0")


def _signed(n: Fraction) -> str:
    text = f"{float(n):+,.2f}".rstrip("0").rstrip(".").replace(",", " ").replace(".", ",").replace("-", "−")
    return "0" if n == 0 else text


def _quarters(n: Fraction) -> str:
    return f"{float(n):,.2f}".rstrip("0").rstrip(".").replace(",", " ").replace(".", ",")
