"""The backup key as it is printed and typed in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.crypto import KeyFiles, KeyMissing
from app.members.passphrase_words import read_words, suggest_passphrase
from app.vault.backup_keys import (
    WrongBackupKey,
    keep_backup_public,
    make_backup_pair,
    new_backup_key,
    print_backup_key,
    read_backup_key,
    read_backup_public,
)


def test_a_printed_key_is_read_however_it_is_typed() -> None:
    seed = new_backup_key()
    printed = print_backup_key(seed)
    assert read_backup_key(printed) == seed
    assert read_backup_key(printed.lower().replace("-", " ")) == seed


@pytest.mark.parametrize("typed", ["", "AAAA", "not a key at all!", "A" * 60])
def test_what_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(WrongBackupKey):
        read_backup_key(typed)


def test_the_public_half_is_kept_and_found(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path)
    public = make_backup_pair(new_backup_key()).public
    keep_backup_public(files, public)
    assert read_backup_public(files) == public


def test_a_missing_public_half_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=r"backup\.pub"):
        read_backup_public(KeyFiles(tmp_path))


def test_suggested_passphrases_are_six_of_1296_words() -> None:
    assert len(set(read_words())) == len(read_words()) == 6**4
    assert all(word.isascii() and word.islower() and 3 <= len(word) <= 9 for word in read_words())
    assert {len(suggest_passphrase().split()) for _ in range(20)} == {6}
    assert suggest_passphrase() != suggest_passphrase()
