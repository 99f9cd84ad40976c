"""What the desk writes: replies, notes, consents. All sealed to the case's public key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app import alerts, audit, cases, consent, grants, jobs, outgoing, requests
from app.access import Permission, Principal
from app.crypto import Purpose, pad_field, pad_message, seal_to
from app.db import Db
from app.errors import BadRequest
from app.jobs import Claimed
from app.models import LIVE_STATES, ROUNDING, Case, Consent, Message, Note, Outgoing, rounded
from app.ordering import NOT_WAITING, position_after
from app.outgoing import Draft

LONGEST_TEXT = 1600
LONGEST_NOTE = 20_000


def reply(db: Db, principal: Principal, case_id: UUID, body: str, now: datetime) -> Message:
    """Queue a text to the caller. BadRequest, and the refusals of ``consent.check_text``."""
    principal.require(Permission.CASES)
    case = cases.find(db, principal, case_id, live=True)
    if not body.strip() or len(body) > LONGEST_TEXT:
        raise BadRequest("A text has between 1 and 1600 characters.")
    if "\0" in body:
        raise BadRequest("A text cannot hold the character NUL.")
    values = cases.coarse(db, case)
    consent.check_text(db, case, values, now, written_at=now)
    _answered(db, case, values, now)
    message = _put_message(db, case, values, principal.member_id, body, now)
    alerts.acknowledge(db, case.id, principal.member_id)
    audit.record(db, "case.replied", principal.member_id, case.id, now)
    return message


def remind(db: Db, case: Case, values: Mapping[str, Any], body: str, now: datetime) -> Message:
    """Queue a text that the machine writes to a caller; the refusals of ``consent.check_text``.

    It answers nobody: who waits for the desk goes on waiting.
    """
    consent.check_text(db, case, values, now, written_at=now, answers=False)
    return _put_message(db, case, values, None, body, now)


def _put_message(
    db: Db, case: Case, values: Mapping[str, Any], author: UUID | None, body: str, now: datetime
) -> Message:
    message_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    message = Message(
        id=message_id,
        case_id=case.id,
        epoch=case.epoch,
        direction="outbound",
        channel="sms" if values["channel"] == "manual" else values["channel"],
        status="queued",
        at=rounded(now),
        position=case.last_position,
        author_id=author,
        body=sealed_text(db, case, "messages", message_id, body, now),
    )
    db.add(message)
    db.flush()
    purpose = "reply" if author else "reminder"  # which answers nobody, at the last gate too
    draft = Draft(values["number"], body, case.id, message_id, purpose, case.urgency)
    outgoing.queue(db, [draft], now)
    return message


def sealed_text(db: Db, case: Case, table: str, row_id: UUID, body: str, now: datetime) -> bytes:
    """Return the ``body`` of a row of ``messages`` or ``notes``, sealed to the case."""
    purpose = Purpose.MESSAGE if table == "messages" else Purpose.NOTE
    context = db.keys.context(table, "body", row_id, 1, case=case.id, epoch=case.epoch)
    payload = {"body": body, "at": now.isoformat()}
    plaintext = pad_message(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"))
    return seal_to(
        grants.public_key(db, case.id, case.epoch), purpose, case.epoch, context, plaintext
    )


def _answered(db: Db, case: Case, values: dict[str, Any], now: datetime) -> None:
    """Note that a person has answered: nobody waits, and the script goes quiet."""
    stamp = now.isoformat()
    values.update(last_outbound_at=stamp, last_message_at=stamp, human=True)
    values.setdefault("human_at", stamp)
    values.pop("waiting_since", None)
    cases.rewrite(db, case, values)
    case.state, case.waiting, case.unread = "waiting", False, 0
    case.queue_order = NOT_WAITING + db.keys.order.next(now)
    case.last_message_at = rounded(now)


def wait_again(db: Db, claimed: Sequence[Claimed], now: datetime) -> None:
    """Put cases back among those that wait: what somebody wrote in them did not arrive.

    The desk is paged as for a text from the caller, by the case's tier.
    """
    of_texts = select(Outgoing.case_id).where(
        Outgoing.id.in_([job.ref for job in claimed]),
        Outgoing.purpose == "reply",
        Outgoing.state.in_(outgoing.NOT_HEARD),
    )
    roots = select(func.coalesce(Case.merged_into, Case.id)).where(Case.id.in_(of_texts))
    found = db.scalars(select(Case).where(Case.id.in_(roots)).order_by(Case.id).with_for_update())
    for one in found.all():
        # It may have been merged while its row was waited for.
        case = db.get_one(Case, one.merged_into, with_for_update=True) if one.merged_into else one
        if case.state not in LIVE_STATES or case.waiting:
            continue
        case.state, case.waiting = "open", True
        case.queue_order = db.keys.order.next(now)
        # Rounded up: a page of these minutes, which was answered, must not count for this wait.
        case.last_message_at = rounded(now) + ROUNDING
        cases.rewrite(db, case, {**cases.coarse(db, case), "waiting_since": now.isoformat()})
        if case.urgency <= alerts.AT_ONCE:
            jobs.enqueue(db, [alerts.job(case.id, now)])
    for job in claimed:
        jobs.finish(db, job)


def note(
    db: Db, principal: Principal, case_id: UUID, body: str, now: datetime, kind: str = "note"
) -> Note:
    """Write a note for the desk. BadRequest."""
    principal.require(Permission.CASES)
    case = cases.find(db, principal, case_id, live=True)
    if not body.strip() or len(body) > LONGEST_NOTE:
        raise BadRequest("A note has between 1 and 20000 characters.")
    row = put_note(db, case, principal.member_id, kind, body, now)
    audit.record(db, "case.noted", principal.member_id, case.id, now)
    return row


def put_note(db: Db, case: Case, author: UUID, kind: str, body: str, now: datetime) -> Note:
    """Add a note to a case, whatever its state; no key of it is needed."""
    note_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    row = Note(
        id=note_id,
        case_id=case.id,
        epoch=case.epoch,
        position=case.last_position,
        author_id=author,
        kind=kind,
        body=sealed_text(db, case, "notes", note_id, body, now),
    )
    db.add(row)
    return row


@dataclass(frozen=True)
class Said:
    """What a caller said about one scope; ``hours`` as ``consent.parse_hours`` takes them."""

    scope: str
    granted: bool
    methods: Sequence[str] = ()
    hours: str | Sequence[str] | None = None
    override_reason: str | None = field(default=None, repr=False)


def record_consent(
    db: Db, principal: Principal, case_id: UUID, said: Said, now: datetime
) -> Consent:
    """Record what the caller allowed or withdrew, or an override with its reason. BadRequest."""
    principal.require(Permission.CASES)
    case = cases.find(db, principal, case_id, live=True)
    if said.scope not in consent.SCOPES:
        raise BadRequest(f"A scope is one of: {', '.join(consent.SCOPES)}.")
    if set(said.methods) - set(consent.METHODS):
        raise BadRequest(f"Methods are: {', '.join(consent.METHODS)}.")
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    values = {
        "scope": said.scope,
        "granted": said.granted,
        "methods": list(said.methods),
        "hours": consent.parse_hours(said.hours),
        "at": now.isoformat(),
    }
    row = Consent(
        id=row_id,
        case_id=case.id,
        epoch=case.epoch,
        position=case.last_position,
        recorded_by=principal.member_id,
        override_reason=_seal_reason(db, case, row_id, said.override_reason),
        **db.keys.new_row("consents", row_id, values, now),
    )
    db.add(row)
    db.flush()
    requests.follow_consent(db, case, said.scope, now)
    audit.record(db, "consent.recorded", principal.member_id, case.id, now)
    return row


def _seal_reason(db: Db, case: Case, row_id: UUID, reason: str | None) -> bytes | None:
    if not reason:
        return None
    context = db.keys.context(
        "consents", "override_reason", row_id, 1, case=case.id, epoch=case.epoch
    )
    public = grants.public_key(db, case.id, case.epoch)
    return seal_to(public, Purpose.FIELD, case.epoch, context, pad_field(reason.encode()))
