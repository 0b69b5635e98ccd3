"""What is said of an indicator: one record holds its formula, its conditions, and all that a reader is told.

Invariant: no label says only « rotation »; a rate over dwellings needs 50 of them; a record that stands on measures
has an expression for each side of its fraction.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.indicators.measures import Expression

Family = Literal["sorties", "entrées", "parcours", "logements", "durées", "préavis", "couverture"]
Basis = Literal["measures", "distribution", "rpls"]
Interval = Literal["poisson", "wilson", "none"]
Window = Literal[1, 3, 12]

MONTHS_A_YEAR = 12


class Unknown(BaseModel):
    """When too much is unknown, the figure is held back: `unknown` / `among` above `at_most`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    unknown: Expression
    among: Expression
    at_most: float = Field(gt=0, lt=1)


class Example(BaseModel):
    """A worked example with round figures: `measures` go into the formula, the guide computes the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    window: Window = 12
    measures: dict[str, float] = {}


class Indicator(BaseModel):
    """One indicator. `basis`: where its figure comes from.

    `measures`: numerator and denominator are sums of the measures of a declared window; `distribution`: a median or a
    survival, computed from the moves themselves; `rpls`: set against INSEE's RPLS.
    `places`: `qpv` where it has a meaning only inside a QPV.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    family: Family
    unit: Literal["%", "logements", "ménages", "jours", "mois"]
    basis: Basis = "measures"
    formula: str
    numerator: Expression | None = None
    denominator: Expression | None = None
    windows: tuple[Window, ...]
    annualised: bool = False
    interval: Interval = "none"
    places: Literal["everywhere", "qpv"] = "everywhere"
    least_dwellings: int = 0
    held_back: Unknown | None = None
    says: str
    excludes: str
    limits: str
    not_to_mix: str
    source: str
    example: Example

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        """Refuse a record that contradicts itself."""
        if self.basis == "measures" and self.numerator is None:
            raise ValueError(f"{self.code}: a figure on measures needs a numerator")
        if self.basis != "measures" and self.numerator is not None:
            raise ValueError(f"{self.code}: only a figure on measures has an expression")
        if (self.interval != "none" or self.annualised) and self.denominator is None:
            raise ValueError(f"{self.code}: an interval or a yearly rate needs a denominator")
        if (self.unit == "%") != (self.denominator is not None) and self.basis == "measures":
            raise ValueError(f"{self.code}: a fraction, and nothing else, is told in %")
        if "rotation" in self.name.lower():
            raise ValueError(f"{self.code}: « rotation » has four meanings: name numerator and denominator")
        return self

    @property
    def at_risk(self) -> Expression:
        """What must be `least_dwellings` or more: the denominator if it counts dwellings, else the dwellings."""
        denominator = self.denominator or ()
        return denominator if "dwellings" in dict(denominator) else (("dwellings", 1),)

    def label(self, window: int) -> str:
        """Return the French name of the indicator over a window of months, marked where it is annualised."""
        if self.windows == (1,):
            return self.name
        annualised = ", annualisé" if self.annualised and window != MONTHS_A_YEAR else ""
        return f"{self.name}, {window} mois{annualised}"

    def factor(self, window: int) -> float:
        """Return what the fraction is multiplied by: 100 for %, and to a year where it is annualised."""
        yearly = MONTHS_A_YEAR / window if self.annualised else 1
        return yearly * (100 if self.denominator is not None else 1)
