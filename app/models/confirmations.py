"""Changes to members that one coordinator alone cannot make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped

from app.models.base import Base, State, plain, sealed


class ConfirmationKind(StrEnum):
    """What has to be confirmed."""

    TEAMS = "teams"
    """A member gains the desk, the archive, or the role of those who confirm."""
    SECOND_FACTOR = "second_factor"
    """A member has another app or device for their codes."""


class ConfirmationState(StrEnum):
    """How far it has come."""

    ASKED = "asked"
    """A member asked for it with their passphrase; no coordinator has confirmed it yet."""
    WAITING = "waiting"
    """One coordinator is for it: another one has to confirm it, or 24 hours have to go by."""
    CONFIRMED = "confirmed"
    """It holds, and is carried out by the next sign-in that can."""
    DONE = "done"
    """It was carried out."""
    WITHDRAWN = "withdrawn"
    """Somebody took it back, another took its place, or nobody confirmed it in time."""


CONFIRMATION_TRANSITIONS: Mapping[ConfirmationState, frozenset[ConfirmationState]] = {
    ConfirmationState.ASKED: frozenset((ConfirmationState.WAITING, ConfirmationState.WITHDRAWN)),
    ConfirmationState.WAITING: frozenset(
        (ConfirmationState.CONFIRMED, ConfirmationState.WITHDRAWN)
    ),
    ConfirmationState.CONFIRMED: frozenset((ConfirmationState.DONE, ConfirmationState.WITHDRAWN)),
    ConfirmationState.DONE: frozenset(),
    ConfirmationState.WITHDRAWN: frozenset(),
}


class Confirmation(Base):
    """A change to a member that waits for people.

    ``roles`` and ``archive`` are what the member is to have; ``roster_version`` is the list of
    members that this was asked on. ``told``: how many coordinators were texted. ``totp`` is the new
    second factor, sealed to its member.
    """

    __tablename__ = "confirmations"

    id: Mapped[UUID] = plain(primary_key=True)
    kind: Mapped[ConfirmationKind] = plain(State(ConfirmationKind, 16))
    member_id: Mapped[UUID] = plain(ForeignKey("members.id"), index=True)
    state: Mapped[ConfirmationState] = plain(State(ConfirmationState, 12), index=True)
    roles: Mapped[list[str]] = plain(JSON)
    archive: Mapped[bool] = plain(default=False)
    roster_version: Mapped[int] = plain()
    asked_at: Mapped[datetime] = plain()
    first_by: Mapped[UUID | None] = plain()
    first_at: Mapped[datetime | None] = plain()
    second_by: Mapped[UUID | None] = plain()
    told: Mapped[int] = plain(default=0)
    totp: Mapped[bytes | None] = sealed()
