"""Requests for people, what they may read, offers, assignments, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, forgotten, plain, sealed
from app.models.values import operational

# A date without an end is taken to last so long.
USUAL_LENGTH = timedelta(hours=2)


class RequestState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    """The ladder is about to ask members, from its first step on."""
    OFFERED = "offered"
    """At least one member is asked and has not answered yet."""
    ASSIGNED = "assigned"
    """A member has taken it."""
    UNFILLED = "unfilled"
    """Everybody was asked in vain. The ladder begins anew after a while."""
    DONE = "done"
    """The member who took it has reported, or its time is over."""
    CANCELLED = "cancelled"
    """Nobody is needed any more."""


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


class AssignmentState(StrEnum):
    """How far the work of a member on a request has come."""

    ACTIVE = "active"
    """They have the request."""
    ATTENDED = "attended"
    """They report that they went along."""
    NO_SHOW = "no_show"
    """They report that they were there and the caller did not come."""
    DONE = "done"
    """It is over, and it is not known whether the caller came."""
    CANCELLED = "cancelled"
    """They gave the request back, or nobody was needed any more."""
    REVOKED = "revoked"
    """We took the request back: they left, or the caller took the consent back."""


# In these the ladder still looks for a member.
SEEKING = (RequestState.OPEN, RequestState.OFFERED, RequestState.UNFILLED)
# In these a request is not over.
RUNNING = (*SEEKING, RequestState.ASSIGNED)
REQUEST_TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    # When asking begins anew, offers that members have not answered yet stand on.
    RequestState.OPEN: frozenset((*RUNNING, RequestState.CANCELLED)),
    RequestState.OFFERED: frozenset((*RUNNING, RequestState.CANCELLED)),
    # Only an offer can be accepted, and of an unfilled request there is none.
    RequestState.UNFILLED: frozenset((*SEEKING, RequestState.CANCELLED)),
    RequestState.ASSIGNED: frozenset(
        (RequestState.OPEN, RequestState.DONE, RequestState.CANCELLED)
    ),
    RequestState.DONE: frozenset(),
    RequestState.CANCELLED: frozenset(),
}
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
ASSIGNMENT_TRANSITIONS: Mapping[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.ACTIVE: frozenset(AssignmentState) - {AssignmentState.ACTIVE},
    AssignmentState.ATTENDED: frozenset(),
    AssignmentState.NO_SHOW: frozenset(),
    # Their report came after it had ended by itself.
    AssignmentState.DONE: frozenset((AssignmentState.ATTENDED, AssignmentState.NO_SHOW)),
    AssignmentState.CANCELLED: frozenset(),
    AssignmentState.REVOKED: frozenset(),
}
_PENDING = text("state = 'pending'")
_ACCEPTED = text("state = 'accepted'")
_ACTIVE = text("state = 'active'")


@operational
class RequestTimes:
    """When the thing happens that a request, or an assignment, is about."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """From when to when it lasts; None where it has no date."""
        if self.starts_at is None:
            return None
        return self.starts_at, self.ends_at or self.starts_at + USUAL_LENGTH


@operational
class RequestValues(RequestTimes):
    """What the machine knows of a request. Once it is over, its times are gone.

    ``languages``: for an interpreter the pair, otherwise those of the caller. ``shares``: the
    fields of the case that its brief copies. ``companion``: the other request, where two people go
    together. ``call``: the running call into which the interpreter is rung. ``since``: when asking
    began anew. ``rounds``: how often everybody was asked in vain. ``retry_at``: when everybody is
    asked again. ``told_at``, ``told_tier``: when the coordinators were texted that nobody was
    found, and the request's tier then. ``planned``: the member whom the plan for a surge asks next.
    """

    kind: str
    languages: tuple[str, ...] = ()
    region: str | None = None
    skills: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    minor: bool = False
    companion: UUID | None = None
    call: UUID | None = None
    needed_by: datetime | None = None
    since: datetime | None = None
    rounds: int = 0
    retry_at: datetime | None = None
    told_at: datetime | None = None
    told_tier: int | None = None
    planned: UUID | None = None


@operational
class OfferValues:
    """The four digits that answer an offer by text, and how many wrong ones came from its phone."""

    code: str
    guesses: int = 0


@operational
class AssignmentValues(RequestTimes):
    """When an assignment's date is, and ``until`` when its holder may open the brief.

    After the report of somebody who went along, ``until`` alone is left.
    """

    until: datetime


class Request(OperationalRow[RequestValues], Base):
    """A case needs a person: an accompanier, a legal contact, an interpreter.

    ``step`` is the step of the ladder that its offers have come to. While a request is in
    ``SEEKING`` it has one job ``offers`` with its id: its timer.
    """

    __tablename__ = "requests"
    __table_args__ = (CheckConstraint(f"state IN {tuple(map(str, RequestState))}", name="state"),)

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    event_id: Mapped[UUID | None] = plain(ForeignKey("events.id"), index=True)
    state: Mapped[RequestState] = plain(State(RequestState, 12), index=True)
    urgency: Mapped[int] = plain()
    step: Mapped[int] = plain(default=0)
    version: Mapped[int] = plain(default=1)
    opened_at: Mapped[datetime] = plain()
    # None where the machine raised it; then it has no brief until the desk writes one.
    opened_by: Mapped[UUID | None] = plain()


class Brief(Base):
    """Copies of the few fields that a request may show, under a seed of its own.

    ``public`` is the public half of that seed; an opened seed must reproduce it.
    """

    __tablename__ = "briefs"

    id: Mapped[UUID] = plain(primary_key=True)
    request_id: Mapped[UUID] = plain(ForeignKey("requests.id"), unique=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    epoch: Mapped[int] = plain(default=1)
    public: Mapped[bytes] = plain()
    mac: Mapped[bytes] = plain()
    fields: Mapped[bytes] = sealed()
    fields_version: Mapped[int] = plain(default=1)


class BriefWrap(Base):
    """A brief seed sealed to one candidate.

    While ``pending`` it has a layer under the operational key below the forgetting one: a
    candidate's passphrase alone opens nothing. Accepting takes it off and deletes the others'.
    """

    __tablename__ = "brief_wraps"
    __table_args__ = (
        Index("uq_brief_wraps_request_member", "request_id", "member_id", unique=True),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    request_id: Mapped[UUID] = plain(ForeignKey("requests.id"))
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), index=True)
    epoch: Mapped[int] = plain(default=1)
    pending: Mapped[bool] = plain(default=True)
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)


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


class Assignment(OperationalRow[AssignmentValues], Base):
    """A member took a request.

    Their wrap of the brief goes when it ends: with the report, at ``until`` (24 hours after the
    event) at the latest. Somebody who went along keeps the wrap for 24 hours after the report.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, AssignmentState))}", name="state"),
        Index(
            "uq_assignments_active",
            "request_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    request_id: Mapped[UUID] = plain(ForeignKey("requests.id"), index=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), index=True)
    state: Mapped[AssignmentState] = plain(State(AssignmentState, 12))
    version: Mapped[int] = plain(default=1)
    accepted_at: Mapped[datetime] = plain()
    ended_at: Mapped[datetime | None] = plain()


class Report(Base):
    """What an assignment came to, sealed to the case by who was there: ``outcome notes next``."""

    __tablename__ = "reports"

    id: Mapped[UUID] = plain(primary_key=True)
    assignment_id: Mapped[UUID] = plain(ForeignKey("assignments.id"), index=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    epoch: Mapped[int] = plain()
    position: Mapped[int] = plain(BigInteger)
    author_id: Mapped[UUID] = plain()
    body: Mapped[bytes] = sealed()


class Conflict(Base):
    """A member declined for a conflict of interest: this case is never offered to them again."""

    __tablename__ = "conflicts"

    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), primary_key=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), primary_key=True)
