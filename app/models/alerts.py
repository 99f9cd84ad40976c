"""Alerts to the desk, and who was texted about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, State, plain

_OPEN = text("state = 'open'")


class AlertState(StrEnum):
    """Whether anybody has looked."""

    OPEN = "open"
    """A caller waits, and no member has looked yet: people are paged."""
    ACKNOWLEDGED = "acknowledged"
    """A member has looked, claimed or answered the case."""


ALERT_TRANSITIONS: Mapping[AlertState, frozenset[AlertState]] = {
    AlertState.OPEN: frozenset((AlertState.ACKNOWLEDGED,)),
    AlertState.ACKNOWLEDGED: frozenset(),
}


class Alert(Base):
    """A case that the desk must look at soon. ``step`` counts how often it was paged for."""

    __tablename__ = "alerts"
    id_window = "opened_at"
    __table_args__ = (
        Index(
            "uq_alerts_open_case",
            "case_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = plain(String(12))  # new, overdue
    state: Mapped[AlertState] = plain(State(AlertState, 12))
    step: Mapped[int] = plain(default=0)
    opened_at: Mapped[datetime] = plain()
    acknowledged_by: Mapped[UUID | None] = plain()


class Page(Base):
    """A text to a member about an alert; their answer comes from the same number."""

    __tablename__ = "pages"

    id: Mapped[UUID] = plain(primary_key=True)
    alert_id: Mapped[UUID] = plain(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"))
    urgency: Mapped[int] = plain()  # the tier that it was about then
    number_lookup: Mapped[bytes] = plain(index=True)
    paged_at: Mapped[datetime] = plain()
    # They said no: others are paged about this alert, as long as there are any.
    declined: Mapped[bool] = plain(default=False)
