"""Reading one case whole, opened for the person who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app import audit
from app.access import DESK, Permission, Principal
from app.calls import list_calls
from app.cases import (
    find_case,
    find_contact_terms,
    is_live,
    list_attachments,
    list_denials,
    list_detentions,
    list_tasks_of_cases,
    lock_tree,
    open_archive,
)
from app.crypto import CaseKeys, SealBroken
from app.desk.case_file import (
    CaseFile,
    SafeContact,
)
from app.desk.case_records import (
    TreeKeys,
    list_consents,
    list_damaged,
    list_notes,
    list_texts,
    mask_number,
    show_sheet,
)
from app.desk.date_changes import WholeDate, list_dates
from app.desk.queue import CaseLine, read_line
from app.desk.waiting_wishes import find_waiting_wish
from app.knowledge import (
    PossibleDeadline,
    find_deadline_facts,
    find_possible_deadlines,
    list_enabled_rules,
)
from app.models import (
    AWAITED,
    ERASE_REQUESTED,
    HOURS_NOT_SAID,
    LIVE_STATES,
    PERHAPS_ANOTHER_OWNER,
    AuditEntry,
    Case,
    DetentionDetails,
    DetentionEpisode,
)
from app.organisation import find_zone
from app.outbox import find_phone_flags
from app.paging import acknowledge_alert
from app.requests import list_interpretations, list_reports, list_requests_of_cases
from app.store import Db
from app.vault import (
    CASE_CONTACT,
    CASE_FIELDS,
    HOLD_REASON,
    open_case_grants,
)

# A flag that follows from the case's values: answers wait for a person to confirm the caller.
UNCONFIRMED = "answers_unconfirmed"
# Flags that say something of one phone of a case, whichever it is.
_OF_A_PHONE = (ERASE_REQUESTED, PERHAPS_ANOTHER_OWNER)


def read_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> CaseFile:
    """Open a case for this member, and write that down in the same transaction.

    NotFound, CaseErased; Forbidden for a member who still waits for the team's key. A closed case
    shows its bare facts to the desk and opens for the archive: ReasonMissing until the member has
    said why (``break_glass``).
    """
    case = find_case(db, principal, case_id)
    live = is_live(case)
    line = read_line(db, case)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    history = audit.history(db, case.id)
    if not live and not principal.may(Permission.ARCHIVE):
        contact = _find_contact(db, [line], line.values.number, now)
        return CaseFile(line, contact, history, list_damaged(db), opened=False)
    members = [one for one in lock_tree(db, case) if _belongs(one, case)]
    if live:
        keys = {one.id: open_case_grants(db, principal, one.id, DESK) for one in members}
        case.unread = 0
        acknowledge_alert(db, case.id, principal.member_id)
    else:
        keys = open_archive(db, principal, case, members, now)
    number = line.values.number if live else _find_archived_number(db, case, keys[case.id])
    lines = [line, *(read_line(db, one) for one in members)]
    return _open(db, lines, keys, _find_contact(db, lines, number, now), history)


def _open(
    db: Db,
    lines: Sequence[CaseLine],
    keys: TreeKeys,
    contact: SafeContact,
    history: Sequence[AuditEntry],
) -> CaseFile:
    """Open all that belongs to a case; ``lines`` are its tree's, the case itself first."""
    line, case, live = lines[0], lines[0].case, is_live(lines[0].case)
    read = list_texts(db, keys)
    written = show_sheet(db, CASE_FIELDS, case, keys[case.id]) or {}
    fields = {**read.answers, **written}
    unconfirmed = read.find_unconfirmed(line.values.unconfirmed_since)
    dates, stays = list_dates(db, keys), list_detentions(db, keys)
    file = CaseFile(
        line,
        contact,
        history,
        messages=read.texts,
        fields=fields,
        unconfirmed={name: said for one in unconfirmed.values() for name, said in one.items()},
        erasure=find_waiting_wish(db, [one.case for one in lines]) if live else None,
        notes=list_notes(db, keys),
        consents=list_consents(db, keys),
        events=dates,
        episodes=stays,
        denials=list_denials(db, keys),
        tasks=list_tasks_of_cases(db, keys) if live else (),
        possible_deadlines=_find_deadlines(db, line, dates, stays, fields) if live else (),
        requests=list_requests_of_cases(db, keys),
        reports=list_reports(db, keys),
        interpretations=list_interpretations(db, keys),
        calls=list_calls(db, keys),
        attachments=list_attachments(db, keys),
        hold_reason=show_sheet(db, HOLD_REASON, case, keys[case.id]) if case.held else None,
    )
    return replace(file, damaged=list_damaged(db))


def _belongs(one: Case, case: Case) -> bool:
    """Return whether a case of the tree is read with this one; how far it had come is all one."""
    alike = one.state == case.state or {one.state, case.state} <= {*LIVE_STATES}
    return one.id == case.id or (case.merged_into is None and alike)


def _find_archived_number(db: Db, case: Case, keys: Mapping[int, CaseKeys]) -> str | None:
    contact = show_sheet(db, CASE_CONTACT, case, keys)
    return contact.number if contact else None


def _find_contact(
    db: Db, lines: Sequence[CaseLine], number: str | None, now: datetime
) -> SafeContact:
    case, values = lines[0].case, lines[0].values
    try:
        terms = find_contact_terms(db, case.id, values)
    except SealBroken:  # nothing that was agreed to counts then, and nobody is texted
        terms = None
    return SafeContact(
        mask_number(number),
        terms.methods if terms and terms.granted else (),
        terms.hours if terms and terms.granted else HOURS_NOT_SAID,
        _list_flags(db, lines, now),
    )


def _list_flags(db: Db, lines: Sequence[CaseLine], now: datetime) -> list[str]:
    """Return what to beware of: noted in a case, or true of its phone or one merged with it."""
    case, values = lines[0].case, lines[0].values
    flags = list(values.flags)
    for line in lines:
        flags += find_phone_flags(db, line.values.number, now)
        flags += [flag for flag in line.values.flags if flag in _OF_A_PHONE]
    flags += ["held"] if case.held else []
    flags += [UNCONFIRMED] if values.unconfirmed_since else []
    return list(dict.fromkeys(flags))


def _find_deadlines(
    db: Db,
    line: CaseLine,
    dates: Sequence[WholeDate],
    stays: Sequence[tuple[DetentionEpisode, DetentionDetails]],
    fields: Mapping[str, Any],
) -> list[PossibleDeadline]:
    rules = list_enabled_rules(db)
    if not rules:
        return []
    held = [stay.since for episode, stay in stays if not episode.ended]
    zone = find_zone(db, line.values.region)
    awaited = [(date.kind, date.starts_at) for date in dates if date.state in AWAITED]
    return find_possible_deadlines(rules, find_deadline_facts(awaited, held, fields), zone)
