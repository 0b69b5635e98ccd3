"""How one column of a query's result looks: unit, colour, width, words for its values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from dashboards import palette

COUNT = "locale"
PERCENT = "percent"
SECONDS = "dthms"
DAY = "time:DD/MM/YYYY"
MONTH = "time:MM/YYYY"
MOMENT = "time:DD/MM/YYYY HH:mm"
TEXT = "string"
DAYS = "suffix:j"
MONTHS_LONG = "suffix:mois"
YEARS = "suffix:ans"
TIMES = "suffix:fois"


def words(meanings: Mapping[str, tuple[str, str]]) -> list[ValueMapping]:
    """Return a mapping from codes to the reader's word and its colour."""
    return [
        ValueMap(
            options={
                code: ValueMappingResult(text=word, color=colour, index=index)
                for index, (code, (word, colour)) in enumerate(meanings.items())
            }
        )
    ]


def null_as(text: str, colour: str) -> list[ValueMapping]:
    """Return a mapping that says in a word what a null is here."""
    return [
        SpecialValueMap(
            options={"match": SpecialValueMatch.NULL, "result": ValueMappingResult(text=text, color=colour, index=0)}
        )
    ]


def steps(*pairs: tuple[float | None, str]) -> ThresholdsConfig:
    """Return thresholds from (lowest value, colour) pairs; the first value is None."""
    return ThresholdsConfig(
        mode=ThresholdsMode.ABSOLUTE, steps=[Threshold(value=value, color=colour) for value, colour in pairs]
    )


@dataclass(frozen=True)
class Field:
    """One column, by the name that its query gives it; `label` is what the reader sees where that is too long."""

    name: str
    unit: str
    decimals: int | None = None
    colour: str | None = None
    width: int | None = None
    mappings: list[ValueMapping] | None = None
    thresholds: ThresholdsConfig | None = None
    scheme: str | None = None
    cell: str | None = None
    wrapped: bool = False
    link: tuple[str, str] | None = None
    hidden: bool = False
    filterable: bool = False
    lowest: float | None = None
    highest: float | None = None
    line: Mapping[str, object] | None = None
    label: str | None = None

    def properties(self) -> list[DynamicConfigValue]:
        """Return the override that Grafana applies to the column."""
        cell = {"type": self.cell or "auto", "wrapText": self.wrapped} if self.cell or self.wrapped else None
        links = [{"title": self.link[0], "url": self.link[1]}] if self.link else None
        found: dict[str, object] = {
            "displayName": self.label,
            "unit": self.unit,
            "decimals": self.decimals,
            "color": self._color(),
            "mappings": self.mappings,
            "thresholds": self.thresholds,
            "links": links,
            "min": self.lowest,
            "max": self.highest,
            "custom.width": self.width,
            "custom.cellOptions": cell,
            "custom.hidden": self.hidden or None,
            "custom.filterable": self.filterable or None,
            **{f"custom.{key}": value for key, value in (self.line or {}).items()},
        }
        return [DynamicConfigValue(id_val=key, value=value) for key, value in found.items() if value is not None]

    def _color(self) -> dict[str, str] | None:
        if self.colour:
            return {"mode": "fixed", "fixedColor": self.colour}
        return {"mode": self.scheme} if self.scheme else None


def band(unit: str) -> list[Field]:
    """Return the two bounds of an interval around a line, as one grey band without an edge and without a legend."""
    bare = {"lineWidth": 0, "showPoints": "never", "hideFrom": {"legend": True, "tooltip": False, "viz": False}}
    low = Field("Au moins", unit, 1, palette.BAND, line=bare)
    return [low, replace(low, name="Au plus", line={**bare, "fillBelowTo": low.name, "fillOpacity": 18})]


def bounds() -> list[Field]:
    """Return the two columns of a table that bear an interval's bounds, in %."""
    low = Field("Au moins", PERCENT, 1, width=84, mappings=UNTOLD)
    return [low, replace(low, name="Au plus", width=78)]


SECRET = null_as("secret", palette.HELD_BACK)
UNTOLD = null_as("—", palette.QUIET)
DEPARTURES = Field("Départs", COUNT, 0, palette.DEPARTURES)
ARRIVALS = Field("Arrivées", COUNT, 0, palette.ARRIVALS)
SOLDE = Field("Solde", COUNT, 0, palette.SOLDE)
RATE = Field("Taux de départ", PERCENT, 1, mappings=UNTOLD)
DWELLINGS = Field("Logements", COUNT, 0, mappings=UNTOLD)
COMPLETENESS = Field(
    "Complétude",
    PERCENT,
    1,
    thresholds=steps((None, palette.BAD), (80, palette.WARNING), (95, palette.GOOD)),
    scheme="thresholds",
    mappings=UNTOLD,
)
"""Under 80 % a month does not count as complete."""
MONTHS = Field("Mois", MONTH, mappings=null_as(" ", palette.QUIET))
"""The months under bars; Grafana asks for a word for each label that it leaves out."""
THROUGH = Field("Complet jusqu'à", MONTH, mappings=UNTOLD)
STATUS = Field("Statut", TEXT, mappings=words(palette.STATUSES), cell="color-text")
GAP = Field("Écart", TEXT, mappings=words(palette.GAPS), cell="color-text")
"""Higher or lower, where the intervals at 95 % do not touch; no arrow otherwise."""
