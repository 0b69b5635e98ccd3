"""The pictures of what is measured on a panel: calibration, false alarms, incidents put in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from operations.backtest.figures import SIZES_FR, decimal, interval, percent
from operations.backtest.svg import BAND, BLUE, GRID, INK, MUTED, ORANGE, SHADES, Drawing, Scale
from operations.numbers import number
from streams.backtest.calm import BINS, Calm, Share
from streams.backtest.incidents import FACTORS, LENGTHS, Caught

WIDTH = 880
LEAST_SHOWN = 300
"""Of fewer values a share or a histogram says more of chance than of the detector."""


def calibration(quiet: Calm, as_is: Calm) -> Drawing:
    """Draw the mid-p values by tenths, a panel for each size of what is expected: bars where nothing happens, dots of
    the panel as it is.
    """
    drawing = Drawing(WIDTH, 300, "Mid-p par dixième, selon le nombre d'événements attendus")
    gap, left, top, bottom = 28, 46, 58, 246
    width = (WIDTH - left - 14 - gap * (len(SIZES_FR) - 1)) / len(SIZES_FR)
    y = Scale(0, 25, bottom, top)
    for place, (size, name) in enumerate(SIZES_FR.items()):
        start = left + place * (width + gap)
        bars, dots = quiet.histograms[size], as_is.histograms[size]
        drawing.text(start, 24, name, bold=True)
        drawing.text(start, 42, f"{number(int(bars.sum()))} tirés, {number(int(dots.sum()))} réels", MUTED, 11.5)
        for tick in (0, 10, 20):
            drawing.line(
                start, y(tick), start + width, y(tick), INK if tick == 10 else GRID, 1, "4 3" if tick == 10 else ""
            )
            if not place:
                drawing.text(left - 8, y(tick) + 4, f"{tick} %", MUTED, 11.5, "end")
        step = width / BINS
        for shown, of in ((bars, "bar"), (dots, "dot")):
            if shown.sum() < LEAST_SHOWN:
                continue
            for tenth, share in enumerate((100 * shown / shown.sum()).tolist()):
                if of == "bar":
                    drawing.box(start + tenth * step + 1.5, y(share), step - 3, y(0) - y(share), SHADES[0])
                else:
                    drawing.dot(start + (tenth + 0.5) * step, y(share), 3, ORANGE, hint=f"{decimal(share, 1)} %")
        drawing.line(start, y(0), start + width, y(0), MUTED)
        for value, anchor in ((0, "start"), (1, "end")):
            drawing.text(
                start + value * width, y(0) + 18, str(value), MUTED, 11.5, "start" if anchor == "start" else "end"
            )
        drawing.text(start + width / 2, y(0) + 18, "mid-p", MUTED, 11.5, "middle")
    legend(
        drawing,
        286,
        left,
        [
            ("bar", SHADES[0], "là où rien ne se passe"),
            ("dot", ORANGE, "la série telle quelle"),
            ("dash", INK, "10 % partout : calibré"),
        ],
    )
    return drawing


def legend(drawing: Drawing, y: float, start: float, entries: Sequence[tuple[str, str, str]]) -> None:
    """Write a legend: the mark (bar, dot, hollow, cross, line, dash), its colour, its words."""
    x = start
    for mark, colour, words in entries:
        if mark == "bar":
            drawing.box(x, y - 10, 12, 11, colour)
        elif mark == "dot":
            drawing.dot(x + 6, y - 4, 4, colour)
        elif mark == "hollow":
            drawing.dot(x + 6, y - 4, 4, colour, hollow=True)
        elif mark == "cross":
            drawing.cross(x + 6, y - 4, 4, colour)
        else:
            drawing.line(x, y - 4, x + 14, y - 4, colour, 1.5, "4 3" if mark == "dash" else "")
        drawing.text(x + 20, y, words, INK, 12)
        x += 20 + 6.4 * len(words) + 26


class Row(NamedTuple):
    """A share, its name, and what stands at its right; a title where there is no share."""

    name: str
    share: Share | None = None
    right: str = ""


def shares(rows: Sequence[Row], alpha: float, title: str, heading: str) -> Drawing:
    """Draw shares in percent with their intervals, a row each, over the band from half of alpha to half as much again.

    Above three times alpha the axis ends: what lies beyond is written, and stands at its end.
    """
    rows = [one for one in rows if one.share is None or one.share.tests >= LEAST_SHOWN]
    height, top, left, right = 26, 40, 400, 690
    bottom = top + height * len(rows)
    drawing = Drawing(WIDTH, bottom + 46, title)
    x = Scale(0, 300 * alpha, left, right)
    drawing.box(x(50 * alpha), top - 8, x(150 * alpha) - x(50 * alpha), bottom - top + 8, BAND)
    for tick in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
        at = x(100 * alpha * tick)
        drawing.line(at, top - 8, at, bottom, MUTED if tick == 1 else GRID, 1, "4 3" if tick == 1 else "")
        drawing.text(at, bottom + 18, decimal(100 * alpha * tick, 1), MUTED, 11.5, "middle")
    drawing.text(
        left,
        bottom + 38,
        "fausses alarmes, en % des examens ; en vert, de la moitié à une fois et demie alpha",
        MUTED,
        11.5,
    )
    drawing.text(right + 20, top - 18, "part", MUTED, 11.5)
    drawing.text(right + 84, top - 18, heading, MUTED, 11.5)
    for place, one in enumerate(rows):
        y = top + height * place + 16
        if one.share is None:
            drawing.text(14, y, one.name, INK, 13, bold=True)
            continue
        low, high = interval(one.share)
        drawing.text(left - 14, y, one.name, INK, 13, "end")
        drawing.line(x(low), y - 4, x(high), y - 4, BLUE, 2)
        drawing.dot(x(one.share.percent), y - 4, 4.5, BLUE, hint=f"{one.share.hits} sur {one.share.tests}")
        drawing.text(right + 20, y, percent(one.share.percent, 2), INK, 13)
        drawing.text(right + 84, y, one.right, MUTED, 12)
    return drawing


def incidents(found: Sequence[Caught], unit: str, units: str) -> Drawing:
    """Draw the share of incidents found by how much they multiply, a panel for each length, a line for each size."""
    drawing = Drawing(WIDTH, 372, "Part des incidents injectés qui sont vus")
    gap, left, top, bottom, room = 150, 52, 58, 300, 128
    width = (WIDTH - left - room - gap) / len(LENGTHS)
    y = Scale(0, 100, bottom, top)
    for place, length in enumerate(LENGTHS):
        start = left + place * (width + gap)
        x = {factor: start + width * (0.06 + 0.88 * n / (len(FACTORS) - 1)) for n, factor in enumerate(FACTORS)}
        drawing.text(start, 26, f"pendant {length} {units if length > 1 else unit}", bold=True)
        for tick in range(0, 101, 25):
            drawing.line(start, y(tick), start + width, y(tick))
            drawing.text(start - 8, y(tick) + 4, f"{tick} %", MUTED, 11.5, "end")
        for factor in FACTORS:
            drawing.text(x[factor], bottom + 20, f"× {factor:g}".replace(".", ","), MUTED, 12, "middle")
        own = [one for one in found if one.length == length]
        ends: list[tuple[float, str, str]] = []
        for shade, (size, name) in zip(SHADES, SIZES_FR.items(), strict=True):
            known = [(x[one.factor], y(one.sizes[size].percent)) for one in own if one.sizes[size].tests]
            if len(known) == len(FACTORS):
                drawing.path(known, shade)
                ends.append((known[-1][1], name, MUTED))
        for colour, name, dash in ((ORANGE, "toutes : p < alpha", False), (INK, "toutes : alerte", True)):
            points = [(x[one.factor], y((one.alert if dash else one.alarm).percent)) for one in own]
            drawing.path(points, colour, 3)
            for at, high in points:
                drawing.dot(at, high, 3.5, colour)
            ends.append((points[-1][1], name, colour))
        for high, (_, name, colour) in zip(_apart([one[0] for one in sorted(ends)], 16), sorted(ends), strict=True):
            drawing.text(start + width + 2, high + 4, name, colour, 12)
    drawing.text(
        left,
        346,
        "En bleu, selon les événements attendus par période, du plus clair (moins de 1) au plus foncé (20 ou plus) :",
        MUTED,
        12,
    )
    drawing.text(left, 363, "part des séries où au moins une période a p < alpha.", MUTED, 12)
    return drawing


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Return the places, which grow, moved so that they are `least` apart and stay around where they were."""
    found = np.array(places, dtype=np.float64)
    for _ in range(100):
        short = least - np.diff(found)
        if not (short > 0.01).any():
            break
        push = np.where(short > 0, short / 2, 0.0)
        found[1:] += push
        found[:-1] -= push
    return [float(one) for one in found]
