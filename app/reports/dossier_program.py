"""The program that prints a dossier, in a process of its own; it imports nothing of Kith.

A line of JSON for each dossier comes in; a line goes out, with the file in base64 or with the
letters that the font cannot print.
"""

from __future__ import annotations

import base64
import json
import signal
import sys
import unicodedata
from datetime import UTC, date, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

# The font of our other papers, which comes with the library of the charts; that is not loaded.
_FONT, _FILES = "DejaVu", (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf"))


def _find_fonts() -> Path:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("matplotlib")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _begin_paper() -> FPDF:
    paper, folder = FPDF(format="A4"), _find_fonts()
    for style, name in _FILES:
        paper.add_font(_FONT, style, folder / name)
    return paper


def find_missing(paper: FPDF, text: str) -> str:
    """Return the letters that would come out as boxes, or that would have to be joined."""
    known = getattr(paper.fonts[_FONT.lower()], "cmap", {})
    alien = {
        letter
        for letter in text
        if letter != "\n" and (ord(letter) not in known or _is_joined(letter))
    }
    return "".join(sorted(alien))


def _is_joined(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("AL", "R")


def fill_paper(paper: FPDF, told: dict[str, Any]) -> bytes:
    """Return the paper: a title, what it is, and each field under its label."""
    day = datetime.combine(date.fromisoformat(told["drafted_on"]), time(), UTC)
    paper.set_creation_date(day)
    paper.set_title(told["title"])
    paper.set_lang(told["language"])
    paper.set_margin(20)
    paper.set_auto_page_break(auto=True, margin=20)
    paper.add_page()
    _print_lines(paper, told["title"], 16, bold=True)
    for paragraph in told["opening"]:
        _print_lines(paper, paragraph, 10)
    for label, text in told["fields"]:
        _print_lines(paper, label, 11, bold=True, after=0.5)
        _print_lines(paper, text, 10)
    for paragraph in told["closing"]:
        _print_lines(paper, paragraph, 9)
    return bytes(paper.output())


def _print_lines(
    paper: FPDF, text: str, size: int, *, bold: bool = False, after: float = 3
) -> None:
    paper.set_font(_FONT, "B" if bold else "", size)
    paper.multi_cell(0, size * 0.52, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    paper.ln(after)


def answer(told: dict[str, Any]) -> dict[str, str]:
    """Return the file, or which letters are in the way."""
    paper = _begin_paper()
    missing = find_missing(paper, "".join(text for _, text in told["fields"]))
    if missing:
        return {"missing": missing}
    return {"pdf": base64.b64encode(fill_paper(paper, told)).decode()}


def main() -> None:
    """Answer until the input ends. Ctrl-C is for the parent process, which then ends the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while line := sys.stdin.buffer.readline():
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
