"""Many requests at once: planned together, so that not everybody asks the same few people."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from app.requests.locks import lock_request
from app.requests.offers import TEXTS_AN_HOUR, list_own_offers
from app.requests.surge_plan import SURGE_SIZE, plan_surge
from app.requests.unfilled_requests import LADDER_RETRY, LONGEST_RETRY
from tests.requests.hall import Hall
from tests.requests.people import PHONES, a_case, raised

REGIONS = ("montreal", "laval", "quebec", "ottawa")


def test_a_surge_is_spread_over_everybody_who_can_go(hall: Hall) -> None:
    hall.newcomers({f"helper-{n}": None for n in range(4)}, "accompanier")
    hall.profiles({f"helper-{n}": {"regions": [REGIONS[n]]} for n in range(4)})
    requests = [raised(hall, a_case(hall, urgency=3)) for _ in range(SURGE_SIZE)]
    first = {request.id: hall.asked(request) for request in requests}
    assert len(set.union(*first.values())) <= 2, "each ladder alone asks those next door"

    plan = plan_surge(hall.database, hall.clock())
    assert plan is not None
    names = {resident.id: handle for handle, resident in hall.residents.items()}
    planned = {chosen.request_id: names[chosen.member_id] for chosen in plan.chosen}
    assert len(planned) == SURGE_SIZE
    assert max(Counter(planned.values()).values()) <= SURGE_SIZE // 2
    hall.advance(hours=24)
    followed = 0
    for request in requests:
        if planned[request.id] not in first[request.id]:
            assert hall.asked(request) == {planned[request.id]}
            followed += 1
    assert followed, "who was planned was asked by each ladder alone already"


def test_a_plan_is_advice_only(hall: Hall) -> None:
    """Whoever said no, or left, is not asked because a plan says so."""
    hall.newcomers({"near": None, "far": None}, "accompanier")
    requests = [raised(hall, a_case(hall, urgency=3)) for _ in range(SURGE_SIZE)]
    plan_surge(hall.database, hall.clock())
    with hall.database.transaction() as db:
        for request in requests:
            locked = lock_request(db, request.id)
            assert locked is not None
            said_no = next(iter(hall.asked(request)))
            values = db.keys.read_values(locked)
            db.keys.write_values(locked, replace(values, planned=hall.residents[said_no].id))
    asked = {request.id: hall.asked(request) for request in requests}
    for request in requests:
        [handle] = asked[request.id]
        hall.decline(handle, request)
    for request in requests:
        assert not hall.asked(request) & asked[request.id]


def test_few_are_not_planned(hall: Hall) -> None:
    raised(hall, a_case(hall))
    assert plan_surge(hall.database, hall.clock()) is None


# -- a day on which far more is asked than people can take


def test_a_phone_that_is_never_answered_is_left_in_peace(hall: Hall) -> None:
    """The offers wait in the console all the same."""
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    for _ in range(TEXTS_AN_HOUR + 5):
        raised(hall, a_case(hall, urgency=1))
    assert len(hall.texts_to(PHONES["siskin"])) == TEXTS_AN_HOUR
    with hall.database.snapshot() as db:
        mine = list_own_offers(db, hall.principal("siskin"), hall.clock())
        assert len(mine) == TEXTS_AN_HOUR + 5
    hall.advance(hours=1)
    more = raised(hall, a_case(hall, urgency=1))
    assert "siskin" in hall.asked(more)
    assert len(hall.texts_to(PHONES["siskin"])) > TEXTS_AN_HOUR


def test_whoever_answers_is_asked_on(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    for _ in range(TEXTS_AN_HOUR + 5):
        hall.decline("siskin", raised(hall, a_case(hall, urgency=1)))
    assert len(hall.texts_to(PHONES["siskin"])) == TEXTS_AN_HOUR + 5


def test_asking_in_vain_goes_slower_and_never_ends(hall: Hall) -> None:
    request = raised(hall, a_case(hall, urgency=0))
    rounds: list[timedelta] = []
    began, state = hall.clock(), "offered"
    for _ in range(12 * 60):
        hall.advance(minutes=1)
        now = hall.now(request).state
        if state == "unfilled" and now == "offered":
            rounds.append(hall.clock() - began)
            began = hall.clock()
        state = now
        assert hall.has_timer(request)
    assert rounds[0] < LADDER_RETRY[0] + timedelta(minutes=10)
    assert rounds == sorted(rounds)
    assert LONGEST_RETRY[0] <= rounds[-1] <= LONGEST_RETRY[0] + timedelta(minutes=10)


def test_coordinators_hear_of_very_many_at_once(hall: Hall) -> None:
    hall.profiles({"crane": {"phone": PHONES["crane"]}})
    for _ in range(SURGE_SIZE * 2):
        raised(hall, a_case(hall, urgency=0))
    for _ in range(12):
        hall.advance(minutes=1)
    told = [text for text in hall.texts_to(PHONES["crane"]) if "nobody was found" in text]
    assert SURGE_SIZE - 1 <= len(told) <= SURGE_SIZE
    hall.advance(minutes=20)
    for _ in range(12):
        hall.advance(minutes=1)
    after = [text for text in hall.texts_to(PHONES["crane"]) if "nobody was found" in text]
    assert f"Desk: nobody was found for {SURGE_SIZE * 2} requests, now. Please look." in after
    assert len(after) <= len(told) + 3


def test_what_is_more_urgent_is_texted_all_the_same(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    for _ in range(TEXTS_AN_HOUR + 1):
        raised(hall, a_case(hall, urgency=1))
    before = len(hall.texts_to(PHONES["siskin"]))
    assert "siskin" in hall.asked(raised(hall, a_case(hall, urgency=0)))
    assert len(hall.texts_to(PHONES["siskin"])) == before + 1


def test_whoever_was_slower_was_not_deaf(hall: Hall) -> None:
    """What a quicker colleague took counts for nobody else as left unanswered."""
    hall.newcomers({"siskin": PHONES["siskin"], "linnet": PHONES["linnet"]}, "accompanier")
    taken = 0
    for _ in range(TEXTS_AN_HOUR + 10):
        request = raised(hall, a_case(hall, urgency=0))
        if "linnet" in hall.asked(request):
            hall.accept("linnet", request)
            taken += 1
    assert taken > TEXTS_AN_HOUR
    asked = [text for text in hall.texts_to(PHONES["siskin"]) if "can you help" in text]
    assert len(asked) > TEXTS_AN_HOUR


def test_coordinators_hear_for_as_long_as_it_goes_on(hall: Hall) -> None:
    hall.profiles({"crane": {"phone": PHONES["crane"]}})
    told: list[int] = []
    for minute in range(180):
        if minute % 4 == 0:
            raised(hall, a_case(hall, urgency=0))
        before = len(hall.texts_to(PHONES["crane"]))
        hall.advance(minutes=1)
        told += [minute] * (len(hall.texts_to(PHONES["crane"])) > before)
    assert max(later - earlier for earlier, later in pairwise(told)) <= 30
    assert told[-1] >= 150
    assert len([minute for minute in told if minute > 60]) <= 10


def test_who_was_not_asked_by_text_is_not_told_by_text_that_it_is_gone(hall: Hall) -> None:
    hall.newcomers({"siskin": PHONES["siskin"], "linnet": None}, "accompanier")
    # Whom a request asks among equals is chance.
    for _ in range(TEXTS_AN_HOUR * 10):
        before = hall.texts_to(PHONES["siskin"])
        request = raised(hall, a_case(hall, urgency=1))
        if {"siskin"} < (asked := hall.asked(request)) and len(before) == TEXTS_AN_HOUR:
            break
    assert hall.texts_to(PHONES["siskin"]) == before
    hall.accept(next(iter(asked - {"siskin"})), request)
    assert hall.texts_to(PHONES["siskin"]) == before
