"""Texts that a thread sends together: marked in one commit, written down in another."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.models import Job, Outgoing
from app.outbox.pacer import Pacer
from app.outbox.sender import SendSettings, send_texts
from app.store.jobs import ClaimedJob, claim_jobs
from app.telephony import OutgoingText
from app.worker.crews import make_crews
from app.worker.duties import RECURRING, RecurringDuty
from app.worker.handlers import HANDLERS
from app.worker.loop import Worker
from app.worker.tools import WorkerTools
from tests.line import Line

PHONES = ("+15145550131", "+15145550132", "+15145550133")


class CarrierBroken(Exception):
    """Something that nobody foresaw."""


@pytest.fixture
def asked(line: Line) -> Line:
    """A line on which the answers to three phones wait to be sent."""
    for phone in PHONES:
        line.take(line.lose("hello", phone))
    return line


def claimed(line: Line) -> list[ClaimedJob]:
    with line.database.transaction() as db:
        found = claim_jobs(db, uuid4(), line.clock(), 10, ("send",))
    return sorted(found, key=lambda job: str(job.ref))


def send(line: Line, texts: list[ClaimedJob]) -> None:
    send_texts(
        line.database, line.tools.carrier, Pacer(1e9), SendSettings("http://x"), texts, line.clock
    )


def states(line: Line, texts: list[ClaimedJob]) -> list[str]:
    with line.database.snapshot() as db:
        rows = dict(db.execute(select(Outgoing.id, Outgoing.state)).all())
    return [rows[text.ref] for text in texts if text.ref]


def worker(line: Line) -> Worker:
    return Worker(line.tools)


def test_all_of_them_are_marked_before_the_first_goes_out(asked: Line) -> None:
    texts = claimed(asked)
    seen: list[list[str]] = []
    asked.carrier.judge = lambda _text: seen.append(states(asked, texts))
    send(asked, texts)
    assert seen == [["sending"] * 3] * 3
    assert states(asked, texts) == ["sent"] * 3


def test_what_was_not_handed_over_is_queued_again_and_the_rest_is_known(asked: Line) -> None:
    texts = claimed(asked)

    def break_at_the_second(_text: OutgoingText) -> None:
        if asked.carrier.taken:
            raise CarrierBroken

    asked.carrier.judge = break_at_the_second
    with pytest.raises(CarrierBroken):
        send(asked, texts)
    assert states(asked, texts) == ["sent", "sending", "queued"]


def test_alone_the_others_go_and_the_doubtful_one_does_not_go_again(asked: Line) -> None:
    texts = claimed(asked)
    handed_over: list[str] = []

    def break_at_the_second(text: OutgoingText) -> None:
        handed_over.append(text.to)
        if len(handed_over) == 2:
            raise CarrierBroken

    asked.carrier.judge = break_at_the_second
    worker(asked)._perform(texts)
    assert states(asked, texts) == ["sent", "sending", "sent"]
    assert len(handed_over) == len(set(handed_over)) == 3


def test_a_text_that_does_not_open_holds_no_other_back(asked: Line) -> None:
    texts = claimed(asked)
    with asked.database.transaction() as db:
        db.execute(update(Outgoing).where(Outgoing.id == texts[1].ref).values(op_values=b"torn"))
    worker(asked)._perform(texts)
    assert states(asked, texts) == ["sent", "queued", "sent"]
    with asked.database.snapshot() as db:
        assert db.scalars(select(Job.ref).where(Job.kind == "send")).all() == [texts[1].ref]


@pytest.mark.parametrize(("rate", "together"), [(0.2, 1), (1.0, 1), (8.0, 2), (100.0, 4)])
def test_a_slow_line_takes_texts_one_by_one(rate: float, together: int) -> None:
    assert Pacer(rate).together == together


def test_every_kind_of_job_has_one_crew() -> None:
    kinds = [kind for crew in make_crews(4) for kind in crew.kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == {*HANDLERS, *RECURRING}


# -- a carrier that is slow


def test_a_slow_carrier_holds_up_no_other_timer(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts, lawyers and forgetting go on while every job that asks the carrier hangs."""
    answered, reached = threading.Event(), {kind: threading.Event() for kind in RECURRING}
    asking = {"carrier-copies", "carrier-calls", "carrier-list", "lost-callbacks"}

    def done(kind: str) -> RecurringDuty:
        def run(_tools: WorkerTools, _now: datetime) -> None:
            reached[kind].set()
            if kind in asking:
                answered.wait(30)

        return RecurringDuty(RECURRING[kind].every, run)

    for kind in list(RECURRING):
        monkeypatch.setitem(cast(dict[str, RecurringDuty], RECURRING), kind, done(kind))
    with line.database.transaction() as db:
        due = update(Job).where(Job.kind.in_(RECURRING)).values(state="queued", run_at=line.clock())
        db.execute(due)
    one = worker(line)
    one.start()
    try:
        assert all(reached[kind].wait(10) for kind in sorted(set(RECURRING) - asking))
    finally:
        answered.set()
        one.stop()
