"""Assignments of requests to members, and what members report of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain, sealed
from app.models.requests import RequestTimes
from app.models.values import operational

_ACTIVE = text("state = 'active'")


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


ASSIGNMENT_TRANSITIONS: Mapping[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.ACTIVE: frozenset(AssignmentState) - {AssignmentState.ACTIVE},
    AssignmentState.ATTENDED: frozenset(),
    AssignmentState.NO_SHOW: frozenset(),
    # Their report came after it had ended by itself.
    AssignmentState.DONE: frozenset((AssignmentState.ATTENDED, AssignmentState.NO_SHOW)),
    AssignmentState.CANCELLED: frozenset(),
    AssignmentState.REVOKED: frozenset(),
}


@operational
class AssignmentValues(RequestTimes):
    """When an assignment's date is, and ``until`` when its holder may open the brief.

    After the report of somebody who went along, ``until`` alone is left.
    """

    until: datetime


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
