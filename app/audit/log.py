"""Reading the log: the deeds done to an object, the newest ones, and who reads very much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from app.audit.anchor import check_end
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


@dataclass(frozen=True)
class LogPage:
    """Entries of the log, newest first.

    ``damaged`` are the numbers of those that do not follow from the entry before them: somebody
    changed, made or took out entries there. ``is_cut``: the newest entries are not all here.
    """

    entries: Sequence[AuditEntry]
    # Older entries lie below this number; None where there are none.
    next_before: int | None
    damaged: frozenset[int]
    is_cut: bool

    @property
    def is_damaged(self) -> bool:
        """Whether something on this page, or the end of the log, does not verify."""
        return self.is_cut or bool(self.damaged)


def history(db: Db, subject: UUID) -> list[AuditEntry]:
    """Return the deeds done to one object, oldest first; entries that do not verify left out."""
    found = _read(db, AuditEntry.object == subject)
    return [entry for entry in found if not _is_noted(db, entry, found)]


def has_done(db: Db, kind: str, actor: UUID, subject: UUID, since: datetime, now: datetime) -> bool:
    """Return whether a member did something to an object after ``since``.

    An entry counts if its MAC says so: nobody can write one without the key of the log.
    """
    theirs = (AuditEntry.kind == kind, AuditEntry.actor == actor, AuditEntry.object == subject)
    return any(_read(db, *theirs, AuditEntry.at > since, AuditEntry.at <= now).values())


def read_page(db: Db, before: int | None, limit: int) -> LogPage:
    """Return up to ``limit`` entries below number ``before``, and what is wrong with them."""
    below = [AuditEntry.seq < before] if before else []
    found = _read(db, *below, limit=limit + 1)
    entries = list(reversed(found))[:limit]
    damaged = frozenset(e.seq for e in entries if _is_noted(db, e, found))
    following = entries[-1].seq if len(found) > limit else None
    return LogPage(entries, following, damaged, not check_end(db).intact)


def find_entries_since(db: Db, kind: str, since: datetime) -> list[AuditEntry]:
    """Return the deeds of one kind since an instant, to five minutes; proved ones only."""
    found = _read(db, AuditEntry.kind == kind, _is_recent(), AuditEntry.at > since)
    return [entry for entry, is_proved in found.items() if is_proved]


def find_proved_objects(db: Db, kind: str) -> set[UUID]:
    """Return the objects of the entries of one kind that this server wrote."""
    found = _read(db, AuditEntry.kind == kind)
    return {entry.object for entry, is_proved in found.items() if is_proved and entry.object}


def _read(db: Db, *where: ColumnElement[bool], limit: int | None = None) -> dict[AuditEntry, bool]:
    """Return entries, oldest first (the newest ``limit``), and whether each is proved.

    An entry has to follow from the one before it: nobody without the key of the log makes one that
    does.
    """
    before = aliased(AuditEntry)
    query = (
        select(AuditEntry, before.mac)
        .outerjoin(before, before.seq == AuditEntry.seq - 1)
        .where(*where)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    rows = db.execute(query).all()
    gaps = {end.seq: end.mac for end in (START, *read_bridges(db).values())} if rows else {}
    return {
        entry: is_same(
            compute_mac(db.keys.audit, mac or gaps.get(entry.seq - 1, b""), entry), entry.mac
        )
        for entry, mac in reversed(rows)
    }


def _is_recent() -> ColumnElement[bool]:
    newest_seq = select(AuditHead.seq).where(AuditHead.id == 1).scalar_subquery()
    return AuditEntry.seq > newest_seq - _LOOK_BACK


def _is_noted(db: Db, entry: AuditEntry, found: Mapping[AuditEntry, bool]) -> bool:
    """Return whether an entry is damaged, and note it."""
    if not found[entry]:
        db.note_damage(AuditEntry.__tablename__, (entry.seq,))
    return not found[entry]


def mass_reading(db: Db, now: datetime) -> list[UUID]:
    """Return the members who opened unusually many different cases within the hour.

    Left out are members about whom ``reading.unusual`` was recorded today: the caller of this
    function records that when it tells of them.
    """
    recent = (_is_recent(), AuditEntry.at > now - _AN_HOUR)
    readers = (
        select(AuditEntry.actor)
        .where(*recent, AuditEntry.kind == "case.read", AuditEntry.actor.is_not(None))
        .group_by(AuditEntry.actor)
        .having(func.count(AuditEntry.object.distinct()) > MANY_CASES)
    )
    known = {entry.object for entry in find_entries_since(db, UNUSUAL, now - _A_DAY)}
    return [member for member in db.scalars(readers) if member and member not in known]
