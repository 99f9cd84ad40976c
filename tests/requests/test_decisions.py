"""Yes and no: one of many wins, nobody is in two places, conflicts last."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.crypto import KeyFiles
from app.errors import NotFound, OfferExpired, OfferTaken, Sealed
from app.models import Assignment, BriefWrap, Job, Offer
from app.requests.decisions import JOIN_CALL_JOB, accept_offer
from app.store.db import Database
from app.vault.operational_key import open_keyring
from tests.requests.deeds import offer_to, with_event
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, a_date, raised

CROWD = 50


def test_of_fifty_who_accept_at_once_one_wins(postgres_hall: Hall) -> None:
    hall = postgres_hall
    crowd = hall.newcomers({f"crow-{n}": None for n in range(CROWD)}, "accompanier")
    request = raised(hall)
    already = hall.asked(request)
    others = [one for one in crowd if one.handle not in already]
    ids = [one.id for one in others]
    made = dict(zip(ids, offer_to(hall, request, ids), strict=True))
    second = Database(hall.url)
    open_keyring(second, KeyFiles(hall.folder / "keys"))
    start = Barrier(len(made))

    def accept(at: int, member_id: UUID, offer_id: UUID) -> str:
        database = (hall.database, second)[at % 2]
        start.wait()
        try:
            with database.transaction() as db:
                accept_offer(db, member_id, offer_id, hall.clock())
        except OfferTaken:
            return "taken"
        return "won"

    with ThreadPoolExecutor(len(made)) as threads:
        asked = [threads.submit(accept, n, *one) for n, one in enumerate(made.items())]
        said = [one.result() for one in asked]
    second.close()
    assert sorted(said) == ["taken"] * (len(made) - 1) + ["won"]
    with hall.database.snapshot() as db:
        states = dict(db.execute(select(Offer.state, func.count()).group_by(Offer.state)).all())
        assert states == {"accepted": 1, "withdrawn": len(made) + len(already) - 1}
        [winner] = db.scalars(select(Assignment.member_id))
        assert db.scalars(select(BriefWrap.member_id)).all() == [winner]


def test_accepting_twice_is_accepting_once(hall: Hall) -> None:
    request = raised(hall)
    assert hall.accept("finch", request) == hall.accept("finch", request)


def rings_of(hall: Hall) -> list[UUID | None]:
    """The assignments for which the worker is to ring an interpreter into a call."""
    with hall.database.snapshot() as db:
        return list(db.scalars(select(Job.ref).where(Job.kind == JOIN_CALL_JOB)))


def test_an_interpreter_who_accepts_for_a_running_call_is_rung_into_it_once(hall: Hall) -> None:
    case = a_case(hall, urgency=0, scopes=())
    asked = {"languages": ("fr", "en"), "call_id": uuid4()}
    request = raised(hall, case, "interpreter", **asked)
    assert rings_of(hall) == []
    assignment_id = hall.accept("starling", request)
    hall.accept("starling", request)
    assert rings_of(hall) == [assignment_id]


def test_without_a_call_accepting_rings_nobody(hall: Hall) -> None:
    request = raised(hall, a_case(hall, scopes=()), "interpreter", languages=("fr", "en"))
    hall.accept("starling", request)
    assert rings_of(hall) == []


def test_who_was_too_slow_is_told_kindly(hall: Hall) -> None:
    hall.newcomers({name: PHONES[name] for name in ("siskin", "linnet")}, "accompanier")
    request = raised(hall, a_case(hall, urgency=0))
    assert hall.asked(request) == {"finch", "siskin", "linnet"}
    hall.accept("finch", request)
    told = "Desk: thank you, somebody else was faster this time."
    assert [told in hall.texts_to(PHONES[name]) for name in ("siskin", "linnet")] == [True, True]
    with pytest.raises(OfferTaken):
        hall.accept("siskin", request)


def test_who_was_not_asked_by_text_is_not_told_by_text_that_it_is_gone(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    request = raised(hall, a_case(hall, urgency=3))
    [handle] = hall.asked(request)
    with hall.database.transaction() as db:
        hall.offer(db, handle, request).reply_lookup = None
    [other] = {"finch", "siskin"} - {handle}
    offer_to(hall, request, [hall.residents[other].id])
    before = hall.texts_to(PHONES["siskin"])
    hall.accept("finch", request)
    assert hall.texts_to(PHONES["siskin"]) == before


def test_an_offer_whose_time_is_over_cannot_be_accepted(hall: Hall) -> None:
    request = raised(hall)
    hall.clock.advance(timedelta(hours=4))
    with pytest.raises(OfferExpired):  # whether the worker has looked or not
        hall.accept("finch", request)
    hall.work()
    with pytest.raises(OfferExpired):
        hall.accept("finch", request)


def test_nobody_accepts_for_somebody_else(hall: Hall) -> None:
    request = raised(hall)
    with hall.database.transaction() as db:
        offer = hall.offer(db, "finch", request)
        with pytest.raises(NotFound):
            accept_offer(db, hall.residents["owl"].id, offer.id, hall.clock())


def test_a_sealed_server_hands_nothing_over(hall: Hall) -> None:
    request = raised(hall)
    assert hall.database.keys
    hall.database.keys.seal()
    with pytest.raises(Sealed):
        hall.accept("finch", request)


# -- one person


def test_who_says_yes_is_asked_for_nothing_else_at_that_hour(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    cases = [a_case(hall, urgency=0) for _ in range(3)]
    requests = [with_event(hall, case, a_date(hall, case)) for case in cases]
    assert all({"finch", "siskin"} <= hall.asked(request) for request in requests)
    hall.accept("finch", requests[0])
    with pytest.raises(OfferExpired):
        hall.accept("finch", requests[1])
    hall.work()
    assert "finch" not in hall.asked(requests[1]) | hall.asked(requests[2])
    hall.accept("siskin", requests[1])
    assert {hall.now(request).state for request in requests[:2]} == {"assigned"}


def test_of_two_answers_of_one_person_at_once_one_holds(postgres_hall: Hall) -> None:
    hall, finch = postgres_hall, postgres_hall.residents["finch"].id
    cases = [a_case(hall, urgency=0) for _ in range(6)]
    requests = [with_event(hall, case, a_date(hall, case)) for case in cases]
    with hall.database.snapshot() as db:
        asked = [hall.offer(db, "finch", request).id for request in requests]

    def accept(offer_id: UUID) -> bool:
        try:
            with hall.database.transaction() as db:
                accept_offer(db, finch, offer_id, hall.clock())
        except OfferExpired:
            return False
        return True

    with ThreadPoolExecutor(len(asked)) as pool:
        assert sum(pool.map(accept, asked)) == 1


def test_two_places_of_one_date_are_two_people(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall, urgency=0)
    date = a_date(hall, case)
    first, second = (with_event(hall, case, date) for _ in range(2))
    hall.accept("finch", first)
    with pytest.raises(OfferExpired):
        hall.accept("finch", second)


# -- conflicts of interest


def test_a_conflict_of_interest_hides_the_case_for_good(hall: Hall) -> None:
    case = a_case(hall, scopes=("legal",))
    request, other = raised(hall, case, "legal"), raised(hall, case, "legal")
    hall.decline("owl", request, conflict=True)
    assert "owl" not in hall.asked(request) | hall.asked(other)
    later = raised(hall, case, "legal")
    hall.advance(days=2)
    assert "owl" not in hall.asked(later) | hall.asked(request) | hall.asked(other)
    with hall.database.snapshot() as db:
        sealed_to = set(db.scalars(select(BriefWrap.member_id)))
    assert hall.residents["owl"].id not in sealed_to


def test_a_conflict_leaves_no_other_request_of_the_case_waiting(hall: Hall) -> None:
    """Three requests, two lawyers: one is asked twice or more, and one no takes all of it back."""
    hall.newcomer("hobby", "legal")
    case = a_case(hall, urgency=2, scopes=("legal",))
    requests = [raised(hall, case, "legal") for _ in range(3)]
    asked = Counter(handle for request in requests for handle in hall.asked(request))
    [(twice, times), *_] = asked.most_common()
    assert times >= 2, "else there is nothing to take back"
    (other,) = {"owl", "hobby"} - {twice}
    first = next(request for request in requests if twice in hall.asked(request))
    hall.decline(twice, first, conflict=True)
    assert [hall.asked(request) for request in requests] == [{other}] * 3
