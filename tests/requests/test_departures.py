"""Members who leave, or get other roles."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from app.errors import OfferExpired
from app.members import MemorySessions
from app.members.accounts import MemberChanges, change_member, find_member, remove_member
from app.models import Assignment, Offer
from tests.requests.deeds import offer_to
from tests.requests.hall import Hall
from tests.requests.people import PHONES, raised


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
