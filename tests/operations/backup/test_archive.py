"""The archive file: whole or refused, and open to the backup key alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.crypto import KeyPair, new_seed
from app.operations.backup.archive import (
    ArchiveDamaged,
    ArchiveWriter,
    NotAnArchive,
    open_archive_key,
    read_archive_records,
    read_preface,
)
from app.vault.backup_keys import WrongBackupKey, make_backup_pair, new_backup_key

SEED = new_backup_key()
RECORDS = [{"made_at": "x"}, *([place, "né"] for place in range(9_000)), {"rows": 9_000}]


def written() -> bytes:
    """An archive of more than one encrypted piece."""
    sink = io.BytesIO()
    writing = ArchiveWriter(sink, UUID(int=7), make_backup_pair(SEED).public)
    for record in RECORDS:
        writing.add(record)
    writing.close()
    return sink.getvalue()


CONTENT = written()


def read(content: bytes, seed: bytes = SEED) -> list[Any]:
    source = io.BytesIO(content)
    preface = read_preface(source)
    key = open_archive_key(preface, make_backup_pair(seed))
    return list(read_archive_records(source, preface, key))


def test_what_was_written_is_read_again() -> None:
    assert read(CONTENT) == RECORDS


@pytest.mark.parametrize("place", [60, len(CONTENT) // 2, len(CONTENT) - 1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= 1
    with pytest.raises((ArchiveDamaged, WrongBackupKey)):
        read(bytes(changed))


@pytest.mark.parametrize("length", [20, 60, len(CONTENT) // 2, len(CONTENT) - 1])
def test_an_archive_cut_short_is_noticed(length: int) -> None:
    with pytest.raises((ArchiveDamaged, WrongBackupKey)):
        read(CONTENT[:length])


@pytest.mark.parametrize("content", [b"", b"x" * 99, b"SQLite format 3\0"])
def test_another_file_is_no_archive(content: bytes) -> None:
    with pytest.raises(NotAnArchive):
        read(content)


@pytest.mark.parametrize("make_seed", [new_backup_key, new_seed])
def test_no_other_key_opens_it(make_seed: Callable[[], bytes]) -> None:
    with pytest.raises(WrongBackupKey):
        read(CONTENT, make_seed())


def test_a_pair_of_the_seed_itself_opens_nothing() -> None:
    with pytest.raises(WrongBackupKey):
        open_archive_key(read_preface(io.BytesIO(CONTENT)), KeyPair(SEED))
