"""Requests for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain
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


# In these the ladder still looks for a member.
SEEKING = (RequestState.OPEN, RequestState.OFFERED, RequestState.UNFILLED)
# In these a request is not over.
RUNNING = (*SEEKING, RequestState.ASSIGNED)
REQUEST_TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    # When asking begins anew, offers that members have not answered yet stand on.
    RequestState.OPEN: frozenset((*RUNNING, RequestState.CANCELLED)) - {RequestState.OPEN},
    RequestState.OFFERED: frozenset((*RUNNING, RequestState.CANCELLED)) - {RequestState.OFFERED},
    # Nobody waits for a member whose phone gets no texts; in the console they can still accept.
    RequestState.UNFILLED: frozenset(
        (RequestState.OPEN, RequestState.OFFERED, RequestState.ASSIGNED, RequestState.CANCELLED)
    ),
    RequestState.ASSIGNED: frozenset(
        (RequestState.OPEN, RequestState.DONE, RequestState.CANCELLED)
    ),
    RequestState.DONE: frozenset(),
    RequestState.CANCELLED: frozenset(),
}


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
