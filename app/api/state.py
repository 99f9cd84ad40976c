"""What a running service consists of; one per application, in ``app.state.service``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from app.access import Principal
from app.api.webhook_table import Webhook
from app.calls import CallSettings
from app.clock import Clock
from app.inbound import IntakeSettings
from app.members import SessionStore, SignInThrottle
from app.operations import Metrics, ReadinessProbe
from app.settings import Settings
from app.store import Database, Db, GroupWriter
from app.twilio_gateway import SignatureVerifier


@dataclass(frozen=True)
class Service:
    """The parts that endpoints work with."""

    settings: Settings
    database: Database
    clock: Clock
    sessions: SessionStore
    door: SignInThrottle
    desk: IntakeSettings
    line: CallSettings
    verifier: SignatureVerifier
    writer: GroupWriter[Webhook, str | None]
    worker_alive: Callable[[], bool] | None  # none where the worker is a process of its own
    metrics: Metrics
    probe: ReadinessProbe = field(default_factory=ReadinessProbe)


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in member."""

    service: Service
    principal: Principal = field(repr=False)
    now: datetime

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """Yield this request's writing transaction."""
        with self.service.database.transaction() as db:
            yield db

    @contextmanager
    def snapshot(self) -> Iterator[Db]:
        """Yield a transaction that only reads."""
        with self.service.database.snapshot() as db:
            yield db
