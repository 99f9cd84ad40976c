"""Finding words and keys in raw bytes."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from app.crypto import new_seed
from app.crypto.passphrases import new_recovery_code, recovery_key
from app.operations.drill.keys import (
    find_keys_in_bytes,
    find_keys_in_environment,
    find_keys_in_folder,
)
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


@pytest.mark.parametrize(
    "write",
    [
        bytes,
        lambda key: b"key: " + key.hex().encode() + b"\n",
        lambda key: b'{"key": "' + base64.b64encode(key) + b'"}',
        lambda key: base64.urlsafe_b64encode(key).rstrip(b"="),
        lambda key: base64.b32encode(key).rstrip(b"="),
    ],
    ids=["raw", "hex", "base64", "url-safe base64", "base32"],
)
def test_a_key_is_found_however_it_was_written_down(write: object) -> None:
    key = new_seed()
    content: bytes = write(key)  # type: ignore[operator]  # one of the above
    assert key in {found.secret for found in find_keys_in_bytes("note.txt", content)}


def test_a_printed_recovery_code_is_found_as_the_key_it_gives() -> None:
    code = new_recovery_code()
    found = find_keys_in_bytes("init.json", json.dumps({"recovery_code": code}).encode())
    assert recovery_key(code) in {one.secret for one in found}


def test_a_key_in_a_variable_is_found_by_the_variables_name() -> None:
    key = new_seed().hex()
    found = find_keys_in_environment({"KITH_SOMETHING": key, "PATH": key})
    assert [one.where for one in found] == ["KITH_SOMETHING"]


def test_found_keys_say_where_they_were_and_do_not_show(tmp_path: Path) -> None:
    (tmp_path / "shred").mkdir()
    (tmp_path / "shred" / "2026-01-15.key").write_bytes(b"k" * 32)
    [found] = find_keys_in_folder(tmp_path)
    assert found.where == "shred/2026-01-15.key"
    assert "kkkk" not in repr(found)
