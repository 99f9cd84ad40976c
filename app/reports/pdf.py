"""The report: what it says, how to read it, charts, every figure."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from app.reports.charts import Panel, list_panels, write_heading
from app.reports.records import ReleaseCell, ReleaseRecord, ReleaseTable
from app.reports.sentences import (
    FAMILY_NAMES,
    HOW_TO_READ,
    LANGUAGES,
    TITLES,
    name_category,
    show_figure,
    write_grant_sentence,
    write_promise,
)

# A free font with the letters of every region's name, which comes with the library of the charts.
_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_FONT = "DejaVu"
# Millimetres.
_LINE, _BAR, _NAMES, _FIGURES = 5.2, 4.6, 46, 30


def write_pdf(record: ReleaseRecord) -> bytes:
    """Return the report."""
    paper = _paper(record)
    _text(paper, record)
    paper.add_page()
    _line(paper, write_heading(record), size=8)
    for panel in list_panels(record):
        _chart(paper, panel)
    for table in record.tables:
        _table(paper, table)
    return bytes(paper.output())


def _paper(record: ReleaseRecord) -> FPDF:
    paper = FPDF(format="A4")
    paper.set_creation_date(datetime.combine(record.released_on, time(), UTC))
    paper.set_title(_title(record))
    paper.set_lang("en")
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        paper.add_font(_FONT, style, _FONTS / name)
    paper.set_margin(18)
    paper.set_auto_page_break(auto=True, margin=18)
    return paper


def _title(record: ReleaseRecord) -> str:
    return f"{FAMILY_NAMES[record.family]}: {record.period}"


def _text(paper: FPDF, record: ReleaseRecord) -> None:
    paper.add_page()
    _line(paper, _title(record), size=16, bold=True)
    _line(paper, f"Released on {record.released_on}. Release {record.release_id}.", size=8)
    _line(paper, "To be quoted", size=12, bold=True)
    for language, sentence in write_grant_sentence(record).items():
        _line(paper, f"{LANGUAGES[language]}: {sentence}")
    _line(paper, "How to read this", size=12, bold=True)
    for paragraph in (*HOW_TO_READ, write_promise(record)):
        _line(paper, paragraph)


def _line(paper: FPDF, text: str, *, size: int = 10, bold: bool = False) -> None:
    paper.set_font(_FONT, "B" if bold else "", size)
    paper.multi_cell(0, size * 0.52, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    paper.ln(2.5)


def _chart(paper: FPDF, panel: Panel) -> None:
    """Draw the bars of one panel with their ranges; a chart is not cut by the end of a page."""
    if paper.will_page_break((len(panel.bars) + 2) * _BAR):
        paper.add_page()
    _line(paper, panel.title, size=9, bold=True)
    room = paper.epw - _NAMES - _FIGURES
    unit = room / max(cell.high95 for _, cell in panel.bars)
    paper.set_font(_FONT, "", 7)
    for name, cell in panel.bars:
        _bar(paper, name, cell, unit)
    paper.ln(4)


def _bar(paper: FPDF, name: str, cell: ReleaseCell, unit: float) -> None:
    left, middle = paper.l_margin + _NAMES, paper.get_y() + _BAR / 2
    low, high = left + cell.low95 * unit, left + cell.high95 * unit
    paper.set_fill_color(107, 143, 181)
    paper.rect(left, middle - 1.4, cell.estimate * unit, 2.8, style="F")
    paper.line(low, middle, high, middle)
    for end in (low, high):
        paper.line(end, middle - 1, end, middle + 1)
    paper.cell(_NAMES - 2, _BAR, name, align="R")
    paper.set_x(-paper.r_margin - _FIGURES + 2)
    paper.cell(_FIGURES - 2, _BAR, show_figure(cell), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(paper: FPDF, table: ReleaseTable) -> None:
    paper.add_page()
    _line(paper, TITLES[table.name], size=12, bold=True)
    paper.set_font(_FONT, "", 8)
    with paper.table(
        col_widths=(60, 40), line_height=_LINE, headings_style=FontFace(emphasis="BOLD")
    ) as drawn:
        drawn.row(("Category", "Estimate (95 % range)"))
        for cell in table.cells:
            drawn.row((name_category(cell.category), show_figure(cell)))
