"""What lies, or lay, at the carrier of our texts and calls."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, UnvouchedBase, plain
from app.models.values import operational


@operational
class CallCopy:
    """What lies at the carrier of a call, by its names for them.

    ``legs`` are the phones that rang. ``recordings`` are to be deleted with the call; None for all
    that it has. A ``running`` call is ended first.
    """

    legs: tuple[str, ...] = ()
    recordings: tuple[str, ...] | None = None
    running: bool = False


@operational
class CarrierTraceValues:
    """What the machine knows of a copy at the carrier until it is gone.

    ``sid`` is empty for a call that the carrier took under no name. ``media``: how many pictures,
    documents and sounds the message has. ``call`` is there for calls only.
    """

    sid: str
    media: int = 0
    call: CallCopy | None = None


class TraceState(StrEnum):
    """Where a copy at the carrier stands."""

    HELD = "held"
    """The carrier has it, and it is to be deleted."""
    PICTURES = "pictures"
    """The carrier has it with pictures, which are still to be fetched."""
    STUCK = "stuck"
    """The carrier has not let us delete it for so long that the operator is told."""
    GONE = "gone"
    """The carrier no longer has it."""


class CarrierTrace(OperationalRow[CarrierTraceValues], Base):
    """A message or call that lies, or lay, at the carrier.

    ``id`` is made of the SID's keyed hash and outlives the SID: a known text is never taken in
    again, whatever happened to its case. ``next_try_at`` is empty once the copy is gone.
    """

    __tablename__ = "carrier_traces"
    __table_args__ = (
        Index(
            "ix_carrier_traces_due",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
        Index(
            "ix_carrier_traces_case",
            "case_id",
            sqlite_where=text("case_id IS NOT NULL"),
            postgresql_where=text("case_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    state: Mapped[TraceState] = plain(State(TraceState, 8))
    seen_at: Mapped[datetime] = plain()
    # From when on deleting is tried.
    since: Mapped[datetime] = plain()
    next_try_at: Mapped[datetime | None] = plain()
    # Only until its pictures are fetched for this case, and for this text of it.
    case_id: Mapped[UUID | None] = plain()
    message_id: Mapped[UUID | None] = plain()


class CarrierLook(UnvouchedBase):
    """When the carrier's list was last gone through."""

    __tablename__ = "carrier_looks"
    why_unvouched = "a wrong time makes us look at the carrier again, or later"

    direction: Mapped[str] = plain(String(8), primary_key=True)  # inbound, outbound
    at: Mapped[datetime] = plain()
