"""Bringing an archive back, into an empty data directory or database of either kind.

Everything is written in one transaction that is only committed once the archive's end was
verified. Key files come first, so that a restore cut short can be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from app import audit
from app.crypto import KeyFiles, OperationalKeys, SealBroken
from app.desk import erase_restored_cases
from app.errors import OperatorError
from app.keyring import Keyring
from app.operations.backup.archive import (
    ArchiveDamaged,
    open_archive_key,
    read_archive_records,
    read_preface,
)
from app.operations.backup.arrival import ArrivingRows
from app.operations.backup.folders import ARCHIVES_KEPT
from app.operations.backup.head import ArchiveHead, load_head
from app.operations.backup.tables import read_tables
from app.operations.backup.target import (
    has_anchor,
    lay_schema,
    refuse_existing_data,
    write_key_files,
)
from app.store import Database, Db, find_newest_revision, is_known_revision, upgrade_schema
from app.vault import (
    OperationalKeyReplaced,
    RosterRefused,
    adopt_tombstones,
    check_roster_at_start,
    list_tombstones_to_restore,
    make_backup_pair,
    read_roster,
    reconcile_tombstones,
)

# A clock may be a little behind the one that made the archive.
_AHEAD = timedelta(hours=1)


class NewerRelease(OperatorError):
    """This archive was made by a newer release of Kith. Restore it with that one."""


class OlderThanAnchor(OperatorError):
    """The keys folder vouches for a newer list of members than this archive's. Use a newer one."""


class NeedsAcknowledgement(OperatorError):
    """The operator has to type ``word``, to say that they know what this archive may bring back."""

    def __init__(self, reasons: list[str], word: str) -> None:
        super().__init__(f"{', and '.join(reasons)}; if that is as it must be, type {word}")
        self.word = word


@dataclass(frozen=True)
class RestoredData:
    """What came back."""

    made_at: datetime
    rows: int
    erased_again: int
    uncertain: int


class _Source(NamedTuple):
    """An archive whose head was read."""

    head: ArchiveHead
    records: Iterator[Any]


def restore_archive(
    url: str,
    files: KeyFiles,
    archive: Path,
    backup_seed: bytes,
    now: datetime,
    *,
    acknowledged: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> RestoredData:
    """Restore ``archive`` into the empty database at ``url`` and the keys folder.

    NeedsAcknowledgement where the archive is over a week old or no anchor is here, unless
    ``acknowledged`` is the word it names. NotEmpty, OtherKeys, NewerRelease, OlderThanAnchor,
    NotAnArchive, ArchiveDamaged, WrongBackupKey, TombstoneForged, OSError; nothing is left then.
    """
    refuse_existing_data(url)
    with archive.open("rb") as file:
        source = _open_archive(file, backup_seed)
        _refuse_unacknowledged(files, source.head, now, acknowledged)
        head = source.head
        erased = list_tombstones_to_restore(files, archive, head.integrity)
        # Where no anchor is left, what happened after the archive was made is unknown for good.
        anchor = {**head.anchor, "restored_at": now.isoformat()}
        keys = write_key_files(files, head.integrity, head.audit, anchor, head.backup_public)
        with keys, lay_schema(url, head.revision):
            adopt_tombstones(files, erased)
            done = _store(url, files, source, erased, now, progress)
    if source.head.revision != find_newest_revision():
        upgrade_schema(url)
    return done


# -- before anything is written


def _open_archive(file: BinaryIO, backup_seed: bytes) -> _Source:
    preface = read_preface(file)
    key = open_archive_key(preface, make_backup_pair(backup_seed))
    records = read_archive_records(file, preface, key)
    parts = list(islice(records, 2))
    if len(parts) != 2:
        raise ArchiveDamaged
    source = _Source(load_head(*parts), records)
    if not is_known_revision(source.head.revision):
        raise NewerRelease
    return source


def _refuse_unacknowledged(
    files: KeyFiles, head: ArchiveHead, now: datetime, acknowledged: str | None
) -> None:
    age, reasons = now - head.made_at, []
    if age > ARCHIVES_KEPT:
        reasons.append(
            f"this archive is {age.days} days old, and what went since then would come back"
        )
    if -age > _AHEAD:
        reasons.append("this archive is from the future, so a clock is wrong")
    if not has_anchor(files):
        reasons.append(
            "no anchor is here that could tell whether this archive's list of members was replaced"
        )
    word = f"{head.made_at:%Y-%m-%d}"
    if reasons and (acknowledged or "").strip() != word:
        raise NeedsAcknowledgement(reasons, word)


# -- rows


def _store(
    url: str,
    files: KeyFiles,
    source: _Source,
    erased: set[UUID],
    now: datetime,
    progress: Callable[[int], None],
) -> RestoredData:
    head, database = source.head, Database(url)
    seed = files.operational_seed()
    operational = OperationalKeys(seed) if seed else None
    try:
        keys = Keyring(files, head.deployment, head.operational_public, operational)
        database.use_keys(keys)
        arriving = ArrivingRows(keys, head.shred, erased, now)
        with database.transaction() as db:
            rows = read_tables(db, source.records, arriving, progress)
            _check_roster(db)
            audit.bridge_to_anchor(db)
            again = erase_restored_cases(db, erased, now)
            audit.record(db, "archive.restored", None, head.deployment, now)
        with database.snapshot() as db:
            check_roster_at_start(db)
            audit.advance_anchor(db)
            reconcile_tombstones(db)
    except SealBroken as error:
        raise ArchiveDamaged from error
    finally:
        database.close()
    return RestoredData(head.made_at, rows, again, arriving.uncertain)


def _check_roster(db: Db) -> None:
    try:
        read_roster(db)
    except OperationalKeyReplaced as error:  # who knows only the backup's public half made it so
        raise ArchiveDamaged from error
    except RosterRefused as error:
        raise OlderThanAnchor from error
