"""The carrier's words for where a message is, in ours; callbacks come late, twice and shuffled."""

from __future__ import annotations

from typing import Literal

MessageStatus = Literal[
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "uncertain",
    "refused",
    "received",
]

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

# "uncertain" stands before "sending", so that any word from the carrier settles it; "delivered"
# stands last, since a handset's receipt outweighs an earlier guess that the text was lost.
_ORDER: dict[MessageStatus, int] = {
    "queued": 0,
    "uncertain": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "refused": 4,
    "delivered": 5,
    "received": 6,
}

# The carrier may delete a message only once it has one of these.
FINAL_AT_CARRIER = frozenset({
    "delivered", "undelivered", "failed", "read", "canceled", "received",
})  # fmt: skip


def from_carrier(word: str) -> MessageStatus | None:
    """Translate the carrier's status; ``None`` for a word that it invented after this was written.

    Source: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
    """
    return _OURS.get(word.strip().lower())


def later(old: MessageStatus, new: MessageStatus) -> MessageStatus:
    """Return whichever status is further along; of two equally far, ``old``.

    Applying callbacks with this in any order, any number of times, ends in the same status
    (but for the choice among undelivered, failed and refused, where the first one stays).
    """
    return new if _ORDER[new] > _ORDER[old] else old
