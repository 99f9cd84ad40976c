"""Jobs, and requests that were done once already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped

from app.models.base import Base, State, UnvouchedBase, plain


class JobState(StrEnum):
    """Where a job is; one that is done has no row."""

    QUEUED = "queued"
    """It waits for its time and its turn."""
    RUNNING = "running"
    """A worker holds it until its lease ends; then another may take it."""


JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.QUEUED}),
}


class Job(UnvouchedBase):
    """Something to do, once, soon: never scheduled more than an hour ahead.

    ``ref`` is an opaque id; what it means is the handler's business. Jobs of one ``lane`` are
    done one after the other, by ``position``: two texts to one phone never overtake each other.
    """

    __tablename__ = "jobs"
    id_window = "run_at"
    why_unvouched = (
        "work comes earlier, later or never, as where rows are deleted; other rows say what it does"
    )
    __table_args__ = (
        Index("ix_jobs_due", "kind", "state", "priority", "run_at"),
        Index("ix_jobs_lane", "lane", "position"),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    kind: Mapped[str] = plain(String(32))
    ref: Mapped[UUID | None] = plain(index=True)
    state: Mapped[JobState] = plain(State(JobState, 8), default=JobState.QUEUED)
    priority: Mapped[int] = plain(default=2)
    run_at: Mapped[datetime] = plain()
    lease_until: Mapped[datetime | None] = plain()
    owner: Mapped[UUID | None] = plain()
    attempts: Mapped[int] = plain(default=0)
    lane: Mapped[bytes | None] = plain()
    position: Mapped[int] = plain(BigInteger, default=0)


class Idempotency(Base):
    """What an Idempotency-Key already did: a keyed hash of the request, and a resource id."""

    __tablename__ = "idempotency"

    key_hash: Mapped[bytes] = plain(primary_key=True)
    request_mac: Mapped[bytes] = plain()
    resource_id: Mapped[UUID] = plain()
    created_at: Mapped[datetime] = plain(index=True)
