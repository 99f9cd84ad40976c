"""A caller waits: who is texted when, until one of them looks."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.desk import close_case, erase_case, read_case
from app.models import Alert, AlertState, Job, Member, table
from app.paging import acknowledge_alert
from tests.line import Line
from tests.paging.people import CRANE, HERON, PAGE, PLOVER, WREN, man_desk
from tests.service import House


@pytest.fixture
def on_duty(line: Line) -> Line:
    man_desk(line)
    return line


def paged(line: Line) -> list[int]:
    """How often heron, plover, wren and crane were paged."""
    return [len(line.inbox(number)) for number in (HERON, PLOVER, WREN, CRANE)]


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_page_is_answered_and_the_case_is_theirs(house: House) -> None:
    """The one test of alerts with the whole service, on both kinds of database."""
    for handle, number in (("heron", HERON), ("plover", PLOVER)):
        client = house.as_(handle)
        version = client.get("/v1/members/me").headers["etag"]
        client.patch("/v1/members/me", {"phone": number}, version=version)
    case = house.case_of("they took him")
    assert house.phone(PLOVER).inbox() == house.phone(HERON).inbox() == [PAGE]
    house.advance(minutes=5)
    assert house.phone(HERON).says("1") == ["Desk: it is yours. Please open it now."]
    [queued] = house.queue()
    assert (queued["id"], queued["assigned_to"]) == (case["id"], str(house.residents["heron"].id))
    house.advance(minutes=20)
    assert len(house.phone(PLOVER).inbox()) == 2


def test_an_urgent_case_pages_who_is_on_duty(on_duty: Line) -> None:
    on_duty.text("they took him")
    assert on_duty.inbox(HERON) == [PAGE]
    assert paged(on_duty) == [1, 0, 0, 0]


def test_without_a_rota_the_whole_desk_is_on_duty(line: Line) -> None:
    man_desk(line, shifts=False)
    line.text("they took him")
    assert paged(line) == [1, 1, 1, 0]


@pytest.mark.parametrize("column", ["roles", "op_values"])
def test_in_place_of_a_damaged_member_on_duty_the_next_are_paged(
    on_duty: Line, column: str
) -> None:
    members = table(Member)
    damaged = update(members).where(members.c.handle == "heron")
    with on_duty.database.engine.begin() as db:
        db.execute(damaged.values({column: ["legal"] if column == "roles" else b"K"}))
    on_duty.text("they took him")
    on_duty.advance(minutes=5)
    assert paged(on_duty) == [0, 2 if column == "roles" else 1, 0, 0]


def test_it_climbs_until_somebody_looks(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    on_duty.advance(minutes=5)
    assert paged(on_duty) == [2, 1, 0, 0]
    on_duty.advance(minutes=5)
    assert paged(on_duty) == [3, 2, 1, 1]
    on_duty.as_member(read_case, "heron", case.id)
    on_duty.advance(minutes=30)
    assert paged(on_duty) == [3, 2, 1, 1]


def test_a_case_that_can_wait_pages_when_its_target_is_nearly_missed(on_duty: Line) -> None:
    on_duty.text("hello")
    assert paged(on_duty) == [0, 0, 0, 0]
    on_duty.advance(hours=19, minutes=20)
    assert on_duty.inbox(HERON) == ["Desk: 1 waiting, this week. Reply 1 = mine"]


def test_quiet_hours_hold_back_all_but_tier_0(on_duty: Line) -> None:
    on_duty.give_phone("heron", HERON, quiet_hours=("00:00-23:59",))
    on_duty.text("a letter came and I do not understand it")
    assert paged(on_duty) == [0, 0, 0, 0]
    on_duty.text("they took him", "+15145550124")
    assert paged(on_duty)[0] == 1


def test_a_stop_in_an_urgent_case_is_brought_to_the_desk(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    on_duty.as_member(read_case, "heron", case.id)
    before = paged(on_duty)[0]
    on_duty.text("ARRET")
    assert paged(on_duty)[0] == before + 1


def test_an_alert_is_a_row_that_outlives_whoever_paged(on_duty: Line) -> None:
    on_duty.text("they took him")
    on_duty.advance(minutes=6)  # nothing but rows is left of what paged first
    assert paged(on_duty) == [2, 1, 0, 0]


def test_erasing_the_case_ends_its_alert(on_duty: Line) -> None:
    case = on_duty.open_case("they took him")
    on_duty.as_member(erase_case, "heron", case.id)
    on_duty.advance(minutes=20)
    assert paged(on_duty)[1:] == [0, 0, 0]
    with on_duty.reading() as db:
        assert db.scalars(select(Alert)).all() == []


def test_a_burst_is_one_text_a_person_about_the_most_urgent(on_duty: Line) -> None:
    for last, body in ((24, "my papers"), (25, "they took him"), (26, "a letter came")):
        on_duty.text(body, f"+151455501{last}")
    before = len(on_duty.inbox(HERON))
    on_duty.advance(minutes=5)
    assert on_duty.inbox(HERON)[before:] == ["Desk: 3 new, now. Reply 1 = mine"]


def test_a_closed_case_is_counted_no_more(on_duty: Line) -> None:
    case = on_duty.open_case("they took him", sender="+15145550125")
    on_duty.as_member(close_case, "heron", case.id, "other")
    on_duty.text("they took her", "+15145550126")
    assert on_duty.inbox(HERON)[-1] == PAGE


def test_a_caller_who_writes_on_while_nobody_looks_stops_no_other_alert(on_duty: Line) -> None:
    """One alert a case: an open one, older than the last text, must not fail the look at all."""
    on_duty.text("they took him")
    later = on_duty.open_case("hello", "1", "6", sender="+15145550172")
    on_duty.advance(minutes=14)
    on_duty.text("are you there")
    on_duty.advance(minutes=50)
    on_duty.text("please")
    on_duty.advance(hours=73)
    with on_duty.reading() as db:
        alerts = {one.case_id: one.kind for one in db.scalars(select(Alert))}
    assert alerts[later.id] == "overdue"


@pytest.mark.parametrize("before", AlertState)
def test_looking_ends_an_open_alert_and_changes_no_other(on_duty: Line, before: AlertState) -> None:
    case = on_duty.open_case("they took him")
    heron, plover = on_duty.id("heron"), on_duty.id("plover")
    with on_duty.writing() as db:
        alert = db.scalars(select(Alert)).one()
        alert.state, alert.acknowledged_by = before, plover
    with on_duty.writing() as db:
        acknowledge_alert(db, case.id, heron)
    with on_duty.reading() as db:
        alert = db.scalars(select(Alert)).one()
        jobs = db.scalars(select(Job.ref).where(Job.kind == "alert")).all()
    was_open = before == AlertState.OPEN
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", heron if was_open else plover)
    assert jobs == ([] if was_open else [case.id])
