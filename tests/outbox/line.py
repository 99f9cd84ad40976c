"""The service without its doors: texts in, replies, and a carrier that only writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import select

from app.access import Principal
from app.clock import FixedClock
from app.crypto import KeyFiles
from app.inbound.receiving import take_texts
from app.inbound.turns import IntakeSettings
from app.models import LIVE_STATES, Case, Outgoing
from app.organisation.settings import read_regions
from app.outbox.sender import Pacer, send_texts
from app.store.db import Database
from app.store.jobs import claim_jobs
from app.telephony import (
    Accepted,
    CarrierBusy,
    CarrierMessage,
    Direction,
    InboundText,
    NumberWebhooks,
    OutgoingText,
)
from app.telephony.carrier import Carrier
from app.vault.operational_key import open_keyring
from tests.service import HOTLINE, Resident, _script


@dataclass
class Notebook:
    """A carrier that takes every text over, unless it is busy, and tells ``judge`` of it."""

    judge: Callable[[OutgoingText], None] = lambda _text: None
    busy: bool = False
    taken: list[OutgoingText] = field(default_factory=list)

    def send(self, text: OutgoingText) -> Accepted:
        if self.busy:
            raise CarrierBusy(20429)
        self.judge(text)
        self.taken.append(text)
        return Accepted(f"SM{uuid4().hex}", "sent")

    def recent(
        self, direction: Direction, *, since: datetime, to: str | None = None
    ) -> Iterator[CarrierMessage]:
        return iter(())

    def media(self, sid: str) -> tuple[tuple[str, str], ...]:
        return ()

    def delete_media(self, sid: str) -> None:
        return

    def delete_message(self, sid: str) -> None:
        return

    def exists(self, sid: str) -> bool:
        return False

    def webhooks(self) -> NumberWebhooks | None:
        return None

    def clock(self) -> datetime | None:
        return None


class Line:
    """A deployment of its own in ``folder``, on a clock that stands still."""

    def __init__(self, folder: Path, clock: FixedClock, carrier: Notebook) -> None:
        # It takes texts only; nothing here rings a phone.
        self.clock, self.carrier = clock, cast("Carrier", carrier)
        self.database = Database(f"sqlite:///{folder / 'kith.db'}")
        open_keyring(self.database, KeyFiles(folder / "keys"))
        self.desk = IntakeSettings(_script(), read_regions, HOTLINE)

    def text(self, sender: str, body: str) -> None:
        """Take in a text."""
        text = InboundText(
            f"SM{uuid4().hex}", sender, HOTLINE, body, (), None, "sms", withheld=False
        )
        with self.database.transaction() as db:
            take_texts(db, self.desk, [text], self.clock())

    def pump(self) -> None:
        """Do every text that is due."""
        pacer, owner = Pacer(1e9), uuid4()
        while True:
            with self.database.transaction() as db:
                claimed = claim_jobs(db, owner, self.clock(), 10, ("send",))
            if not claimed:
                return
            send_texts(self.database, self.carrier, pacer, "http://x", claimed, self.clock)

    def case_of(self, number: str) -> UUID | None:
        """The live case of a phone, if there is one."""
        with self.database.snapshot() as db:
            live = (Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
            lookup = db.keys.number_lookup(number)
            return db.scalar(select(Case.id).where(Case.number_lookup == lookup, *live))

    def row(self, text: OutgoingText) -> Outgoing:
        """The row that a text at the carrier came from, by its status callback."""
        row_id = UUID((text.status_callback or "").rpartition("=")[2])
        with self.database.snapshot() as db:
            return db.get_one(Outgoing, row_id)


def principal(resident: Resident) -> Principal:
    """A resident as domain functions know them."""
    roles = frozenset(resident.roles)
    return Principal(resident.id, resident.handle, roles, True, uuid4(), resident.keys)
