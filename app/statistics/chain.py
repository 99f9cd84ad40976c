"""The chain of releases, whose end also lies outside the database.

Each release's hash covers its record and the hash before it, under a key that is not in the
database. We write the database first and the anchor second, and hand out nothing of a release
before the anchor knows it. So each figure that a person ever saw is anchored, and we recognise an
older copy of the database, which draws nothing again.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import select

from app.crypto import KeyFiles, SealBroken, is_same, keyed_hash
from app.errors import NotReleasable
from app.models import ReleaseState, StatisticsDebit, StatisticsHead, StatisticsRelease
from app.store import Db

log = structlog.get_logger()

_START = b"\0" * 32
_NAME = "statistics"


class RolledBack(NotReleasable):
    """These records are older than what was released from them, or were changed.

    Nothing is drawn again: take back a newer backup, and ask who looks after the server.
    """


def begin_chain(db: Db) -> None:
    """Lay the start of the chain, once, when the organisation is made."""
    db.add(StatisticsHead(id=1, seq=0, hash=_START, plan=None))


def append_release(db: Db, head: StatisticsHead, release: StatisticsRelease, record: str) -> None:
    """Put a release at the end of the chain; the anchor follows the commit."""
    release.seq, release.record = head.seq + 1, record
    release.hash = _hash(db, head.hash, release, _debits(db).get(release.id, []))
    head.seq, head.hash = release.seq, release.hash
    db.flush()
    files, seq, end = db.keys.files, release.seq, release.hash
    db.on_commit(lambda: _follow(files, seq, end))


def check_chain(db: Db) -> None:
    """Verify the whole chain before something is drawn. RolledBack.

    What the database has beyond the anchor was committed just before a crash: it is anchored now.
    """
    anchored = _anchor(db.keys.files)
    ends = _ends(db)
    if _agreed(ends, anchored) < anchored[0]:
        raise RolledBack
    _catch_up(db.keys.files, ends, anchored)


def vouch_for_release(db: Db, release: StatisticsRelease) -> None:
    """Make sure that the anchor knows a release before it is handed out. RolledBack.

    An older copy of the database may hand out the releases that it has: their figures are the same.
    """
    anchored = _anchor(db.keys.files)
    ends = _ends(db)
    if _agreed(ends, anchored) < (release.seq or 0):
        raise RolledBack
    _catch_up(db.keys.files, ends, anchored)


def is_chain_whole(db: Db) -> bool:
    """Return whether the releases of the database lead to what is anchored, to tell people."""
    anchored = _anchor(db.keys.files)
    try:
        return _agreed(_ends(db), anchored) >= anchored[0]
    except (RolledBack, SealBroken):
        return False


def _agreed(ends: Sequence[bytes], anchored: tuple[int, bytes]) -> int:
    """Return the length of the chain, where it leads to or from what is anchored. RolledBack."""
    seq, end = anchored
    if seq < len(ends) and not is_same(ends[seq], end):
        raise RolledBack
    return len(ends) - 1


def _ends(db: Db) -> list[bytes]:
    """Return the hash after each release, from the start on; RolledBack where one was changed."""
    ends, debits = [_START], _debits(db)
    for release in _released(db):
        if release.seq != len(ends):
            raise RolledBack
        expected = _hash(db, ends[-1], release, debits.get(release.id, []))
        if not is_same(expected, release.hash or b""):
            raise RolledBack
        ends.append(expected)
    head = db.get_one(StatisticsHead, 1, populate_existing=True)
    if (head.seq, head.hash) != (len(ends) - 1, ends[-1]):
        raise RolledBack
    return ends


def _catch_up(files: KeyFiles, ends: Sequence[bytes], anchored: tuple[int, bytes]) -> None:
    if anchored[0] < len(ends) - 1:
        _write(files, len(ends) - 1, ends[-1])


def _released(db: Db) -> Sequence[StatisticsRelease]:
    query = select(StatisticsRelease).where(StatisticsRelease.state == ReleaseState.RELEASED)
    return db.scalars(
        query.order_by(StatisticsRelease.seq).execution_options(populate_existing=True)
    ).all()


def _debits(db: Db) -> dict[UUID, list[tuple[str, int]]]:
    found: dict[UUID, list[tuple[str, int]]] = {}
    for debit in db.scalars(select(StatisticsDebit).order_by(StatisticsDebit.month)):
        found.setdefault(debit.release_id, []).append((debit.month, debit.milli))
    return found


def _hash(
    db: Db,
    previous: bytes,
    release: StatisticsRelease,
    debits: Sequence[tuple[str, int]],
) -> bytes:
    told = (
        str(release.seq),
        release.id.hex,
        release.family,
        release.period,
        str(release.schema_version),
        *(f"{month}:{milli}" for month, milli in debits),
        release.record or "",
    )
    return keyed_hash(db.keys.integrity, "statistics", previous + "\0".join(told).encode())


# -- outside the database


def _anchor(files: KeyFiles) -> tuple[int, bytes]:
    """Return what is anchored; read before the database, which then is not behind it."""
    kept = files.read_anchor().get(_NAME)
    if not isinstance(kept, dict):
        return 0, _START
    return int(kept["seq"]), bytes.fromhex(kept["hash"])


def _write(files: KeyFiles, seq: int, end: bytes) -> None:
    files.write_anchor({_NAME: {"seq": seq, "hash": end.hex()}})


def _follow(files: KeyFiles, seq: int, end: bytes) -> None:
    """Anchor what was committed. What fails here is made good before anything is handed out."""
    try:
        _write(files, seq, end)
    except OSError as error:
        log.error("statistics.not_anchored", error=error.errno)
