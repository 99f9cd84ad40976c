"""The carrier's words for where a message is, in ours."""

from __future__ import annotations

from typing import Literal

MessageStatus = Literal["sending", "sent", "delivered", "undelivered", "failed", "received"]

# The carrier's "queued" means that it has the text: past our own "queued", which is our outbox.
_OURS: dict[str, MessageStatus] = {
    "accepted": "sending",
    "scheduled": "sending",
    "queued": "sending",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
    "receiving": "received",
    "received": "received",
}


def translate_status(word: str) -> MessageStatus | None:
    """Translate the carrier's status; ``None`` for a word that it invented after this was written.

    Source: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
    """
    return _OURS.get(word.strip().lower())
