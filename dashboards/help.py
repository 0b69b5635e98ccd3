"""Panels' descriptions, made from the registry of indicators: a formula stands nowhere else."""

from collections.abc import Sequence

from schemas.indicators import help_text, indicator


def described(codes: Sequence[str], more: str, source: str, unit: str) -> str:
    """Return a description in Markdown: what each indicator is, what is particular here, from where, in what unit.

    `codes`: indicators of the registry; KeyError for one that is not there.
    """
    told = [f"**{indicator(code).name}.** {help_text(code)}" for code in codes]
    return "\n\n".join([*told, f"{more} Source : {source}. Unité : {unit}.".strip()])
