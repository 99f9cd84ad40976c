"""Offers of requests to members, and the conflicts of interest that members named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain
from app.models.values import operational

_PENDING = text("state = 'pending'")
_ACCEPTED = text("state = 'accepted'")


class OfferState(StrEnum):
    """What a member answered."""

    PENDING = "pending"
    """They have not answered yet."""
    ACCEPTED = "accepted"
    """They said yes, and have the request."""
    DECLINED = "declined"
    """They said no, or gave the request back."""
    EXPIRED = "expired"
    """They did not answer in time."""
    WITHDRAWN = "withdrawn"
    """We took the offer back: another member has the request, or they may not have it."""


OFFER_TRANSITIONS: Mapping[OfferState, frozenset[OfferState]] = {
    OfferState.PENDING: frozenset(
        (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN)
    ),
    # They gave the request back, or we took it back.
    OfferState.ACCEPTED: frozenset((OfferState.DECLINED, OfferState.WITHDRAWN)),
    OfferState.DECLINED: frozenset(),
    # A late no still keeps them from being asked again.
    OfferState.EXPIRED: frozenset((OfferState.DECLINED,)),
    OfferState.WITHDRAWN: frozenset(),
}


@operational
class OfferValues:
    """The four digits that answer an offer by text, and how many wrong ones came from its phone."""

    code: str
    guesses: int = 0


class Offer(OperationalRow[OfferValues], Base):
    """One member is asked whether they take a request.

    ``reply_lookup`` is the blind index of the number that was texted: only from there the code
    answers. It goes a day after the offer's end, so that a late answer is told so.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, OfferState))}", name="state"),
        Index(
            "uq_offers_accepted",
            "request_id",
            unique=True,
            sqlite_where=_ACCEPTED,
            postgresql_where=_ACCEPTED,
        ),
        Index(
            "uq_offers_pending",
            "request_id",
            "member_id",
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_offers_request", "request_id"),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    request_id: Mapped[UUID] = plain(ForeignKey("requests.id"))
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), index=True)
    state: Mapped[OfferState] = plain(State(OfferState, 12))
    step: Mapped[int] = plain()
    made_at: Mapped[datetime] = plain()
    expires_at: Mapped[datetime] = plain()
    reply_lookup: Mapped[bytes | None] = plain(index=True)


class Conflict(Base):
    """A member declined for a conflict of interest: this case is never offered to them again."""

    __tablename__ = "conflicts"

    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), primary_key=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), primary_key=True)
