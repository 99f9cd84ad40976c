"""What the process for files does: a record in, files out."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

# Which function of which module makes each format. Only that module is loaded: a workbook does not
# need the charts' library.
_MAKERS = {
    "pdf": ("app.reports.pdf", "write_pdf"),
    "png": ("app.reports.charts", "draw_png"),
    "svg": ("app.reports.charts", "draw_svg"),
    "xlsx": ("app.reports.sheets", "write_xlsx"),
}


def make_file(name: str, record: Mapping[str, Any]) -> bytes:
    """Return a release in one format."""
    module, function = _MAKERS[name]
    maker: Callable[[Mapping[str, Any]], bytes] = getattr(import_module(module), function)
    return maker(record)


def main() -> None:
    """Read ``[formats, record]`` from standard input; write a line for each file, as it is made."""
    wanted, record = json.load(sys.stdin)
    for name in wanted:
        print(json.dumps([name, base64.b64encode(make_file(name, record)).decode()]), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
