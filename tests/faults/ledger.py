"""What was promised during a run, and whether the records and the phones agree with it."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app import audit
from app.access import Principal
from app.desk.reading import read_case
from app.models import Case, Job, Message, Outgoing
from app.store.db import Database, Db
from tests.faults.installation import Installation

_AREAS = (514, 438, 450, 418, 819, 613, 416, 647, 604, 778)
# What a caller may answer to the script's questions, so that it says something each time.
_ANSWERS = ("1", "2", "4", "help", "¿alguien?", "wi")
# Where an outgoing text may end; anything else would still be on its way.
_ENDS = {"sent", "delivered", "undelivered", "failed", "refused", "uncertain"}
# With these the carrier has it; with those below it may have it, and nobody knows.
_SENT = {"sent", "delivered", "undelivered"}
_PERHAPS = {"sending", "uncertain"}
_serial = itertools.count(1)


class Book:
    """What phones and desk were told while it went on. Written by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.texts: dict[str, tuple[str, int | None]] = {}  # body: number and HTTP status
        self.replies: dict[str, int] = {}  # body: HTTP status
        self.answered, self.replied = threading.Event(), threading.Event()

    def note_text(self, number: str, body: str, status: int | None) -> None:
        """A text left a phone, and its webhook ended so."""
        with self._lock:
            self.texts[body] = (number, status)
        if status == 200:
            self.answered.set()

    def note_reply(self, body: str, status: int) -> None:
        """The desk asked for a reply."""
        with self._lock:
            self.replies[body] = status
        if status == 202:
            self.replied.set()


def numbers() -> Iterator[str]:
    """Fictional phone numbers, a thousand, then again from the first."""
    for last, area in itertools.cycle(itertools.product(range(100), _AREAS)):
        yield f"+1{area}55501{last:02}"


def a_text(chance: random.Random, turn: int) -> str:
    """A body that no other text of the run has."""
    return f"{chance.choice(_ANSWERS)} {turn} no. {next(_serial)}"


@dataclass(frozen=True)
class Findings:
    """What a run left behind. Each list holds bodies; each should be empty."""

    acknowledged: int
    replied: int
    stored: int
    on_phones: int
    ends: Mapping[str, int]
    lost: tuple[str, ...]
    twice_stored: tuple[str, ...]
    wrong_case: tuple[str, ...]
    lost_replies: tuple[str, ...]
    sent_twice: tuple[str, ...]
    never_sent: tuple[str, ...]
    unsettled: tuple[str, ...]
    audit: str = ""

    @property
    def problems(self) -> dict[str, Any]:
        """The lists that are not empty."""
        names = "lost twice_stored wrong_case lost_replies sent_twice never_sent unsettled audit"
        return {name: getattr(self, name) for name in names.split() if getattr(self, name)}

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {state}" for state, count in sorted(self.ends.items()))
        return (
            f"{self.acknowledged} texts answered 200, {self.stored} stored; {self.replied} replies"
            f" answered 202; {self.on_phones} texts on phones; outgoing: {ends}\n"
            f"problems: {self.problems or 'none'}"
        )


@dataclass
class _Conversations:
    """All cases opened: bodies by direction."""

    inbound: Counter[tuple[str, str]] = field(default_factory=Counter)  # number, body
    outbound: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # and status


def on_its_way(kith: Installation) -> list[str]:
    """Texts that wait to be sent or for news of their fate, as words for whoever looks."""
    database = Database(kith.database_url)
    try:
        with database.snapshot() as db:
            jobs = db.scalars(select(Job).where(Job.kind == "send")).all()
            texts = db.scalars(select(Outgoing).where(Outgoing.state.not_in(_ENDS))).all()
    finally:
        database.close()
    return [
        *(f"job {job.state}, attempts {job.attempts}, run at {job.run_at}" for job in jobs),
        *(
            f"text {text.state}, known to the carrier: {text.sid_lookup is not None},"
            f" queued at {text.queued_at}"
            for text in texts
        ),
    ]


def check(kith: Installation, book: Book) -> Findings:
    """Open everything as a member would and compare; the service must have ended."""
    with kith.records() as (db, member):
        told = _open_all(db, member)
        ends = Counter(state.value for state in db.scalars(select(Outgoing.state)))
        statuses = db.scalars(select(Message.status).where(Message.direction == "outbound"))
        unsettled = [status for status in statuses if status not in _ENDS]
        verdict = audit.verify(db)
    kept = Counter(body for number, body in told.inbound.elements())
    phones = _on_phones(kith, {number for number, _ in book.texts.values()})
    promised = {body for body, (_, status) in book.texts.items() if status == 200}
    asked = {body for body, status in book.replies.items() if status == 202}
    return Findings(
        acknowledged=len(promised),
        replied=len(asked),
        stored=kept.total(),
        on_phones=phones.total(),
        ends=ends,
        lost=tuple(sorted(promised - set(kept))),
        twice_stored=tuple(body for body, count in kept.items() if count > 1),
        wrong_case=tuple(
            b for n, b in told.inbound if b not in book.texts or book.texts[b][0] != n
        ),
        lost_replies=tuple(sorted(asked - {body for _, body, _ in told.outbound})),
        sent_twice=_too_often(told, phones),
        never_sent=_too_seldom(told, phones),
        unsettled=tuple(unsettled) + tuple(s for s in ends if s not in _ENDS),
        audit=verdict.reason or "",
    )


def _open_all(db: Db, member: Principal) -> _Conversations:
    told = _Conversations()
    for case_id in db.scalars(select(Case.id)).all():
        opened = read_case(db, member, case_id, datetime.now(UTC))
        number = opened.number or ""
        for message in opened.messages:
            if message["direction"] == "inbound":
                told.inbound[number, message["body"]] += 1
            else:
                told.outbound[number, message["body"], message["status"]] += 1
    return told


def _on_phones(kith: Installation, phones: set[str]) -> Counter[tuple[str, str]]:
    network = kith.network
    return Counter((n, text.body) for n in sorted(phones) for text in network.phone(n).inbox())


def _too_often(told: _Conversations, phones: Counter[tuple[str, str]]) -> tuple[str, ...]:
    """Bodies that a phone shows more often than the records could explain."""
    allowed: Counter[tuple[str, str]] = Counter()
    for (number, body, status), count in told.outbound.items():
        if status in _SENT | _PERHAPS:
            allowed[number, body] += count
    return tuple(body for _, body in (phones - allowed))


def _too_seldom(told: _Conversations, phones: Counter[tuple[str, str]]) -> tuple[str, ...]:
    """Bodies that the records call sent and no phone shows."""
    claimed: Counter[tuple[str, str]] = Counter()
    for (number, body, status), count in told.outbound.items():
        if status in _SENT:
            claimed[number, body] += count
    return tuple(body for _, body in (claimed - phones))
