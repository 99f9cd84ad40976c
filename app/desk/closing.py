"""How a case ends, and how not yet: closing, reopening, erasing, holding, merging.

Each acts on the whole tree of a case: on everything that was merged with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app import audit
from app.access import ARCHIVE, DESK, Permission, Principal
from app.cases import (
    archive_dates,
    archive_detentions,
    delete_tasks,
    find_case,
    find_live_reference,
    inherit_waiting,
    lock_tree,
    mark_closed,
    mark_open,
    open_archive,
    read_case_values,
    restore_dates,
    restore_denials,
    restore_detentions,
    write_case_values,
)
from app.crypto import CaseKeys
from app.desk.erasing import erase_tree
from app.errors import BadRequest, CaseErased, NotFound
from app.models import LIVE_STATES, ArchivedContact, Case, rounded
from app.organisation import OUTCOMES
from app.paging import acknowledge_alert
from app.requests import end_requests, lock_requests
from app.store import NOT_WAITING, Db
from app.vault import (
    CASE_CONTACT,
    HOLD_REASON,
    move_to_fresh_epoch,
    open_case_grants,
    read_sheet,
    regrant_case,
    write_sheet,
)

# What the machine needs only while a case lives.
_GONE_WHEN_CLOSED: Mapping[str, Any] = dict.fromkeys(("number", "reach", "waiting_since", "script"))


def close_case(db: Db, principal: Principal, case_id: UUID, outcome: str, now: datetime) -> Case:
    """Close a case: its keys go to the archive, the desk's grants and the number go.

    What is kept for longer than its texts moves to an epoch of its own.
    """
    principal.require(Permission.CASES)
    if outcome not in OUTCOMES:
        raise BadRequest(f"An outcome is one of: {', '.join(OUTCOMES)}.")
    case = find_case(db, principal, case_id, live=True)
    together = lock_tree(db, case)
    lock_requests(db, [one.id for one in together])
    for one in together:
        _close_one(db, principal, one, outcome, now)
        acknowledge_alert(db, one.id, principal.member_id)
        audit.record(db, "case.closed", principal.member_id, one.id, now)
    return case


def _close_one(db: Db, principal: Principal, case: Case, outcome: str, now: datetime) -> None:
    opened = open_case_grants(db, principal, case.id, DESK)
    keys = move_to_fresh_epoch(db, case, opened, now)
    values = read_case_values(db, case)
    if values.number:
        write_sheet(db, CASE_CONTACT, case, ArchivedContact(number=values.number))
    regrant_case(db, case.id, keys, ARCHIVE, now)
    end_requests(db, case, now)
    archive_dates(db, case)
    archive_detentions(db, case)
    delete_tasks(db, case.id)
    kept = replace(values, **_GONE_WHEN_CLOSED)
    write_case_values(db, case, replace(kept, outcome=outcome, flags=()))
    mark_closed(case)
    case.closed_at = rounded(now)
    case.assigned_to, case.waiting, case.unread = None, False, 0
    case.queue_order = NOT_WAITING + db.order.next(now)
    case.version += 1


def reopen_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Reopen a closed case with the archive's keys. Forbidden, BadRequest, ReasonMissing."""
    case = find_case(db, principal, case_id)
    principal.require(Permission.ARCHIVE)
    if case.state in LIVE_STATES:
        raise BadRequest("This case is open.")
    closed = lock_tree(db, case)
    opened = open_archive(db, principal, case, closed, now)
    contacts = {one.id: read_sheet(db, CASE_CONTACT, one, opened[one.id]) for one in closed}
    # The index forgets the numbers of closed cases, so what was sealed when closing counts.
    for number in {contact.number for contact in contacts.values() if contact}:
        if reference := find_live_reference(db, db.keys.number_lookup(number)):
            raise BadRequest(
                f"This phone has a newer open case, {reference}; close that one first."
            )
    for one in closed:
        _reopen_one(db, one, opened[one.id], contacts[one.id], now)
        audit.record(db, "case.reopened", principal.member_id, one.id, now)
    return case


def _reopen_one(
    db: Db,
    case: Case,
    keys: Mapping[int, CaseKeys],
    contact: ArchivedContact | None,
    now: datetime,
) -> None:
    regrant_case(db, case.id, keys, DESK, now)
    restore_dates(db, case, keys, now)
    restore_detentions(db, case, keys, now)
    restore_denials(db, case, keys, now)
    values = read_case_values(db, case)
    number = contact.number if contact else None
    write_case_values(db, case, replace(values, outcome=None, number=number, human=True))
    mark_open(case)
    case.closed_at = None
    if contact:
        case.number_lookup = db.keys.number_lookup(contact.number)
    case.reference_lookup = db.keys.reference_lookup(values.reference)
    case.version += 1


def erase_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> None:
    """Erase a case for good. CaseHeld."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id)
    erase_tree(db, case, now, principal.member_id)


def hold_case(db: Db, principal: Principal, case_id: UUID, reason: str, now: datetime) -> Case:
    """Keep a case from being erased, with a reason that only people can read."""
    principal.require(Permission.HOLD)
    case = _holdable(db, principal, case_id)
    for one in lock_tree(db, case):
        write_sheet(db, HOLD_REASON, one, reason)
        one.held = True
        audit.record(db, "case.held", principal.member_id, one.id, now)
    return case


def lift_hold(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Let a case be erased again; a coordinator's decision, whoever asked for the hold."""
    principal.require(Permission.LIFT_HOLD)
    case = _holdable(db, principal, case_id)
    for one in lock_tree(db, case):
        one.held = False
        audit.record(db, "case.hold_lifted", principal.member_id, one.id, now)
    return case


def _holdable(db: Db, principal: Principal, case_id: UUID) -> Case:
    """A coordinator may hold a case they cannot read, since they know its id from the desk."""
    if principal.may(Permission.CASES):
        return find_case(db, principal, case_id)
    case = db.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NotFound
    if case.state == "erased":
        raise CaseErased
    return case


def merge_cases(db: Db, principal: Principal, case_id: UUID, into_id: UUID, now: datetime) -> Case:
    """Put one live case under another; nothing is re-encrypted. BadRequest."""
    principal.require(Permission.CASES)
    ids: Sequence[UUID] = sorted((case_id, into_id))
    found = {i: find_case(db, principal, i, live=True) for i in ids}
    case, into = found[case_id], found[into_id]
    if case.id == into.id or case.merged_into or into.merged_into:
        raise BadRequest("These two cannot be merged: take the main case of each.")
    together = [*lock_tree(db, case), *lock_tree(db, into)]
    for one in together:  # every case names the main one, so that all phones find it
        one.merged_into = into.id if one.id != into.id else None
        one.held = any(other.held for other in together)
    case.assigned_to = None
    values, gone = read_case_values(db, into), read_case_values(db, case)
    write_case_values(db, into, inherit_waiting(into, values, case, gone))
    into.version += 1
    audit.record(db, "case.merged", principal.member_id, case.id, now)
    audit.record(db, "case.merged", principal.member_id, into.id, now)
    return into
