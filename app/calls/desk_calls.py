"""What the desk does with calls: call back, hand a running call on, ask an interpreter into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import func, select

from app import audit
from app.access import DESK, Permission, Principal
from app.calls.call_rows import add_call, advance_call
from app.calls.caller_case import CUSTODY_FLAG
from app.calls.events import Summon
from app.calls.held_calls import HeldCall, lock_call
from app.calls.machine import begin_outgoing_call
from app.calls.staff import find_busy_members, find_phone
from app.cases import find_case, read_case_values, write_case_values
from app.errors import BadRequest, Forbidden, NotFound, Throttled, UnsafeMethod
from app.models import Call, CallState, Case, Request
from app.organisation import read_settings
from app.outbox import check_call
from app.paging import acknowledge_alert
from app.requests import RequestFacts, raise_request
from app.store import Db
from app.vault import read_roster

_DAY = timedelta(days=1)
_ORDINARY = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
}
_LINE_OF_DETENTION = (
    "This line is a place of detention's: nobody may be joined to such a call, or the line is lost."
)


def start_call_back(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Call:
    """Ring the member's own phone, then the caller's; both see the hotline's number.

    BadRequest, Throttled, UnsafeMethod, and the refusals of ``check_call``, which is asked
    again before the caller's phone rings.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    values = read_case_values(db, case)
    check_call(db, case, values, now)
    _check_cost(db, case, values.number or "", now)
    me = principal.member_id
    if find_phone(db, me) is None:
        raise BadRequest("Your own phone number is missing: add it to your profile first.")
    if find_busy_members(db, [me]):
        raise BadRequest("Your phone is in a call already.")
    call, actions = begin_outgoing_call(uuid4(), me, now)
    held = add_call(db, case, call, actions, now)
    acknowledge_alert(db, case.id, me)
    audit.record(db, "call.made", me, case.id, now)
    return held.row


def _check_cost(db: Db, case: Case, number: str, now: datetime) -> None:
    """Raise for a number that could cost extra, and for more calls than a day may have."""
    settings = read_settings(db)
    if not is_ordinary_number(number, settings.callback_countries):
        raise UnsafeMethod("This number is abroad, or costs extra: it is not called from here.")
    made = (Call.direction == "outbound", Call.at > now - _DAY)
    count = select(func.count()).select_from(Call).where(*made)
    of_case = db.scalar(count.where(Call.case_id == case.id)) or 0
    of_all = db.scalar(count) or 0
    if of_case >= settings.callbacks_per_case or of_all >= settings.callbacks_per_day:
        raise Throttled(int(_DAY.total_seconds()))


def is_ordinary_number(number: str, countries: Sequence[str]) -> bool:
    """Whether a number lies in one of these countries and costs what any number does."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    region = phonenumbers.region_code_for_number(parsed)
    return region in countries and phonenumbers.number_type(parsed) in _ORDINARY


# -- a call that goes on


def hand_call_over(
    db: Db, principal: Principal, case_id: UUID, call_id: UUID, member_id: UUID, now: datetime
) -> Call:
    """Ring a colleague into the running call; with their 1 the case is theirs.

    BadRequest; Forbidden on a line of detention.
    """
    held = _running(db, principal, case_id, call_id)
    if held.row.custody:
        raise Forbidden(_LINE_OF_DETENTION)
    known = read_roster(db).by_id.get(member_id)
    if known is None or not known.in_team(DESK) or member_id == principal.member_id:
        raise BadRequest("A call can only be handed to a colleague of the desk.")
    if find_phone(db, member_id) is None or find_busy_members(db, [member_id]):
        raise BadRequest("This colleague cannot be rung now.")
    advance_call(db, held, Summon("colleague", member_id), now)
    audit.record(db, "call.colleague_asked", principal.member_id, held.case.id, now)
    return held.row


def ask_interpreter(
    db: Db,
    principal: Principal,
    case_id: UUID,
    call_id: UUID,
    languages: Sequence[str],
    now: datetime,
) -> Request:
    """Ask interpreters; who accepts is rung into the call. Forbidden on a line of detention."""
    held = _running(db, principal, case_id, call_id)
    if held.row.custody:
        raise Forbidden(_LINE_OF_DETENTION)
    asked = RequestFacts("interpreter", languages=tuple(languages), call_id=call_id)
    return raise_request(db, principal, held.case.id, asked, now)


def mark_custody(
    db: Db, principal: Principal, case_id: UUID, call_id: UUID, custody: bool, now: datetime
) -> Call:
    """Say whether a call is a line of detention's; later calls of the case are taken for such."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    held = lock_call(db, call_id)
    if held is None or held.case.id != case.id:
        raise NotFound
    held.row.custody = custody
    values = read_case_values(db, case)
    flagged = values.with_flag(CUSTODY_FLAG) if custody else values.without_flag(CUSTODY_FLAG)
    write_case_values(db, case, flagged)
    audit.record(db, "call.custody", principal.member_id, case.id, now)
    return held.row


def _running(db: Db, principal: Principal, case_id: UUID, call_id: UUID) -> HeldCall:
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    held = lock_call(db, call_id)
    if held is None or held.case.id != case.id:
        raise NotFound
    if held.course.state != CallState.BRIDGED:
        raise BadRequest("Nobody is talking in this call now.")
    return held


# -- the time line


def list_calls(db: Db, case_ids: Mapping[UUID, Any]) -> list[Call]:
    """Return the calls of some cases in order."""
    query = select(Call).where(Call.case_id.in_(list(case_ids))).order_by(Call.at, Call.position)
    return list(db.list_whole(query))
