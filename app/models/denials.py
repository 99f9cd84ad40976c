"""Refused services: what was refused to a caller, and what became of their complaint about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain, sealed
from app.models.values import operational


class DenialState(StrEnum):
    """What became of a complaint about a refused service."""

    RECORDED = "recorded"
    """Written down. Nobody outside knows of it."""
    DRAFTED = "drafted"
    """The dossier for the city's office is made from what the caller shares."""
    SENT = "sent"
    """The office has the dossier. From now on it stays as it is."""
    ACKNOWLEDGED = "acknowledged"
    """The office said that it has it."""
    ANSWERED = "answered"
    """The office said what it does about it."""
    CLOSED = "closed"
    """Nothing more is to be done."""
    WITHDRAWN = "withdrawn"
    """The caller took it back; the office, if it had it, was told."""


_ENDS = frozenset((DenialState.CLOSED, DenialState.WITHDRAWN))
DENIAL_TRANSITIONS: Mapping[DenialState, frozenset[DenialState]] = {
    DenialState.RECORDED: _ENDS | {DenialState.DRAFTED},
    # Changed after it was drafted, it has to be drafted anew.
    DenialState.DRAFTED: _ENDS | {DenialState.RECORDED, DenialState.SENT},
    DenialState.SENT: _ENDS | {DenialState.ACKNOWLEDGED, DenialState.ANSWERED},
    DenialState.ACKNOWLEDGED: _ENDS | {DenialState.ANSWERED},
    DenialState.ANSWERED: _ENDS,
    DenialState.CLOSED: frozenset(),
    DenialState.WITHDRAWN: frozenset(),
}
# Nothing is waited for: the complaint is over, or was never made.
SETTLED_DENIALS = (DenialState.RECORDED, *sorted(_ENDS))


@operational
class DenialValues:
    """What the machine knows of a refused service.

    It counts sector and service, and coordinators follow the complaint by its reference.
    """

    sector: str
    service: str
    reference: str


class Denial(OperationalRow[DenialValues], Base):
    """A service that was refused to a caller, and the complaint about it.

    ``details`` holds who refused what, when and how, sealed to the case.
    """

    __tablename__ = "denials"
    __table_args__ = (CheckConstraint(f"state IN {tuple(map(str, DenialState))}", name="state"),)

    id: Mapped[UUID] = plain(primary_key=True)
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    state: Mapped[DenialState] = plain(State(DenialState, 12))
    version: Mapped[int] = plain(default=1)
    position: Mapped[int] = plain(BigInteger)
    recorded_at: Mapped[datetime] = plain(index=True)
    # Since when the complaint stands where it stands.
    state_since: Mapped[datetime] = plain()
    details: Mapped[bytes] = sealed()
    details_version: Mapped[int] = plain(default=1)
    details_epoch: Mapped[int] = plain()
