"""Reading the log: the deeds done to an object, the newest ones, and who reads very much."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.audit.chain import START, compute_mac, read_bridges
from app.crypto import is_same
from app.models import AuditEntry, AuditHead
from app.store import Db

# More different cases than a busy hour brings: two other members should find out why.
MANY_CASES = 60
UNUSUAL = "reading.unusual"
# The chain was cut or changed.
DAMAGED = "audit.damaged"
_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)
# More entries than an hour can hold, so that a look does not walk the log of a year.
_LOOK_BACK = 20_000


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
    return is_same(compute_mac(db.keys.audit, before or START.mac, entry), entry.mac)


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


def find_proved_objects(db: Db, kind: str) -> set[UUID]:
    """Return the objects of the entries of one kind that this server wrote.

    Each entry has to follow from the one before it: nobody without the audit key makes one that
    does. Entries that do not are left out.
    """
    before = aliased(AuditEntry)
    rows = db.execute(
        select(AuditEntry, before.mac)
        .outerjoin(before, before.seq == AuditEntry.seq - 1)
        .where(AuditEntry.kind == kind)
    )
    gaps = {end.seq: end.mac for end in (START, *read_bridges(db).values())}
    found = set()
    for entry, mac in rows:
        previous: bytes = mac or gaps.get(entry.seq - 1, b"")
        if entry.object and is_same(compute_mac(db.keys.audit, previous, entry), entry.mac):
            found.add(entry.object)
    return found
