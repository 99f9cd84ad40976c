"""Which cases were erased, written down outside the database, so that no restore brings them back.

One file of case ids in the keys folder, and a copy beside the archives in every folder that
``kith backup`` has written to. An id alone tells nothing about a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select

from app.crypto import KeyFiles, append_lines
from app.models import Case
from app.store import Db

log = structlog.get_logger()

_IN_KEYS = "tombstones"
_BESIDE_ARCHIVES = "kith-tombstones"
_FOLDERS = "backup-folders"


def bury_case(db: Db, case_id: UUID) -> None:
    """Write an erased case down once its erasure is committed.

    A crash just then, or a full disk, leaves it to ``reconcile``.
    """
    buried: list[UUID] = db.info.setdefault("buried", [])
    if not buried:
        files = db.keys.files
        db.on_commit(lambda: _write_down(files, buried))
    buried.append(case_id)


def reconcile_tombstones(db: Db) -> None:
    """Bring every file up to what the database and the keys folder know."""
    files = db.keys.files
    erased = db.scalars(select(Case.id).where(Case.state == "erased")).all()
    _write_down(files, {*erased, *list_tombstones(files)})


def list_tombstones(files: KeyFiles) -> set[UUID]:
    """Return the erased cases that the keys folder names."""
    return read_tombstones(files.folder / _IN_KEYS)


def list_beside(archive: Path) -> set[UUID]:
    """Return the erased cases that the file beside an archive names."""
    return read_tombstones(archive.parent / _BESIDE_ARCHIVES)


def read_tombstones(path: Path) -> set[UUID]:
    """Return the ids in a file, none where there is no file. A line cut short is passed over."""
    if not path.exists():
        return set()
    found = set()
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            found.add(UUID(line))
        except ValueError:
            log.warning("tombstone.cut_short")  # `reconcile` writes it again
    return found


def adopt_tombstones(files: KeyFiles, ids: Collection[UUID]) -> None:
    """Add what another file knew to the keys folder's. OSError."""
    _add(files.folder / _IN_KEYS, ids)


# -- the folders with archives


def list_folders(files: KeyFiles) -> list[Path]:
    """Return the folders that archives were written to."""
    path = files.folder / _FOLDERS
    if not path.exists():
        return []
    return [Path(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def add_archive_folder(files: KeyFiles, folder: Path) -> None:
    """Remember a folder with archives, and lay what is known of erased cases beside them."""
    if folder not in list_folders(files):
        append_lines(files.folder / _FOLDERS, [str(folder)])
    _add(folder / _BESIDE_ARCHIVES, list_tombstones(files))


# -- writing


def _write_down(files: KeyFiles, ids: Collection[UUID]) -> None:
    """Add to every file what it lacks. The commit stands, so what fails here is made good later."""
    beside_archives = (
        folder / _BESIDE_ARCHIVES for folder in list_folders(files) if folder.is_dir()
    )  # a folder that is not mounted now gets its copy with the next backup
    for path in (files.folder / _IN_KEYS, *beside_archives):
        try:
            _add(path, ids)
        except OSError as error:
            log.error("tombstone.not_written", error=error.errno)


def _add(path: Path, ids: Iterable[UUID]) -> None:
    missing = sorted(set(ids) - read_tombstones(path), key=str)
    if missing:
        append_lines(path, map(str, missing))
