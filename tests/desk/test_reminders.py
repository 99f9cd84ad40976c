"""Seven days and one day before a date, and once it is over: tasks, and texts without content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.cases.date_rules import DateFacts
from app.cases.dates import add_date
from app.cases.tasks import DueTask, finish_task, list_tasks
from app.desk.closing import close_case
from app.desk.contact import mark_phone_unsafe
from app.desk.date_changes import change_date
from app.desk.handling import CaseOpening, open_case_by_hand
from app.desk.reading import read_case
from app.desk.reminders import find_due_distances, sweep_reminders
from app.desk.replying import StatedConsent, record_consent
from app.models import (
    Assignment,
    AssignmentValues,
    Event,
    Job,
    Outgoing,
    Request,
    RequestValues,
    rounded,
)
from app.models.outbox import OutgoingValues
from app.outbox.gate import find_gate_refusal
from app.store.jobs import FURTHEST
from app.telephony.segments import measure_text
from app.texts import MemberNotice, MemberText
from tests.line import Line
from tests.service import CALLER, House, refusal

START = datetime(2026, 1, 15, 12, tzinfo=UTC)  # 07:00 in Montreal
CALL = "Call when you can."
VOLUNTEER = "+15145550188"


def dated_case(line: Line, *, days: float, hours: str = "any", language: str = "en") -> UUID:
    """A case with a caller who agreed to texts, and a date so many days from now."""
    opening = CaseOpening(CALLER, "other", 2, language, "montreal", {})
    case_id: UUID = line.as_member(partial(open_case_by_hand, own_number=""), "heron", opening).id
    agree(line, case_id, "text", hours=hours)
    date = DateFacts("hearing", line.now + timedelta(days=days))
    line.as_member(add_date, "heron", case_id, date)
    return case_id


def agree(line: Line, case_id: UUID, *methods: str, hours: str = "any") -> None:
    """Record how the caller may be reached; no way at all: not any more."""
    said = StatedConsent("contact", bool(methods), methods, hours)
    line.as_member(record_consent, "heron", case_id, said)


def change(line: Line, case_id: UUID, **changes: Any) -> None:
    """Change the one date of a case."""
    event = event_of(line, case_id)
    line.as_member(change_date, "heron", event.id, event.version, changes)


def event_of(line: Line, case_id: UUID) -> Event:
    with line.reading() as db:
        return db.scalars(select(Event).where(Event.case_id == case_id)).one()


def later(line: Line, **by: float) -> None:
    """Let time go by; then dates are looked at, and what follows happens."""
    line.clock.advance(timedelta(**by))
    sweep_reminders(line.database, line.desk.script.texts, line.now)
    line.settle()


def due(line: Line) -> list[DueTask]:
    with line.reading() as db:
        return list_tasks(db, line.principal("heron"))


def tasks(line: Line) -> list[tuple[str, int]]:
    return [(one.task.kind, one.task.number) for one in due(line)]


def at(day: float) -> datetime:
    return START + timedelta(days=day)


@pytest.mark.parametrize(
    ("day", "skipped", "arrived"),
    [
        (0, (), []),
        (2.9, (), []),
        (3, (), [7]),
        (9, (), [7, 1]),
        (9, (7,), [1]),
        (9, (7, 1), []),
        (10, (), []),
        (11, (), []),
    ],
)
def test_a_distance_arrives_once_and_not_when_it_is_over(
    day: float, skipped: tuple[int, ...], arrived: list[int]
) -> None:
    assert find_due_distances(at(10), skipped, at(day)) == arrived


def test_nobodys_reminder_says_more_than_that_there_is_something() -> None:
    for text in MemberNotice(MemberText.DATE_MOVED).write("en"):
        assert measure_text(text).segments == 1
        assert not any(character.isdigit() for character in text)


def test_the_desk_looks_again_and_the_caller_is_reminded_without_content(line: Line) -> None:
    case_id = dated_case(line, days=10)
    later(line, days=2)
    assert (tasks(line), line.inbox()) == ([], [])
    later(line, days=1, minutes=10)
    assert (tasks(line), line.inbox()) == ([("recheck", 7)], [CALL])
    later(line, days=1)
    assert len(line.inbox()) == 1
    later(line, days=5)
    assert tasks(line) == [("recheck", 7), ("recheck", 1)]
    assert line.inbox() == [CALL, CALL]
    later(line, days=1)
    assert tasks(line)[-1] == ("occurred", 0)
    messages = line.as_member(read_case, "heron", case_id).messages
    assert [(m.body, m.author) for m in messages] == [(CALL, None)] * 2


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_the_worker_looks_at_dates_and_reminds_in_the_callers_language(house: House) -> None:
    """Through the whole service, as the desk and the caller see it."""
    heron = house.as_("heron")
    given = {"channel": "manual", "contact": CALLER, "situation": "other", "urgency": 2}
    case_id = heron.post("/v1/cases", {**given, "language": "es"}).json()["id"]
    said = {"scope": "contact", "granted": True, "methods": ["text"], "hours": "any"}
    assert heron.post(f"/v1/cases/{case_id}/consents", said).status_code == 201
    starts_at = (house.clock() + timedelta(days=1, minutes=6)).isoformat()
    hearing = {"kind": "hearing", "starts_at": starts_at}
    event = heron.post(f"/v1/cases/{case_id}/events", hearing)
    assert event.status_code == 201, event.text
    house.advance(minutes=10)
    assert house.phone().inbox() == ["Llame cuando pueda."]
    [task] = heron.get("/v1/tasks").json()["items"]
    assert (task["kind"], task["days"]) == ("recheck", 1)
    [message] = house.read(case_id)["messages"]
    assert (message["body"], message["author"]) == ("Llame cuando pueda.", None)
    for _ in range(2):
        assert heron.post(f"/v1/tasks/{task['id']}/done").status_code == 204
    assert (heron.get("/v1/tasks").json()["items"], house.read(case_id)["tasks"]) == ([], [])
    nothing = heron.post("/v1/tasks/00000000-0000-4000-8000-000000000000/done")
    assert refusal(nothing) == (404, "not-found")


def test_a_task_is_done_once_somebody_says_so(line: Line) -> None:
    dated_case(line, days=10)
    later(line, days=3, minutes=10)
    [found] = due(line)
    for _ in range(2):
        line.as_member(finish_task, "heron", found.task.id)
    later(line, minutes=10)
    assert tasks(line) == []


def test_what_came_of_a_date_ends_its_tasks(line: Line) -> None:
    case_id = dated_case(line, days=1)
    later(line, days=1, minutes=10)
    assert tasks(line) == [("occurred", 0)]
    change(line, case_id, state="occurred")
    assert tasks(line) == []
    later(line, days=1)
    assert tasks(line) == []


def test_a_reminder_waits_for_the_next_safe_hour(line: Line) -> None:
    # 12:00 in UTC is 07:00 in Montreal.
    dated_case(line, days=8, hours="18:00-19:00")
    later(line, days=1, minutes=10)
    assert (tasks(line), line.inbox()) == ([("recheck", 7)], [])
    later(line, hours=10)
    assert line.inbox() == []
    later(line, hours=1)
    assert line.inbox() == [CALL]
    later(line, days=1)
    assert line.inbox() == [CALL]


def test_a_reminder_that_the_last_gate_turned_back_is_written_again(line: Line) -> None:
    dated_case(line, days=8, hours="07:00-08:00")
    line.carrier.busy = True
    later(line, days=1, minutes=10)
    line.carrier.busy = False
    later(line, hours=3)  # by now it is no safe time, and the gate refuses it
    assert line.inbox() == []
    later(line, hours=21)
    assert line.inbox() == [CALL]


@pytest.mark.parametrize("unsafe", ["no consent", "stopped", "compromised", "closed", "cancelled"])
def test_who_is_not_to_be_texted_is_not(line: Line, unsafe: str) -> None:
    case_id = dated_case(line, days=8)
    if unsafe == "no consent":
        agree(line, case_id)
    elif unsafe == "stopped":
        line.says("STOP")
    elif unsafe == "compromised":
        line.as_member(mark_phone_unsafe, "heron", case_id)
    elif unsafe == "closed":
        line.as_member(close_case, "heron", case_id, "other")
    else:
        change(line, case_id, state="cancelled")
    before = line.inbox()
    later(line, days=1, hours=1)
    assert line.inbox() == before


def test_a_sealed_server_reminds_nobody_and_loses_nothing(line: Line) -> None:
    dated_case(line, days=8)
    keys = line.database.keys
    assert keys
    operational, index = keys.operational, keys.held_index_key
    keys.seal()
    later(line, days=1, minutes=10)
    assert line.inbox() == []
    assert operational
    assert index
    keys.unseal(operational)
    keys.hold_index_key(*index)
    later(line, minutes=10)
    assert line.inbox() == [CALL]


def test_no_job_tells_when_the_date_is(line: Line) -> None:
    dated_case(line, days=8)
    with line.reading() as db:
        last = db.scalar(select(func.max(Job.run_at)))
    assert last is not None
    assert last <= line.now + FURTHEST


def expect(line: Line, case_id: UUID, handle: str) -> None:
    """Assign somebody to the case's date, as accepting an offer would."""
    event = event_of(line, case_id)
    now, request_id, assignment_id = line.now, uuid4(), uuid4()
    kept = AssignmentValues(until=now + timedelta(days=7))
    asked = RequestValues(kind="accompaniment")
    with line.writing() as db:
        db.add(
            Request(
                id=request_id,
                state="assigned",
                urgency=2,
                opened_at=rounded(now),
                **db.keys.new_values(
                    Request, request_id, asked, now, case_id=case_id, event_id=event.id
                ),
            )
        )
        db.flush()
        db.add(
            Assignment(
                id=assignment_id,
                state="active",
                accepted_at=rounded(now),
                **db.keys.new_values(
                    Assignment,
                    assignment_id,
                    kept,
                    now,
                    request_id=request_id,
                    case_id=case_id,
                    member_id=line.id(handle),
                ),
            )
        )


def test_whoever_goes_along_is_told_the_day_before(line: Line) -> None:
    case_id = dated_case(line, days=3)
    line.give_phone("finch", VOLUNTEER)
    expect(line, case_id, "finch")
    later(line, days=1, hours=23)
    assert line.inbox(VOLUNTEER) == []
    later(line, hours=1, minutes=10)
    assert line.inbox(VOLUNTEER) == [MemberNotice(MemberText.COMING_UP).write("en")]
    later(line, hours=12)
    assert line.inbox(VOLUNTEER) == [MemberNotice(MemberText.COMING_UP).write("en")]


def test_a_date_that_moves_although_people_were_asked_is_a_task(line: Line) -> None:
    case_id = dated_case(line, days=3)
    line.give_phone("finch", VOLUNTEER)
    expect(line, case_id, "finch")
    change(line, case_id, starts_at=line.now + timedelta(days=5))
    line.settle()
    assert [kind for kind, _ in tasks(line)] == ["moved"]
    assert line.inbox(VOLUNTEER) == [MemberNotice(MemberText.DATE_MOVED).write("en")]


def test_a_reminder_is_no_answer(line: Line) -> None:
    """Who wrote a moment ago that texts are not safe is not reminded by one."""
    case = line.open_case("hello", "1", "3")
    date = DateFacts("hearing", line.now + timedelta(days=1, minutes=6), "x")
    line.as_member(add_date, "heron", case.id, date)
    later(line, minutes=1)
    line.text("do not text me any more, he reads it. call only")
    agree(line, case.id, "call")
    before = line.inbox()
    for _ in range(6):
        later(line, minutes=3)
    assert line.inbox() == before


def test_a_reminder_is_no_answer_at_the_last_gate_either(line: Line) -> None:
    """It was queued while texts were safe; since then the caller said that they are not."""
    case, now = line.open_case("hello", "1", "3"), line.now
    agree(line, case.id, "call")
    with line.reading() as db:
        gate = {
            purpose: find_gate_refusal(
                db,
                Outgoing(purpose=purpose, case_id=case.id),
                OutgoingValues(to=CALLER, body="", written_at=now),
                now,
            )
            for purpose in ("reply", "reminder")
        }
    assert gate == {"reply": None, "reminder": "unsafe-method"}
