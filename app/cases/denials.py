"""Refused services: what was refused to a caller, by whom, and what they want the city to know.

All of it is sealed to the case but sector and service, which statistics count, and the reference,
by which coordinators follow the complaint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from app import audit
from app.access import Permission, Principal
from app.cases.archive import open_archive
from app.cases.case import find_case, find_row_with_case, open_case_keys
from app.cases.codenames import make_code_name
from app.cases.states import is_live
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import (
    DENIAL_TRANSITIONS,
    SETTLED_DENIALS,
    Case,
    CaseState,
    Denial,
    DenialDetails,
    DenialState,
    DenialValues,
    check_step,
    rounded,
)
from app.organisation import DENIAL_FIELDS, DENIAL_SECTORS, DENIED_SERVICES
from app.store import Db, ReadVersion, check_version, position_after, show_rows
from app.vault import DENIAL_DETAILS, read_field, rewrite_field, seal_columns

LONGEST_ACCOUNT, _LONGEST_NAME = 4000, 200
# What may still be changed: the office has nothing of it yet.
CHANGEABLE_DENIALS = (DenialState.RECORDED, DenialState.DRAFTED)


def make_denial(told: Mapping[str, Any]) -> DenialDetails:
    """Return a refused service with a reference of its own, which tells nothing of its case.

    ``told`` holds the rest, by the names of ``DenialDetails``.
    """
    return DenialDetails(reference=f"C-{make_code_name()}", **told)


def check_denial(told: DenialDetails, now: datetime) -> None:
    """Raise BadRequest for what cannot be."""
    if told.sector not in DENIAL_SECTORS:
        raise BadRequest(f"A sector is one of: {', '.join(DENIAL_SECTORS)}.")
    if told.service not in DENIED_SERVICES:
        raise BadRequest(f"A refused service is one of: {', '.join(DENIED_SERVICES)}.")
    if not told.provider.strip():
        raise BadRequest("Say who refused it: a place, an office, or `not known`.")
    if set(told.shared) - set(DENIAL_FIELDS):
        raise BadRequest(f"What can be shared: {', '.join(DENIAL_FIELDS)}.")
    # A day of grace: it may be tomorrow already where it happened.
    if told.happened_on and (told.happened_on - now.date()).days > 1:
        raise BadRequest("A service was not refused in the future.")
    if any(len(name) > _LONGEST_NAME for name in (told.provider, told.place, told.caller_name)):
        raise BadRequest(f"A name or place has at most {_LONGEST_NAME} characters.")
    if len(told.account) > LONGEST_ACCOUNT or len(told.wanted) > LONGEST_ACCOUNT:
        raise BadRequest(f"What happened has at most {LONGEST_ACCOUNT} characters.")


def record_denial(
    db: Db, principal: Principal, case_id: UUID, told: DenialDetails, now: datetime
) -> Denial:
    """Write down that a service was refused. BadRequest, CaseClosed, CaseErased."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    check_denial(told, now)
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    denial = Denial(
        id=row_id,
        version=1,
        position=case.last_position,
        state=DenialState.RECORDED,
        recorded_at=rounded(now),
        state_since=rounded(now),
        **seal_columns(db, DENIAL_DETAILS, case, row_id, told),
        **db.keys.new_values(Denial, row_id, _list_values(told), now, case_id=case.id),
    )
    db.add(denial)
    db.flush()
    audit.record(db, "denial.recorded", principal.member_id, denial.id, now)
    return denial


def _list_values(told: DenialDetails) -> DenialValues:
    return DenialValues(sector=told.sector, service=told.service, reference=told.reference)


def change_denial(
    db: Db,
    principal: Principal,
    denial_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> Denial:
    """Change some of it, by the names of ``DenialDetails``; a draft has to be made anew.

    StaleVersion, BadRequest, also once the office has it.
    """
    principal.require(Permission.CASES)
    denial, case = find_row_with_case(db, principal, Denial, denial_id)
    check_version(denial.version, version)
    if denial.state not in CHANGEABLE_DENIALS:
        raise BadRequest("The complaint is out: what was sent stays as it is. Record a new one.")
    keys = open_case_keys(db, principal, case)
    after = replace(read_field(db, DENIAL_DETAILS, denial, keys), **changes)
    check_denial(after, now)
    rewrite_field(db, DENIAL_DETAILS, case, denial, after)
    db.keys.write_values(denial, _list_values(after))
    move_denial(denial, DenialState.RECORDED, now)
    denial.version += 1
    db.flush()
    audit.record(db, "denial.changed", principal.member_id, denial.id, now)
    return denial


def move_denial(denial: Denial, after: DenialState, now: datetime) -> None:
    """Bring a complaint into another state, or leave it in the one it has. WrongStep."""
    check_step(DENIAL_TRANSITIONS, denial.state, after)
    if denial.state != after:
        denial.state, denial.state_since = after, rounded(now)


def list_denials(
    db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]
) -> list[tuple[Denial, DenialDetails]]:
    """Return the refused services of cases whose keys are in hand, the oldest first."""
    found = show_rows(
        db,
        select(Denial).where(Denial.case_id.in_(keys)),
        lambda row: (row, read_field(db, DENIAL_DETAILS, row, keys[row.case_id])),
    )
    return sorted(found, key=lambda one: (one[0].recorded_at, one[0].position))


def open_denial(
    db: Db, principal: Principal, denial: Denial, now: datetime
) -> tuple[Case, DenialDetails]:
    """Return what is known of one refused service, and its case.

    That of a closed case opens for the archive. NotFound, Forbidden, ReasonMissing.
    """
    known = db.get(Case, denial.case_id)
    archived = known is not None and not is_live(known)
    principal.require(Permission.ARCHIVE if archived else Permission.CASES)
    case = find_case(db, principal, denial.case_id)
    if is_live(case):
        keys = open_case_keys(db, principal, case)
    else:
        keys = open_archive(db, principal, case, [case], now)[case.id]
    return case, read_field(db, DENIAL_DETAILS, denial, keys)


def forget_settled_denials(db: Db) -> None:
    """Take what the machine knows of refused services away, once nothing needs it.

    That is when the case is closed, was looked at for the statistics, and no complaint is out.
    """
    root = func.coalesce(Case.merged_into, Case.id)
    looked_at = select(root).where(Case.denial_period.is_not(None))
    over = select(Case.id).where(Case.state == CaseState.CLOSED, root.in_(looked_at))
    gone = {"op_key": None, "op_values": None, "shred_day": None}
    settled = (Denial.state.in_(SETTLED_DENIALS), Denial.op_values.is_not(None))
    db.execute(update(Denial).where(*settled, Denial.case_id.in_(over)).values(gone))


def restore_denials(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the refused services of a reopened case again."""
    gone = select(Denial).where(Denial.case_id == case.id, Denial.op_values.is_(None))
    for row in db.scalars(gone):
        db.keys.move_values(row, _list_values(read_field(db, DENIAL_DETAILS, row, keys)), now)
