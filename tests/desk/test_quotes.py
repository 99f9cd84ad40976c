"""Other people's words between ours."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.desk.quotes import QUOTE_MARK, quote_text, show_unseen


@given(st.text())
def test_every_line_is_marked_short_and_holds_nothing_unseen(text: str) -> None:
    for line in "\n".join(quote_text(text)).split("\n"):
        assert line.startswith(QUOTE_MARK.rstrip())
        assert len(line) <= 80
        unseen = {unicodedata.category(mark) for mark in line} & {"Cc", "Cf", "Zl", "Zp"}
        assert not unseen or {"\u200c", "\u200d"} & {*line}


def test_what_joins_letters_and_pictures_stays() -> None:
    assert show_unseen("می\u200cخواهم 👩\u200d👧") == "می\u200cخواهم 👩\u200d👧"
    assert show_unseen("a\tb\x00\u202e") == "a    b<U+0000><U+202E>"
