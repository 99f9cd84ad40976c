"""Archives on this machine: none too old, none that opens here, none that is something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.crypto import Secret
from app.operations.backup.archive import ArchiveWriter
from app.operations.backup.folders import make_archive_path
from app.operations.drill.archives import check_archives
from app.operations.drill.checks import FAILURE, WARNING
from app.operations.drill.keys import FoundKey
from app.vault.backup_keys import make_backup_pair, new_backup_key

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SEED = new_backup_key()


def archive(folder: Path, made_at: datetime = NOW) -> Path:
    path = make_archive_path(folder, made_at)
    with path.open("wb") as file:
        path.chmod(0o600)
        ArchiveWriter(file, UUID(int=7), make_backup_pair(SEED).public).close()
    return path


def found(path: Path, *keys: FoundKey) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in check_archives([path], keys, NOW)]


def test_an_archive_of_today_that_nothing_here_opens_is_as_promised(tmp_path: Path) -> None:
    assert found(archive(tmp_path), FoundKey("audit.key", Secret(32 * b"a"))) == []


@pytest.mark.parametrize(("age", "worse"), [(7, False), (9, True)])
def test_an_archive_over_a_week_old_is_found(tmp_path: Path, age: int, worse: bool) -> None:
    findings = found(archive(tmp_path, NOW - timedelta(days=age)))
    assert [f"is {age} days old" in what for _, what in findings] == [True] * worse


def test_the_backup_key_beside_an_archive_is_found(tmp_path: Path) -> None:
    path = archive(tmp_path)
    opens = (FAILURE, f"the archive {path.name} opens with note.txt")
    assert found(path, FoundKey("note.txt", SEED)) == [opens]


def test_a_copy_that_is_called_an_archive_is_found(tmp_path: Path) -> None:
    path = tmp_path / "copy.kith-archive"
    path.write_bytes(b"SQLite format 3\0")
    path.chmod(0o600)
    [(level, what)] = found(path)
    assert (level, "is not encrypted as one" in what) == (FAILURE, True)


def test_an_archive_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    path = archive(tmp_path)
    path.chmod(0o644)
    assert found(path) == [(WARNING, f"others can read the archive {path.name}")]
