"""The program that makes files from a record, in a process of its own."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from importlib import import_module

from app.reports.records import ReleaseRecord, load_record

# Which function of which module makes each format. Only that module is loaded: a workbook does not
# need the charts' library.
_MAKERS = {
    "pdf": ("app.reports.pdf", "write_pdf"),
    "png": ("app.reports.charts", "draw_png"),
    "svg": ("app.reports.charts", "draw_svg"),
    "xlsx": ("app.reports.sheets", "write_xlsx"),
}


def make_file(name: str, record: ReleaseRecord) -> bytes:
    """Return a release in one format."""
    module, function = _MAKERS[name]
    maker: Callable[[ReleaseRecord], bytes] = getattr(import_module(module), function)
    return maker(record)


def main() -> None:
    """Read a line of formats and a record from standard input; write a line for each file."""
    wanted, record = json.loads(sys.stdin.readline()), load_record(sys.stdin.read())
    for name in wanted:
        print(json.dumps([name, base64.b64encode(make_file(name, record)).decode()]), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
