"""What a running service consists of; one per application, in ``app.state.service``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from app.access import Principal
from app.clock import Clock
from app.conversations import Desk
from app.db import Database, Db, GroupWriter
from app.doorkeeper import Doorkeeper
from app.metrics import Metrics
from app.outgoing import StatusUpdate
from app.readiness import Probe
from app.session_stores import SessionStore
from app.settings import Settings
from app.telephony import InboundText
from app.telephony.twilio_gateway import SignatureVerifier
from app.voice.line import Line
from app.voice.taking import VoiceItem

Webhook = InboundText | StatusUpdate | VoiceItem


@dataclass(frozen=True)
class Service:
    """The parts that endpoints work with."""

    settings: Settings
    database: Database
    clock: Clock
    sessions: SessionStore
    door: Doorkeeper
    desk: Desk
    line: Line
    verifier: SignatureVerifier
    writer: GroupWriter[Webhook, str | None]
    worker_alive: Callable[[], bool] | None  # none where the worker is a process of its own
    metrics: Metrics
    probe: Probe = field(default_factory=Probe)


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
