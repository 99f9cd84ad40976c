"""The chain itself: entries, their MACs, and the walk from one to the next."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from app.crypto import is_same, keyed_hash
from app.keyring import Keyring
from app.models import AuditCheckpoint, AuditEntry, AuditHead, rounded, table
from app.store import Db

log = structlog.get_logger()
_ENTRIES = table(AuditEntry)
_LOCK = threading.Lock()


@dataclass(frozen=True)
class ChainEnd:
    """A place on the chain: an entry's number, and its MAC.

    ``is_gap``: the entry is not here, a checkpoint vouches for it.
    """

    seq: int
    mac: bytes
    is_gap: bool = field(default=False, compare=False)


START = ChainEnd(0, bytes(32))


@dataclass(frozen=True)
class SeenEnd:
    """How far the chain reached when this process last appended to it."""

    end: ChainEnd


class ChainBroken(Exception):
    """The chain does not lead on at entry ``seq``."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq, self.reason = seq, reason


def begin(db: Db) -> None:
    """Lay the start of the chain, once, when the organisation is made."""
    db.add(AuditHead(id=1, seq=START.seq, mac=START.mac))


def record(db: Db, kind: str, actor: UUID | None, subject: UUID | None, now: datetime) -> None:
    """Append one entry. The chain's head is locked until this transaction ends."""
    head = db.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    db.flush()
    entry = AuditEntry(
        seq=head.seq + 1, at=rounded(now), kind=kind, actor=actor, object=subject, mac=b""
    )
    entry.mac = compute_mac(db.keys.audit, head.mac, entry)
    _remember(db, ChainEnd(head.seq, head.mac), ChainEnd(entry.seq, entry.mac))
    head.seq, head.mac = entry.seq, entry.mac
    db.add(entry)
    db.flush()


def compute_mac(key: bytes, previous: bytes, entry: Any) -> bytes:
    """Return the MAC of an entry that follows the one with the MAC ``previous``."""
    fields = (
        str(entry.seq),
        entry.at.astimezone(UTC).isoformat(),
        entry.kind,
        entry.actor.hex if entry.actor else "",
        entry.object.hex if entry.object else "",
    )
    return keyed_hash(key, "audit", previous + "\0".join(fields).encode())


# -- what this process has seen: the chain of before the next anchor cannot be cut unnoticed either


def _remember(db: Db, before: ChainEnd, after: ChainEnd) -> None:
    """Keep the new end once it is committed, if it follows from what this process saw last."""
    if "audit_end" not in db.info:
        seen = db.keys.recall(SeenEnd)
        if seen is not None and not _leads_to(db, seen.end, before):
            log.error("audit.cut", entry=before.seq + 1)
            return  # what was seen is kept, so that every check shows the damage
        db.on_commit(partial(_keep_seen, db))
    db.info["audit_end"] = after


def _leads_to(db: Db, seen: ChainEnd, end: ChainEnd) -> bool:
    if seen == end:
        return True
    there = select(AuditEntry.mac).where(AuditEntry.seq == seen.seq)
    return seen.seq < end.seq and db.scalar(there) == seen.mac


def _keep_seen(db: Db) -> None:
    keys: Keyring = db.keys
    with _LOCK:
        seen, end = keys.recall(SeenEnd), db.info["audit_end"]
        if seen is None or seen.end.seq < end.seq:
            keys.keep(SeenEnd(end))


# -- walking


def read_end(db: Db) -> ChainEnd:
    """Return the end of the chain as the database has it."""
    head = db.get_one(AuditHead, 1, populate_existing=True)
    return ChainEnd(head.seq, head.mac)


def walk_chain(db: Db, start: ChainEnd, end: ChainEnd) -> Generator[ChainEnd, None, None]:
    """Yield each place after ``start``, up to ``end``. ChainBroken.

    A gap is crossed where a signed checkpoint says what is not here.
    """
    at = start
    query = select(_ENTRIES).where(_ENTRIES.c.seq > start.seq, _ENTRIES.c.seq <= end.seq)
    ordered = query.order_by(_ENTRIES.c.seq).execution_options(yield_per=1000)
    with db.execute(ordered) as rows:
        bridges = read_bridges(db)  # later than the entries, which another process may put behind
        for row in rows:
            if row.seq != at.seq + 1 and at.seq in bridges:
                at = bridges[at.seq]
                yield at
            if row.seq != at.seq + 1:
                raise ChainBroken(at.seq + 1, "an entry is missing")
            if not is_same(compute_mac(db.keys.audit, at.mac, row), row.mac):
                raise ChainBroken(row.seq, "an entry was changed")
            at = ChainEnd(row.seq, row.mac)
            yield at
    if at != end and at.seq in bridges:
        at = bridges[at.seq]
        yield at
    if at != end:
        raise ChainBroken(at.seq + 1, "the end of the chain was cut off")


def read_bridges(db: Db) -> Mapping[int, ChainEnd]:
    """Return the places at which gaps end, by the entry before each; forged ones left out."""
    return {
        row.after_seq: ChainEnd(row.seq, row.end, is_gap=True)
        for row in db.scalars(select(AuditCheckpoint))
        if row.seq > row.after_seq and is_same(sign_gap(db, row), row.mac)
    }


def sign_gap(db: Db, checkpoint: AuditCheckpoint) -> bytes:
    """Return the MAC that vouches for a checkpoint."""
    told = f"{checkpoint.after_seq}\0{checkpoint.seq}\0".encode() + checkpoint.end
    return keyed_hash(db.keys.audit, "audit-checkpoint", told)
