"""What the process for files does: a record in, files out."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from app.statistics.printing.charts import as_png, as_svg
from app.statistics.printing.report import as_pdf
from app.statistics.printing.sheets import as_xlsx

FORMATS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "pdf": as_pdf,
    "png": as_png,
    "svg": as_svg,
    "xlsx": as_xlsx,
}


def main() -> None:
    """Read ``[formats, record]`` from standard input, write the files as JSON of base64."""
    wanted, record = json.load(sys.stdin)
    made = {name: base64.b64encode(FORMATS[name](record)).decode() for name in wanted}
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
