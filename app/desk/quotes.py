"""Other people's words between ours: marked on every line, and with nothing unseen in them."""

from __future__ import annotations

import textwrap
import unicodedata

# Before every line of somebody's words; no line of ours begins so.
QUOTE_MARK = "    | "
# Short enough that no reader's program breaks a line by itself: the rest would stand unmarked.
_WIDTH, _WIDE_WIDTH = 72, 36
# They join letters and pictures, and move nothing.
_JOINERS = "\u200c\u200d"
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def quote_text(text: str) -> list[str]:
    """Return somebody's words as marked lines, at least one, broken where they grow long."""
    lines = [part for line in text.splitlines() or [""] for part in _break(show_unseen(line))]
    return [(QUOTE_MARK + line).rstrip() for line in lines]


def show_unseen(text: str) -> str:
    """Return a text in which what cannot be seen, and may hide or turn the rest, has its number."""
    spaced = text.replace("\t", "    ")
    return "".join(f"<U+{ord(mark):04X}>" if is_unseen(mark) else mark for mark in spaced)


def is_unseen(mark: str) -> bool:
    """Return whether a character controls how others are shown, or is no character at all."""
    return unicodedata.category(mark) in _UNSEEN and mark not in _JOINERS


def _break(line: str) -> list[str]:
    wide = any(unicodedata.east_asian_width(mark) in "WF" for mark in line)
    width = _WIDE_WIDTH if wide else _WIDTH
    return textwrap.wrap(line, width, break_on_hyphens=False, replace_whitespace=False) or [""]
