"""What the worker works with."""

from __future__ import annotations

from dataclasses import dataclass

from app.calls import CallSettings
from app.clock import Clock
from app.inbound import IntakeSettings
from app.members import SessionStore
from app.outbox import Pacer, SendSettings
from app.paging import Waker
from app.store import Database
from app.telephony import Carrier


@dataclass(frozen=True)
class WorkerTools:
    """What handlers and duties work with."""

    database: Database
    carrier: Carrier
    clock: Clock
    pacer: Pacer
    sending: SendSettings
    desk: IntakeSettings
    waker: Waker
    line: CallSettings
    sessions: SessionStore
