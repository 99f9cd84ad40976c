"""Finding keys in files and variables, however they were written down."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from app.crypto import new_seed
from app.crypto.passphrases import derive_recovery_key, new_recovery_code
from app.operations.drill.keys import (
    find_keys_in_bytes,
    find_keys_in_environment,
    find_keys_in_folder,
)


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
    assert derive_recovery_key(code) in {one.secret for one in found}


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
