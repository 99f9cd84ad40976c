"""What the desk knows beside its cases: sightings, addresses, information, rules of law."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, forgotten, plain, sealed
from app.models.values import operational


class SightingState(StrEnum):
    """What a sighting has proved to be, from the least certain to the last word."""

    UNVERIFIED = "unverified"
    """One report, which nothing confirms yet."""
    CORROBORATED = "corroborated"
    """A second report, or a person who went there, confirms it."""
    FALSE = "false"
    """A false alarm."""


SIGHTING_TRANSITIONS: Mapping[SightingState, frozenset[SightingState]] = {
    SightingState.UNVERIFIED: frozenset({SightingState.CORROBORATED, SightingState.FALSE}),
    SightingState.CORROBORATED: frozenset({SightingState.FALSE}),
    SightingState.FALSE: frozenset(),
}


@operational
class DirectoryValues:
    """A line of the directory: free text, but for ``kind``, ``languages`` and ``region`` (codes).

    ``region`` None is any region.
    """

    kind: str
    name: str
    phone: str = ""
    address: str = ""
    languages: tuple[str, ...] = ()
    region: str | None = None
    hours: str = ""
    notes: str = ""


class RaidReport(Base):
    """A sighting; never linked to the person who told it.

    ``body`` lies under a key of its own, which ``wrap`` seals to the desk's key of ``epoch``: where
    the row goes, no copy opens after a week. Reports of one event share ``group_id``, and their
    state.
    """

    __tablename__ = "raid_reports"
    __table_args__ = (CheckConstraint(f"state IN {tuple(map(str, SightingState))}", name="state"),)

    id: Mapped[UUID] = plain(primary_key=True)
    state: Mapped[SightingState] = plain(State(SightingState, 12), default=SightingState.UNVERIFIED)
    group_id: Mapped[UUID | None] = plain(ForeignKey("raid_reports.id"), index=True)
    reported_at: Mapped[datetime] = plain(index=True)
    recorded_by: Mapped[UUID] = plain()
    version: Mapped[int] = plain(default=1)
    epoch: Mapped[int] = plain()
    body: Mapped[bytes] = sealed()
    body_version: Mapped[int] = plain(default=1)
    wrap: Mapped[bytes | None] = forgotten()
    shred_day: Mapped[int | None] = plain(index=True)


class DirectoryEntry(OperationalRow[DirectoryValues], Base):
    """A lawyer, clinic, detention place or office: helpers and places that are not members."""

    __tablename__ = "directory"

    id: Mapped[UUID] = plain(primary_key=True)
    version: Mapped[int] = plain(default=1)


class DeadlineRule(Base):
    """One rule of law as data; disabled until a named person has verified it."""

    __tablename__ = "deadline_rules"
    __table_args__ = (
        CheckConstraint(
            "NOT enabled OR (verified_by IS NOT NULL AND verified_on IS NOT NULL)", name="verified"
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    code: Mapped[str] = plain(String(64), unique=True)
    jurisdiction: Mapped[str] = plain(String(16))
    trigger: Mapped[str] = plain(Text)
    offset: Mapped[int] = plain()
    unit: Mapped[str] = plain(String(8))  # hours, days
    received_by: Mapped[str | None] = plain(String(8))  # hand, mail
    warn_at: Mapped[list[int]] = plain(JSON)
    source_url: Mapped[str | None] = plain(Text)
    verified_by: Mapped[str | None] = plain(Text)
    verified_on: Mapped[date | None] = plain(Date)
    review_by: Mapped[date | None] = plain(Date)
    enabled: Mapped[bool] = plain(default=False)
    version: Mapped[int] = plain(default=1)


class InformationCard(Base):
    """What a policy covers, by language, and who verified it when. Public facts, no secret."""

    __tablename__ = "information_cards"

    id: Mapped[UUID] = plain(primary_key=True)
    topic: Mapped[str] = plain(String(64), index=True)
    region: Mapped[str | None] = plain(String(64))
    covers: Mapped[dict[str, str]] = plain(JSON)
    excludes: Mapped[dict[str, str]] = plain(JSON)
    source_url: Mapped[str] = plain(Text)
    verified_by: Mapped[str | None] = plain(Text)
    verified_on: Mapped[date | None] = plain(Date)
    review_by: Mapped[date | None] = plain(Date)
    version: Mapped[int] = plain(default=1)
