"""Finding words in raw bytes, in every form."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from app.operations.drill.search import (
    find_phone_numbers,
    list_files_below,
    read_blocks,
    search_sources,
)

WORD = "señora Wren's flat"
IN_EVERY_FORM = {
    "plain": WORD.encode(),
    "utf-16": WORD.encode("utf-16-le"),
    "hex": WORD.encode().hex().upper().encode(),
    "json": json.dumps(WORD).encode(),
}


@pytest.mark.parametrize(("form", "written"), IN_EVERY_FORM.items())
def test_a_word_is_found_in_every_form(form: str, written: bytes) -> None:
    [hit] = search_sources([("page 7", b"\x00\xff" + written + b"\xfe")], {"a name": WORD})
    assert (hit.label, hit.where, hit.form) == ("a name", "page 7", form)


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_word_is_found_in_base64_wherever_it_begins(before: bytes, encode: object) -> None:
    written = encode(before + "who? ~>>~ ÿþ".encode() + b"and more")  # type: ignore[operator]  # one of two
    assert [hit.form for hit in search_sources([("log", written)], {"it": "who? ~>>~ ÿþ"})] == [
        "base64"
    ]


def test_what_is_not_there_is_not_found() -> None:
    assert list(search_sources([("page", b"nothing to see" * 99)], {"a name": WORD})) == []


def test_phone_numbers_are_seen_in_both_widths() -> None:
    number = "+15145550123"
    content = b"\0" + number.encode() + b"\0\xff" + number.encode("utf-16-le")
    assert list(find_phone_numbers(content)) == [(number, "plain"), (number, "utf-16")]


@pytest.mark.parametrize(
    "content", [b"2026-01-15T12:00:00+00:00", b"+123", b"1+1=2", b"+0123456789"]
)
def test_other_digits_are_no_phone_numbers(content: bytes) -> None:
    assert list(find_phone_numbers(content)) == []


def test_blocks_of_a_large_file_overlap(tmp_path: Path) -> None:
    file = tmp_path / "large"
    at_the_edge = (8 << 20) - 5
    file.write_bytes(b"\0" * at_the_edge + b"+15145550123" + b"\0" * 99)
    assert {number for block in read_blocks(file) for number, _ in find_phone_numbers(block)} == {
        "+15145550123"
    }


def test_what_is_left_out_is_left_out(tmp_path: Path) -> None:
    for name in ("keys/shred/a.key", "kith.db", "kith.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = list_files_below(tmp_path, leaving_out=[tmp_path / "keys", tmp_path / "kith.db"])
    assert [path.name for path in found] == ["kith.log"]
