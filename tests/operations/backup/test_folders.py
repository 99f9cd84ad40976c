"""Archives go after a week; what Kith did not make stays."""

from __future__ import annotations

import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.operations.backup.folders import make_archive_path, prune_archives, read_made_at

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_an_archives_name_tells_when_it_was_made(tmp_path: Path) -> None:
    path = make_archive_path(tmp_path, NOW)
    assert read_made_at(path) == NOW
    assert path != make_archive_path(tmp_path, NOW)


@pytest.mark.parametrize("name", ["kith-notes.txt", "kith-old.kith-archive", "copy.kith-archive"])
def test_other_names_tell_nothing(name: str) -> None:
    assert read_made_at(Path(name)) is None


@pytest.mark.parametrize(
    ("age", "gone"), [(timedelta(days=7), 0), (timedelta(days=7, seconds=1), 1)]
)
def test_an_archive_goes_after_a_week(tmp_path: Path, age: timedelta, gone: int) -> None:
    path = make_archive_path(tmp_path, NOW - age)
    path.touch()
    assert prune_archives(tmp_path, NOW) == gone
    assert path.exists() == (not gone)


def test_files_of_others_stay(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("kith-notes.txt", "kith-old.kith-archive")]
    for path in others:
        path.touch()
    assert prune_archives(tmp_path, NOW + timedelta(days=30)) == 0
    assert all(path.exists() for path in others)


def test_what_a_killed_backup_left_goes_and_what_another_process_writes_stays(
    tmp_path: Path,
) -> None:
    dead, alive = (tmp_path / f".kith-{name}.kith-archive.part" for name in ("dead", "alive"))
    dead.touch()
    with alive.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert prune_archives(tmp_path, NOW) == 1
    assert (dead.exists(), alive.exists()) == (False, True)
