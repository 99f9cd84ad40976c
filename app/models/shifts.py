"""The rota: recurring shifts, what differs once, swaps, hand-over notes, calendar feeds.

Who works when is for the machine alone (it pages people), so it lies in the operational values;
plain columns say only that there is a shift, an exception, a swap.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, forgotten, plain, sealed

SWAP_STATES = ("open", "taken", "expired")
_OPEN = text("state = 'open'")


class Shift(OperationalRow[Any], Base):
    """A slot that recurs.

    Operational values: ``name rule starts_at duration_s people fallback role members
    warned_until``; times are wall-clock times of the organisation's zone.
    """

    __tablename__ = "shifts"

    id: Mapped[UUID] = plain(primary_key=True)
    version: Mapped[int] = plain(default=1)


class ShiftOverride(OperationalRow[Any], Base):
    """What is different about one occurrence: cancelled, moved, or done by others.

    ``lookup`` is a keyed hash of shift and occurrence, so that there is only one of each.
    Operational values: ``on cancelled starts_at duration_s away extra``.
    """

    __tablename__ = "shift_overrides"

    id: Mapped[UUID] = plain(primary_key=True)
    shift_id: Mapped[UUID] = plain(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[bytes] = plain(unique=True)


class ShiftSwap(OperationalRow[Any], Base):
    """Somebody asks to be replaced once. Operational values: ``on member taken_by``.

    ``lookup`` is a keyed hash of shift, occurrence and member: asked for once at a time.
    """

    __tablename__ = "shift_swaps"
    __table_args__ = (
        CheckConstraint(f"state IN {SWAP_STATES}", name="state"),
        Index(
            "uq_shift_swaps_open",
            "lookup",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    shift_id: Mapped[UUID] = plain(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = plain(String(8))
    lookup: Mapped[bytes] = plain()


class HandoverNote(Base):
    """What one shift tells the next: sealed to the desk, like a row with a key of its own.

    ``wrap`` is the note's key, sealed to the desk team's key of ``team_epoch``; deleting it is
    final, as with cases.
    """

    __tablename__ = "handover_notes"

    id: Mapped[UUID] = plain(primary_key=True)
    shift_id: Mapped[UUID] = plain(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID] = plain(ForeignKey("members.id"))
    at: Mapped[datetime] = plain()
    team_epoch: Mapped[int] = plain()
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)
    body: Mapped[bytes] = sealed()


class CalendarFeed(Base):
    """A member's own calendar address; only a hash of its token is kept."""

    __tablename__ = "calendar_feeds"

    id: Mapped[UUID] = plain(primary_key=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), unique=True)
    lookup: Mapped[bytes] = plain(unique=True)
    created_at: Mapped[datetime] = plain()
