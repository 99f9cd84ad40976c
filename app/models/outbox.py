"""Texts on their way, and what is known of the numbers they go to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, UnvouchedBase, plain
from app.models.values import operational
from app.telephony import Channel


class OutgoingState(StrEnum):
    """Where a text of ours stands."""

    QUEUED = "queued"
    """It waits in the outbox."""
    HELD = "held"
    """It waits until the phone writes on WhatsApp again: before that, WhatsApp lets no text in."""
    SENDING = "sending"
    """It is handed to the carrier, or the carrier has it and has told no more."""
    SENT = "sent"
    """The carrier has passed it on."""
    DELIVERED = "delivered"
    """The handset has it."""
    UNDELIVERED = "undelivered"
    """It did not reach the handset."""
    FAILED = "failed"
    """The carrier could not send it."""
    REFUSED = "refused"
    """We did not send it, or the carrier would not: it must not go to this phone now."""
    UNCERTAIN = "uncertain"
    """Nobody can say whether it was sent. It is never sent again by itself."""


# The caller has not got the words, or nobody knows.
NOT_HEARD = frozenset(
    (
        OutgoingState.FAILED,
        OutgoingState.REFUSED,
        OutgoingState.UNCERTAIN,
        OutgoingState.UNDELIVERED,
    )
)
TEXTS_ON_THEIR_WAY = frozenset((OutgoingState.QUEUED, OutgoingState.HELD, OutgoingState.SENDING))
# We expect no more news of these.
SETTLED_TEXTS = NOT_HEARD | {OutgoingState.DELIVERED}
# Any word of the carrier settles doubt, and the receipt of a handset outweighs every earlier word.
OUTGOING_TRANSITIONS: Mapping[OutgoingState, frozenset[OutgoingState]] = {
    OutgoingState.QUEUED: frozenset(OutgoingState),
    OutgoingState.HELD: frozenset((OutgoingState.QUEUED, OutgoingState.REFUSED)),
    OutgoingState.SENDING: frozenset(OutgoingState),
    OutgoingState.SENT: SETTLED_TEXTS - {OutgoingState.UNCERTAIN, OutgoingState.REFUSED},
    OutgoingState.DELIVERED: frozenset(),
    OutgoingState.UNDELIVERED: frozenset((OutgoingState.DELIVERED,)),
    OutgoingState.FAILED: frozenset((OutgoingState.DELIVERED,)),
    OutgoingState.REFUSED: frozenset((OutgoingState.DELIVERED,)),
    OutgoingState.UNCERTAIN: frozenset(OutgoingState) - {OutgoingState.QUEUED, OutgoingState.HELD},
}


@operational
class OutgoingValues:
    """What the machine knows of a text until the carrier has it.

    ``to`` is an E.164 number, which the text goes to on ``channel``. ``written_at`` is when the
    text was written, or when what it answers arrived, if that was earlier: it decides whether the
    text still answers anything.
    """

    to: str
    body: str
    written_at: datetime
    channel: Channel = "sms"


class Outgoing(OperationalRow[OutgoingValues], Base):
    """A text on its way. ``queued_at`` is ``written_at``, rounded.

    ``segments`` goes with the words, once they are counted: the carrier knows the length of each
    text, and could say which row is which.
    """

    __tablename__ = "outgoing"
    id_window = "queued_at"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID | None] = plain(ForeignKey("cases.id"), index=True)
    message_id: Mapped[UUID | None] = plain(ForeignKey("messages.id"), index=True)
    state: Mapped[OutgoingState] = plain(State(OutgoingState, 12))
    purpose: Mapped[str] = plain(String(8))  # script, reply, reminder, notice, alert, offer, test
    segments: Mapped[int | None] = plain()
    queued_at: Mapped[datetime] = plain()
    sid_lookup: Mapped[bytes | None] = plain(index=True)
    error_code: Mapped[int | None] = plain()


class Sent(UnvouchedBase):
    """What was handed to the carrier in one month (``2026-01``) or hour (``2026-01-15T12``)."""

    __tablename__ = "sent"
    why_unvouched = "wrong counts change what the desk is told of costs"

    period: Mapped[str] = plain(String(16), primary_key=True)
    texts: Mapped[int] = plain(default=0)
    segments: Mapped[int] = plain(default=0)
    automatic: Mapped[int] = plain(default=0)
    # The highest part of the cap that was told, in percent.
    told: Mapped[int] = plain(default=0)


class ReplyCount(UnvouchedBase):
    """How many automatic texts a phone got since ``since``, for an hour at most."""

    __tablename__ = "reply_counts"
    why_unvouched = "wrong counts let more or fewer automatic replies out"

    number_lookup: Mapped[bytes] = plain(primary_key=True)
    since: Mapped[datetime] = plain(index=True)
    count: Mapped[int] = plain()


@operational
class SuppressionValues:
    """What the machine knows of a suppression: whose it is, and for a block the code of why."""

    number: str
    reason: str | None = None


class Suppression(OperationalRow[SuppressionValues], Base):
    """A number that we must not text, whatever happens to its cases."""

    __tablename__ = "suppressions"
    __table_args__ = (Index("uq_suppressions_number_kind", "number_lookup", "kind", unique=True),)

    id: Mapped[UUID] = plain(primary_key=True)
    number_lookup: Mapped[bytes] = plain()
    kind: Mapped[str] = plain(String(12))  # stop, locked, blocked, compromised
    until: Mapped[datetime] = plain()


@operational
class ErasureValues:
    """What the machine knows of an ERASE dialogue.

    The phone may send back ``code`` until ``expires_at``, and may be wrong ``tries`` times more.
    ``wished_at`` is when it last did: cases of before then are meant. ``due_at`` is when the wish
    is carried out. The archive was searched up to the case ``searched_to``.
    """

    number: str
    code: str
    tries: int
    expires_at: datetime
    language: str | None = None
    wished_at: datetime | None = None
    due_at: datetime | None = None
    searched_to: UUID | None = None


class ErasureState(StrEnum):
    """Where an ERASE dialogue stands."""

    ASKED = "asked"
    """The phone was sent a code, which it may send back."""
    WAITING = "waiting"
    """The phone sent the code back. A session of the archive has to look for closed cases."""
    SEARCHED = "searched"
    """The closed cases are found, and the wish waits for its day, or for a hold to be lifted."""


class Erasure(OperationalRow[ErasureValues], Base):
    """A caller's ERASE dialogue, and the wish that it ends with, until that is carried out."""

    __tablename__ = "erasures"

    id: Mapped[UUID] = plain(primary_key=True)
    number_lookup: Mapped[bytes] = plain(unique=True)
    state: Mapped[ErasureState] = plain(State(ErasureState, 12))
    expires_at: Mapped[datetime] = plain()
