"""Briefs: copies of the few fields that a request may show, under a seed of their own.

We seal a brief once, to all members whom the ladder could ask; none of them ever holds the case's
seed. A pending wrap lies under the operational key too, so that a candidate's passphrase alone
opens nothing. Accepting takes that layer off one wrap and deletes the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from app.access import Principal
from app.cases import add_task, settle_tasks
from app.crypto import (
    BriefKeys,
    Context,
    OperationalKeys,
    Purpose,
    SealBroken,
    Secret,
    day_number,
    lock,
    new_seed,
    open_sealed,
    seal_to,
    unlock,
)
from app.errors import Sealed
from app.models import Brief, BriefContent, BriefWrap, Interpretation, Request, Task
from app.store import Db
from app.vault import BRIEF_FIELDS, lock_field, read_field, read_roster

BRIEF_TASK = "brief"
_EPOCH = 1  # a brief that is written again has new ids and a new seed, so there is one epoch


def store_brief(
    db: Db,
    request: Request,
    content: BriefContent,
    members: Iterable[UUID],
    now: datetime,
    *,
    pending: bool = True,
) -> None:
    """Seal a brief to these members of the roster, in place of an older one. Sealed.

    With ``pending`` each wrap stays closed until its member accepts.
    """
    _delete_rows(db, [request.id], BriefWrap, Brief)
    keys, brief_id = BriefKeys(new_seed()), uuid4()
    public = keys.pair.public
    place = BRIEF_FIELDS.place(brief_id, _EPOCH, request_id=request.id, case_id=request.case_id)
    key = keys.field_key(BRIEF_FIELDS.name)
    db.add(
        Brief(
            id=brief_id,
            request_id=request.id,
            case_id=request.case_id,
            epoch=_EPOCH,
            public=public,
            mac=db.keys.public_key_mac("briefs", brief_id, _EPOCH, public),
            fields=lock_field(db.keys, BRIEF_FIELDS, place, content, key),
            fields_version=1,
        )
    )
    db.flush()
    known = read_roster(db).by_id
    wraps = [
        _wrap(db, request, member_id, known[member_id].kem_public, keys.seed, now, pending=pending)
        for member_id in members
        if member_id in known
    ]
    if wraps:
        db.execute(insert(BriefWrap), wraps)


def _wrap(
    db: Db,
    request: Request,
    member_id: UUID,
    public: bytes,
    seed: Secret,
    now: datetime,
    *,
    pending: bool,
) -> dict[str, Any]:
    wrap_id = uuid4()
    parents = (request.id, request.case_id, member_id)
    context = _context(db, wrap_id, parents)
    inner = seal_to(public, Purpose.BRIEF_WRAP, _EPOCH, context, seed)
    if pending:
        inner = lock(_operational(db).wrap_key, Purpose.BRIEF_WRAP, _EPOCH, context, inner)
    return {
        "id": wrap_id,
        "request_id": request.id,
        "case_id": request.case_id,
        "member_id": member_id,
        "epoch": _EPOCH,
        "pending": pending,
        "wrap": db.keys.forget("brief_wraps", "wrap", wrap_id, inner, now),
        "shred_day": day_number(now),
    }


def _context(db: Db, wrap_id: UUID, parents: tuple[UUID, UUID, UUID]) -> Context:
    """Return the context of a wrap. ``parents``: its request, case and member."""
    _, case, _ = parents
    return db.keys.context("brief_wraps", "wrap", wrap_id, case=case, epoch=_EPOCH, parents=parents)


def _context_of(db: Db, wrap: BriefWrap) -> Context:
    return _context(db, wrap.id, (wrap.request_id, wrap.case_id, wrap.member_id))


def _operational(db: Db) -> OperationalKeys:
    if db.keys.operational is None:
        raise Sealed
    return db.keys.operational


def list_brief_holders(db: Db, request_id: UUID) -> frozenset[UUID] | None:
    """Return the members to whom a request's brief is sealed; None where it has none yet."""
    if db.scalar(select(Brief.id).where(Brief.request_id == request_id)) is None:
        return None
    return frozenset(
        db.scalars(select(BriefWrap.member_id).where(BriefWrap.request_id == request_id))
    )


def hand_brief_over(db: Db, request_id: UUID, member_id: UUID, now: datetime) -> None:
    """Open the wrap of the member who accepted, and delete the others."""
    others = (BriefWrap.request_id == request_id, BriefWrap.member_id != member_id)
    db.execute(delete(BriefWrap).where(*others))
    wrap = _wrap_of(db, request_id, member_id)
    if wrap is None or not wrap.pending:
        return
    inner = db.keys.remember("brief_wraps", "wrap", wrap.id, wrap.wrap)
    context = _context_of(db, wrap)
    inner = unlock(_operational(db).wrap_key, Purpose.BRIEF_WRAP, wrap.epoch, context, inner)
    wrap.wrap = db.keys.forget("brief_wraps", "wrap", wrap.id, inner, now)
    wrap.pending, wrap.shred_day = False, day_number(now)
    db.flush()


def _wrap_of(db: Db, request_id: UUID, member_id: UUID) -> BriefWrap | None:
    query = select(BriefWrap).where(
        BriefWrap.request_id == request_id, BriefWrap.member_id == member_id
    )
    return db.scalar(query.with_for_update().execution_options(populate_existing=True))


def open_brief(db: Db, principal: Principal, request_id: UUID) -> BriefContent | None:
    """Open a brief with its holder's keys; None where there is none for them. SealBroken."""
    found = find_brief_keys(db, principal, request_id)
    if found is None:
        return None
    brief, keys = found
    return read_field(db, BRIEF_FIELDS, brief, {brief.epoch: keys})


def find_brief_keys(
    db: Db, principal: Principal, request_id: UUID
) -> tuple[Brief, BriefKeys] | None:
    """Return a brief with its keys, opened by its holder; None where there is none for them.

    SealBroken unless the seed reproduces the vouched public key.
    """
    brief = db.scalar(select(Brief).where(Brief.request_id == request_id))
    query = select(BriefWrap).where(
        BriefWrap.request_id == request_id, BriefWrap.member_id == principal.member_id
    )
    wrap = db.scalar(query)
    if brief is None or wrap is None or wrap.pending:
        return None
    inner = db.keys.remember("brief_wraps", "wrap", wrap.id, wrap.wrap)
    context = _context_of(db, wrap)
    pair = principal.keys.pair
    keys = BriefKeys(open_sealed(pair, Purpose.BRIEF_WRAP, wrap.epoch, context, inner))
    db.keys.check_public_key("briefs", brief.id, brief.epoch, brief.public, brief.mac)
    if keys.pair.public != brief.public:
        raise SealBroken
    return brief, keys


def delete_briefs(db: Db, request_ids: Collection[UUID]) -> None:
    """Delete briefs with all their wraps, and the texts that an interpreter opens with them."""
    _delete_rows(db, request_ids, Interpretation, BriefWrap, Brief)


def _delete_rows(
    db: Db,
    request_ids: Collection[UUID],
    *tables: type[Interpretation | BriefWrap | Brief],
) -> None:
    for table in tables:
        db.execute(delete(table).where(table.request_id.in_(request_ids)))


def delete_wraps(
    db: Db,
    member_id: UUID,
    *,
    case_ids: Collection[UUID] | None = None,
    pending: bool | None = None,
) -> None:
    """Delete a member's wraps: all, or those of some cases, or the pending ones."""
    theirs = delete(BriefWrap).where(BriefWrap.member_id == member_id)
    if case_ids is not None:
        theirs = theirs.where(BriefWrap.case_id.in_(case_ids))
    if pending is not None:
        theirs = theirs.where(BriefWrap.pending.is_(pending))
    db.execute(theirs)


# -- briefs that are missing


def ask_for_brief(db: Db, request: Request, now: datetime) -> None:
    """Give the desk the task to write a request's brief."""
    db.execute(delete(Task).where(Task.subject_id == request.id, Task.kind == BRIEF_TASK))
    add_task(db, request.case_id, BRIEF_TASK, request.id, now, now)


def finish_brief_task(db: Db, request_id: UUID, member_id: UUID | None) -> None:
    """Take that task from the desk: a member wrote the brief, or nobody needs it any more."""
    settle_tasks(db, request_id, (BRIEF_TASK,), member_id)
