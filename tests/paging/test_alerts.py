"""Somebody waits: who is texted when, until one of them looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.models import Alert, Job, Page
from app.paging.pages import MANY_ALERTS
from tests.service import House, fictional

HERON, PLOVER, WREN, CRANE = (f"+1514555016{n}" for n in range(4))
PAGE = "Desk: 1 new, now. Reply 1 = mine"


@pytest.fixture
def on_duty(house: House) -> House:
    """Heron is on duty day and night, plover is the fallback, wren and crane coordinate."""
    for handle, number in (
        ("heron", HERON),
        ("plover", PLOVER),
        ("wren", WREN),
        ("crane", CRANE),
    ):
        client = house.as_(handle)
        version = client.get("/v1/members/me").headers["etag"]
        answer = client.request(
            "PATCH", "/v1/members/me", json={"phone": number}, headers={"If-Match": version}
        )
        assert answer.status_code == 200, answer.text
    for handle, fallback in (("heron", False), ("plover", True)):
        shift = {
            "rrule": "FREQ=DAILY",
            "starts_at": "2026-01-15T00:00:00",
            "duration": "P1D",
            "members": [str(house.residents[handle].id)],
            "fallback": fallback,
        }
        answer = house.as_("wren").post("/v1/shifts", shift)
        assert answer.status_code == 201, answer.text
    return house


def _paged(house: House) -> list[int]:
    return [
        sum("Desk:" in text for text in house.phone(number).inbox())
        for number in (HERON, PLOVER, WREN, CRANE)
    ]


def test_an_urgent_case_pages_who_is_on_duty(on_duty: House) -> None:
    on_duty.case_of("they took him")
    assert on_duty.phone(HERON).inbox() == [PAGE]
    assert _paged(on_duty) == [1, 0, 0, 0]


def test_where_nobody_is_on_duty_the_next_group_is_paged_at_once(on_duty: House) -> None:
    wren = on_duty.as_("wren")
    shifts = wren.get("/v1/shifts").json()["items"]
    for shift in sorted(shifts, key=lambda shift: bool(shift["fallback"])):
        wren.delete(f"/v1/shifts/{shift['id']}")
        wren.post("/v1/shifts", {**shift, "members": [], "people": 1})
        number = f"+1514555012{4 + shift['fallback']}"
        on_duty.case_of("they took him", number=number)
    assert _paged(on_duty) == [0, 1, 1, 1]


def test_without_a_rota_the_whole_desk_is_on_duty(on_duty: House) -> None:
    wren = on_duty.as_("wren")
    for shift in wren.get("/v1/shifts").json()["items"]:
        wren.delete(f"/v1/shifts/{shift['id']}")
    on_duty.case_of("they took him")
    assert _paged(on_duty) == [1, 1, 1, 0]


def test_it_climbs_until_somebody_looks(on_duty: House) -> None:
    case = on_duty.case_of("they took him")
    on_duty.advance(minutes=5)
    assert _paged(on_duty) == [2, 1, 0, 0]
    on_duty.advance(minutes=5)
    assert _paged(on_duty) == [3, 2, 1, 1]
    on_duty.read(case["id"])
    on_duty.advance(minutes=30)
    assert _paged(on_duty) == [3, 2, 1, 1]


def test_answering_1_claims_the_case(on_duty: House) -> None:
    case = on_duty.case_of("they took him")
    assert on_duty.phone(HERON).says("1") == ["Desk: it is yours. Please open it now."]
    [queued] = on_duty.queue()
    assert queued["assigned_to"] == str(on_duty.residents["heron"].id)
    assert queued["id"] == case["id"]
    on_duty.advance(minutes=20)
    assert _paged(on_duty)[1:] == [0, 0, 0]


def test_whoever_answers_second_is_told_kindly(on_duty: House) -> None:
    on_duty.case_of("they took him")
    on_duty.advance(minutes=5)
    on_duty.phone(HERON).says("1")
    assert on_duty.phone(PLOVER).says("1") == ["Desk: thank you, a colleague has it."]


def test_a_volunteer_without_a_page_is_a_caller_like_any_other(on_duty: House) -> None:
    assert on_duty.phone(PLOVER).says("1")[0].startswith("Hello / Bonjour.")


def test_a_case_that_can_wait_pages_when_its_target_is_nearly_missed(on_duty: House) -> None:
    on_duty.case_of("hello")
    assert _paged(on_duty) == [0, 0, 0, 0]
    on_duty.advance(hours=19, minutes=20)
    assert on_duty.phone(HERON).inbox() == ["Desk: 1 waiting, this week. Reply 1 = mine"]


def test_quiet_hours_hold_back_all_but_tier_0(on_duty: House) -> None:
    client = on_duty.as_("heron")
    version = client.get("/v1/members/me").headers["etag"]
    body = {"quiet_hours": ["00:00-23:59"]}
    client.request("PATCH", "/v1/members/me", json=body, headers={"If-Match": version})
    on_duty.case_of("a letter came and I do not understand it")
    assert _paged(on_duty) == [0, 0, 0, 0]
    on_duty.case_of("they took him", number="+15145550124")
    assert _paged(on_duty)[0] == 1


def test_a_stop_in_an_urgent_case_is_brought_to_the_desk(on_duty: House) -> None:
    case = on_duty.case_of("they took him")
    on_duty.read(case["id"])
    before = _paged(on_duty)[0]
    on_duty.phone().says("ARRET")
    assert _paged(on_duty)[0] == before + 1


def test_a_restart_does_not_end_an_alert(on_duty: House) -> None:
    on_duty.case_of("they took him")
    on_duty.clock.advance(timedelta(minutes=6))  # while nobody runs
    on_duty.settle()
    assert _paged(on_duty) == [2, 1, 0, 0]


def test_closing_or_erasing_the_case_ends_its_alert(on_duty: House) -> None:
    case = on_duty.case_of("they took him")
    on_duty.as_("heron").post(f"/v1/cases/{case['id']}/erase")
    on_duty.advance(minutes=20)
    assert _paged(on_duty)[1:] == [0, 0, 0]
    with on_duty.database.snapshot() as db:
        assert db.scalars(select(Alert)).all() == []


def test_a_burst_is_one_text_a_person_about_the_most_urgent(on_duty: House) -> None:
    for last, body in ((24, "my papers"), (25, "they took him"), (26, "a letter came")):
        on_duty.network.phone(f"+151455501{last}").text(body)
    on_duty.settle()
    before = len(on_duty.phone(HERON).inbox())
    on_duty.advance(minutes=5)
    later = on_duty.phone(HERON).inbox()[before:]
    assert later == ["Desk: 3 new, now. Reply 1 = mine"]


def test_mine_takes_the_most_urgent_of_those_one_was_paged_for(on_duty: House) -> None:
    urgent = on_duty.case_of("they took him", number="+15145550125")
    other = on_duty.case_of("a question about papers", number="+15145550126")
    on_duty.phone(HERON).text("1")
    owners = {case["id"]: case["assigned_to"] for case in on_duty.queue()}
    assert owners == {urgent["id"]: str(on_duty.residents["heron"].id), other["id"]: None}


def test_a_closed_case_is_counted_no_more(on_duty: House) -> None:
    case = on_duty.case_of("they took him", number="+15145550125")
    closed = on_duty.as_("heron").post(f"/v1/cases/{case['id']}/close", {"outcome": "other"})
    assert closed.is_success
    on_duty.case_of("they took her", number="+15145550126")
    assert on_duty.phone(HERON).inbox()[-1] == PAGE


def test_a_caller_who_writes_on_while_nobody_looks_stops_no_other_alert(on_duty: House) -> None:
    """One alert a case: an open one, older than the last text, must not fail the look at all."""
    on_duty.case_of("they took him")
    later = on_duty.case_of("hello", "1", "6", number="+15145550172")
    on_duty.advance(minutes=14)
    on_duty.phone("+15145550123").text("are you there")
    on_duty.advance(minutes=50)
    on_duty.phone("+15145550123").text("please")
    on_duty.advance(hours=73)
    with on_duty.database.snapshot() as db:
        alerts = {str(one.case_id): one.kind for one in db.scalars(select(Alert))}
        failed = [job.attempts for job in db.scalars(select(Job).where(Job.kind == "overdue"))]
    assert alerts[later["id"]] == "overdue"
    assert failed == [0]


def test_while_very_many_wait_a_phone_may_rest_between_pages(on_duty: House) -> None:
    """On a raid day everybody on duty knows after the first texts; more would only be put away."""
    for place in range(MANY_ALERTS):
        on_duty.phone(fictional(place)).text("I saw them, 1 4")
        on_duty.settle()
    before = len(on_duty.phone(HERON).inbox())
    assert before >= MANY_ALERTS - 1
    for place in range(MANY_ALERTS, MANY_ALERTS + 5):
        on_duty.phone(fictional(place)).text("I saw them, 1 4")
        on_duty.settle()
    assert len(on_duty.phone(HERON).inbox()) == before
    on_duty.advance(minutes=5)
    assert before < len(on_duty.phone(HERON).inbox()) <= before + 2
    assert f"Desk: {MANY_ALERTS + 5} " in on_duty.phone(HERON).inbox()[-1]
    # Whoever was not texted is paged all the same: they can take what came since.
    assert on_duty.phone(HERON).says("1")[-1] == "Desk: it is yours. Please open it now."


def test_what_became_more_urgent_since_its_page_is_paged_again(on_duty: House) -> None:
    for place in range(MANY_ALERTS + 2):
        on_duty.case_of("they took him", number=fictional(place))
    with on_duty.database.transaction() as db:
        db.execute(update(Page).values(urgency=1))  # they were paged as `today` just now
    before = len(on_duty.phone(HERON).inbox())
    on_duty.case_of("they took my son now", number=fictional(MANY_ALERTS + 4))
    assert len(on_duty.phone(HERON).inbox()) == before + 1


def test_a_page_that_was_answered_keeps_no_later_one_back(on_duty: House) -> None:
    for place in range(MANY_ALERTS + 2):
        on_duty.case_of("they took him", number=fictional(place))
    with on_duty.database.transaction() as db:
        db.execute(update(Page).values(urgency=1))
    first = on_duty.case_of("they took my son now", number=fictional(MANY_ALERTS + 4))
    before = len(on_duty.phone(HERON).inbox())
    assert on_duty.as_("plover").get(f"/v1/cases/{first['id']}").status_code == 200
    on_duty.case_of("they took my wife now", number=fictional(MANY_ALERTS + 5))
    assert len(on_duty.phone(HERON).inbox()) == before + 1
    on_duty.case_of(
        "they took us now", number=fictional(MANY_ALERTS + 6)
    )  # while that one waits unseen
    assert len(on_duty.phone(HERON).inbox()) == before + 1
