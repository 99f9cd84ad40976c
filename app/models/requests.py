"""Requests for people, what they may read, offers, assignments, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, forgotten, plain, sealed

REQUEST_STATES = ("open", "offered", "assigned", "unfilled", "done", "cancelled")
# In these somebody is still being looked for.
SEEKING = ("open", "offered", "unfilled")
OFFER_STATES = ("pending", "accepted", "declined", "expired", "withdrawn")
ASSIGNMENT_STATES = ("active", "attended", "no_show", "done", "cancelled", "revoked")
_PENDING = text("state = 'pending'")
_ACCEPTED = text("state = 'accepted'")
_ACTIVE = text("state = 'active'")


class Request(OperationalRow[Any], Base):
    """Somebody is needed: an accompanier, a legal contact, an interpreter.

    Operational values: ``kind languages region skills wishes minor needed_by starts_at ends_at
    shares companion since rounds retry_at told planned``. ``shares`` names the fields that its
    brief copies, ``companion`` the other request where two people are to go together, ``since``
    when asking began anew, ``rounds`` how often everybody was asked in vain before, ``told`` when
    and at which tier the coordinators were texted that nobody was found, ``planned`` whom the plan
    for a surge would ask next. ``step`` is the relaxation step that offers have come to. While a
    request is in ``SEEKING`` it has a job ``offers`` with its id: its timer. Of one that is over
    the times are gone.
    """

    __tablename__ = "requests"
    __table_args__ = (CheckConstraint(f"state IN {REQUEST_STATES}", name="state"),)

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    event_id: Mapped[UUID | None] = plain(ForeignKey("events.id"), index=True)
    state: Mapped[str] = plain(String(12), index=True)
    urgency: Mapped[int] = plain()
    step: Mapped[int] = plain(default=0)
    version: Mapped[int] = plain(default=1)
    opened_at: Mapped[datetime] = plain()
    # Nobody, where the machine raised it: then there is no brief either.
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


class Offer(OperationalRow[Any], Base):
    """One member is asked whether they take a request. Operational values: ``code guesses``.

    ``reply_lookup`` is the blind index of the number that was texted: only from there the code
    answers. It goes a day after the offer's end, so that a late answer is told so.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(f"state IN {OFFER_STATES}", name="state"),
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
    state: Mapped[str] = plain(String(12))
    step: Mapped[int] = plain()
    made_at: Mapped[datetime] = plain()
    expires_at: Mapped[datetime] = plain()
    reply_lookup: Mapped[bytes | None] = plain(index=True)


class Assignment(OperationalRow[Any], Base):
    """Somebody took a request. Operational values: ``kind starts_at ends_at until``.

    Their wrap of the brief goes when it ends: with the report, at ``until`` (24 hours after the
    event) at the latest. Of who went along ``until`` alone is kept after the report, and the wrap
    with it, for 24 hours at most.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint(f"state IN {ASSIGNMENT_STATES}", name="state"),
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
    state: Mapped[str] = plain(String(12))
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
