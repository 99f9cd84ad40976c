"""Calls, the phones that ring for them, and what is attached to a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain, sealed
from app.models.values import operational


class CallState(StrEnum):
    """Where a call stands."""

    CHALLENGE = "challenge"
    """The caller has to press a digit first, which keeps machines out."""
    MENU = "menu"
    """The caller chooses a language."""
    SITUATION = "situation"
    """The caller chooses what the call is about."""
    RINGING = "ringing"
    """The caller waits while phones of the desk ring."""
    CALLING = "calling"
    """We call: the phone of the member who calls rings."""
    DIALING = "dialing"
    """We call: that member is there, and the caller's phone rings."""
    BRIDGED = "bridged"
    """A person and the caller talk."""
    VOICEMAIL = "voicemail"
    """The caller leaves a message."""
    KEEPING = "keeping"
    """The caller may be gone; their message is on its way into the case."""
    ENDED = "ended"
    """Over. Nothing can happen to it any more."""


# Whose phone it is.
LegKind = Literal["desk", "colleague", "interpreter", "caller"]


class LegState(StrEnum):
    """Where a phone stands that rings for a call."""

    ASKED = "asked"
    """It rings, or is about to."""
    ANSWERED = "answered"
    """Somebody or something has answered, and hears whom the call is for."""
    JOINED = "joined"
    """It is in the conversation."""
    OVER = "over"
    """It rings no more, and nobody is on it."""


_LEAVING = frozenset((CallState.VOICEMAIL, CallState.KEEPING, CallState.ENDED))
# The carrier may tell of a recording, and a caller may hang up, at any time of a call to us.
CALL_TRANSITIONS: Mapping[CallState, frozenset[CallState]] = {
    CallState.CHALLENGE: _LEAVING | {CallState.MENU},
    CallState.MENU: _LEAVING | {CallState.SITUATION},
    CallState.SITUATION: _LEAVING | {CallState.RINGING},
    CallState.RINGING: _LEAVING | {CallState.BRIDGED},
    CallState.CALLING: frozenset((CallState.DIALING, CallState.ENDED)),
    CallState.DIALING: frozenset((CallState.BRIDGED, CallState.ENDED)),
    CallState.BRIDGED: _LEAVING,
    CallState.VOICEMAIL: frozenset((CallState.KEEPING,)),
    CallState.KEEPING: frozenset((CallState.ENDED,)),
    CallState.ENDED: frozenset(),
}
LEG_TRANSITIONS: Mapping[LegState, frozenset[LegState]] = {
    LegState.ASKED: frozenset((LegState.ANSWERED, LegState.JOINED, LegState.OVER)),
    LegState.ANSWERED: frozenset((LegState.JOINED, LegState.OVER)),
    LegState.JOINED: frozenset((LegState.OVER,)),
    LegState.OVER: frozenset(),
}
_GOING_ON = text("state != 'ended'")
_RUNNING = text("state != 'over'")


@operational
class CallValues:
    """What the machine knows of a call until it has ended.

    ``room`` is the random name of its conference. ``sid`` and ``recording`` are the carrier's
    names for the call and for what was recorded in it. At ``deadline`` the call goes on by itself.
    ``language`` and ``situation`` are codes that the caller chose. ``rings``: whether phones ring
    for it. ``known``: whether its number is known, so that it can be called back. ``turn`` counts
    the questions, ``tries`` how often the present one was asked. ``heard`` is what the caller's
    phone was last told. ``number`` is the caller's: their case may be closed while they speak.
    """

    room: str
    sid: str | None = None
    deadline: datetime | None = None
    language: str | None = None
    situation: str | None = None
    rings: bool = True
    known: bool = True
    turn: int = 0
    tries: int = 0
    recording: str | None = None
    heard: str | None = None
    number: str | None = None


@operational
class CallLegValues:
    """What the machine knows of a phone that rings: the carrier's name for its call."""

    sid: str | None = None


class Call(OperationalRow[CallValues], Base):
    """A call between a caller and the hotline, in either direction.

    ``winner`` is the member who took it: the first who pressed 1, once and for all.
    ``disposition``: answered, voicemail, missed, no_answer, unanswered, lost.
    """

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, CallState))}", name="state"),
        Index(
            "ix_calls_going_on",
            "state",
            sqlite_where=_GOING_ON,
            postgresql_where=_GOING_ON,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    direction: Mapped[str] = plain(String(8))  # inbound, outbound
    state: Mapped[CallState] = plain(State(CallState, 12))
    at: Mapped[datetime] = plain()
    position: Mapped[int] = plain(BigInteger)
    sid_lookup: Mapped[bytes | None] = plain(unique=True)
    winner: Mapped[UUID | None] = plain(ForeignKey("members.id"))
    disposition: Mapped[str | None] = plain(String(12))
    # From a place of detention: nobody else is ever joined to such a line.
    custody: Mapped[bool] = plain(default=False)


class CallLeg(OperationalRow[CallLegValues], Base):
    """A phone that rings, or rang, for a call."""

    __tablename__ = "call_legs"
    __table_args__ = (
        Index(
            "ix_call_legs_running",
            "member_id",
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    call_id: Mapped[UUID] = plain(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = plain()
    kind: Mapped[LegKind] = plain(String(12))
    member_id: Mapped[UUID | None] = plain(ForeignKey("members.id"))
    state: Mapped[LegState] = plain(State(LegState, 12))


class Attachment(Base):
    """A recording, picture or document of a case, under a key of its own sealed to the case.

    ``details`` holds kind, size, time and how many parts there are. ``call_id`` or ``message_id``
    is what it came with, where it came from the caller.
    """

    __tablename__ = "attachments"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    call_id: Mapped[UUID | None] = plain(index=True)
    message_id: Mapped[UUID | None] = plain(index=True)
    author_id: Mapped[UUID | None] = plain()
    epoch: Mapped[int] = plain()
    position: Mapped[int] = plain(BigInteger)
    key: Mapped[bytes] = sealed()
    details: Mapped[bytes] = sealed()
    details_version: Mapped[int] = plain(default=1)
    details_epoch: Mapped[int] = plain()


class AttachmentPart(Base):
    """A quarter of a megabyte of an attachment; its id is made of attachment and number."""

    __tablename__ = "attachment_parts"
    __table_args__ = (Index("ix_attachment_parts_of", "attachment_id", "number"),)

    id: Mapped[UUID] = plain(primary_key=True)
    attachment_id: Mapped[UUID] = plain(ForeignKey("attachments.id", ondelete="CASCADE"))
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    epoch: Mapped[int] = plain()
    number: Mapped[int] = plain()
    body: Mapped[bytes] = sealed()
