"""Who is asked when, while nobody is signed in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.cases.case import find_case
from app.desk.handling import change_case, claim_case
from app.models import Job, Offer
from app.requests.lifecycle import follow_raised_cases
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from app.requests.unfilled_requests import LADDER_RETRY
from app.store.jobs import add_jobs, new_job
from tests.requests.deeds import with_event
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, ask, codes, raised, request_of, says, with_phones
from tests.service import House


def test_one_person_is_asked_at_a_time_when_there_is_time(house: House) -> None:
    with_phones(house, "finch", "siskin")
    request = ask(house, a_case(house, urgency=2))
    assert request["state"] == "offered"
    assert sorted(len(codes(house, who)) for who in ("finch", "siskin")) == [0, 1]
    house.advance(hours=4)
    assert [len(codes(house, who)) for who in ("finch", "siskin")] == [1, 1]


def test_yes_by_text_gives_it_to_them(house: House) -> None:
    with_phones(house, "finch")
    case = a_case(house)
    request = ask(house, case, event_id=a_date(house, case))
    [code] = codes(house, "finch")
    assert says(house, "finch", f"{code} yes") == [
        "Desk: thank you, it is yours. Please sign in to read it."
    ]
    after = request_of(house, request)
    assert after["state"] == "assigned"
    assert after["assignment"]["member"] == str(house.residents["finch"].id)


def test_what_is_happening_now_asks_three_at_once_and_then_the_desk(house: House) -> None:
    with_phones(house, "finch", "siskin", "linnet", "heron", "plover", "wren", "crane")
    request = ask(house, a_case(house, urgency=0))
    asked = ("finch", "siskin", "linnet")
    assert [len(codes(house, who)) for who in asked] == [1, 1, 1]
    house.advance(minutes=3)
    desk = ("heron", "plover", "wren")
    assert [len(codes(house, who)) for who in desk] == [1, 1, 1]
    house.advance(minutes=3)
    assert request_of(house, request)["state"] == "unfilled"
    told = "Desk: nobody was found for a request, now. Please look."
    assert told in house.phone("+15145550164").inbox()
    house.advance(minutes=15)
    assert [len(codes(house, who)) for who in asked] == [2, 2, 2]


def test_each_step_waits_for_the_one_before_and_no_job_lies_far_ahead(hall: Hall) -> None:
    hall.newcomers({"near": None, "far": None, "mute": None}, "accompanier")
    hall.profiles(
        {
            "near": {"regions": ["laval"]},
            "far": {"regions": ["vancouver"]},
            "mute": {"languages": ["ht"]},
        }
    )
    request = raised(hall)
    order: list[str] = []
    for _ in range(24):
        order += sorted(hall.asked(request) - set(order))
        with hall.database.snapshot() as db:
            [run_at] = db.scalars(select(Job.run_at).where(Job.kind == "offers"))
            assert run_at - hall.clock() <= timedelta(hours=1)
        hall.advance(hours=1)
    assert order[:3] == ["finch", "near", "mute"]
    assert order[3:4] == ["far"]
    assert set(order[4:]) <= {"heron", "plover", "wren"}


def test_who_is_resting_is_asked_only_about_what_is_happening_now(hall: Hall) -> None:
    hall.profiles({"finch": {"quiet_hours": ["00:00-23:59"]}})
    assert "finch" not in hall.asked(raised(hall))
    assert "finch" in hall.asked(raised(hall, a_case(hall, urgency=0)))


def test_who_is_past_their_cap_or_elsewhere_is_skipped(hall: Hall) -> None:
    case = a_case(hall)
    event = UUID(a_date(hall, case))
    hall.accept("finch", raised(hall, case, event_id=event))
    assert "finch" not in hall.asked(raised(hall, case, event_id=event))
    hall.profiles({"finch": {"weekly_cap": 1}})
    assert "finch" not in hall.asked(raised(hall, case))


@pytest.mark.parametrize("urgency", [0, 1, 2, 3])
def test_a_request_that_nobody_takes_is_asked_for_again_and_never_forgotten(
    hall: Hall, urgency: int
) -> None:
    request = raised(hall, a_case(hall, urgency))
    for _ in range(12):
        hall.advance(seconds=LADDER_RETRY[urgency].total_seconds())
        assert hall.has_timer(request)
    with hall.database.snapshot() as db:
        whose = (Offer.request_id == request.id, Offer.member_id == hall.residents["finch"].id)
        assert len(db.scalars(select(Offer.id).where(*whose)).all()) > 1


def test_a_clock_that_jumps_a_week_loses_no_request(hall: Hall) -> None:
    request = raised(hall)
    hall.advance(days=7)
    assert hall.has_timer(request)
    assert hall.asked(request)


def test_a_worker_that_died_in_between_repeats_nothing(hall: Hall) -> None:
    request = raised(hall)
    with hall.database.transaction() as db:
        again = new_job("offers", request.id, hall.clock())
        add_jobs(db, [again])
    hall.work()
    with hall.database.snapshot() as db:
        assert len(db.scalars(select(Offer.id)).all()) == 1
    assert hall.has_timer(request)


def test_a_case_that_becomes_urgent_asks_more_people_at_once(hall: Hall) -> None:
    hall.newcomers({"siskin": None, "linnet": None}, "accompanier")
    case = a_case(hall, urgency=3)
    request = raised(hall, case)
    assert len(hall.asked(request)) == 1
    with hall.database.transaction() as db:
        wren, now = hall.principal("wren"), hall.clock()
        change_case(db, wren, UUID(case), 1, {"urgency": 0}, now)
    hall.work()
    assert hall.asked(request) == {"finch", "siskin", "linnet"}


def test_who_joins_later_is_asked_once_the_desk_works_on_the_case(hall: Hall) -> None:
    case = a_case(hall, urgency=0)
    request = raised(hall, case)
    for _ in range(3):
        hall.advance(minutes=3)
    assert hall.now(request).state == "unfilled"
    hall.newcomer("siskin", "accompanier")
    with hall.database.transaction() as db:
        claim_case(db, hall.principal("heron"), UUID(case), hall.clock())
    hall.work()
    assert "siskin" in hall.asked(request)


def test_what_nobody_took_is_asked_anew_once_its_case_is_urgent(hall: Hall) -> None:
    case_id = a_case(hall, urgency=2)
    request = raised(hall, case_id)
    for _ in range(100):
        if hall.now(request).state == "unfilled":
            break
        hall.advance(hours=1)
    assert hall.now(request).state == "unfilled"
    with hall.database.transaction() as db:
        case = find_case(db, hall.principal("heron"), UUID(case_id))
        case.urgency = 0  # as a text or a call raises it
    with hall.database.transaction() as db:
        assert follow_raised_cases(db, hall.clock()) == 1
    hall.work()
    assert (hall.now(request).state, hall.now(request).urgency) == ("offered", 0)


def test_an_interpreter_who_was_needed_before_is_not_looked_for_and_a_lawyer_is(
    hall: Hall,
) -> None:
    case, by = a_case(hall, scopes=("legal",)), hall.clock() + timedelta(hours=1)
    with hall.database.transaction() as db:
        made = {
            kind: raise_request(
                db,
                hall.principal("heron"),
                UUID(case),
                RequestFacts(kind, languages=["fr"], needed_by=by),
                hall.clock(),
            )
            for kind in ("interpreter", "legal")
        }
    hall.work()
    hall.advance(hours=1, minutes=1)
    assert hall.now(made["interpreter"]).state == "cancelled"
    assert hall.now(made["legal"]).state in ("offered", "unfilled")


def test_who_is_needed_soon_is_looked_for_soon(hall: Hall) -> None:
    """An offer of a day does not outlast a date in an hour: the desk is asked before it."""
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall, urgency=3)
    request = with_event(hall, case, a_date(hall, case, hours=1))
    assert {"finch", "siskin"} <= hall.asked(request)
    for _ in range(3):
        hall.advance(minutes=3)
    assert hall.asked(request) <= {"heron", "plover", "wren"}
    assert hall.now(request).state in ("offered", "unfilled")
