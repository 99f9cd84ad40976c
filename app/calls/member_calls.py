"""Calls from members' phones: no case by themselves, only where a member asks for help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.calls.line import CallSettings
from app.calls.staff import find_call_language
from app.calls.twiml import write_goodbye, write_member_question
from app.cases import find_known_cases, make_caller_lookup
from app.outbox import find_member_phone, note_running_call, queue_notice
from app.store import Db
from app.telephony import InboundCall
from app.texts import MemberNotice, MemberText
from app.vault import find_phone_owners

_WANTS_HELP = "1"


def find_calling_members(db: Db, call: InboundCall) -> Sequence[UUID]:
    """Return the members whose phone this is, unless it has a case already. None while sealed."""
    if not db.keys.is_open or not call.number:
        return ()
    lookup = make_caller_lookup(db, call.number)
    owners = find_phone_owners(db, {lookup}).get(lookup, ())
    return () if owners and lookup in find_known_cases(db, {lookup}).live else owners


def answer_member_call(
    db: Db, line: CallSettings, call: InboundCall, members: Sequence[UUID], now: datetime
) -> str | None:
    """Return what a member's phone is to do; None where it asked for help, and is a caller's."""
    if call.digits is None:
        note_running_call(db, call.sid, now)
        return write_member_question(line.url, line.spoken, find_call_language(db, members[0]))
    if call.digits != _WANTS_HELP:
        return write_goodbye()
    phone = find_member_phone(db, members[0])
    queue_notice(db, [phone] if phone else [], MemberNotice(MemberText.CASE_OPENED), now)
    return None
