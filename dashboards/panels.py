"""Panels as the house builds them: an id, a French title, a description that says what, over what, from where.

Counts are bars from zero, a null is a gap, and each column has its unit.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from grafana_foundation_sdk.builders import barchart, common, stat, statetimeline, table, timeseries, trend
from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.builders import text as markdown
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import text as markdown_kinds

from dashboards.fields import Field
from dashboards.source import Query

NO_DATA = "pas de données"
Panel = Any
"""A panel builder of the SDK, which bears no types that mypy follows."""
At = tuple[int, int, int, int]
"""Where a panel stands: x, y, width (of 24), height."""


def dressed(panel: Panel, number: int, title: str, description: str, at: At) -> Panel:
    """Return the panel with its number, its words and its place."""
    x, y, w, h = at
    return panel.id(number).title(title).description(description).grid_pos(models.GridPos(x=x, y=y, w=w, h=h))


def asked(panel: Panel, queries: Iterable[Query], fields: Iterable[Field]) -> Panel:
    """Return the panel with its queries, which ask one source, and its columns dressed."""
    targets = list(queries)
    panel.datasource(targets[0].source.reference()).no_value(NO_DATA)
    for query in targets:
        panel.with_target(query)
    for field in fields:
        panel.override_by_name(field.name, field.properties())
    return panel


def legend() -> Any:
    """Return a legend under the chart."""
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(kinds.LegendDisplayMode.LIST)
        .placement(kinds.LegendPlacement.BOTTOM)
    )


def tooltip(*, single: bool = False) -> Any:
    """Return what is told under the pointer: every series there, or the one point."""
    mode = kinds.TooltipDisplayMode.SINGLE if single else kinds.TooltipDisplayMode.MULTI
    return common.VizTooltipOptions().mode(mode).sort(kinds.SortOrder.NONE)


def row(number: int, title: str, y: int) -> Panel:
    """Return the title of a part of the dashboard."""
    return sdk.Row(title).id(number).grid_pos(models.GridPos(x=0, y=y, w=24, h=1))


def words(number: int, title: str, description: str, at: At, content: str) -> Panel:
    """Return a panel of Markdown text."""
    panel = markdown.Panel().mode(markdown_kinds.TextMode.MARKDOWN).content(content)
    return dressed(panel, number, title, description, at)


def figures(
    number: int,
    title: str,
    description: str,
    at: At,
    query: Query,
    fields: Iterable[Field],
    *,
    value_size: int | None = None,
) -> Panel:
    """Return the columns of one row as large figures, side by side; a column's name stands above its figure."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().values(False).calcs(["last"]).fields("/.*/"))
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .color_mode(kinds.BigValueColorMode.VALUE)
        .justify_mode(kinds.BigValueJustifyMode.CENTER)
        .text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
        .orientation(kinds.VizOrientation.VERTICAL)
        .wide_layout(False)
        .color_scheme(sdk.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color("text"))
    )
    if value_size:
        panel.text(common.VizTextDisplayOptions().title_size(12).value_size(value_size))
    return dressed(asked(panel, [query], fields), number, title, description, at)


def bars(number: int, title: str, description: str, at: At, query: Query, x: Field, counts: Iterable[Field]) -> Panel:
    """Return counts by month as bars side by side, from zero; a null leaves a gap."""
    panel = (
        barchart.Panel()
        .x_field(x.name)
        .x_tick_label_max_length(12)
        .x_tick_label_spacing(80)
        .show_value(kinds.VisibilityMode.NEVER)
        .group_width(0.8)
        .bar_width(0.95)
        .line_width(0)
        .fill_opacity(90)
        .min(0)
        .unit("locale")
        .legend(legend())
        .tooltip(tooltip())
    )
    return dressed(asked(panel, [query], [x, *counts]), number, title, description, at)


def stacked_days(number: int, title: str, description: str, at: At, query: Query, counts: Iterable[Field]) -> Panel:
    """Return counts by day as stacked bars, from zero."""
    panel = (
        timeseries.Panel()
        .draw_style(kinds.GraphDrawStyle.BARS)
        .bar_alignment(kinds.BarAlignment.AFTER)
        .stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
        .line_width(0)
        .fill_opacity(90)
        .min(0)
        .unit("locale")
        .span_nulls(False)
        .legend(legend())
        .tooltip(tooltip())
    )
    return dressed(asked(panel, [query], counts), number, title, description, at)


def lines(
    number: int, title: str, description: str, at: At, queries: Iterable[Query], fields: Iterable[Field], unit: str
) -> Panel:
    """Return rates by month as lines; a null leaves a gap."""
    panel = (
        timeseries.Panel()
        .draw_style(kinds.GraphDrawStyle.LINE)
        .line_width(2)
        .fill_opacity(0)
        .show_points(kinds.VisibilityMode.NEVER)
        .unit(unit)
        .decimals(1)
        .min(0)
        .span_nulls(False)
        .legend(legend())
        .tooltip(tooltip())
    )
    return dressed(asked(panel, queries, fields), number, title, description, at)


def curve(number: int, title: str, description: str, at: At, query: Query, x: Field, shares: Iterable[Field]) -> Panel:
    """Return shares in % over a number that is not a date, as lines; a null ends the line."""
    panel = (
        trend.Panel()
        .x_field(x.name)
        .line_width(2)
        .fill_opacity(0)
        .show_points(kinds.VisibilityMode.AUTO)
        .unit("percent")
        .min(0)
        .span_nulls(False)
        .legend(legend())
        .tooltip(tooltip())
    )
    bounded = [replace(share, highest=100) for share in shares]
    return dressed(asked(panel, [query], [x, *bounded]), number, title, description, at)


def states(number: int, title: str, description: str, at: At, query: Query, fields: Iterable[Field]) -> Panel:
    """Return a ribbon of words by month, each word in its colour."""
    panel = (
        statetimeline.Panel()
        .show_value(kinds.VisibilityMode.NEVER)
        .row_height(0.8)
        .merge_values(True)
        .disable_pagination()
        .line_width(0)
        .fill_opacity(90)
        .unit("string")
        .legend(legend())
        .tooltip(tooltip())
    )
    return dressed(asked(panel, [query], fields), number, title, description, at)


def rows(
    number: int,
    title: str,
    description: str,
    at: At,
    query: Query,
    fields: Iterable[Field],
    *,
    more: Iterable[Query] = (),
) -> Panel:
    """Return a table; the rows of `more`, which have the same columns, follow those of `query`."""
    panel = table.Panel().show_header(True).cell_height(kinds.TableCellHeight.SM)
    queries = [query, *more]
    if len(queries) > 1:
        panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    return dressed(asked(panel, queries, fields), number, title, description, at)
