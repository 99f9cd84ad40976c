"""Cases: finding, opening by hand, changing, handing over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from app import audit
from app.access import DESK, Permission, Principal
from app.cases import (
    find_case,
    find_live_reference,
    give_case,
    make_code_name,
    open_case_keys,
    read_case_values,
    take_case,
    write_case_values,
)
from app.desk.contact import check_callers_number
from app.errors import BadRequest, Forbidden, OfferTaken
from app.models import Case, CaseEpoch, CaseGrant, CaseState, CaseValues, rounded
from app.organisation import check_codes, check_fields, read_settings
from app.paging import acknowledge_alert
from app.requests import complete_briefs, follow_urgency
from app.store import NOT_WAITING, Db, ReadVersion, check_version, make_row_id
from app.vault import CASE_FIELDS, make_case_keys, read_roster, read_sheet, write_sheet

_COARSE = ("situation", "language", "region")


# -- opening by hand


@dataclass(frozen=True)
class CaseOpening:
    """What is known when a case is opened by hand; ``number`` is E.164."""

    number: str | None
    situation: str
    urgency: int
    language: str | None
    region: str | None
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return "Opening(…)"


def open_case_by_hand(
    db: Db, principal: Principal, opening: CaseOpening, now: datetime, *, own_number: str
) -> Case:
    """Open a case for a walk-in or a call taken elsewhere. BadRequest, NumberIsNoCallers.

    ``own_number`` is the hotline's.
    """
    principal.require(Permission.CASES)
    if opening.number:
        check_callers_number(db, opening.number, own_number)
    settings = read_settings(db)
    check_codes(
        settings,
        situation=opening.situation,
        urgency=opening.urgency,
        region=opening.region,
        language=opening.language,
    )
    check_fields(settings, opening.fields)
    lookup = db.keys.number_lookup(opening.number) if opening.number else None
    if lookup and (reference := find_live_reference(db, lookup)):
        raise BadRequest(f"There is an open case for this phone already: {reference}.")
    case = _make_case(db, principal, opening, lookup, now)
    _, epoch_row, grant = make_case_keys(db, case.id, 1, DESK, now)
    db.add(case)
    db.flush()
    db.execute(insert(CaseEpoch), [epoch_row])
    db.execute(insert(CaseGrant), [grant])
    if opening.fields:
        write_sheet(db, CASE_FIELDS, case, dict(opening.fields))
    audit.record(db, "case.opened", principal.member_id, case.id, now)
    return case


def _make_case(
    db: Db, principal: Principal, opening: CaseOpening, lookup: bytes | None, now: datetime
) -> Case:
    case_id = make_row_id(db, Case, now)
    values = CaseValues(
        number=opening.number,
        channel="manual",
        reference=make_code_name(),
        language=opening.language,
        region=opening.region,
        situation=opening.situation,
        opened_at=now,
        human=True,
        human_at=now,
    )
    return Case(
        id=case_id,
        state=CaseState.OPEN,
        urgency=opening.urgency,
        version=1,
        epoch=1,
        opened_at=rounded(now),
        queue_order=NOT_WAITING + db.order.next(now),
        waiting=False,
        last_position=0,
        unread=0,
        assigned_to=principal.member_id,
        number_lookup=lookup,
        reference_lookup=db.keys.reference_lookup(values.reference or ""),
        held=False,
        **db.keys.new_values(Case, case_id, values, now),
    )


# -- changing


def change_case(
    db: Db,
    principal: Principal,
    case_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> Case:
    """Change tier, situation, language, region or fields. StaleVersion, BadRequest.

    What is already so is no change: it raises no version and stands in no log.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    check_version(case.version, version)
    settings = read_settings(db)
    check_codes(
        settings,
        situation=changes.get("situation"),
        urgency=changes.get("urgency"),
        region=changes.get("region"),
        language=changes.get("language"),
    )
    changed = False
    if changes.get("fields"):
        check_fields(settings, changes["fields"])
        changed = _change_fields(db, principal, case, changes["fields"])
    if changes.get("urgency") not in (None, case.urgency):
        case.urgency, changed = changes["urgency"], True
        follow_urgency(db, case, now)
    before = read_case_values(db, case)
    after = _change_coarse(before, changes)
    if after != before:
        write_case_values(db, case, after)
        changed = True
    if changed:
        case.version += 1
        audit.record(db, "case.changed", principal.member_id, case.id, now)
    return case


def _change_coarse(before: CaseValues, changes: Mapping[str, Any]) -> CaseValues:
    after = replace(before, **{name: changes[name] for name in _COARSE if name in changes})
    chosen = after.language != before.language
    return replace(after, language_guessed=False) if chosen else after


def _change_fields(db: Db, principal: Principal, case: Case, fields: Mapping[str, Any]) -> bool:
    before = read_sheet(db, CASE_FIELDS, case, open_case_keys(db, principal, case)) or {}
    after = {**before, **fields}
    if after == before:
        return False
    write_sheet(db, CASE_FIELDS, case, after)
    return True


def claim_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Take a case that nobody has. OfferTaken where a colleague has it."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if case.assigned_to not in (None, principal.member_id):
        raise OfferTaken("A colleague has this case. They can hand it over to you.")
    return _give(db, principal, case, principal.member_id, "case.claimed", now)


def assign_case(
    db: Db, principal: Principal, case_id: UUID, member_id: UUID, now: datetime
) -> Case:
    """Give a case to a dispatcher. BadRequest for anybody else."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    member = read_roster(db).by_id.get(member_id)
    if member is None or not member.in_team(DESK):
        raise BadRequest("A case can only be given to a dispatcher.")
    return _give(db, principal, case, member_id, "case.assigned", now)


def _give(
    db: Db, principal: Principal, case: Case, member_id: UUID, kind: str, now: datetime
) -> Case:
    complete_briefs(db, principal, case, now)
    if member_id == principal.member_id:
        take_case(db, case, member_id, now)
    else:
        give_case(case, member_id)
    acknowledge_alert(db, case.id, principal.member_id)
    audit.record(db, kind, principal.member_id, case.id, now)
    return case


def release_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Give a case back to the queue. Forbidden where a colleague has it."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if case.assigned_to not in (None, principal.member_id):
        raise Forbidden("A colleague has this case, so only they can hand it over.")
    case.assigned_to = None
    audit.record(db, "case.released", principal.member_id, case.id, now)
    return case
