"""A drawing of lines, boxes and text, written as SVG: small, the same bytes for the same drawing, no dependency.

Invariant: everything has a white ground of its own and a title, so that it is read in the dark and by a screen reader.
Coordinates are pixels from the upper left corner.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Literal

INK, MUTED, GRID = "#1f2937", "#6b7280", "#e5e7eb"
BLUE, ORANGE, RED = "#1f6feb", "#d97706", "#b42318"
BAND, LASTING = "#e7f4ea", "#d5dbe5"
SHADES = ("#a9c8f5", "#6fa3ee", "#3b7be3", "#174ea6")
"""From light to dark: an order is read without a legend."""
FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
Anchor = Literal["start", "middle", "end"]


class Drawing:
    """A picture of a given size, told by its title."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1, dash: str = ""
    ) -> None:
        """Draw a line; `dash` as SVG has it."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width:g}"{dashed}/>'
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, width: float = 2) -> None:
        """Draw a line through points."""
        told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> None:
        """Fill a box."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" rx="{radius:g}" '
            f'fill="{colour}"/>'
        )

    def dot(self, x: float, y: float, radius: float, colour: str, *, hollow: bool = False, hint: str = "") -> None:
        """Draw a dot, with what a pointer shows of it."""
        fill, told = ("#ffffff" if hollow else colour), f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}" stroke="{colour}" '
            f'stroke-width="1.8">{told}</circle>'
        )

    def cross(self, x: float, y: float, size: float, colour: str, hint: str = "") -> None:
        """Draw a cross, with what a pointer shows of it."""
        told = f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<path d="M{x - size:.1f} {y - size:.1f}L{x + size:.1f} {y + size:.1f}M{x - size:.1f} {y + size:.1f}'
            f'L{x + size:.1f} {y - size:.1f}" stroke="{colour}" stroke-width="2.2">{told}</path>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = INK,
        size: float = 13,
        anchor: Anchor = "start",
        *,
        bold: bool = False,
    ) -> None:
        """Write words; `y` is their base line."""
        weight = ' font-weight="600"' if bold else ""
        placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size:g}"{placed}{weight}>{escape(words)}</text>'
        )

    def written(self) -> str:
        """Return the SVG."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.title)}" font-family="{FONT}">'
            f"<title>{escape(self.title)}</title>"
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>\n'
            + "\n".join(self._parts)
            + "\n</svg>\n"
        )

    def write(self, file: Path) -> None:
        """Write the SVG to a file."""
        file.write_text(self.written(), encoding="utf-8")


class Scale:
    """From values to pixels, straight."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        """Return the place of a value; beyond the ends it stays at the end."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)
