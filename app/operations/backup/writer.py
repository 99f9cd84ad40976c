"""Making an archive while the service runs: one snapshot, encrypted as it is read."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import structlog
from sqlalchemy import select, text

from app import __version__
from app.crypto import KeyFiles, KeyMissing, Secret, sync_folder
from app.errors import OperatorError
from app.models import Deployment
from app.operations.backup.archive import (
    ArchiveDamaged,
    ArchiveWriter,
    read_archive_lines,
    read_preface,
)
from app.operations.backup.folders import make_archive_path, prune_archives
from app.operations.backup.head import ArchiveHead, dump_head
from app.operations.backup.tables import write_tables
from app.store import Database, Db, find_newest_revision
from app.vault import NotMade, add_archive_folder, list_wrapped_tables, read_backup_public

log = structlog.get_logger()


class OtherSchema(OperatorError):
    """The database has another schema than this release: archives are made by the one it is of."""


@dataclass(frozen=True)
class MadeArchive:
    """An archive that was written and read again. ``size`` in bytes."""

    path: Path
    rows: int
    size: int
    pruned: int


@dataclass(frozen=True)
class _Written:
    """A file whose content is whole, with what it takes to read it again."""

    rows: int
    size: int
    key: Secret
    digest: str


def make_archive(
    database: Database,
    files: KeyFiles,
    folder: Path,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> MadeArchive:
    """Write an archive into ``folder``, read it again, and drop those older than a week.

    Nothing of it is ever on the disk in plain. NotMade, OtherSchema, LayerAstray, KeyMissing,
    OSError; then nothing new is left behind.
    """
    public = read_backup_public(files)
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    add_archive_folder(files, folder)
    path = make_archive_path(folder, now)
    with _partial(path) as file:
        written = _write(database, files, file, public, now, progress)
        _verify(file, written)
    pruned = prune_archives(folder, now)
    log.info("backup.made", rows=written.rows, bytes=written.size, pruned=pruned)
    return MadeArchive(path, written.rows, written.size, pruned)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when the block is done, and goes away where it fails."""
    partial = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # tells others that a living process writes it
            yield file
            partial.replace(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _write(
    database: Database,
    files: KeyFiles,
    file: BinaryIO,
    public: bytes,
    now: datetime,
    progress: Callable[[int], None],
) -> _Written:
    anchor = files.read_anchor()  # before the snapshot, which then holds all it vouches for
    before = _read_shred_keys(files)
    with _freeze(database) as db:
        deployment = db.scalar(select(Deployment))
        if deployment is None:
            raise NotMade
        head = ArchiveHead(
            made_at=now,
            deployment=deployment.id,
            operational_public=deployment.operational_public,
            revision=_check_revision(db),
            release=__version__,
            integrity=files.integrity,
            audit=files.audit,
            anchor=anchor,
            backup_public=public,
            shred=_choose_shred_keys(db, files, before),
        )
        writing = ArchiveWriter(file, deployment.id, public)
        for record in dump_head(head):
            writing.add(record)
        rows = write_tables(writing, db.connection(), set(head.shred), progress)
        digest = writing.close()
    file.flush()
    os.fsync(file.fileno())
    return _Written(rows, file.tell(), writing.key, digest)


@contextmanager
def _freeze(database: Database) -> Iterator[Db]:
    """Yield the database as it is at one instant, while others go on writing."""
    with database.snapshot() as db:
        if not database.on_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            db.connection(execution_options=options)
        yield db


def _check_revision(db: Db) -> str:
    """Return the revision of the schema. OtherSchema unless this release is of it."""
    newest = find_newest_revision()
    if db.scalar(text("SELECT version_num FROM alembic_version")) != newest:
        raise OtherSchema
    return newest


def _read_shred_keys(files: KeyFiles) -> dict[int, Secret]:
    keys = {}
    for day in files.shred_days():
        with suppress(KeyMissing):  # destroyed just now: nothing lies under it any more
            keys[day] = files.shred_key(day)
    return keys


def _choose_shred_keys(db: Db, files: KeyFiles, before: dict[int, Secret]) -> dict[int, Secret]:
    """Return the keys that this snapshot lies under; the worker may be destroying them just now."""
    days: set[int] = set()
    for table, _ in list_wrapped_tables():
        found = select(table.c.shred_day).where(table.c.shred_day.is_not(None)).distinct()
        days.update(db.scalars(found))
    return {day: before[day] if day in before else files.shred_key(day) for day in sorted(days)}


def _verify(file: BinaryIO, written: _Written) -> None:
    """Read the whole file again, while its key is still at hand. ArchiveDamaged."""
    file.seek(0)
    digest = sha256()
    for line in read_archive_lines(file, read_preface(file), written.key):
        digest.update(line + b"\n")
    if digest.hexdigest() != written.digest:
        raise ArchiveDamaged
