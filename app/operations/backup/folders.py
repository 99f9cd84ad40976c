"""The folders that archives lie in: how old each archive is, and which are dropped."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.crypto import KeyFiles
from app.store import Database
from app.vault import list_folders, reconcile_tombstones

ARCHIVES_KEPT = timedelta(days=7)
_SUFFIX = ".kith-archive"
_STAMP = "%Y-%m-%dT%H%M%SZ"


def make_archive_path(folder: Path, now: datetime) -> Path:
    """Return a new name for an archive, which tells when it was made."""
    stamp = f"{now.astimezone(UTC):{_STAMP}}-{os.urandom(3).hex()}"
    return folder / f"kith-{stamp}{_SUFFIX}"


def read_made_at(path: Path) -> datetime | None:
    """Return when an archive was made, by its name; None where Kith did not make it."""
    stamp = path.name.removeprefix("kith-").removesuffix(_SUFFIX).rpartition("-")[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def find_newest_archive(files: KeyFiles) -> datetime | None:
    """Return when the newest archive in the folders written to was made, None without one."""
    found = [
        made
        for folder in list_folders(files)
        for path in folder.glob(f"kith-*{_SUFFIX}")
        if (made := read_made_at(path)) is not None
    ]
    return max(found, default=None)


def prune_archives(folder: Path, now: datetime) -> int:
    """Drop archives older than a week, and what a killed backup left; return how many."""
    gone = 0
    for path in folder.glob(f"kith-*{_SUFFIX}"):
        made = read_made_at(path)
        if made is not None and now - made > ARCHIVES_KEPT:
            path.unlink(missing_ok=True)
            gone += 1
    for path in folder.glob(f".kith-*{_SUFFIX}.part"):
        gone += _drop_dead(path)
    return gone


def _drop_dead(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False  # a backup is writing it, or gave it its name just now
    return True


def look_after_archives(database: Database, now: datetime) -> None:
    """Drop old archives wherever they are; bring the lists of erased cases beside them up to date.

    A folder that is not mounted now is looked after when it is.
    """
    with database.snapshot() as db:
        files = db.keys.files
        reconcile_tombstones(db)
    for folder in list_folders(files):
        if folder.is_dir():
            prune_archives(folder, now)
