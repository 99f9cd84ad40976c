"""Archives that lie on this machine: how old they are, and whether anything here opens them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from app.crypto import KeyFiles
from app.operations.backup.archive import (
    ArchiveDamaged,
    NotAnArchive,
    open_archive_key,
    read_preface,
)
from app.operations.backup.folders import ARCHIVES_KEPT, read_made_at
from app.operations.drill.checks import FAILURE, WARNING, DrillFinding
from app.operations.drill.keys import FoundKey
from app.settings import Settings
from app.vault import WrongBackupKey, list_folders, make_backup_pair

_PATTERN = "*.kith-archive"
_READABLE_BY_OTHERS = 0o077
# The worker comes by every half an hour.
_ROUND = timedelta(hours=1)


def find_archives(settings: Settings, files: KeyFiles) -> list[Path]:
    """Return the archives in the data directory, and in the folders that were written to."""
    written_to = (folder.glob(_PATTERN) for folder in list_folders(files))
    found = chain(settings.data_dir.rglob(_PATTERN), *written_to)
    return sorted({path.resolve() for path in found if path.is_file()})


def check_archives(
    paths: Iterable[Path], keys: Iterable[FoundKey], now: datetime
) -> Iterator[DrillFinding]:
    """Check that no archive is older than it may be, and that no key on the disk opens one."""
    known = list(keys)
    for path in paths:
        if path.stat().st_mode & _READABLE_BY_OTHERS:
            yield DrillFinding(
                WARNING, f"others can read the archive {path.name}", "chmod it to 0600"
            )
        made = read_made_at(path)
        if made is not None and now - made > ARCHIVES_KEPT + _ROUND:
            yield DrillFinding(
                FAILURE,
                f"the archive {path.name} is {(now - made).days} days old: with the backup key it "
                "brings back what was erased since",
                "delete it, and see that the worker runs",
            )
        yield from _of_content(path, known)


def _of_content(path: Path, keys: list[FoundKey]) -> Iterator[DrillFinding]:
    try:
        with path.open("rb") as file:
            preface = read_preface(file)
    except (NotAnArchive, ArchiveDamaged):
        what = f"{path.name} is called an archive and is not encrypted as one"
        yield DrillFinding(FAILURE, what, "find out what wrote it, and delete it")
        return
    for key in keys:
        try:
            open_archive_key(preface, make_backup_pair(key.secret))
        except WrongBackupKey:
            continue
        what = f"the archive {path.name} opens with {key.where}"
        yield DrillFinding(FAILURE, what, "the backup key must not be on this machine: take it off")
