"""Briefs of requests, and the wraps of their keys."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from app.models.base import Base, forgotten, plain, sealed


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
