"""The rota: recurring shifts, what differs once, swaps, hand-over notes, calendar feeds.

Who works when is for the machine alone (it pages people), so it lies in the operational values;
plain columns say only that there is a shift, an exception, a swap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, forgotten, plain, sealed
from app.models.values import operational


class SwapState(StrEnum):
    """What became of a swap. One that the member takes back is deleted."""

    OPEN = "open"
    """Colleagues can take the shift over; until one does, it is still the member's."""
    TAKEN = "taken"
    """A colleague does the shift."""
    EXPIRED = "expired"
    """The shift began, or was changed, before a colleague took it."""


SWAP_TRANSITIONS: Mapping[SwapState, frozenset[SwapState]] = {
    SwapState.OPEN: frozenset({SwapState.TAKEN, SwapState.EXPIRED}),
    SwapState.TAKEN: frozenset(),
    SwapState.EXPIRED: frozenset(),
}
_OPEN = text("state = 'open'")


@operational
class Recurrence:
    """When a shift recurs: a clean RFC 5545 rule, and the wall-clock time it counts from."""

    text: str
    first: datetime


@operational
class ShiftValues:
    """A shift that recurs, in wall-clock time of the organisation's zone.

    ``name`` is a code name, for calendars. It needs ``people`` with the ``role``; ``members`` do it
    always. A ``fallback`` shift is called where no member on duty answers. ``warned_until`` is the
    last occurrence whose missing people the coordinators know of.
    """

    name: str
    rule: Recurrence
    duration: timedelta
    people: int
    fallback: bool
    role: str
    members: tuple[UUID, ...] = ()
    warned_until: datetime | None = None


@operational
class ShiftOverrideValues:
    """What differs about one occurrence; ``on`` is its wall-clock start by the rule.

    ``starts_at`` (wall-clock time) and ``duration`` are None where they are as the shift has them.
    ``away`` do not come this once, ``extra`` come this once.
    """

    on: datetime
    cancelled: bool = False
    starts_at: datetime | None = None
    duration: timedelta | None = None
    away: tuple[UUID, ...] = ()
    extra: tuple[UUID, ...] = ()


@operational
class ShiftSwapValues:
    """Which occurrence (``on``, as in overrides) ``member`` asks to be replaced in.

    ``to`` is the one colleague whom they ask; None asks everybody. ``taken_by`` does it instead.
    """

    on: datetime
    member: UUID
    to: UUID | None = None
    taken_by: UUID | None = None


class Shift(OperationalRow[ShiftValues], Base):
    """A shift that recurs."""

    __tablename__ = "shifts"

    id: Mapped[UUID] = plain(primary_key=True)
    version: Mapped[int] = plain(default=1)


class ShiftOverride(OperationalRow[ShiftOverrideValues], Base):
    """One occurrence that is cancelled, moved, or done by others.

    ``lookup`` is a keyed hash of shift and occurrence, so that there is only one of each.
    """

    __tablename__ = "shift_overrides"

    id: Mapped[UUID] = plain(primary_key=True)
    shift_id: Mapped[UUID] = plain(ForeignKey("shifts.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[bytes] = plain(unique=True)


class ShiftSwap(OperationalRow[ShiftSwapValues], Base):
    """A member asks to be replaced once.

    ``lookup`` is a keyed hash of shift, occurrence and member: they ask once at a time.
    """

    __tablename__ = "shift_swaps"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, SwapState))}", name="state"),
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
    state: Mapped[SwapState] = plain(State(SwapState, 8))
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
