"""Small owner-only files: whole, on the disk, and destroyed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.crypto import create_file, destroy_file, replace_file
from tests.crypto.processes import mode, names


def test_a_file_is_created_once(tmp_path: Path) -> None:
    create_file(tmp_path / "one", b"first")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "one", b"second")
    assert (tmp_path / "one").read_bytes() == b"first"
    assert names(tmp_path) == {"one"}


def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"first, readable by all")
    replace_file(tmp_path / "one", b"second")
    assert (tmp_path / "one").read_bytes() == b"second"
    assert mode(tmp_path / "one") == 0o600
    assert names(tmp_path) == {"one"}


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.crypto.private_files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        create_file(tmp_path / "one", b"first")
    assert names(tmp_path) == set()


def test_a_destroyed_file_of_any_size_is_overwritten_whole(tmp_path: Path) -> None:
    path = tmp_path / "one"
    create_file(path, b"x" * 5000)
    with path.open("rb") as held:
        destroy_file(path)
        assert b"x" * 32 not in held.read()
    assert not path.exists()


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_we_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, link = os.fsync, os.link

    def note_sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("folder synced" if is_folder else "file synced")
        sync(descriptor)

    def note_link(source: Path, target: Path) -> None:
        steps.append("linked")
        link(source, target)

    monkeypatch.setattr("app.crypto.private_files.os.fsync", note_sync)
    monkeypatch.setattr("app.crypto.private_files.os.link", note_link)
    create_file(tmp_path / "one", b"first")
    assert steps == ["file synced", "linked", "folder synced"]
    replace_file(tmp_path / "one", b"second")
    assert steps[3:] == ["file synced", "folder synced"]
    destroy_file(tmp_path / "one")
    assert steps[5:] == ["file synced", "folder synced"]
