"""Writing texts into the outbox, with what caused them; and taking them out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, or_, select

from app.models import Job, Outgoing, OutgoingState, OutgoingValues, rounded, table
from app.outbox.states import settle_text
from app.store import Db, add_jobs, hurry_lanes, insert_rows, make_row_id, new_job
from app.telephony import Channel, measure_text

# Texts of these tiers overtake what waits.
_URGENT = 1
_NOT_YET = (OutgoingState.QUEUED, OutgoingState.HELD)
_OUTGOING = table(Outgoing)


@dataclass(frozen=True)
class TextDraft:
    """A text to queue, to an E.164 number on ``channel``.

    ``message_id`` is the message whose status follows it, if any.
    """

    to: str = field(repr=False)
    body: str = field(repr=False)
    case_id: UUID | None
    message_id: UUID | None
    purpose: str  # script, reply, reminder, notice, alert, offer, test
    urgency: int
    # When what it answers arrived, if that was not just now.
    answers: datetime | None = None
    channel: Channel = "sms"


def queue_texts(
    db: Db,
    drafts: Sequence[TextDraft],
    now: datetime,
    more_jobs: Sequence[dict[str, Any]] = (),
    *,
    waiting: Mapping[bytes, int] | None = None,
) -> None:
    """Write drafts and the jobs that send them (and other jobs with them) into this transaction.

    ``waiting``, where the caller knows: the least urgent tier of what waits for each phone.
    """
    rows = [_row(db, draft, now) for draft in drafts]
    insert_rows(db, _OUTGOING, rows)
    sends = [
        new_job(
            "send",
            row["id"],
            now,
            priority=draft.urgency,
            lane=db.keys.number_lookup(draft.to),
            position=db.order.next(now),
        )
        for row, draft in zip(rows, drafts, strict=True)
    ]
    # What is already waiting for the same phone must not hold an urgent text back.
    hurry_lanes(db, [send for send in sends if _overtakes(send, waiting)])
    add_jobs(db, [*sends, *more_jobs])


def _overtakes(send: Mapping[str, Any], waiting: Mapping[bytes, int] | None) -> bool:
    urgency: int = send["priority"]
    if urgency > _URGENT:
        return False
    return waiting is None or waiting.get(send["lane"], urgency) > urgency


def queue_test_text(db: Db, number: str, body: str, now: datetime) -> UUID:
    """Queue the operator's test text, also while sealed; return the id of its row."""
    row = _row(db, TextDraft(number, body, None, None, "test", 2), now)
    insert_rows(db, _OUTGOING, [row])
    add_jobs(db, [new_job("send", row["id"], now)])
    return cast("UUID", row["id"])


def cancel_texts(db: Db, number: str, case_ids: Sequence[UUID] = ()) -> int:
    """Drop every text that waits for this phone or in these cases; return how many there were."""
    waiting = select(Job.ref).where(Job.kind == "send", Job.lane == db.keys.number_lookup(number))
    theirs = or_(Outgoing.id.in_(waiting), Outgoing.case_id.in_(case_ids))
    query = select(Outgoing).where(theirs, Outgoing.state.in_(_NOT_YET))
    rows = db.scalars(query.order_by(Outgoing.id).with_for_update()).all()
    for row in rows:
        settle_text(db, row, OutgoingState.REFUSED)
    db.execute(delete(Job).where(Job.ref.in_([row.id for row in rows])))
    return len(rows)


def _row(db: Db, draft: TextDraft, now: datetime) -> dict[str, Any]:
    written_at = draft.answers or now
    row_id = make_row_id(db, Outgoing, written_at)
    # The exact time decides whether it is still an answer; a plain column would tell too much.
    values = OutgoingValues(
        to=draft.to, body=draft.body, written_at=written_at, channel=draft.channel
    )
    return {
        "id": row_id,
        "message_id": draft.message_id,
        "state": OutgoingState.QUEUED,
        "purpose": draft.purpose,
        "segments": measure_text(draft.body).segments,
        "queued_at": rounded(written_at),
        **db.keys.new_values(Outgoing, row_id, values, now, case_id=draft.case_id),
    }
