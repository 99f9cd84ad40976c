"""The service without its doors: texts in, replies, jobs, and a carrier that keeps what it gets.

For what happens between texts, jobs and the carrier. Nothing listens on a port, no thread waits;
a test takes a fifth of a second where the whole service takes two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.calls import CallSettings
from app.clock import FixedClock
from app.desk import CaseFile, list_cases, read_case, send_reply
from app.inbound import IntakeSettings, take_texts
from app.models import LIVE_STATES, Case, CaseValues, Member, Message, Outgoing
from app.organisation import change_settings, read_regions, read_settings_version
from app.outbox import Pacer, SendSettings, StatusUpdate, follow_statuses
from app.paging import Waker
from app.rota import ShiftFacts, add_shift, show_wall_time
from app.store import claim_jobs, postpone_job
from app.telephony import (
    Accepted,
    Carrier,
    CarrierBusy,
    CarrierError,
    CarrierMessage,
    CarrierUnreachable,
    Channel,
    DeliveryStatus,
    Direction,
    Gone,
    InboundText,
    NotFinal,
    OutgoingText,
    split_address,
    translate_status,
)
from app.texts import load_spoken
from app.vault import write_profile
from app.worker.duties import RECURRING
from app.worker.handlers import HANDLERS
from app.worker.tools import WorkerTools
from tests.premises import Premises, entered
from tests.service import CALLER, HOTLINE, Blueprint, _script, start_of_time

# The timers that have to do with texts.
DUTIES = ("carrier-copies", "carrier-list", "lost-callbacks", "overdue")


@dataclass
class FakeCarrier:
    """A carrier that takes every text over, and fails where it is told to."""

    clock: FixedClock
    # Is told of each text that is taken over; may raise.
    judge: Callable[[OutgoingText], None] = lambda _text: None
    busy: bool = False
    taken: list[OutgoingText] = field(default_factory=list)
    held: list[CarrierMessage] = field(default_factory=list)
    pictures: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    # What lies behind the addresses of pictures.
    files: dict[str, bytes] = field(default_factory=dict)
    # The next fetches fail like this, one by one.
    fetch_errors: list[CarrierError] = field(default_factory=list)
    # What becomes of the next texts, one by one; delivered, where nothing is said.
    fates: list[str] = field(default_factory=list)
    # News of texts that have yet to reach us, and how long they take; None: they never come.
    news: list[tuple[datetime, StatusUpdate]] = field(default_factory=list)
    news_take: timedelta | None = timedelta(0)
    # What the carrier's callbacks say was wrong.
    error: int | None = None
    # The next texts are refused like this, one by one.
    errors: list[CarrierError] = field(default_factory=list)
    # So many of the next texts are taken over, and we are not told so.
    times_out: int = 0
    # So often nothing may be deleted yet.
    not_final: int = 0

    def send(self, text: OutgoingText) -> Accepted:
        if self.busy:
            raise CarrierBusy(20429)
        if self.errors:
            raise self.errors.pop(0)
        self.judge(text)
        fate, sid = self.fates.pop(0) if self.fates else "delivered", f"SM{uuid4().hex}"
        self.taken.append(text)
        self.held.append(self._message(sid, HOTLINE, text.to, text.body, "outbound", fate))
        ours = UUID((text.status_callback or "").rpartition("=")[2])
        if self.news_take is not None:
            for word in ("sent", fate):
                status = DeliveryStatus(
                    sid, translate_status(word), self.error, split_address(text.to)[0]
                )
                told = StatusUpdate(ours, status)
                self.news.append((self.clock() + self.news_take, told))
        if self.times_out:
            self.times_out -= 1
            raise CarrierUnreachable(maybe_sent=True)
        return Accepted(sid, "sent")

    def receive(
        self, sid: str, sender: str, body: str, media: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Hold a text that came in."""
        self.pictures[sid] = tuple(media)
        message = self._message(sid, sender, HOTLINE, body, "inbound", "received")
        self.held.append(replace(message, num_media=len(media)))

    def greet(self, number: str, body: str) -> None:
        """Hold a text of ours that was the answer to a webhook."""
        sid = f"SM{uuid4().hex}"
        self.held.append(self._message(sid, HOTLINE, number, body, "outbound", "delivered"))

    def _message(
        self, sid: str, from_: str, to: str, body: str, direction: Direction, status: str
    ) -> CarrierMessage:
        now = self.clock()
        return CarrierMessage(sid, to, from_, body, status, direction, now, None, 0)

    def recent(
        self, direction: Direction, *, since: datetime, to: str | None = None
    ) -> Iterator[CarrierMessage]:
        for one in reversed(self.held):
            if one.direction == direction and to in (None, one.to):
                yield one

    def media(self, sid: str) -> tuple[tuple[str, str], ...]:
        return self.pictures.get(sid, ())

    def fetch_media(self, url: str) -> Iterator[bytes]:
        if self.fetch_errors:
            raise self.fetch_errors.pop(0)
        if url not in self.files:
            raise Gone
        yield self.files[url]

    def delete_media(self, sid: str) -> None:
        self.pictures.pop(sid, None)

    def delete_message(self, sid: str) -> None:
        if self.not_final:
            self.not_final -= 1
            raise NotFinal
        self.held = [one for one in self.held if one.sid != sid]

    def exists(self, sid: str) -> bool:
        return any(one.sid == sid for one in self.held)


@dataclass(frozen=True)
class Line(Premises):
    """Premises with a line, on which callers text."""

    carrier: FakeCarrier = field(kw_only=True)
    # The carrier's id of the template for WhatsApp.
    template: str = ""

    @cached_property
    def desk(self) -> IntakeSettings:
        return IntakeSettings(_script(), read_regions, HOTLINE)

    @cached_property
    def tools(self) -> WorkerTools:
        return WorkerTools(
            self.database,
            cast("Carrier", self.carrier),
            self.clock,
            Pacer(1e9),
            SendSettings("http://x", self.template),
            self.desk,
            Waker(()),
            CallSettings("http://x", load_spoken()),
            self.sessions,
        )

    # -- callers

    def text(
        self, body: str, sender: str = CALLER, *, media: Sequence[tuple[str, str]] = ()
    ) -> str:
        """Text the hotline, and do what follows. Return the carrier's name of the text."""
        text = self.lose(body, sender, media=media)
        self.take(text)
        self.settle()
        return text.sid

    def lose(
        self, body: str, sender: str = CALLER, *, media: Sequence[tuple[str, str]] = ()
    ) -> InboundText:
        """Text the hotline, whose webhook gets lost; return what it would have told."""
        sid = f"SM{uuid4().hex}"
        self.carrier.receive(sid, sender, body, media)
        number, channel = split_address(sender)
        return InboundText(
            sid,
            number,
            HOTLINE,
            body,
            tuple(media),
            None,
            channel,
            withheld=False,
            profile_name="Rosa Maria" if channel == "whatsapp" else None,
        )

    def take(self, *texts: InboundText) -> list[str | None]:
        """Take in texts as their webhooks tell them, and nothing more."""
        with self.writing() as db:
            return take_texts(db, self.desk, texts, self.now)

    def inbox(self, number: str = CALLER) -> list[str]:
        """The texts that this phone received, oldest first."""
        return [text.body for text in self.carrier.taken if text.to == number]

    def says(self, *bodies: str, sender: str = CALLER) -> list[str]:
        """Text each of ``bodies``; return the texts that came back."""
        before = len(self.inbox(sender))
        for body in bodies:
            self.text(body, sender)
        return self.inbox(sender)[before:]

    # -- what follows

    def settle(self, *kinds: str) -> None:
        """Do every job that is due, of these kinds or any, and take in the carrier's news."""
        while self._do_due(kinds or self._kinds()) or self._hear():
            pass

    def _kinds(self) -> tuple[str, ...]:
        keys = self.database.keys
        return (*HANDLERS, *DUTIES) if keys and keys.is_open else DUTIES

    def _do_due(self, kinds: Sequence[str]) -> bool:
        with self.writing() as db:
            claimed = claim_jobs(db, uuid4(), self.now, 64, kinds)
        for kind in dict.fromkeys(job.kind for job in claimed):
            jobs = [job for job in claimed if job.kind == kind]
            if kind in HANDLERS:
                HANDLERS[kind](self.tools, jobs)
                continue
            with suppress(CarrierError):
                RECURRING[kind].run(self.tools, self.now)
            with self.writing() as db:
                postpone_job(db, jobs[0], self.now + RECURRING[kind].every, attempts=0)
        return bool(claimed)

    def _hear(self) -> bool:
        due = [told for at, told in self.carrier.news if at <= self.now]
        self.carrier.news = [one for one in self.carrier.news if one[0] > self.now]
        with self.writing() as db:
            follow_statuses(db, due, self.now)
        return bool(due)

    def advance(self, **by: float) -> None:
        """Let time go by, and do all that became due."""
        self.clock.advance(timedelta(**by))
        self.settle()

    # -- the desk

    def case_of(self, number: str = CALLER) -> Case | None:
        """The live case of a phone, if there is one."""
        with self.reading() as db:
            live = (Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
            lookup = db.keys.number_lookup(split_address(number)[0])
            return db.scalar(select(Case).where(Case.number_lookup == lookup, *live))

    def open_case(self, *bodies: str, sender: str = CALLER) -> Case:
        """Text from a phone; return its case."""
        self.says(*(bodies or ("hello",)), sender=sender)
        case = self.case_of(sender)
        assert case is not None
        return case

    def case(self, case_id: UUID) -> Case:
        with self.reading() as db:
            return db.get_one(Case, case_id)

    def read(self, case_id: UUID, handle: str = "heron") -> CaseFile:
        """A case whole, as a member reads it."""
        file: CaseFile = self.as_member(read_case, handle, case_id)
        return file

    def queue(self, **query: Any) -> list[Case]:
        """The queue as the desk sees it."""
        with self.reading() as db:
            lines, _ = list_cases(db, self.principal("heron"), limit=200, **query)
            return [one.case for one in lines]

    def inbound(self, case_id: UUID, handle: str = "heron") -> list[str | None]:
        """What a member reads of the caller's texts."""
        messages = self.read(case_id, handle).messages
        return [one.body for one in messages if one.direction == "inbound"]

    def values(self, case_id: UUID) -> CaseValues:
        with self.reading() as db:
            return db.keys.read_values(db.get_one(Case, case_id))

    def statuses(self, case_id: UUID) -> list[str]:
        """What is known of the texts of a case, in their order."""
        with self.reading() as db:
            ordered = select(Message.status).order_by(Message.position)
            return list(db.scalars(ordered.where(Message.case_id == case_id)))

    def reply(
        self, case_id: UUID, body: str = "I am here with you.", channel: Channel | None = None
    ) -> None:
        """Let heron answer a caller, and do what follows. Raises what the gate refuses."""
        with self.writing() as db:
            send_reply(db, self.principal("heron"), case_id, body, self.now, channel)
        self.settle()

    def as_member(self, do: Callable[..., Any], handle: str, *given: Any) -> Any:
        """Do something as a member: ``do(db, principal, *given, now)``."""
        with self.writing() as db:
            return do(db, self.principal(handle), *given, self.now)

    def set(self, **settings: Any) -> None:
        """Change settings of the organisation."""
        with self.writing() as db:
            by, known = self.principal("crane"), read_settings_version(db)
            change_settings(db, by, known, lambda now: replace(now, **settings), self.now)

    def give_phone(self, handle: str, number: str, **profile: Any) -> None:
        with self.writing() as db:
            member = db.get_one(Member, self.id(handle))
            known = db.keys.read_values(member)
            write_profile(db, member, replace(known, phone=number, **profile))

    def put_on_duty(self, *handles: str, fallback: bool = False) -> None:
        """Put members on duty day and night, from the beginning of this day."""
        with self.writing() as db:
            midnight = show_wall_time(self.now, db.zone).replace(hour=0, minute=0)
            members, day = [self.id(handle) for handle in handles], timedelta(days=1)
            facts = ShiftFacts("FREQ=DAILY", midnight, day, members, fallback=fallback)
            add_shift(db, self.principal("crane"), facts, self.now)

    def row_of(self, text: OutgoingText) -> Outgoing:
        """The row that a text at the carrier came from, by its status callback."""
        row_id = UUID((text.status_callback or "").rpartition("=")[2])
        with self.reading() as db:
            return db.get_one(Outgoing, row_id)


@contextmanager
def opened_line(blueprint: Blueprint, folder: Path, clock: FixedClock) -> Iterator[Line]:
    """Copy an organisation into ``folder`` and give it a line."""
    with entered(blueprint, folder, clock) as premises:
        carrier = FakeCarrier(premises.clock)
        yield Line(premises.database, premises.residents, clock, carrier=carrier)


@pytest.fixture(scope="module")
def shared_line(
    sqlite_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    """One line for all tests of a module that do not mind each other's traces."""
    folder = tmp_path_factory.mktemp("line")
    with opened_line(sqlite_blueprint, folder, FixedClock(start_of_time())) as line:
        yield line


@pytest.fixture
def line(sqlite_blueprint: Blueprint, tmp_path: Path, clock: FixedClock) -> Iterator[Line]:
    """A line of the test's own."""
    with opened_line(sqlite_blueprint, tmp_path, clock) as line:
        yield line
