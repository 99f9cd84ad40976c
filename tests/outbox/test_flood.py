"""A flood is stored and read, but not answered, and starves nobody."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.models import Outgoing
from app.outbox import flood
from app.outbox.queue import TextDraft, queue_texts
from app.store.jobs import claim_jobs, finish_job
from app.telephony import CarrierBusy
from tests.line import Line
from tests.service import CALLER


def inbound(line: Line, case_id: UUID) -> int:
    return line.statuses(case_id).count("received")


def test_a_phone_that_floods_is_stored_and_answered_no_more(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "SCRIPT_PER_HOUR", 4)
    monkeypatch.setattr(flood, "NOTICES_TOO", 6)
    case = line.open_case("HELP")
    said = [line.says("HELP") for _ in range(4)]
    assert [len(texts) for texts in said] == [1, 1, 0, 0]
    assert inbound(line, case.id) == 5
    assert [len(line.says("ERASE")) for _ in range(3)] == [1, 1, 0]
    line.advance(minutes=61)
    assert len(line.says("HELP")) > 0


def test_one_phone_s_flood_is_not_another_s(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "SCRIPT_PER_HOUR", 1)
    line.says("hello", "HELP", "HELP")
    assert len(line.says("hello", sender="+15145550177")) == 1


def test_a_flood_without_a_case_is_bounded_too(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "NOTICES_TOO", 2)
    assert [len(line.says("ERASE")) for _ in range(4)] == [1, 1, 0, 0]


def test_two_machines_that_talk_to_each_other_are_left_alone_for_an_hour(line: Line) -> None:
    case, before = line.open_case("hello"), line.inbox()
    line.carrier.errors.append(CarrierBusy(14107))
    line.says("HELP", "HELP", "HELP")
    assert line.inbox() == before
    assert inbound(line, case.id) == 4
    line.reply(case.id, "a person here")
    assert line.inbox()[-1] == "a person here"


def test_an_urgent_text_overtakes_a_flood_and_pulls_its_own_lane_along(line: Line) -> None:
    others = [f"+1514555{n:04d}" for n in range(100, 120)]
    with line.writing() as db:
        waiting = [TextDraft(number, "later", None, None, "notice", 3) for number in others]
        first = TextDraft(CALLER, "earlier to the same phone", None, None, "notice", 3)
        queue_texts(db, [*waiting, first], line.now)
        queue_texts(db, [TextDraft(CALLER, "urgent", None, None, "notice", 0)], line.now)
        sent = []
        for _ in range(2):
            [job] = claim_jobs(db, uuid4(), line.now, 1, ("send",))
            sent.append(db.keys.read_values(db.get_one(Outgoing, job.ref)).body)
            finish_job(db, job)
    assert sent == ["earlier to the same phone", "urgent"]
