"""Signed checkpoints: entries that are not here any more, and where the chain leads on.

Entries older than a year go. Entries that a restored archive lacks are lost. In both cases the
audit key vouches for the place at which the chain leads on, so that it can still be verified.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from app.audit.anchor import read_anchored
from app.audit.chain import START, ChainBroken, ChainEnd, sign_gap, walk_chain
from app.models import AuditCheckpoint, AuditEntry, AuditHead
from app.store import Db

ENTRY_LIFE = timedelta(days=365)
# A transaction deletes no more than so many.
_AT_ONCE = 10_000


def forget_old_entries(db: Db, now: datetime) -> int:
    """Put entries older than a year behind a signed checkpoint and delete them; return how many.

    Only those that are anchored and follow from one another: a damaged chain stays as it is.
    """
    first = db.scalar(select(func.min(AuditEntry.seq))) or 0
    kept = select(func.min(AuditEntry.seq)).where(AuditEntry.at >= now - ENTRY_LIFE)
    newest_old = (db.scalar(kept) or read_anchored(db).seq + 1) - 1
    last = min(newest_old, read_anchored(db).seq, first + _AT_ONCE - 1)
    end = _find_place(db, last) if 0 < first <= last else None
    if end is None:
        return 0
    _put_checkpoint(db, START, end)
    db.execute(delete(AuditEntry).where(AuditEntry.seq <= end.seq))
    return end.seq - first + 1


def _find_place(db: Db, seq: int) -> ChainEnd | None:
    """Return an entry's place, if the chain leads to it from its start."""
    mac = db.scalar(select(AuditEntry.mac).where(AuditEntry.seq == seq))
    if mac is None:
        return None
    end = ChainEnd(seq, mac)
    try:
        with closing(walk_chain(db, START, end)) as places:
            for _ in places:
                pass
    except ChainBroken:
        return None
    return end


def bridge_to_anchor(db: Db) -> int:
    """Let a restored chain lead on from what is anchored; return how many entries it has lost.

    An archive is older than the anchor of the keys folder it is restored into. The anchor never
    falls, so the chain goes on behind it.
    """
    head = db.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    end, anchored = ChainEnd(head.seq, head.mac), read_anchored(db)
    if anchored.seq <= end.seq:
        return 0
    _put_checkpoint(db, end, anchored)
    head.seq, head.mac = anchored.seq, anchored.mac
    db.flush()
    return anchored.seq - end.seq


def _put_checkpoint(db: Db, before: ChainEnd, end: ChainEnd) -> None:
    """Sign that the entries between two places are not here; what lies in between goes."""
    inside = AuditCheckpoint.after_seq >= before.seq, AuditCheckpoint.seq <= end.seq
    db.execute(delete(AuditCheckpoint).where(*inside))
    row = AuditCheckpoint(after_seq=before.seq, seq=end.seq, end=end.mac, mac=b"")
    row.mac = sign_gap(db, row)
    db.add(row)
    db.flush()
