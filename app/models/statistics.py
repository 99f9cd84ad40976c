"""Statistics: what a month's cases add up to, releases, and what each of them cost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, plain

_RELEASED = text("state = 'released'")


class StatisticsMonth(OperationalRow[Any], Base):
    """A frozen month. Operational values: ``opened closed``, counts of a fixed size.

    Written once, by the freeze, and emptied when all that can be drawn from it was released; see
    ``app.statistics.accumulator``.
    """

    __tablename__ = "statistics_months"

    id: Mapped[UUID] = plain(primary_key=True)
    month: Mapped[str] = plain(String(7), unique=True)


class StatisticsHead(Base):
    """One row: the end of the chain of releases, and what is published how.

    Locked by whoever requests, releases or plans. ``plan`` is set when it is first changed or
    the first month freezes: see ``app.statistics.plans``.
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
        CheckConstraint("state IN ('awaiting_confirmation', 'released')", name="state"),
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
    state: Mapped[str] = plain(String(24))
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
