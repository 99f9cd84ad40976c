"""Statistics: what a month's cases add up to, releases, and what each of them cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, State, plain
from app.models.values import operational

_RELEASED = text("state = 'released'")


class ReleaseState(StrEnum):
    """Where a release of statistics stands."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """A coordinator asked for it. Nothing is drawn yet, and nothing spent."""
    RELEASED = "released"
    """It was drawn, once for good."""


RELEASE_TRANSITIONS: Mapping[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.AWAITING_CONFIRMATION: frozenset((ReleaseState.RELEASED,)),
    ReleaseState.RELEASED: frozenset(),
}


@operational
class StatisticsMonthValues:
    """How many cases of each family a month has, by cell of the joint tables.

    Each is a list of 32-bit numbers in base64, so that its length depends on the public lists
    alone and never on the cases.
    """

    opened: str
    closed: str
    denials: str


class StatisticsMonth(OperationalRow[StatisticsMonthValues], Base):
    """A month whose cases were counted.

    The freeze writes the counts once. They are taken away when all that can be drawn from them was
    released: see ``app.statistics.months``.
    """

    __tablename__ = "statistics_months"

    id: Mapped[UUID] = plain(primary_key=True)
    month: Mapped[str] = plain(String(7), unique=True)


class StatisticsHead(Base):
    """One row: the end of the chain of releases, and the plan of what is published.

    A request, a release and a change of the plan lock it. ``plan`` is set when it is first changed
    or when the first month freezes: see ``app.statistics.plans``.
    """

    __tablename__ = "statistics_head"

    id: Mapped[int] = plain(primary_key=True, autoincrement=False)
    seq: Mapped[int] = plain(default=0)
    hash: Mapped[bytes] = plain()
    plan: Mapped[dict[str, Any] | None] = plain(JSON(none_as_null=True))


class StatisticsRelease(Base):
    """One period of one family, drawn once. ``record`` is all that exports are made from."""

    __tablename__ = "statistics_releases"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(map(str, ReleaseState))}", name="state"),
        CheckConstraint(
            "state <> 'released' OR (record IS NOT NULL AND seq IS NOT NULL)", name="whole"
        ),
        Index(
            "uq_statistics_releases_drawn",
            "family",
            "period",
            "schema_version",
            unique=True,
        ),
        Index(
            "uq_statistics_releases_seq",
            "seq",
            unique=True,
            sqlite_where=_RELEASED,
            postgresql_where=_RELEASED,
        ),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    family: Mapped[str] = plain(String(8))
    period: Mapped[str] = plain(String(7))
    schema_version: Mapped[int] = plain()
    state: Mapped[ReleaseState] = plain(State(ReleaseState, 24))
    requested_by: Mapped[UUID] = plain()
    requested_at: Mapped[datetime] = plain()
    confirmed_by: Mapped[UUID | None] = plain()
    released_on: Mapped[date | None] = plain(Date)
    seq: Mapped[int | None] = plain()
    hash: Mapped[bytes | None] = plain()
    record: Mapped[str | None] = plain(Text)


class StatisticsDebit(Base):
    """What a release cost each case of one month, in thousandths of ε."""

    __tablename__ = "statistics_ledger"
    __table_args__ = (CheckConstraint("milli > 0", name="positive"),)

    release_id: Mapped[UUID] = plain(ForeignKey("statistics_releases.id"), primary_key=True)
    month: Mapped[str] = plain(String(7), primary_key=True)
    family: Mapped[str] = plain(String(8))
    milli: Mapped[int] = plain()


class StatisticsFile(Base):
    """A release in one format: made once, and the same bytes for ever."""

    __tablename__ = "statistics_files"

    release_id: Mapped[UUID] = plain(ForeignKey("statistics_releases.id"), primary_key=True)
    format: Mapped[str] = plain(String(8), primary_key=True)
    content: Mapped[bytes] = plain()
