"""Charts with error bars. Colour says nothing that length does not."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.reports.records import ReleaseCell, ReleaseRecord
from app.reports.sentences import FAMILY_NAMES, TITLES, label_code, name_category, show_figure

# Inches.
_WIDTH, _LEFT, _ROOM = 9.0, 2.2, 5.0
_BAR_HEIGHT, _TITLE, _PANEL_MARGIN, _HEADING = 0.22, 0.3, 0.5, 0.5
_DPI = 100
Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """The bars of one axis."""

    title: str
    bars: Sequence[tuple[str, ReleaseCell]]

    @property
    def height(self) -> float:
        """How much room it needs, in inches."""
        return _PANEL_MARGIN + _BAR_HEIGHT * len(self.bars)


def list_panels(record: ReleaseRecord) -> list[Panel]:
    """Return a panel for each table; for one of two dimensions a panel for each region."""
    found: list[Panel] = []
    for table in record.tables:
        title = TITLES[table.name]
        if len(table.dimensions) < 2:
            found.append(Panel(title, [(name_category(c.category), c) for c in table.cells]))
            continue
        for first, some in groupby(table.cells, key=lambda cell: cell.category[0]):
            bars = [(label_code(cell.category[1]), cell) for cell in some]
            found.append(Panel(f"{title}: {label_code(first)}", bars))
    return found


def draw_figure(record: ReleaseRecord) -> Figure:
    """Return all charts of a release below each other, on one plane measured in inches.

    Bars and lines are two collections: an axis for each panel would take ten times as long.
    """
    drawn = list_panels(record)
    height = sum(panel.height for panel in drawn) + _HEADING
    whole = Figure(figsize=(_WIDTH, height))
    plane = whole.add_axes((0, 0, 1, 1), xlim=(0, _WIDTH), ylim=(height, 0))
    plane.set_axis_off()
    plane.text(0.2, 0.3, write_heading(record), fontsize=10)
    bars: list[Rectangle] = []
    lines: list[Line] = []
    top = _HEADING
    for panel in drawn:
        _draw(plane, panel, top, bars, lines)
        top += panel.height
    plane.add_collection(PatchCollection(bars, facecolor="#6b8fb5"))
    plane.add_collection(LineCollection(lines, color="#1c1c1c", linewidth=1.2))
    return whole


def _draw(plane: Axes, panel: Panel, top: float, bars: list[Rectangle], lines: list[Line]) -> None:
    plane.text(0.2, top + 0.2, panel.title, fontsize=9, fontweight="bold")
    unit = _ROOM / max(cell.high95 for _, cell in panel.bars)
    for place, (name, cell) in enumerate(panel.bars):
        y = top + _TITLE + _BAR_HEIGHT * (place + 0.5)
        low, high = _LEFT + cell.low95 * unit, _LEFT + cell.high95 * unit
        bars.append(Rectangle((_LEFT, y - 0.08), cell.estimate * unit, 0.16))
        lines += [((low, y), (high, y))]
        lines += [((end, y - 0.05), (end, y + 0.05)) for end in (low, high)]
        plane.text(_LEFT - 0.1, y, name, fontsize=8, ha="right", va="center")
        plane.text(_LEFT + _ROOM + 0.15, y, show_figure(cell), fontsize=8, va="center")


def write_heading(record: ReleaseRecord) -> str:
    """Return what stands above all charts of a release."""
    return (
        f"{FAMILY_NAMES[record.family]}, {record.period}. Lines show 95 % ranges; "
        "figures contain deliberate random noise."
    )


def draw_svg(record: ReleaseRecord) -> bytes:
    """Return all charts of a release; text stays text, for who reads it with the ears."""
    content = io.BytesIO()
    style: Any = {"svg.hashsalt": str(record.release_id), "svg.fonttype": "none"}
    with mpl.rc_context(style):
        canvas: Any = FigureCanvasSVG(draw_figure(record))
        canvas.print_svg(content, metadata={"Date": None, "Creator": "Kith"})
    return content.getvalue()


def draw_png(record: ReleaseRecord) -> bytes:
    """Return all charts of a release."""
    content = io.BytesIO()
    whole = draw_figure(record)
    whole.set_dpi(_DPI)
    canvas: Any = FigureCanvasAgg(whole)
    canvas.print_png(content, metadata={"Software": None})
    return content.getvalue()
