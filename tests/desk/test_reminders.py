"""Seven days and one day before a date, and once it is over: tasks, and texts without content."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.desk.date_changes import DATE_MOVED_TEXT
from app.desk.reminders import COMING_UP_TEXT, find_due_distances
from app.models import (
    Assignment,
    AssignmentValues,
    Job,
    Member,
    Outgoing,
    Request,
    RequestValues,
    rounded,
)
from app.outbox.gate import find_gate_refusal
from app.store.jobs import FURTHEST
from app.telephony.segments import measure_text
from tests.service import CALLER, House, refusal

OnSqlite = pytest.mark.parametrize("database_kind", ["sqlite"])
START = datetime(2026, 1, 15, 12, tzinfo=UTC)  # 07:00 in Montreal
CALL = "Call when you can."


def dated_case(house: House, *, days: float, hours: str | None = None, **case: Any) -> str:
    """A case with a caller who agreed to texts, and a date so many days from now."""
    heron = house.as_("heron")
    given = {"channel": "manual", "contact": CALLER, "situation": "other", "urgency": 2}
    given |= {"language": "en", **case}
    case_id: str = heron.post("/v1/cases", given).json()["id"]
    said = {"scope": "contact", "granted": True, "methods": ["text"], "hours": hours}
    heron.post(f"/v1/cases/{case_id}/consents", said)
    starts_at = (house.clock() + timedelta(days=days)).isoformat()
    event = heron.post(f"/v1/cases/{case_id}/events", {"kind": "hearing", "starts_at": starts_at})
    assert event.status_code == 201, event.text
    return case_id


def tasks(house: House) -> list[tuple[str, int | None]]:
    items = house.as_("heron").get("/v1/tasks").json()["items"]
    return [(task["kind"], task["days"]) for task in items]


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
    for text in (COMING_UP_TEXT, DATE_MOVED_TEXT):
        assert measure_text(text).segments == 1
        assert not any(character.isdigit() for character in text)


def test_the_desk_looks_again_and_the_caller_is_reminded_without_content(house: House) -> None:
    case_id = dated_case(house, days=10)
    house.advance(days=2)
    assert (tasks(house), house.phone().inbox()) == ([], [])
    house.advance(days=1, minutes=10)
    assert (tasks(house), house.phone().inbox()) == ([("recheck", 7)], [CALL])
    house.advance(days=1)
    assert len(house.phone().inbox()) == 1
    house.advance(days=5)
    assert tasks(house) == [("recheck", 7), ("recheck", 1)]
    assert house.phone().inbox() == [CALL, CALL]
    house.advance(days=1)
    assert tasks(house)[-1] == ("occurred", None)
    messages = house.read(case_id)["messages"]
    assert [(m["body"], m["author"]) for m in messages] == [(CALL, None)] * 2


@OnSqlite
def test_a_task_is_done_once_somebody_says_so(house: House) -> None:
    case_id = dated_case(house, days=10)
    house.advance(days=3, minutes=10)
    heron = house.as_("heron")
    [task] = house.read(case_id)["tasks"]
    for _ in range(2):
        assert heron.post(f"/v1/tasks/{task['id']}/done").status_code == 204
    house.advance(minutes=10)
    assert (tasks(house), house.read(case_id)["tasks"]) == ([], [])
    nothing = heron.post("/v1/tasks/00000000-0000-4000-8000-000000000000/done")
    assert refusal(nothing) == (404, "not-found")


@OnSqlite
def test_what_came_of_a_date_ends_its_tasks(house: House) -> None:
    case_id = dated_case(house, days=1)
    house.advance(days=1, minutes=10)
    assert tasks(house) == [("occurred", None)]
    [event] = house.read(case_id)["events"]
    changed = house.as_("heron").patch(
        f"/v1/events/{event['id']}", {"state": "occurred"}, version='"1"'
    )
    assert changed.status_code == 200, changed.text
    assert tasks(house) == []
    house.advance(days=1)
    assert tasks(house) == []


@OnSqlite
def test_a_reminder_waits_for_the_next_safe_hour(house: House) -> None:
    # 12:00 in UTC is 07:00 in Montreal.
    dated_case(house, days=8, hours="18:00-19:00", region="montreal")
    house.advance(days=1, minutes=10)
    assert (tasks(house), house.phone().inbox()) == ([("recheck", 7)], [])
    house.advance(hours=10)
    assert house.phone().inbox() == []
    house.advance(hours=1)
    assert house.phone().inbox() == [CALL]
    house.advance(days=1)
    assert house.phone().inbox() == [CALL]


@OnSqlite
def test_a_reminder_that_the_last_gate_turned_back_is_written_again(house: House) -> None:
    dated_case(house, days=8, hours="07:00-08:00", region="montreal")
    house.network.faults("api-429", match=CALLER, count=1, delay_s=7200)
    house.advance(days=1, minutes=10)
    house.advance(hours=3)  # by now it is no safe time, and the gate refuses it
    assert house.phone().inbox() == []
    house.network.clear_faults()
    house.advance(hours=21)
    assert house.phone().inbox() == [CALL]


@OnSqlite
@pytest.mark.parametrize("unsafe", ["no consent", "stopped", "compromised", "closed", "cancelled"])
def test_who_is_not_to_be_texted_is_not(house: House, unsafe: str) -> None:
    case_id, heron = dated_case(house, days=8), house.as_("heron")
    if unsafe == "no consent":
        said = {"scope": "contact", "granted": False}
        heron.post(f"/v1/cases/{case_id}/consents", said)
    elif unsafe == "stopped":
        house.phone().says("STOP")
    elif unsafe == "compromised":
        heron.post(f"/v1/cases/{case_id}/contact/compromised")
    elif unsafe == "closed":
        heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    else:
        [event] = house.read(case_id)["events"]
        heron.patch(f"/v1/events/{event['id']}", {"state": "cancelled"}, version='"1"')
    before = house.phone().inbox()
    house.advance(days=1, hours=1)
    assert house.phone().inbox() == before


@OnSqlite
def test_a_reminder_speaks_the_callers_language(house: House) -> None:
    dated_case(house, days=8, language="es")
    house.advance(days=1, minutes=10)
    assert house.phone().inbox() == ["Llame cuando pueda."]


@OnSqlite
def test_a_sealed_server_reminds_nobody_and_loses_nothing(house: House) -> None:
    dated_case(house, days=8)
    keys = house.database.keys
    assert keys
    operational, index = keys.operational, keys.held_index_key
    keys.seal()
    house.advance(days=1, minutes=10)
    assert house.phone().inbox() == []
    assert operational
    assert index
    keys.unseal(operational)
    keys.hold_index_key(*index)
    house.advance(minutes=10)
    assert house.phone().inbox() == [CALL]


@OnSqlite
def test_no_job_tells_when_the_date_is(house: House) -> None:
    dated_case(house, days=8)
    with house.database.snapshot() as db:
        last = db.scalar(select(func.max(Job.run_at)))
    assert last is not None
    assert last <= house.clock() + FURTHEST


def volunteer(house: House, handle: str, number: str) -> None:
    with house.database.transaction() as db:
        member = db.get_one(Member, house.residents[handle].id)
        profile = db.keys.read_values(member)
        db.keys.write_values(member, replace(profile, phone=number))


def expect(house: House, case_id: str, handle: str) -> None:
    """Assign somebody to the case's date, as accepting an offer would."""
    [event] = house.read(case_id)["events"]
    now, request_id, assignment_id = house.clock(), uuid4(), uuid4()
    kept = AssignmentValues(until=now + timedelta(days=7))
    asked = RequestValues(kind="accompaniment")
    with house.database.transaction() as db:
        db.add(
            Request(
                id=request_id,
                case_id=UUID(case_id),
                event_id=UUID(event["id"]),
                state="assigned",
                urgency=2,
                opened_at=rounded(now),
                **db.keys.new_values(Request, request_id, asked, now),
            )
        )
        db.flush()
        db.add(
            Assignment(
                id=assignment_id,
                request_id=request_id,
                case_id=UUID(case_id),
                member_id=house.residents[handle].id,
                state="active",
                accepted_at=rounded(now),
                **db.keys.new_values(Assignment, assignment_id, kept, now),
            )
        )


@OnSqlite
def test_whoever_goes_along_is_told_the_day_before(house: House) -> None:
    case_id, phone = dated_case(house, days=3), house.phone("+15145550188")
    volunteer(house, "finch", phone.number)
    expect(house, case_id, "finch")
    house.advance(days=1, hours=23)
    assert phone.inbox() == []
    house.advance(hours=1, minutes=10)
    assert phone.inbox() == [COMING_UP_TEXT]
    house.advance(hours=12)
    assert phone.inbox() == [COMING_UP_TEXT]


@OnSqlite
def test_a_date_that_moves_although_people_were_asked_is_a_task(house: House) -> None:
    case_id, phone = dated_case(house, days=3), house.phone("+15145550188")
    volunteer(house, "finch", phone.number)
    [event] = house.read(case_id)["events"]
    expect(house, case_id, "finch")
    moved = {"starts_at": (house.clock() + timedelta(days=5)).isoformat()}
    house.as_("heron").patch(f"/v1/events/{event['id']}", moved, version='"1"')
    house.settle()
    assert (tasks(house), phone.inbox()) == ([("moved", None)], [DATE_MOVED_TEXT])


def test_a_reminder_is_no_answer(house: House) -> None:
    """Who wrote a moment ago that texts are not safe is not reminded by one."""
    case = house.case_of("hello", "1", "3")
    heron, now = house.as_("heron"), house.clock()
    starts_at = (now + timedelta(days=1, minutes=6)).isoformat()
    date = {"kind": "hearing", "starts_at": starts_at, "place": "x"}
    assert heron.post(f"/v1/cases/{case['id']}/events", date).status_code == 201
    house.advance(minutes=1)
    house.phone().text("do not text me any more, he reads it. call only")
    house.settle()
    agreed = {"scope": "contact", "granted": True, "methods": ["call"], "hours": []}
    assert heron.post(f"/v1/cases/{case['id']}/consents", agreed).status_code == 201
    before = house.phone().inbox()
    for _ in range(6):
        house.advance(minutes=3)
    assert house.phone().inbox() == before


def test_a_reminder_is_no_answer_at_the_last_gate_either(house: House) -> None:
    """It was queued while texts were safe; since then the caller said that they are not."""
    case = house.case_of("hello", "1", "3")
    agreed = {"scope": "contact", "granted": True, "methods": ["call"], "hours": []}
    heron = house.as_("heron")
    assert heron.post(f"/v1/cases/{case['id']}/consents", agreed).status_code == 201
    now = house.clock()
    with house.database.snapshot() as db:
        gate = {
            purpose: find_gate_refusal(
                db, Outgoing(purpose=purpose, case_id=UUID(case["id"])), CALLER, now, now
            )
            for purpose in ("reply", "reminder")
        }
    assert gate == {"reply": None, "reminder": "unsafe-method"}
