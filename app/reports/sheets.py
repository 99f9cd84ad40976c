"""The workbook: how to read it first, then a sheet for each table."""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

from xlsxwriter import Workbook

from app.reports.lines import COLUMNS, list_rows
from app.reports.records import ReleaseRecord, ReleaseTable
from app.reports.sentences import (
    FAMILY_NAMES,
    HOW_TO_READ,
    TITLES,
    name_category,
    show_figure,
    write_grant_sentence,
    write_promise,
)


def write_xlsx(record: ReleaseRecord) -> bytes:
    """Return the workbook. Text is never a formula or a link, whatever it begins with."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as book:
        day = datetime.combine(record.released_on, time())
        title = f"{FAMILY_NAMES[record.family]}: {record.period}"
        book.set_properties({"title": title, "created": day})
        _how_to_read(book, record, title)
        for table in record.tables:
            _table(book, table)
        _all_lines(book, record)
    return content.getvalue()


def _how_to_read(book: Any, record: ReleaseRecord, title: str) -> None:
    sheet, wrapped = book.add_worksheet("How to read this"), book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    quoted = write_grant_sentence(record).values()
    paragraphs = (*HOW_TO_READ, write_promise(record), "To be quoted:", *quoted)
    for place, paragraph in enumerate(paragraphs, start=2):
        sheet.write_string(place, 0, paragraph, wrapped)


def _table(book: Any, table: ReleaseTable) -> None:
    sheet, bold = book.add_worksheet(TITLES[table.name]), book.add_format({"bold": 1})
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 4, 22)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(("Category", "Estimate", "From", "To", "To be quoted as")):
        sheet.write_string(0, column, name, bold)
    for row, cell in enumerate(table.cells, start=1):
        sheet.write_string(row, 0, name_category(cell.category))
        for column, value in enumerate((cell.estimate, cell.low95, cell.high95), start=1):
            sheet.write_number(row, column, value)
        sheet.write_string(row, 4, show_figure(cell))


def _all_lines(book: Any, record: ReleaseRecord) -> None:
    sheet = book.add_worksheet("All figures")
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name)
    for place, line in enumerate(list_rows(record), start=1):
        for column, value in enumerate(line):
            write = sheet.write_string if isinstance(value, str) else sheet.write_number
            write(place, column, value)
