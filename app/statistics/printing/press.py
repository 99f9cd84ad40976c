"""What the process for files does: a record in, every format out."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from app.statistics.printing.charts import as_png, as_svg
from app.statistics.printing.lines import as_csv, as_json
from app.statistics.printing.report import as_pdf
from app.statistics.printing.sheets import as_xlsx

FORMATS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "pdf": as_pdf,
    "png": as_png,
    "svg": as_svg,
    "xlsx": as_xlsx,
}


def main() -> None:
    """Read a record from standard input, write its files as JSON of base64."""
    record = json.load(sys.stdin)
    made = {name: base64.b64encode(make(record)).decode() for name, make in FORMATS.items()}
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
