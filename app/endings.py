"""How a case ends, and how not yet: closing, reopening, erasing, holding, merging.

Each acts on the whole tree of a case: on everything that was merged with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app import (
    alerts,
    audit,
    cases,
    episodes,
    erasure,
    events,
    grants,
    requests,
    seeking,
    sheets,
    tasks,
)
from app.access import ARCHIVE, DESK, Permission, Principal
from app.crypto import CaseKeys
from app.db import Db
from app.errors import BadRequest, CaseErased, NotFound
from app.models import LIVE_STATES, Case, rounded
from app.ordering import NOT_WAITING

OUTCOMES = (
    "supported",
    "referred",
    "released",
    "removed",
    "unreachable",
    "duplicate",
    "not_for_us",
    "other",
)
# What the machine needs only while a case lives.
_GONE_WHEN_CLOSED = ("number", "reach", "waiting_since", "script")


def close(db: Db, principal: Principal, case_id: UUID, outcome: str, now: datetime) -> Case:
    """Close a case: its keys go to the archive, the desk's grants and the number go."""
    principal.require(Permission.CASES)
    if outcome not in OUTCOMES:
        raise BadRequest(f"An outcome is one of: {', '.join(OUTCOMES)}.")
    case = cases.find(db, principal, case_id, live=True)
    together = erasure.tree(db, case)
    seeking.lock_all(db, [one.id for one in together])
    for one in together:
        _close_one(db, principal, one, outcome, now)
        alerts.acknowledge(db, one.id, principal.member_id)
        audit.record(db, "case.closed", principal.member_id, one.id, now)
    return case


def _close_one(db: Db, principal: Principal, case: Case, outcome: str, now: datetime) -> None:
    keys = grants.open_case(db, principal, case.id, DESK)
    values = cases.coarse(db, case)
    if values.get("number"):
        sheets.write(db, case, "contact", {"number": values["number"]})
    grants.regrant(db, case.id, keys, ARCHIVE, now)
    requests.end_all(db, case, now)
    events.archive(db, case)
    episodes.archive(db, case)
    tasks.forget(db, case.id)
    kept = {name: value for name, value in values.items() if name not in _GONE_WHEN_CLOSED}
    cases.rewrite(db, case, {**kept, "outcome": outcome, "flags": []})
    case.state, case.closed_at = "closed", rounded(now)
    case.assigned_to, case.waiting, case.unread = None, False, 0
    case.queue_order = NOT_WAITING + db.keys.order.next(now)
    case.version += 1


def reopen(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Reopen a closed case with the archive's keys. Forbidden, BadRequest."""
    case = cases.find(db, principal, case_id)
    principal.require(Permission.ARCHIVE)
    if case.state in LIVE_STATES:
        raise BadRequest("This case is open.")
    closed = erasure.tree(db, case)
    opened = {one.id: grants.open_case(db, principal, one.id, ARCHIVE) for one in closed}
    contacts = {one.id: sheets.read(db, one, opened[one.id], "contact", {}) for one in closed}
    # The index forgets the numbers of closed cases, so what was sealed when closing counts.
    for number in {contact["number"] for contact in contacts.values() if contact}:
        if reference := cases.live_reference(db, db.keys.number_lookup(number)):
            raise BadRequest(
                f"This phone has a newer open case, {reference}; close that one first."
            )
    for one in closed:
        _reopen_one(db, one, opened[one.id], contacts[one.id], now)
        audit.record(db, "case.reopened", principal.member_id, one.id, now)
    return case


def _reopen_one(
    db: Db, case: Case, keys: Mapping[int, CaseKeys], contact: Mapping[str, Any], now: datetime
) -> None:
    grants.regrant(db, case.id, keys, DESK, now)
    events.restore(db, case, keys, now)
    episodes.restore(db, case, keys, now)
    values = cases.coarse(db, case)
    values.pop("outcome", None)
    cases.rewrite(db, case, {**values, **contact, "human": True})
    case.state, case.closed_at = "open", None
    if contact:
        case.number_lookup = db.keys.number_lookup(contact["number"])
    case.reference_lookup = db.keys.reference_lookup(values["reference"])
    case.version += 1


def erase(db: Db, principal: Principal, case_id: UUID, now: datetime) -> None:
    """Erase a case for good. CaseHeld."""
    principal.require(Permission.CASES)
    case = cases.find(db, principal, case_id)
    erasure.erase(db, case, now, principal.member_id)


def hold(db: Db, principal: Principal, case_id: UUID, reason: str, now: datetime) -> Case:
    """Keep a case from being erased, with a reason that only people can read."""
    principal.require(Permission.HOLD)
    case = _holdable(db, principal, case_id)
    for one in erasure.tree(db, case):
        sheets.write(db, one, "hold_reason", reason)
        one.held = True
        audit.record(db, "case.held", principal.member_id, one.id, now)
    return case


def lift_hold(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Let a case be erased again; a coordinator's decision, whoever asked for the hold."""
    principal.require(Permission.LIFT_HOLD)
    case = _holdable(db, principal, case_id)
    for one in erasure.tree(db, case):
        one.held = False
        audit.record(db, "case.hold_lifted", principal.member_id, one.id, now)
    return case


def _holdable(db: Db, principal: Principal, case_id: UUID) -> Case:
    """A coordinator may hold a case they cannot read, since they know its id from the desk."""
    if principal.may(Permission.CASES):
        return cases.find(db, principal, case_id)
    case = db.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NotFound
    if case.state == "erased":
        raise CaseErased
    return case


def merge(db: Db, principal: Principal, case_id: UUID, into_id: UUID, now: datetime) -> Case:
    """Put one live case under another; nothing is re-encrypted. BadRequest."""
    principal.require(Permission.CASES)
    ids: Sequence[UUID] = sorted((case_id, into_id))
    found = {i: cases.find(db, principal, i, live=True) for i in ids}
    case, into = found[case_id], found[into_id]
    if case.id == into.id or case.merged_into or into.merged_into:
        raise BadRequest("These two cannot be merged: take the main case of each.")
    together = [*erasure.tree(db, case), *erasure.tree(db, into)]
    for one in together:  # every case names the main one, so that all phones find it
        one.merged_into = into.id if one.id != into.id else None
        one.held = any(other.held for other in together)
    case.assigned_to = None
    into.urgency = min(into.urgency, case.urgency)
    into.unread += case.unread
    if case.waiting and not into.waiting:
        into.waiting, into.queue_order = True, case.queue_order
        cases.rewrite(
            db,
            into,
            {**cases.coarse(db, into), "waiting_since": cases.coarse(db, case)["waiting_since"]},
        )
    into.version += 1
    audit.record(db, "case.merged", principal.member_id, case.id, now)
    audit.record(db, "case.merged", principal.member_id, into.id, now)
    return into
