"""CSV and JSON: made in the transaction that releases, so that they are there at once. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.reports.records import ReleaseRecord, convert_record
from app.reports.sentences import HOW_TO_READ, write_grant_sentence

COLUMNS = (
    "period",
    "dimension",
    "category",
    "estimate",
    "low95",
    "high95",
    "epsilon",
    "release_id",
    "schema_version",
)
# A spreadsheet would take a text that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(record: ReleaseRecord) -> bytes:
    """Return one line for each figure of every table, zeros too."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(list_rows(record))
    return text.getvalue().encode()


def list_rows(record: ReleaseRecord) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each line, text that could be a formula escaped."""
    for table in record.tables:
        for cell in table.cells:
            yield (
                record.period,
                escape_cell("×".join(table.dimensions) or "total"),
                escape_cell(" / ".join(cell.category) or "all"),
                cell.estimate,
                cell.low95,
                cell.high95,
                table.milli_epsilon / 1000,
                str(record.release_id),
                record.schema_version,
            )


def escape_cell(text: str) -> str:
    """Return a text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_json(record: ReleaseRecord) -> bytes:
    """Return everything that is known of a release."""
    whole = {
        **convert_record(record),
        "how_to_read": list(HOW_TO_READ),
        "sentences": write_grant_sentence(record),
    }
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


MAKERS: Mapping[str, Callable[[ReleaseRecord], bytes]] = {"csv": write_csv, "json": write_json}
