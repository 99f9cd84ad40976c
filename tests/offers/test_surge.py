"""Many requests at once: planned together, so that not everybody asks the same few people."""

from __future__ import annotations

from collections import Counter

from app import offers, seeking
from app.offers import MANY
from tests.offers.hall import Hall
from tests.offers.people import a_case, raised

REGIONS = ("montreal", "laval", "quebec", "ottawa")


def test_a_surge_is_spread_over_everybody_who_can_go(hall: Hall) -> None:
    hall.newcomers({f"helper-{n}": None for n in range(4)}, "accompanier")
    hall.profiles({f"helper-{n}": {"regions": [REGIONS[n]]} for n in range(4)})
    requests = [raised(hall, a_case(hall, urgency=3)) for _ in range(MANY)]
    first = {request.id: hall.asked(request) for request in requests}
    assert len(set.union(*first.values())) <= 2, "each ladder alone asks those next door"

    plan = offers.plan_surge(hall.database, hall.clock())
    assert plan is not None
    names = {resident.id: handle for handle, resident in hall.residents.items()}
    planned = {chosen.request_id: names[chosen.member_id] for chosen in plan.chosen}
    assert len(planned) == MANY
    assert max(Counter(planned.values()).values()) <= MANY // 2
    hall.advance(hours=24)
    followed = 0
    for request in requests:
        if planned[request.id] not in first[request.id]:
            assert hall.asked(request) == {planned[request.id]}
            followed += 1
    assert followed >= MANY // 2


def test_a_plan_is_advice_only(hall: Hall) -> None:
    """Whoever said no, or left, is not asked because a plan says so."""
    hall.newcomers({"near": None, "far": None}, "accompanier")
    requests = [raised(hall, a_case(hall, urgency=3)) for _ in range(MANY)]
    offers.plan_surge(hall.database, hall.clock())
    with hall.database.transaction() as db:
        for request in requests:
            locked = seeking.lock(db, request.id)
            assert locked is not None
            said_no = next(iter(hall.asked(request)))
            planned = str(hall.residents[said_no].id)
            values = seeking.values(db, locked)
            seeking.rewrite(db, locked, {**values, "planned": planned})
    asked = {request.id: hall.asked(request) for request in requests}
    for request in requests:
        [handle] = asked[request.id]
        hall.decline(handle, request)
    for request in requests:
        assert not hall.asked(request) & asked[request.id]


def test_few_are_not_planned(hall: Hall) -> None:
    raised(hall, a_case(hall))
    assert offers.plan_surge(hall.database, hall.clock()) is None
