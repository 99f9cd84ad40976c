"""Making an archive while the service runs: one snapshot, encrypted as it is read."""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from sqlalchemy import Connection, Table, select, text

from app import __version__
from app.crypto import KeyFiles, KeyMissing, Secret, forgotten_on, sync_folder
from app.errors import OperatorError
from app.models import Base, Deployment
from app.operations.backup.archive import (
    ArchiveDamaged,
    ArchiveWriter,
    read_archive_lines,
    read_preface,
)
from app.operations.backup.values import find_kind, write_value
from app.store import Database, Db, find_newest_revision
from app.vault import (
    NotMade,
    add_archive_folder,
    list_folders,
    list_wrapped_tables,
    read_backup_public,
    reconcile_tombstones,
)

log = structlog.get_logger()

ARCHIVES_KEPT = timedelta(days=7)
_SUFFIX = ".kith-archive"
_STAMP = "%Y-%m-%dT%H%M%SZ"
_ROWS_AT_ONCE = 500


class OtherSchema(OperatorError):
    """The database has another schema than this release: archives are made by the one it is of."""


class LayerAstray(OperatorError):
    """A stored key lies under another day's layer than its row says; `kith drill` tells which."""


@dataclass(frozen=True)
class MadeArchive:
    """An archive that was written and read again."""

    path: Path
    rows: int
    size: int
    pruned: int


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
    stamp = f"{now.astimezone(UTC):{_STAMP}}-{os.urandom(3).hex()}"
    path = folder / f"kith-{stamp}{_SUFFIX}"
    with _partial(path) as file:
        rows, size, key, digest = _write(database, files, file, public, now, progress)
        _verify(file, key, digest)
    pruned = prune_archives(folder, now)
    log.info("backup.made", rows=rows, bytes=size, pruned=pruned)
    return MadeArchive(path, rows, size, pruned)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when the block is done, and goes away where it fails."""
    partial = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # tells others that it is not a dead one's
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
) -> tuple[int, int, Secret, str]:
    anchor = files.read_anchor()  # before the snapshot, which then holds all it vouches for
    before = _shred_keys(files)
    with _frozen(database) as db:
        deployment = db.scalar(select(Deployment))
        if deployment is None:
            raise NotMade
        writing = ArchiveWriter(file, deployment.id, public)
        writing.add(_head(db, deployment, now))
        shred = _needed(db, files, before)
        writing.add(_keys(files, anchor, public, shred))
        rows = 0
        tables = list(list_portable_tables())
        for table in tables:
            rows += _add_table(writing, db.connection(), table, set(shred), rows, progress)
        writing.add({"tables": len(tables), "rows": rows})
        digest = writing.close()
    file.flush()
    os.fsync(file.fileno())
    return rows, file.tell(), writing.key, digest


@contextmanager
def _frozen(database: Database) -> Iterator[Db]:
    """Yield the database as it is at one instant, while others go on writing."""
    with database.snapshot() as db:
        if not database.on_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            db.connection(execution_options=options)
        yield db


def _head(db: Db, deployment: Deployment, now: datetime) -> dict[str, Any]:
    revision = db.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != find_newest_revision():
        raise OtherSchema
    return {
        "made_at": now.astimezone(UTC).isoformat(),
        "deployment": str(deployment.id),
        "operational_public": _printed(deployment.operational_public),
        "revision": revision,
        "release": __version__,
    }


def _printed(value: bytes) -> str:
    return base64.b64encode(value).decode()


# -- keys


def _shred_keys(files: KeyFiles) -> dict[int, Secret]:
    keys = {}
    for day in files.shred_days():
        with suppress(KeyMissing):  # destroyed just now: nothing lies under it any more
            keys[day] = files.shred_key(day)
    return keys


def _needed(db: Db, files: KeyFiles, before: dict[int, Secret]) -> dict[int, Secret]:
    """Return the keys that this snapshot lies under; the worker may be destroying them just now."""
    days: set[int] = set()
    for table, _ in list_wrapped_tables():
        found = select(table.c.shred_day).where(table.c.shred_day.is_not(None)).distinct()
        days.update(db.scalars(found))
    return {day: before[day] if day in before else files.shred_key(day) for day in sorted(days)}


def _keys(
    files: KeyFiles, anchor: dict[str, object], public: bytes, shred: dict[int, Secret]
) -> dict[str, Any]:
    """Return the key files that an archive holds; never the operational seed."""
    return {
        "integrity": _printed(files.integrity),
        "audit": _printed(files.audit),
        "anchor": anchor,
        "backup_public": public.hex(),
        "shred": {str(day): _printed(key) for day, key in shred.items()},
    }


# -- rows


def list_portable_tables() -> Iterator[Table]:
    """Yield the tables that an archive holds, referenced ones first; sessions stay behind."""
    for table in Base.metadata.sorted_tables:
        if "only" not in table.info:
            yield table


def _add_table(
    writing: ArchiveWriter,
    connection: Connection,
    table: Table,
    days: set[int],
    done: int,
    progress: Callable[[int], None],
) -> int:
    columns = list(table.columns)
    kinds = [find_kind(column) for column in columns]
    layered = [place for place, kind in enumerate(kinds) if kind == "layer"]
    names = [[column.name, kind] for column, kind in zip(columns, kinds, strict=True)]
    writing.add({"table": table.name, "columns": names})
    count = 0
    for row in connection.execute(select(table).execution_options(yield_per=_ROWS_AT_ONCE)):
        if any(
            row[place] is not None and forgotten_on(row[place]) not in days for place in layered
        ):
            raise LayerAstray
        writing.add([write_value(kind, value) for kind, value in zip(kinds, row, strict=True)])
        count += 1
        progress(done + count)
    writing.add({"rows": count})
    return count


# -- afterwards


def _verify(file: BinaryIO, key: Secret, expected: str) -> None:
    """Read the whole file again, while its key is still at hand. ArchiveDamaged."""
    file.seek(0)
    digest = sha256()
    for line in read_archive_lines(file, read_preface(file), key):
        digest.update(line + b"\n")
    if digest.hexdigest() != expected:
        raise ArchiveDamaged


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


def find_newest_archive(files: KeyFiles) -> datetime | None:
    """Return when the newest archive in the folders written to was made, None without one."""
    found = [
        made
        for folder in list_folders(files)
        for path in folder.glob(f"kith-*{_SUFFIX}")
        if (made := read_made_at(path)) is not None
    ]
    return max(found, default=None)


def read_made_at(path: Path) -> datetime | None:
    """Return when an archive was made, by its name; None where that is none of ours."""
    stamp = path.name.removeprefix("kith-").removesuffix(_SUFFIX).rpartition("-")[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None  # somebody else's file


def _drop_dead(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return False  # it is being written, or got its name just now
    return True
