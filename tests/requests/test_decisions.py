"""Who gets a request: one of many at once, and never somebody who may not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select

from app.crypto import KeyFiles
from app.errors import NotFound, OfferExpired, OfferTaken, Sealed
from app.members import MemorySessions
from app.members.accounts import MemberChanges, change_member, find_member, remove_member
from app.models import Assignment, BriefWrap, Job, Offer, OfferValues, Request
from app.requests.decisions import JOIN_CALL_JOB, accept_offer
from app.store.db import Database
from app.vault.operational_key import open_keyring
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, raised

CROWD = 50


def offer_to(hall: Hall, request: Request, member_ids: list[UUID]) -> list[UUID]:
    """Offer a request to many at once, more than any tier would."""
    now, ids = hall.clock(), []
    with hall.database.transaction() as db:
        for member_id in member_ids:
            ids.append(uuid4())
            values = db.keys.new_values(Offer, ids[-1], OfferValues(code="0000"), now)
            whom = {"request_id": request.id, "member_id": member_id, "step": 0}
            until = now + timedelta(hours=1)
            db.add(
                Offer(id=ids[-1], **whom, state="pending", made_at=now, expires_at=until, **values)
            )
    return ids


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


def test_somebody_who_was_just_removed_has_no_offer_any_more(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    request = raised(hall)
    [handle] = hall.asked(request)
    with hall.database.transaction() as db:
        crane, member_id = hall.principal("crane"), hall.residents[handle].id
        remove_member(db, MemorySessions(), crane, member_id, None, hall.clock())
    with pytest.raises(OfferExpired):
        hall.accept(handle, request)
    hall.work()
    assert hall.asked(request) == {"finch", "siskin"} - {handle}
    assert not [one for one in hall.plunder(handle).opened if one.cell.table == "brief_wraps"]


def test_when_somebody_leaves_what_they_took_is_offered_to_others(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    request = raised(hall)
    [handle] = hall.asked(request)
    hall.accept(handle, request)
    with hall.database.transaction() as db:
        crane, member_id = hall.principal("crane"), hall.residents[handle].id
        remove_member(db, MemorySessions(), crane, member_id, None, hall.clock())
    hall.work()
    assert hall.asked(request) == {"finch", "siskin"} - {handle}
    with hall.database.snapshot() as db:
        assert db.scalars(select(Assignment.state)).all() == ["revoked"]


def test_who_is_no_accompanier_any_more_is_not_asked_any_more(hall: Hall) -> None:
    request = raised(hall)
    with hall.database.transaction() as db:
        member = find_member(db, hall.residents["finch"].id)
        crane, changes = hall.principal("crane"), MemberChanges(lambda same: same, ["interpreter"])
        change_member(db, crane, member.id, member.version, changes, hall.clock())
    hall.work()
    assert hall.asked(request, "withdrawn") == {"finch"}
    assert "finch" not in hall.asked(request)


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


def test_both_who_go_with_a_minor_are_found_and_are_two_people(hall: Hall) -> None:
    hall.newcomers({"siskin": None, "linnet": None}, "accompanier")
    hall.profiles({name: {"vetted_on": date(2025, 12, 1)} for name in ("finch", "siskin")})
    first = raised(hall, minor=True)
    with hall.database.snapshot() as db:
        [second] = db.scalars(select(Request).where(Request.id != first.id))
    asked = [hall.asked(first), hall.asked(second)]
    assert asked in ([{"finch"}, {"siskin"}], [{"siskin"}, {"finch"}])
    [one], [other] = asked
    hall.accept(one, first)
    hall.accept(other, second)


def test_what_was_offered_at_the_moment_of_leaving_is_taken_back(hall: Hall) -> None:
    siskin = hall.newcomer("siskin", "accompanier")
    request = raised(hall)
    with hall.database.transaction() as db:
        remove_member(db, MemorySessions(), hall.principal("crane"), siskin.id, None, hall.clock())
    hall.work()
    with hall.database.transaction() as db:
        db.execute(delete(Offer).where(Offer.member_id == siskin.id))
    offer_to(hall, request, [siskin.id])
    with pytest.raises(OfferExpired):
        hall.accept("siskin", request)
    hall.advance(minutes=1)
    assert hall.asked(request, "withdrawn") == {"siskin"}


def test_a_sealed_server_hands_nothing_over(hall: Hall) -> None:
    request = raised(hall)
    assert hall.database.keys
    hall.database.keys.seal()
    with pytest.raises(Sealed):
        hall.accept("finch", request)
