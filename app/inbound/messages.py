"""Messages of a case that the intake writes: a text that came, and what the script answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.cases import (
    ChangingCase,
)
from app.inbound.batches import Batch
from app.inbound.proof import collect_answers
from app.intake import (
    Step,
)
from app.models import (
    MediaLink,
    MessageBody,
)
from app.store import position_after
from app.telephony import InboundText
from app.vault import MESSAGE_BODY, lock_field, seal_field


def make_payload(
    batch: Batch, text: InboundText, result: Step, replies: Mapping[UUID, str], *, proven: bool
) -> MessageBody:
    """Return what is sealed: text, exact time, answers, and the script's replies, in one go."""
    return MessageBody(
        body=text.body,
        at=batch.came_at(text),
        phone=text.number,
        answers=result.answers if proven else {},
        unconfirmed={} if proven else collect_answers(result),
        media=tuple(MediaLink(url=url, content_type=kind) for url, kind in text.media),
        replies=replies,
        profile_name=text.profile_name,
    )


def add_inbound_message(
    batch: Batch,
    thread: ChangingCase,
    text: InboundText,
    message_id: UUID,
    content: MessageBody,
) -> None:
    """Append an incoming message, sealed to the case."""
    if text.media:
        batch.rows.pictures[text.sid] = thread.id, message_id
    batch.rows.messages.append(
        {
            **_message(batch, thread, text, message_id),
            "direction": "inbound",
            "status": "received",
            "source_id": None,
            "body": _seal(batch, thread, message_id, content),
        }
    )


def add_reply(
    batch: Batch,
    thread: ChangingCase,
    text: InboundText,
    source_id: UUID,
    reply_id: UUID,
    status: str = "queued",
) -> None:
    """Append a reply of the script, whose words lie in the incoming message's body."""
    batch.rows.messages.append(
        {
            **_message(batch, thread, text, reply_id),
            "direction": "outbound",
            "status": status,
            "source_id": source_id,
            "body": None,
        }
    )


def _message(
    batch: Batch, thread: ChangingCase, text: InboundText, message_id: UUID
) -> dict[str, Any]:
    thread.last_position = position_after(thread.last_position, batch.came_at(text))
    return {
        "id": message_id,
        "case_id": thread.id,
        "epoch": thread.epoch,
        "channel": text.channel,
        "at": batch.about(text),
        "position": thread.last_position,
        "author_id": None,
    }


def _seal(batch: Batch, thread: ChangingCase, message_id: UUID, content: MessageBody) -> bytes:
    place = MESSAGE_BODY.place(message_id, thread.epoch, case_id=thread.id)
    if thread.keys is not None:
        key = thread.keys.field_key(MESSAGE_BODY.name)
        return lock_field(batch.db.keys, MESSAGE_BODY, place, content, key)
    return seal_field(batch.db.keys, MESSAGE_BODY, place, content, thread.public)
