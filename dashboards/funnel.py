"""The funnel: observed over expected, by how much was expected, between the bounds of chance.

Source: D. J. Spiegelhalter, "Funnel plots for comparing institutional performance", Statistics in Medicine 24 (2005)
1185-1202; bounds of a Poisson count by the first terms of Cornish and Fisher's expansion.
"""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import xychart
from grafana_foundation_sdk.models import xychart as kinds

from dashboards import fields, palette, panels
from dashboards.fields import Field
from dashboards.source import Query

OPTIONS_OF = "12.2.0"
LEAST = 4
"""Where the axis begins: less is never shown."""
X, BOUNDED_X = "Attendu", "Attendu borné"
MEASURES = {"Départs": palette.DEPARTURES, "Arrivées": palette.ARRIVALS}
BOUNDS = {
    "95 %, bas": palette.QUIET,
    "95 %, haut": palette.QUIET,
    "99,8 %, bas": palette.BAD,
    "99,8 %, haut": palette.BAD,
}


def funnel(
    number: int, title: str, description: str, at: panels.At, points: Sequence[Query], bounds: Query
) -> panels.Panel:
    """Return the panel: points of each of `MEASURES` from a query of its own, lines of `BOUNDS` from the last one."""
    panel = (
        xychart.Panel()
        .mapping(kinds.SeriesMapping.MANUAL)
        .series(
            [
                *(_Series(place, X, name) for place, name in enumerate(MEASURES)),
                *(_Series(len(MEASURES), BOUNDED_X, name) for name in BOUNDS),
            ]
        )
        .min(0)
        .legend(panels.legend())
        .tooltip(panels.tooltip(single=True))
    )
    over = {"axisLabel": "mouvements attendus", "scaleDistribution": {"type": "log", "log": 2}}
    dots = {"show": "points", "pointSize": {"fixed": 7}, "axisLabel": "observé ÷ attendu"}
    line = {"show": "lines", "lineWidth": 1, "pointSize": {"fixed": 1}, "axisLabel": "observé ÷ attendu"}
    dress = [
        *(Field(name, fields.COUNT, 0, line=over, lowest=LEAST) for name in (X, BOUNDED_X)),
        *(Field(name, fields.TIMES, 2, colour, line=dots) for name, colour in MEASURES.items()),
        *(Field(name, fields.TIMES, 2, colour, line=line) for name, colour in BOUNDS.items()),
        Field("Observé", fields.COUNT, 0),
        Field("Quartier", fields.TEXT),
    ]
    # Without a version Grafana takes the options for those of before 11.1, and draws nothing.
    made = panels.dressed(panels.asked(panel, [*points, bounds], dress), number, title, description, at)
    made._internal.plugin_version = OPTIONS_OF
    return made


class _Series:
    """What the SDK's panel asks of a builder: a column of a frame over another one."""

    def __init__(self, frame: int, x: str, y: str) -> None:
        self._frame, self._x, self._y = frame, x, y

    def build(self) -> kinds.XYSeriesConfig:
        return kinds.XYSeriesConfig(
            frame=kinds.XychartXYSeriesConfigFrame(kinds.MatcherConfig("byIndex", self._frame)),
            x=kinds.XychartXYSeriesConfigX(kinds.MatcherConfig("byName", self._x)),
            y=kinds.XychartXYSeriesConfigY(kinds.MatcherConfig("byName", self._y)),
        )
