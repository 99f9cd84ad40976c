"""Who is asked when, while nobody is signed in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.cases.case import find_case
from app.desk.handling import change_case, claim_case
from app.models import Offer
from app.requests.lifecycle import follow_raised_cases
from app.store.jobs import add_jobs, new_job
from tests.requests.deeds import with_event
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, a_date, raised


def test_one_person_is_asked_at_a_time_when_there_is_time(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    request = raised(hall, a_case(hall, urgency=2))
    [handle] = hall.asked(request)
    hall.advance(hours=4)
    assert hall.asked(request, "expired") == {handle}
    assert hall.asked(request) == {"finch", "siskin"} - {handle}


def test_what_is_happening_now_asks_three_at_once_and_then_the_desk(hall: Hall) -> None:
    hall.newcomers({name: PHONES[name] for name in ("siskin", "linnet")}, "accompanier")
    hall.profiles({"crane": {"phone": PHONES["crane"]}})
    request = raised(hall, a_case(hall, urgency=0))
    three = {"finch", "siskin", "linnet"}
    assert hall.asked(request) == three
    assert [len(hall.texts_to(PHONES[name])) for name in ("siskin", "linnet")] == [1, 1]
    hall.advance(minutes=3)
    assert hall.asked(request) == {"heron", "plover", "wren"}
    hall.advance(minutes=3)
    assert hall.now(request).state == "unfilled"
    told = "Desk: nobody was found for a request, now. Please look."
    assert hall.texts_to(PHONES["crane"]) == [told]
    hall.advance(minutes=15)
    assert hall.asked(request) == three


def test_each_step_waits_for_the_one_before(hall: Hall) -> None:
    hall.newcomers({"near": None, "far": None}, "accompanier")
    hall.profiles({"near": {"regions": ("laval",)}, "far": {"regions": ("vancouver",)}})
    request, order = raised(hall), []
    for _ in range(3):
        [handle] = hall.asked(request)
        order.append(handle)
        hall.advance(hours=4)
    assert order == ["finch", "near", "far"]


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


def test_a_request_that_nobody_takes_is_asked_for_again_and_never_forgotten(hall: Hall) -> None:
    request = raised(hall, a_case(hall, urgency=1))
    for _ in range(12):
        hall.advance(minutes=15)
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
    case_id = a_case(hall, urgency=1)
    request = raised(hall, case_id)
    for _ in range(3):
        hall.advance(minutes=15)
    assert hall.now(request).state == "unfilled"
    with hall.database.transaction() as db:
        case = find_case(db, hall.principal("heron"), UUID(case_id))
        case.urgency = 0  # as a text or a call raises it
    with hall.database.transaction() as db:
        assert follow_raised_cases(db, hall.clock()) == 1
    hall.work()
    assert (hall.now(request).state, hall.now(request).urgency) == ("offered", 0)


def test_who_is_needed_soon_is_looked_for_soon(hall: Hall) -> None:
    """An offer of a day does not outlast a date in an hour."""
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall, urgency=3)
    request = with_event(hall, case, a_date(hall, case, hours=1))
    assert {"finch", "siskin"} <= hall.asked(request)
