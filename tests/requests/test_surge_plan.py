"""Many requests at once: planned together, so that not everybody asks the same few people."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from sqlalchemy import select

from app.models import Request
from app.requests.surge_plan import SURGE_SIZE, plan_surge
from tests.requests.deeds import bare
from tests.requests.hall import Hall
from tests.requests.people import a_case, raised

REGIONS = ("montreal", "laval", "quebec", "ottawa")


def test_a_surge_is_spread_over_everybody_who_can_go(hall: Hall) -> None:
    hall.newcomers({f"helper-{n}": None for n in range(4)}, "accompanier")
    hall.profiles({f"helper-{n}": {"regions": (REGIONS[n],)} for n in range(4)})
    case = a_case(hall, urgency=3)
    for _ in range(SURGE_SIZE):
        bare(hall, case)
    with hall.database.snapshot() as db:
        requests = db.scalars(select(Request)).all()
    first = {request.id: hall.asked(request) for request in requests}
    assert len(set.union(*first.values())) <= 2, "each ladder alone asks those next door"

    plan = plan_surge(hall.database, hall.clock())
    assert plan is not None
    names = {resident.id: handle for handle, resident in hall.residents.items()}
    planned: dict[UUID, str] = {one.request_id: names[one.member_id] for one in plan.chosen}
    assert len(planned) == SURGE_SIZE
    assert max(Counter(planned.values()).values()) <= SURGE_SIZE // 2
    hall.advance(hours=24)
    followed = [one for one in requests if planned[one.id] not in first[one.id]]
    assert followed, "who was planned was asked by each ladder alone already"
    assert all(hall.asked(request) == {planned[request.id]} for request in followed)


def test_few_are_not_planned(hall: Hall) -> None:
    raised(hall, a_case(hall))
    assert plan_surge(hall.database, hall.clock()) is None
