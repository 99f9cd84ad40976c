"""Dates and detentions in a case, and what the desk is to look at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain, sealed
from app.models.values import operational


class EventState(StrEnum):
    """What became of a date."""

    TENTATIVE = "tentative"
    """Still to be made sure of."""
    CONFIRMED = "confirmed"
    """Made sure of."""
    RESCHEDULED = "rescheduled"
    """Moved: another date follows it."""
    OCCURRED = "occurred"
    """It took place."""
    CANCELLED = "cancelled"
    """It was called off."""


# Dates that are still to come, or of which it is not known yet what came of them.
AWAITED = (EventState.TENTATIVE, EventState.CONFIRMED)
EVENT_TRANSITIONS: Mapping[EventState, frozenset[EventState]] = {
    EventState.TENTATIVE: frozenset(set(EventState) - {EventState.TENTATIVE}),
    EventState.CONFIRMED: frozenset(set(EventState) - set(AWAITED)),
    EventState.RESCHEDULED: frozenset(),
    EventState.OCCURRED: frozenset(),
    EventState.CANCELLED: frozenset(),
}


class TaskState(StrEnum):
    """Whether a task is still to be done."""

    OPEN = "open"
    """The desk is to look."""
    DONE = "done"
    """Dealt with."""


TASK_TRANSITIONS: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset((TaskState.DONE,)),
    TaskState.DONE: frozenset(),
}


@operational
class Reminded:
    """What was done about a date that comes near.

    ``skipped``: the distances, in days, that lay behind it when it was made; ``rechecks``: those at
    which the desk got a task; ``caller``: the messages to the caller by distance; ``members``: the
    assignments whose members were told; ``passed``: the desk was asked what came of it.
    """

    skipped: tuple[int, ...] = ()
    rechecks: tuple[int, ...] = ()
    caller: Mapping[int, tuple[UUID, ...]] = field(default_factory=dict)
    members: tuple[UUID, ...] = ()
    passed: bool = False


@operational
class EventValues:
    """What the machine knows of a date while its case is open."""

    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    reminded: Reminded = field(default_factory=Reminded)


@operational
class DetentionValues:
    """What the machine knows of a detention while its case is open.

    ``review`` counts the next reviews there have been; ``asked``: the desk has a task about the
    next one.
    """

    review: int
    next_review: datetime | None = None
    asked: bool = False


@operational
class TaskValues:
    """What the machine knows of an open task: when it was due."""

    due_at: datetime


_OPEN = text("state = 'open'")


class Event(OperationalRow[EventValues], Base):
    """A date in a case.

    At most ``cap`` go along, and ``leader_id`` leads them. ``place`` holds the exact place and
    meeting place, sealed to the case.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, EventState))}", name="state"),
        CheckConstraint("cap BETWEEN 1 AND 10", name="cap"),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    # The date that this one moved from.
    follows: Mapped[UUID | None] = plain()
    state: Mapped[EventState] = plain(State(EventState, 12))
    version: Mapped[int] = plain(default=1)
    position: Mapped[int] = plain(BigInteger)
    cap: Mapped[int] = plain(default=3)
    leader_id: Mapped[UUID | None] = plain()
    place: Mapped[bytes | None] = sealed()
    place_version: Mapped[int] = plain(default=0)
    place_epoch: Mapped[int] = plain(default=0)


class DetentionEpisode(OperationalRow[DetentionValues], Base):
    """Where somebody is held, from when to when.

    ``details`` holds place, from, to, reviews and notes, sealed to the case.
    """

    __tablename__ = "detention_episodes"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    version: Mapped[int] = plain(default=1)
    position: Mapped[int] = plain(BigInteger)
    ended: Mapped[bool] = plain(default=False)
    details: Mapped[bytes] = sealed()
    details_version: Mapped[int] = plain(default=1)
    details_epoch: Mapped[int] = plain()


class Task(OperationalRow[TaskValues], Base):
    """Something the desk is to look at again; made once a reason.

    ``kind``: recheck (an event's date, 7 days and 1 day before), review (a detention), report (of
    an assignment that is over), brief (a request of the machine's has none yet).
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, TaskState))}", name="state"),
        Index("uq_tasks_reason", "subject_id", "kind", "number", unique=True),
        Index("ix_tasks_open", "case_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    # The event, episode, assignment or request it is about; which of several of one kind.
    subject_id: Mapped[UUID] = plain()
    kind: Mapped[str] = plain(String(12))
    number: Mapped[int] = plain(default=0)
    state: Mapped[TaskState] = plain(State(TaskState, 8), default=TaskState.OPEN)
    done_by: Mapped[UUID | None] = plain()
