"""What the desk writes: replies, notes, consents. All sealed to the case's public key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    TREE_ROOT,
    answer_caller,
    find_asking_phone,
    find_case,
    has_agreed,
    is_live,
    list_phones,
    note_unheard,
    note_written,
    parse_safe_hours,
    read_case_values,
    start_waiting,
    write_case_values,
)
from app.errors import BadRequest, UnsafeMethod
from app.models import (
    NOT_HEARD,
    PERHAPS_ANOTHER_OWNER,
    ROUNDING,
    Case,
    CaseValues,
    Consent,
    ConsentValues,
    Message,
    MessageBody,
    Outgoing,
    OutgoingState,
    rounded,
)
from app.organisation import CONSENT_SCOPES, CONTACT_METHODS
from app.outbox import MAYBE_STRANGER, TextDraft, check_text, queue_texts
from app.paging import ALERTED_AT_ONCE, acknowledge_alert, make_alert_job
from app.requests import complete_briefs, follow_consent
from app.store import ClaimedJob, Db, add_jobs, finish_job, make_row_id, position_after
from app.telephony import Channel
from app.vault import MESSAGE_BODY, OVERRIDE_REASON, seal_for_case

LONGEST_TEXT = 1600


def send_reply(
    db: Db,
    principal: Principal,
    case_id: UUID,
    body: str,
    now: datetime,
    channel: Channel | None = None,
    *,
    ready: bool = False,
) -> Message:
    """Queue a text to the phone that texted last, on the channel that it used, or on another.

    A ``ready`` text holds no fact of the case, so that it may go to a phone that is perhaps
    another person's by now. BadRequest, and the refusals of ``check_text``: another channel needs
    consent to it.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if not body.strip() or len(body) > LONGEST_TEXT:
        raise BadRequest("A text has between 1 and 1600 characters.")
    if "\0" in body:
        raise BadRequest("A text cannot hold the character NUL.")
    phone = find_asking_phone(db, case)
    channel = channel or phone.values.text_channel
    check_text(db, phone.case, phone.values, now, written_at=now, channel=channel)
    if PERHAPS_ANOTHER_OWNER in phone.values.flags and not ready:
        raise UnsafeMethod(MAYBE_STRANGER)
    complete_briefs(db, principal, case, now)
    write_case_values(db, case, answer_caller(db, case, read_case_values(db, case), now))
    write_case_values(db, phone.case, note_written(read_case_values(db, phone.case), now))
    text = CaseText(body, "reply", channel, principal.member_id)
    message = put_text(db, case, phone.values, text, now)
    acknowledge_alert(db, case.id, principal.member_id)
    audit.record(db, "case.replied", principal.member_id, case.id, now)
    return message


def send_reminder(db: Db, case: Case, values: CaseValues, body: str, now: datetime) -> Message:
    """Queue a text that the machine writes to a caller; the refusals of ``check_text``.

    It answers nobody: who waits for the desk goes on waiting.
    """
    channel = values.text_channel
    check_text(db, case, values, now, written_at=now, channel=channel, answers=False)
    return put_text(db, case, values, CaseText(body, "reminder", channel), now)


@dataclass(frozen=True)
class CaseText:
    """A text to write to a phone of a case; ``author`` is None for the machine.

    ``answers``: when that came which it answers, if not just now.
    """

    body: str = field(repr=False)
    purpose: str
    channel: Channel
    author: UUID | None = None
    answers: datetime | None = None


def put_text(db: Db, case: Case, phone: CaseValues, text: CaseText, now: datetime) -> Message:
    """Write a text to a phone into the conversation and into the outbox, unchecked."""
    message_id = make_row_id(db, Message, now)
    case.last_position = position_after(case.last_position, now)
    content = MessageBody(body=text.body, at=now, phone=phone.number)
    message = Message(
        id=message_id,
        case_id=case.id,
        epoch=case.epoch,
        direction="outbound",
        channel=text.channel,
        status="queued",
        at=rounded(now),
        position=case.last_position,
        author_id=text.author,
        body=seal_for_case(db, MESSAGE_BODY, case, message_id, content),
    )
    db.add(message)
    db.flush()
    draft = TextDraft(
        phone.find_address(text.channel) or "",
        text.body,
        case.id,
        message_id,
        text.purpose,
        case.urgency,
        text.answers,
        text.channel,
    )
    queue_texts(db, [draft], now)
    return message


def make_cases_wait(db: Db, claimed: Sequence[ClaimedJob], now: datetime) -> None:
    """Put cases back among those that wait: what somebody wrote in them did not arrive.

    The desk is paged as for a text from the caller, by the case's tier.
    """
    of_texts = select(Outgoing.case_id).where(
        Outgoing.id.in_([job.ref for job in claimed]),
        Outgoing.purpose == "reply",
        Outgoing.state.in_((*NOT_HEARD, OutgoingState.HELD)),
    )
    roots = select(TREE_ROOT).where(Case.id.in_(of_texts))
    found = db.scalars(select(Case).where(Case.id.in_(roots)).order_by(Case.id).with_for_update())
    for one in found.all():
        # It may have been merged while its row was waited for.
        case = db.get_one(Case, one.merged_into, with_for_update=True) if one.merged_into else one
        if not is_live(case):
            continue
        for phone in list_phones(db, case):  # on whichever it was, nobody wrote
            if phone.values.human:
                write_case_values(db, phone.case, note_unheard(phone.values))
        if case.waiting:
            continue
        values = start_waiting(db, case, read_case_values(db, case), now)
        write_case_values(db, case, values)
        # Rounded up: a page of these minutes, which was answered, must not count for this wait.
        case.last_message_at = rounded(now) + ROUNDING
        if case.urgency <= ALERTED_AT_ONCE:
            add_jobs(db, [make_alert_job(case.id, case.urgency, now)])
    for job in claimed:
        finish_job(db, job)


@dataclass(frozen=True)
class StatedConsent:
    """What a caller said about one scope; ``hours`` as ``parse_safe_hours`` takes them."""

    scope: str
    granted: bool
    methods: Sequence[str] = ()
    hours: str | Sequence[str] | None = None
    override_reason: str | None = field(default=None, repr=False)


def record_consent(
    db: Db, principal: Principal, case_id: UUID, said: StatedConsent, now: datetime
) -> Consent:
    """Record what the caller allowed or withdrew, or an override with its reason. BadRequest."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    if said.scope not in CONSENT_SCOPES:
        raise BadRequest(f"A scope is one of: {', '.join(CONSENT_SCOPES)}.")
    if set(said.methods) - set(CONTACT_METHODS):
        raise BadRequest(f"Methods are: {', '.join(CONTACT_METHODS)}.")
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    values = ConsentValues(
        scope=said.scope,
        granted=said.granted,
        methods=tuple(said.methods),
        hours=parse_safe_hours(said.hours),
        at=now,
    )
    row = Consent(
        id=row_id,
        epoch=case.epoch,
        position=case.last_position,
        recorded_by=principal.member_id,
        override_reason=_seal_reason(db, case, row_id, said.override_reason),
        **db.keys.new_values(Consent, row_id, values, now, case_id=case.id),
    )
    db.add(row)
    db.flush()
    follow_consent(db, case, said.scope, now)
    if has_agreed(db, case.id, said.scope):
        complete_briefs(db, principal, case, now)
    audit.record(db, "consent.recorded", principal.member_id, case.id, now)
    return row


def _seal_reason(db: Db, case: Case, row_id: UUID, reason: str | None) -> bytes | None:
    if not reason:
        return None
    return seal_for_case(db, OVERRIDE_REASON, case, row_id, reason)
