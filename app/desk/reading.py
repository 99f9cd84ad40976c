"""Reading: the queue as coarse facts, and one case whole, opened for the person who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

from app import audit
from app.access import ARCHIVE, DESK, Permission, Principal, readable_cases
from app.calls import list_calls as calls_of
from app.cases import (
    AWAITED,
    DueTask,
    find_case,
    find_contact_terms,
    list_attachments,
    list_detentions,
    list_tasks_of_cases,
    lock_tree,
)
from app.crypto import CaseKeys
from app.desk.date_changes import list_dates
from app.knowledge import (
    PossibleDeadline,
    find_deadline_facts,
    find_possible_deadlines,
    list_enabled_rules,
)
from app.models import (
    LIVE_STATES,
    AuditEntry,
    Call,
    Case,
    CaseValues,
    Consent,
    ConsentValues,
    DetentionDetails,
    DetentionEpisode,
    Message,
    MessageBody,
    Note,
)
from app.organisation import find_zone
from app.outbox import find_phone_flags
from app.paging import acknowledge_alert
from app.requests import (
    FoundRequest,
    OpenedReport,
    list_reports,
    list_requests_of_cases,
)
from app.store import BIG, Db, decode_cursor, encode_cursor
from app.vault import (
    CASE_CONTACT,
    CASE_FIELDS,
    HOLD_REASON,
    MESSAGE_BODY,
    NOTE_BODY,
    OVERRIDE_REASON,
    find_field,
    open_case_grants,
    read_field,
    read_sheet,
)

LONGEST_PAGE = 200
_LONG_NUMBER = 8


@dataclass(frozen=True)
class CaseLine:
    """A case as the queue shows it."""

    case: Case
    values: CaseValues = field(repr=False)


@dataclass(frozen=True)
class RecordedConsent:
    """What a caller allowed or took back, and who wrote that down."""

    id: UUID
    recorded_by: UUID
    values: ConsentValues
    override_reason: str | None = field(repr=False)


@dataclass(frozen=True)
class CaseFile:
    """A case whole. Where the reader holds no key, only ``line`` and ``history`` say anything."""

    line: CaseLine
    messages: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    consents: Sequence[RecordedConsent] = field(default=(), repr=False)
    events: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    episodes: Sequence[tuple[DetentionEpisode, DetentionDetails]] = field(default=(), repr=False)
    tasks: Sequence[DueTask] = ()
    # Hints for the desk, from rules that somebody verified; never to be texted.
    possible_deadlines: Sequence[PossibleDeadline] = field(default=(), repr=False)
    requests: Sequence[FoundRequest] = field(default=(), repr=False)
    reports: Sequence[OpenedReport] = field(default=(), repr=False)
    calls: Sequence[Call] = ()
    attachments: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    hold_reason: str | None = field(default=None, repr=False)
    flags: Sequence[str] = ()
    number: str | None = field(default=None, repr=False)
    history: Sequence[AuditEntry] = ()
    opened: bool = True


def read_line(db: Db, case: Case) -> CaseLine:
    """Return a case as the queue shows it; of an erased one nothing is known but bare facts."""
    nothing = CaseValues(reference="", channel="", opened_at=case.opened_at)
    return CaseLine(case, db.keys.find_values(case) or nothing)


# -- the queue


def list_cases(
    db: Db,
    principal: Principal,
    *,
    states: Sequence[str] = LIVE_STATES,
    urgency: int | None = None,
    mine: bool = False,
    reference: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[CaseLine], str | None]:
    """Return cases by tier, then longest waiting, and the cursor of the next page. Forbidden.

    The archive alone shows what has ended; of an erased case nothing is left but bare facts.
    """
    ended = not {*states} & {*LIVE_STATES}
    if not (ended and principal.may(Permission.ARCHIVE)):
        principal.require(Permission.CASES)
    where: list[ColumnElement[bool]] = [Case.state.in_(states), Case.merged_into.is_(None)]
    if urgency is not None:
        where.append(Case.urgency == urgency)
    if mine:
        where.append(Case.assigned_to == principal.member_id)
    if reference:
        where.append(Case.reference_lookup == db.keys.reference_lookup(reference))
    order = (Case.urgency, Case.queue_order, Case.id)
    if cursor:
        after = decode_cursor(cursor, range(4), BIG, UUID)
        where.append(tuple_(*order) > tuple_(*after))
    query = readable_cases(principal).where(*where).order_by(*order).limit(limit + 1)
    found = db.scalars(query).all()
    lines = [read_line(db, case) for case in found[:limit]]
    if len(found) <= limit:
        return lines, None
    last = found[limit - 1]
    return lines, encode_cursor(last.urgency, last.queue_order, last.id)


# -- one case


def read_case(db: Db, principal: Principal, case_id: UUID, now: datetime) -> CaseFile:
    """Open a case for this member, and write that down in the same transaction.

    NotFound, CaseErased; Forbidden for somebody still waiting for the team's key. A closed case
    shows its bare facts to the desk and opens for the archive.
    """
    case = find_case(db, principal, case_id)
    line = read_line(db, case)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    history = audit.history(db, case.id)
    closed = case.state not in LIVE_STATES
    if closed and not principal.may(Permission.ARCHIVE):
        return CaseFile(line, flags=_flags(db, [line], now), history=history, opened=False)
    members = [one for one in lock_tree(db, case) if _belongs(one, case)]
    team = ARCHIVE if closed else DESK
    keys = {one.id: open_case_grants(db, principal, one.id, team) for one in members}
    messages, answers = _messages(db, keys)
    if not closed:
        case.unread = 0
        acknowledge_alert(db, case.id, principal.member_id)
    number = line.values.number
    if closed:
        contact = read_sheet(db, CASE_CONTACT, case, keys[case.id])
        number = contact.number if contact else None
    written = read_sheet(db, CASE_FIELDS, case, keys[case.id]) or {}
    fields = {**answers, **written}
    dates, stays = list_dates(db, keys), list_detentions(db, keys)
    return CaseFile(
        line,
        messages,
        fields,
        _notes(db, keys),
        _consents(db, keys),
        events=dates,
        episodes=stays,
        tasks=() if closed else list_tasks_of_cases(db, keys),
        possible_deadlines=() if closed else _deadlines(db, line, dates, stays, fields),
        requests=list_requests_of_cases(db, keys),
        reports=list_reports(db, keys),
        calls=calls_of(db, keys),
        attachments=list_attachments(db, keys),
        hold_reason=read_sheet(db, HOLD_REASON, case, keys[case.id]) if case.held else None,
        flags=_flags(db, [line, *(read_line(db, one) for one in members)], now),
        number=number,
        history=history,
    )


def _flags(db: Db, tree: Sequence[CaseLine], now: datetime) -> list[str]:
    """Return what to beware of: noted in a case, or true of its phone or one merged with it."""
    case, values = tree[0].case, tree[0].values
    of_phones = (
        flag
        for number in dict.fromkeys(line.values.number for line in tree)
        for flag in find_phone_flags(db, number, now)
    )
    flags = [*values.flags, *of_phones, *(["held"] if case.held else [])]
    return list(dict.fromkeys(flags))


def _deadlines(
    db: Db,
    line: CaseLine,
    dates: Sequence[Mapping[str, Any]],
    stays: Sequence[tuple[DetentionEpisode, DetentionDetails]],
    fields: Mapping[str, Any],
) -> list[PossibleDeadline]:
    rules = list_enabled_rules(db)
    if not rules:
        return []
    held = [stay.since for episode, stay in stays if not episode.ended]
    zone = find_zone(db, line.values.region)
    awaited = [(one["kind"], one["starts_at"]) for one in dates if one["state"] in AWAITED]
    return find_possible_deadlines(rules, find_deadline_facts(awaited, held, fields), zone)


def _belongs(one: Case, case: Case) -> bool:
    return one.id == case.id or (case.merged_into is None and one.state == case.state)


def _messages(
    db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the conversation in order, and what the script learnt from it."""
    rows = db.scalars(
        select(Message).where(Message.case_id.in_(keys)).order_by(Message.position)
    ).all()
    opened = {
        row.id: read_field(db, MESSAGE_BODY, row, keys[row.case_id]) for row in rows if row.body
    }
    answers: dict[str, str] = {}
    conversation: list[dict[str, Any]] = []
    for row in rows:
        source = opened.get(row.source_id or row.id)
        of_script = row.source_id is not None
        if source and not of_script:
            answers.update(source.answers)
        conversation.append(
            {
                "id": row.id,
                "direction": row.direction,
                "channel": row.channel,
                "body": _words(row, source),
                "at": source.at if source else row.at,
                "status": row.status,
                "author": row.author_id,
                "media": [one.content_type for one in source.media]
                if source and not of_script
                else [],
            }
        )
    # Positions compare within one case; between merged ones the exact, sealed time decides.
    conversation.sort(key=lambda message: message["at"])
    return conversation, answers


def _words(row: Message, source: MessageBody | None) -> str | None:
    """Return what a message says; the words of the script's replies lie in the text they answer."""
    if source is None:
        return None
    return source.body if row.source_id is None else source.replies.get(row.id)


def _notes(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[dict[str, Any]]:
    rows = db.scalars(select(Note).where(Note.case_id.in_(keys)).order_by(Note.position))
    return [_open_note(db, row, keys) for row in rows]


def _open_note(db: Db, row: Note, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> dict[str, Any]:
    content = read_field(db, NOTE_BODY, row, keys[row.case_id])
    return {
        "id": row.id,
        "kind": row.kind,
        "author": row.author_id,
        "body": content.body,
        "at": content.at,
    }


def _consents(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[RecordedConsent]:
    rows = db.scalars(select(Consent).where(Consent.case_id.in_(keys)).order_by(Consent.position))
    return [
        RecordedConsent(
            row.id,
            row.recorded_by,
            db.keys.read_values(row),
            find_field(db, OVERRIDE_REASON, row, keys[row.case_id]),
        )
        for row in rows
    ]


def find_safe_contact(db: Db, file: CaseFile) -> dict[str, Any]:
    """Return how the caller may be reached: masked number, methods, hours, flags."""
    terms = find_contact_terms(db, file.line.case.id, file.line.values)
    return {
        "number_masked": mask_number(file.number),
        "safe_methods": list(terms.methods) if terms and terms.granted else [],
        "hours": list(terms.hours or ()) if terms else [],
        "flags": list(file.flags),
    }


def mask_number(number: str | None) -> str | None:
    """Return a number with all but its ends hidden; of a short one at most half is shown."""
    if not number:
        return None
    first = 2 if len(number) >= _LONG_NUMBER else 0
    last = min(2, len(number) // 2)
    return number[:first] + "•" * (len(number) - first - last) + number[len(number) - last :]
