"""The backup key as it is printed and typed in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import backup_keys
from app.crypto import KeyFiles, KeyMissing
from app.wordlist import suggest_passphrase, words


def test_a_printed_key_is_read_however_it_is_typed() -> None:
    seed = backup_keys.new_backup_key()
    printed = backup_keys.printed(seed)
    assert backup_keys.read(printed) == seed
    assert backup_keys.read(printed.lower().replace("-", " ")) == seed


@pytest.mark.parametrize("typed", ["", "AAAA", "not a key at all!", "A" * 60])
def test_what_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(backup_keys.WrongBackupKey):
        backup_keys.read(typed)


def test_the_public_half_is_kept_and_found(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    public = backup_keys.pair(backup_keys.new_backup_key()).public
    backup_keys.keep_public(files, public)
    assert backup_keys.public(files) == public


def test_a_missing_public_half_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=r"backup\.pub"):
        backup_keys.public(KeyFiles(tmp_path))


def test_suggested_passphrases_are_six_of_1296_words() -> None:
    assert len(set(words())) == len(words()) == 6**4
    assert all(word.isascii() and word.islower() and 3 <= len(word) <= 9 for word in words())
    assert {len(suggest_passphrase().split()) for _ in range(20)} == {6}
    assert suggest_passphrase() != suggest_passphrase()
