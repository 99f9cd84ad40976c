"""What is to be done and to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, plain


class Job(Base):
    """Something to do, once, soon: never scheduled more than an hour ahead.

    ``ref`` is an opaque id; what it means is the handler's business. Jobs of one ``lane`` are
    done one after the other, by ``position``: two texts to one phone never overtake each other.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_due", "kind", "state", "priority", "run_at"),
        Index("ix_jobs_lane", "lane", "position"),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    kind: Mapped[str] = plain(String(32))
    ref: Mapped[UUID | None] = plain(index=True)
    state: Mapped[str] = plain(String(8), default="queued")  # queued, running, failed
    priority: Mapped[int] = plain(default=2)
    run_at: Mapped[datetime] = plain()
    lease_until: Mapped[datetime | None] = plain()
    owner: Mapped[UUID | None] = plain()
    attempts: Mapped[int] = plain(default=0)
    lane: Mapped[bytes | None] = plain()
    position: Mapped[int] = plain(BigInteger, default=0)


class Outgoing(OperationalRow[Any], Base):
    """A text on its way. Operational values until the carrier has it: ``to body written_at``.

    ``written_at`` (rounded: ``queued_at``) is when what it answers arrived, if that was earlier.
    """

    __tablename__ = "outgoing"

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID | None] = plain(ForeignKey("cases.id"), index=True)
    message_id: Mapped[UUID | None] = plain(ForeignKey("messages.id"), index=True)
    state: Mapped[str] = plain(String(12))
    purpose: Mapped[str] = plain(String(8))  # script, reply, reminder, notice, alert, offer, test
    segments: Mapped[int] = plain(default=1)
    queued_at: Mapped[datetime] = plain()
    sid_lookup: Mapped[bytes | None] = plain(index=True)
    error_code: Mapped[int | None] = plain()


class CarrierTrace(OperationalRow[Any], Base):
    """A message that lies, or lay, at the carrier. Operational values: ``sid pictures``.

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
    state: Mapped[str] = plain(String(8))  # held, pictures, stuck, gone
    seen_at: Mapped[datetime] = plain()
    # From when on deleting is tried.
    since: Mapped[datetime] = plain()
    next_try_at: Mapped[datetime | None] = plain()
    # Only while its pictures are kept for this case.
    case_id: Mapped[UUID | None] = plain()


class CarrierLook(Base):
    """When the carrier's list was last gone through."""

    __tablename__ = "carrier_looks"

    direction: Mapped[str] = plain(String(8), primary_key=True)  # inbound, outbound
    at: Mapped[datetime] = plain()


class Sent(Base):
    """What was handed to the carrier in one month (``2026-01``) or hour (``2026-01-15T12``)."""

    __tablename__ = "sent"

    period: Mapped[str] = plain(String(16), primary_key=True)
    texts: Mapped[int] = plain(default=0)
    segments: Mapped[int] = plain(default=0)
    automatic: Mapped[int] = plain(default=0)
    # The highest part of the cap that was told, in percent.
    told: Mapped[int] = plain(default=0)


class ReplyCount(Base):
    """How many automatic texts a phone got since ``since``, for an hour at most."""

    __tablename__ = "reply_counts"

    number_lookup: Mapped[bytes] = plain(primary_key=True)
    since: Mapped[datetime] = plain(index=True)
    count: Mapped[int] = plain()


class Suppression(OperationalRow[Any], Base):
    """A number we must not text, whatever happens to its cases. Operational values: ``number``."""

    __tablename__ = "suppressions"
    __table_args__ = (Index("uq_suppressions_number_kind", "number_lookup", "kind", unique=True),)

    id: Mapped[UUID] = plain(primary_key=True)
    number_lookup: Mapped[bytes] = plain()
    kind: Mapped[str] = plain(String(12))  # stop, locked, blocked, compromised
    until: Mapped[datetime] = plain()


class Erasure(OperationalRow[Any], Base):
    """A caller's ERASE dialogue. Operational values: ``number code tries due_at``."""

    __tablename__ = "erasures"

    id: Mapped[UUID] = plain(primary_key=True)
    number_lookup: Mapped[bytes] = plain(unique=True)
    state: Mapped[str] = plain(String(12))  # asked, waiting
    expires_at: Mapped[datetime] = plain()


class Idempotency(Base):
    """What an Idempotency-Key already did: a keyed hash of the request, and a resource id."""

    __tablename__ = "idempotency"

    key_hash: Mapped[bytes] = plain(primary_key=True)
    request_mac: Mapped[bytes] = plain()
    resource_id: Mapped[UUID] = plain()
    created_at: Mapped[datetime] = plain(index=True)
