"""Dates and detentions in a case, and what the desk is to look at again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, plain, sealed

EVENT_STATES = ("tentative", "confirmed", "rescheduled", "occurred", "cancelled")
_OPEN = text("state = 'open'")


class Event(OperationalRow[Any], Base):
    """A date in a case. Operational values: ``kind starts_at ends_at reminded``.

    At most ``cap`` go along, and ``leader_id`` leads them. ``place`` holds the exact place and
    meeting place, sealed to the case.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(f"state IN {EVENT_STATES}", name="state"),
        CheckConstraint("cap BETWEEN 1 AND 10", name="cap"),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    # The date that this one moved from.
    follows: Mapped[UUID | None] = plain()
    state: Mapped[str] = plain(String(12))
    version: Mapped[int] = plain(default=1)
    position: Mapped[int] = plain(BigInteger)
    cap: Mapped[int] = plain(default=3)
    leader_id: Mapped[UUID | None] = plain()
    place: Mapped[bytes | None] = sealed()
    place_version: Mapped[int] = plain(default=0)
    place_epoch: Mapped[int] = plain(default=0)


class DetentionEpisode(OperationalRow[Any], Base):
    """Where somebody is held, from when to when. Operational values: ``next_review``.

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


class Task(OperationalRow[Any], Base):
    """Something the desk is to look at again. Operational values: ``due_at``; made once a reason.

    ``kind``: recheck (an event's date, 7 days and 1 day before), review (a detention), report (of
    an assignment that is over), brief (a request of the machine's has none yet).
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done')", name="state"),
        Index("uq_tasks_reason", "subject_id", "kind", "number", unique=True),
        Index("ix_tasks_open", "case_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    # The event, episode, assignment or request it is about; which of several of one kind.
    subject_id: Mapped[UUID] = plain()
    kind: Mapped[str] = plain(String(12))
    number: Mapped[int] = plain(default=0)
    state: Mapped[str] = plain(String(8), default="open")
    done_by: Mapped[UUID | None] = plain()
