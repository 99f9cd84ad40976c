"""Who holds the seeds of teams; the public halves of their epochs stand in the roster."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.models.base import Base, forgotten, plain


class TeamWrap(Base):
    """A team seed sealed to one member."""

    __tablename__ = "team_wraps"
    __table_args__ = (UniqueConstraint("team", "epoch", "member_id"),)

    id: Mapped[UUID] = plain(primary_key=True)
    team: Mapped[str] = plain(String(16))
    epoch: Mapped[int] = plain()
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), index=True)
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)


class OperationalGrant(Base):
    """The operational seed sealed to one epoch of a team."""

    __tablename__ = "operational_grants"
    __table_args__ = (UniqueConstraint("team", "team_epoch"),)

    id: Mapped[UUID] = plain(primary_key=True)
    team: Mapped[str] = plain(String(16))
    team_epoch: Mapped[int] = plain()
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)
