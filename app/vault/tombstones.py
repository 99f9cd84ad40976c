"""Which cases were erased, written down outside the database, so that no restore brings them back.

One file in the keys folder, and a copy beside the archives in every folder that ``kith backup`` has
written to. Each line holds a case's id and a MAC under the integrity key: whoever writes to the
database, or to a folder with archives, makes no case disappear. An id tells nothing about a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from uuid import UUID

import structlog

from app import audit
from app.crypto import KeyFiles, append_lines, is_same, keyed_hash
from app.errors import OperatorError
from app.store import Db

log = structlog.get_logger()

ERASED = "case.erased"
_IN_KEYS = "tombstones"
_BESIDE_ARCHIVES = "kith-tombstones"
_FOLDERS = "backup-folders"


class TombstoneForged(OperatorError):
    """A line of a list of erased cases was not written by this organisation's Kith."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(
            f"{path}, line {line}: this organisation's Kith did not write this line, or it was cut"
            " short. Nothing was restored. Compare the list with other copies of it, delete the"
            " line, and restore again."
        )


def bury_case(db: Db, case_id: UUID) -> None:
    """Write an erased case down once its erasure is committed.

    A crash just then, or a full disk, leaves it to ``reconcile_tombstones``.
    """
    buried: list[UUID] = db.info.setdefault("buried", [])
    if not buried:
        files = db.keys.files
        db.on_commit(lambda: _write_down(files, buried))
    buried.append(case_id)


def reconcile_tombstones(db: Db) -> None:
    """Bring every file up to what the audit chain and the keys folder know.

    A case counts as erased by its entry in the chain, never by its row.
    """
    files = db.keys.files
    _write_down(files, audit.find_proved_objects(db, ERASED) | list_tombstones(files))


def list_tombstones(files: KeyFiles) -> set[UUID]:
    """Return the erased cases that the keys folder names."""
    return _read(files.folder / _IN_KEYS, files.integrity)


def list_tombstones_to_restore(files: KeyFiles, archive: Path, integrity: bytes) -> set[UUID]:
    """Return the erased cases that the keys folder and the file beside an archive name.

    ``integrity`` is the key of the archive. TombstoneForged for a line without its MAC.
    """
    found = set()
    for path in (files.folder / _IN_KEYS, archive.parent / _BESIDE_ARCHIVES):
        known = _read(path, integrity)
        written = {_make_line(case_id, integrity) for case_id in known}
        for number, line in enumerate(_read_lines(path), 1):
            # One that a crash cut short was written again after it.
            if line not in written and not any(whole.startswith(line) for whole in written):
                raise TombstoneForged(path, number)
        found |= known
    return found


def _read(path: Path, integrity: bytes) -> set[UUID]:
    """Return the ids in a file, none where there is no file. A line without its MAC is left out."""
    found = set()
    for line in _read_lines(path):
        case_id = _parse_line(line, integrity)
        if case_id is None:
            log.warning("tombstone.left_out")  # cut short: `reconcile_tombstones` writes it again
        else:
            found.add(case_id)
    return found


def _read_lines(path: Path) -> Iterator[str]:
    if path.exists():
        yield from path.read_text(encoding="ascii", errors="replace").splitlines()


def _parse_line(line: str, integrity: bytes) -> UUID | None:
    try:
        case_id = UUID(line.partition(" ")[0])
    except ValueError:
        return None
    whole = _make_line(case_id, integrity).encode()
    return case_id if is_same(whole, line.encode()) else None


def _make_line(case_id: UUID, integrity: bytes) -> str:
    return f"{case_id} {keyed_hash(integrity, 'tombstone', case_id.bytes).hex()}"


def adopt_tombstones(files: KeyFiles, ids: Collection[UUID]) -> None:
    """Add what another file knew to the keys folder's. OSError."""
    _add(files.folder / _IN_KEYS, ids, files.integrity)


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
    _add(folder / _BESIDE_ARCHIVES, list_tombstones(files), files.integrity)


# -- writing


def _write_down(files: KeyFiles, ids: Collection[UUID]) -> None:
    """Add to every file what it lacks. The commit stands, so what fails here is made good later."""
    beside_archives = (
        folder / _BESIDE_ARCHIVES for folder in list_folders(files) if folder.is_dir()
    )  # a folder that is not mounted now gets its copy with the next backup
    for path in (files.folder / _IN_KEYS, *beside_archives):
        try:
            _add(path, ids, files.integrity)
        except OSError as error:
            log.error("tombstone.not_written", error=error.errno)


def _add(path: Path, ids: Iterable[UUID], integrity: bytes) -> None:
    missing = sorted(set(ids) - _read(path, integrity), key=str)
    if missing:
        append_lines(path, (_make_line(case_id, integrity) for case_id in missing))
