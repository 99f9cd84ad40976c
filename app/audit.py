"""The audit chain: each deed with its member and its object, as ids and kinds only.

Each entry's MAC covers the entry and the MAC before it, under a key outside the database. An entry
is written in the transaction of the deed: a deed that cannot be recorded does not happen.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select

from app.crypto import is_same, keyed_hash
from app.models import AuditEntry, AuditHead, rounded
from app.store import Db

_START = b"\0" * 32
# More different cases than a busy hour brings: two other members should find out why.
MANY_CASES = 60
UNUSUAL = "reading.unusual"
_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)
# More entries than an hour can hold, so that a look does not walk the log of a year.
_LOOK_BACK = 20_000


@dataclass(frozen=True)
class Verdict:
    """The result of a check: how many entries, and where the chain breaks first, if it does."""

    entries: int
    broken_at: int | None
    reason: str | None

    @property
    def intact(self) -> bool:
        """Whether every entry follows from the one before it."""
        return self.broken_at is None


def begin(db: Db) -> None:
    """Lay the start of the chain, once, when the organisation is made."""
    db.add(AuditHead(id=1, seq=0, mac=_START))


def record(db: Db, kind: str, actor: UUID | None, subject: UUID | None, now: datetime) -> None:
    """Append one entry. The chain's head is locked until this transaction ends."""
    head = db.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    db.flush()
    entry = AuditEntry(
        seq=head.seq + 1, at=rounded(now), kind=kind, actor=actor, object=subject, mac=b""
    )
    entry.mac = _mac(db.keys.audit, head.mac, entry)
    head.seq, head.mac = entry.seq, entry.mac
    db.add(entry)
    db.flush()


def history(db: Db, subject: UUID) -> list[AuditEntry]:
    """Return the deeds done to one object, oldest first."""
    return list(
        db.scalars(select(AuditEntry).where(AuditEntry.object == subject).order_by(AuditEntry.seq))
    )


def has_done(db: Db, kind: str, actor: UUID, subject: UUID, since: datetime, now: datetime) -> bool:
    """Return whether a member did something to an object after ``since``.

    An entry counts if its MAC says so: nobody can write one without the key of the log.
    """
    theirs = (AuditEntry.kind == kind, AuditEntry.actor == actor, AuditEntry.object == subject)
    query = select(AuditEntry).where(*theirs, AuditEntry.at > since, AuditEntry.at <= now)
    return any(_is_genuine(db, entry) for entry in db.scalars(query).all())


def _is_genuine(db: Db, entry: AuditEntry) -> bool:
    """Return whether an entry follows from the one before it, as both lie in the database."""
    before = db.scalar(select(AuditEntry.mac).where(AuditEntry.seq == entry.seq - 1))
    return is_same(_mac(db.keys.audit, before or _START, entry), entry.mac)


def newest(db: Db, before: int | None, limit: int) -> list[AuditEntry]:
    """Return up to ``limit`` entries, newest first, below sequence number ``before``."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
    return list(db.scalars(query.where(AuditEntry.seq < before) if before else query))


def objects_since(kind: str, since: datetime) -> Select[UUID | None]:
    """Return a query for the objects of deeds of one kind since an instant, to five minutes."""
    newest_seq = select(AuditHead.seq).where(AuditHead.id == 1).scalar_subquery()
    recent = (AuditEntry.seq > newest_seq - _LOOK_BACK, AuditEntry.at > since)
    return select(AuditEntry.object).where(*recent, AuditEntry.kind == kind)


def mass_reading(db: Db, now: datetime) -> list[UUID]:
    """Return the members who opened unusually many different cases within the hour.

    Left out are members about whom ``reading.unusual`` was recorded today: the caller of this
    function records that when it tells of them.
    """
    newest_seq = select(AuditHead.seq).where(AuditHead.id == 1).scalar_subquery()
    recent = (AuditEntry.seq > newest_seq - _LOOK_BACK, AuditEntry.at > now - _AN_HOUR)
    readers = (
        select(AuditEntry.actor)
        .where(*recent, AuditEntry.kind == "case.read", AuditEntry.actor.is_not(None))
        .group_by(AuditEntry.actor)
        .having(func.count(AuditEntry.object.distinct()) > MANY_CASES)
    )
    told = select(AuditEntry.object).where(
        AuditEntry.kind == UNUSUAL, AuditEntry.object.in_(readers), AuditEntry.at > now - _A_DAY
    )
    known = set(db.scalars(told))
    return [member for member in db.scalars(readers) if member and member not in known]


def verify(db: Db) -> Verdict:
    """Recompute the chain from its start, and hold its end against head and anchor."""
    with closing(_entries(db)) as entries:
        return _verify(db, entries)


def _verify(db: Db, entries: Iterable[AuditEntry]) -> Verdict:
    previous, count = _START, 0
    anchored = db.keys.files.read_anchor().get("audit")
    for entry in entries:
        count += 1
        if entry.seq != count:
            return Verdict(count, count, "an entry is missing")
        if not is_same(_mac(db.keys.audit, previous, entry), entry.mac):
            return Verdict(count, count, "an entry was changed")
        previous = entry.mac
        if isinstance(anchored, dict) and anchored["seq"] == count:
            if bytes.fromhex(anchored["mac"]) != entry.mac:
                return Verdict(count, count, "the chain differs from its checkpoint")
            anchored = None
    head = db.get_one(AuditHead, 1)
    if (head.seq, head.mac) != (count, previous) or isinstance(anchored, dict):
        return Verdict(count, count + 1, "the end of the chain was cut off")
    return Verdict(count, None, None)


def checkpoint(db: Db) -> None:
    """Keep the end of the chain in the anchor file, so that cutting it off shows."""
    head = db.get_one(AuditHead, 1)
    db.keys.files.write_anchor({"audit": {"seq": head.seq, "mac": head.mac.hex()}})


def _entries(db: Db) -> Generator[AuditEntry, None, None]:
    """Yield all entries in order; closed early, the database's cursor is closed with it."""
    query = select(AuditEntry).order_by(AuditEntry.seq)
    with db.scalars(query.execution_options(yield_per=1000)) as found:
        yield from found


def _mac(key: bytes, previous: bytes, entry: AuditEntry) -> bytes:
    fields = (
        str(entry.seq),
        entry.at.astimezone(UTC).isoformat(),
        entry.kind,
        entry.actor.hex if entry.actor else "",
        entry.object.hex if entry.object else "",
    )
    return keyed_hash(key, "audit", previous + "\0".join(fields).encode())
