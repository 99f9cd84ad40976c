"""The rota over REST: what may be put into it, who sees what, once different, swaps, calendars."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from app.models import ShiftSwap
from app.rota.unfilled import find_lacking_turns
from tests.service import House, refusal

# The organisation's clocks show 07:00 when the tests begin, on Thursday 15 January 2026.
DAY = {"rrule": "FREQ=DAILY", "starts_at": "2026-01-15T09:00:00", "duration": "PT8H"}
TODAY, TOMORROW = "2026-01-15T14:00:00Z", "2026-01-16T14:00:00Z"
WREN = "+15145550162"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def rota(shared_house: House) -> Iterator[House]:
    """A house whose rota is empty again afterwards."""
    yield shared_house
    wren = shared_house.as_("wren")
    for shift in wren.get("/v1/shifts").json()["items"]:
        wren.delete(f"/v1/shifts/{shift['id']}")


def ids(house: House, *handles: str) -> list[str]:
    return [str(house.residents[handle].id) for handle in handles]


def made(house: House, *handles: str, **changes: Any) -> dict[str, Any]:
    shift = {**DAY, "members": ids(house, *handles), **changes}
    answer = house.as_("wren").post("/v1/shifts", shift)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def on_duty(house: House, at: str, handle: str = "wren") -> list[str]:
    answer = house.as_(handle).get("/v1/shifts/on-duty", params={"at": at})
    assert answer.status_code == 200, answer.text
    members: list[str] = answer.json()["members"]
    return members


def test_a_shift_recurs_on_the_wall_and_is_told_in_utc(rota: House) -> None:
    shift = made(rota, "heron")
    assert (shift["starts_at"], shift["wall_time"]) == (TODAY, "2026-01-15T09:00")
    assert (shift["duration"], shift["role"], shift["people"]) == ("PT8H", "dispatcher", 1)
    for at in (TODAY, "2026-01-15T09:00", "2026-07-15T13:00:00Z", "2026-07-15T20:59:59Z"):
        assert on_duty(rota, at) == ids(rota, "heron")
    for at in ("2026-01-15T13:59:59Z", "2026-07-15T12:59:59Z", "2026-07-15T21:00:00Z"):
        assert on_duty(rota, at) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"rrule": "FREQ=MINUTELY"},
        {"rrule": "nonsense"},
        {"rrule": "FREQ=DAILY;COUNT=100000"},
        {"starts_at": "1999-01-01T09:00:00Z"},
        {"starts_at": "2026-01-15T09:00:00+99:00"},
        {"starts_at": "0001-01-01T00:00:00+14:00"},
        {"duration": "PT0S"},
        {"duration": "-PT8H"},
        {"duration": "P30D"},
        {"duration": "PT30H"},
        {"members": ["00000000-0000-4000-8000-000000000000"]},
        {"people": 0},
        {"role": "cook"},
        {"role": "legal"},
    ],
)
def test_a_shift_that_cannot_be_is_refused(rota: House, wrong: dict[str, Any]) -> None:
    shift = {**DAY, "members": ids(rota, "heron"), **wrong}
    answer = rota.as_("wren").post("/v1/shifts", shift)
    assert refusal(answer) == (400, "bad-request")


def test_nobody_is_put_in_two_places_at_once(rota: House) -> None:
    made(rota, "heron")
    evening = {**DAY, "starts_at": "2026-01-15T16:00:00", "members": ids(rota, "heron")}
    wren = rota.as_("wren")
    assert refusal(wren.post("/v1/shifts", evening)) == (400, "bad-request")
    assert wren.post("/v1/shifts", {**evening, "fallback": True}).status_code == 201
    assert wren.post("/v1/shifts", {**evening, "starts_at": "2026-01-15T17:00"}).status_code == 201


def test_a_shift_is_changed_only_by_who_read_it(rota: House) -> None:
    wren, path = rota.as_("wren"), f"/v1/shifts/{made(rota, 'heron')['id']}"
    version = wren.get(path).headers["etag"]
    changes = {"members": ids(rota, "heron", "plover"), "duration": "PT4H"}
    changed = wren.patch(path, changes, version=version)
    assert (changed.status_code, changed.json()["people"]) == (200, 2)
    assert refusal(wren.patch(path, changes, version=version)) == (412, "stale-version")
    assert refusal(wren.patch(path, changes)) == (428, "version-required")
    assert wren.delete(path).status_code == 204
    assert refusal(wren.get(path)) == (404, "not-found")


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "soon"])
def test_the_end_of_time_is_no_time_to_ask_about(rota: House, at: str) -> None:
    answer = rota.as_("wren").get("/v1/shifts/on-duty", params={"at": at})
    assert refusal(answer) == (400, "bad-request")


def test_the_fallback_group_is_named_apart(rota: House) -> None:
    made(rota, "heron")
    made(rota, "plover", fallback=True)
    answer = rota.as_("heron").get("/v1/shifts/on-duty", params={"at": TODAY}).json()
    assert (answer["members"], answer["fallback"]) == (ids(rota, "heron"), ids(rota, "plover"))
    assert answer["at"].endswith("Z")


def test_others_see_their_own_part_and_what_lacks_people(rota: House) -> None:
    mine = made(rota, "finch", role="accompanier", people=2)
    open_one = made(rota, role="accompanier", starts_at="2026-01-15T18:00")
    made(rota, "heron")
    seen = rota.as_("finch").get("/v1/shifts").json()["items"]
    assert {one["id"]: one["members"] for one in seen} == {
        mine["id"]: ids(rota, "finch"),
        open_one["id"]: [],
    }
    assert on_duty(rota, TODAY, "finch") == ids(rota, "finch")
    assert on_duty(rota, TODAY, "owl") == []
    assert rota.as_("owl").get("/v1/shifts").json()["items"] == []


# -- once different


def test_one_occurrence_is_covered_cancelled_and_put_back(rota: House) -> None:
    wren, path = rota.as_("wren"), f"/v1/shifts/{made(rota, 'heron')['id']}/overrides"
    cover = {
        "occurrence": TOMORROW,
        "away": ids(rota, "heron"),
        "extra": ids(rota, "plover"),
    }
    assert wren.put(path, cover).json()["members"] == ids(rota, "plover")
    assert (on_duty(rota, TODAY), on_duty(rota, TOMORROW)) == (
        ids(rota, "heron"),
        ids(rota, "plover"),
    )
    wren.put(path, {"occurrence": TOMORROW, "cancelled": True})
    assert on_duty(rota, TOMORROW) == []
    assert wren.delete(path, params={"occurrence": TOMORROW}).status_code == 204
    assert on_duty(rota, TOMORROW) == ids(rota, "heron")


def test_an_occurrence_is_moved_and_still_found_by_its_name(rota: House) -> None:
    wren, path = rota.as_("wren"), f"/v1/shifts/{made(rota, 'heron')['id']}/overrides"
    later = {"occurrence": TODAY, "starts_at": "2026-01-15T18:00", "duration": "PT1H"}
    moved = wren.put(path, later).json()
    assert (moved["occurrence"], moved["ends_at"]) == (TODAY, "2026-01-16T00:00:00Z")
    assert on_duty(rota, "2026-01-15T23:30:00Z") == ids(rota, "heron")
    assert wren.put(path, {"occurrence": TODAY}).json()["starts_at"] == TODAY


# -- signing up


def test_members_sign_up_once_or_for_good(rota: House) -> None:
    path = f"/v1/shifts/{made(rota, people=2, role='dispatcher')['id']}/sign-up"
    assert rota.as_("heron").post(path, {"occurrence": TOMORROW}).status_code == 204
    assert rota.as_("plover").post(path).status_code == 204
    assert on_duty(rota, TODAY) == ids(rota, "plover")
    assert on_duty(rota, TOMORROW) == ids(rota, "plover", "heron")
    full = rota.as_("wren").post(path, {"occurrence": TOMORROW})
    assert refusal(full) == (409, "offer-taken")
    assert refusal(rota.as_("finch").post(path)) == (404, "not-found")


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_the_last_place_goes_to_one_of_those_who_ask_at_once(house: House) -> None:
    path = f"/v1/shifts/{made(house, role='dispatcher')['id']}/sign-up"
    clients = [house.as_(handle) for handle in ("heron", "plover", "wren") for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        statuses = list(
            pool.map(lambda c: c.post(path, {"occurrence": TODAY}).status_code, clients)
        )
    assert set(statuses) == {204, 409}
    assert len(on_duty(house, TODAY)) == 1


# -- swaps


def test_a_swap_is_offered_seen_and_taken_by_one(rota: House) -> None:
    shift = made(rota, "heron")
    offered = rota.as_("heron").post(f"/v1/shifts/{shift['id']}/swap", {"occurrence": TOMORROW})
    swap = offered.json()
    assert (offered.status_code, swap["state"], swap["starts_at"]) == (201, "open", TOMORROW)
    assert on_duty(rota, TOMORROW) == ids(rota, "heron")
    assert [one["id"] for one in rota.as_("plover").get("/v1/shifts/swaps").json()["items"]] == [
        swap["id"]
    ]
    taken = rota.as_("plover").post(f"/v1/shifts/swaps/{swap['id']}/take").json()
    assert (taken["state"], [taken["taken_by"]]) == ("taken", ids(rota, "plover"))
    assert (on_duty(rota, TOMORROW), on_duty(rota, TODAY)) == (
        ids(rota, "plover"),
        ids(rota, "heron"),
    )
    again = rota.as_("wren").post(f"/v1/shifts/swaps/{swap['id']}/take")
    assert refusal(again) == (409, "offer-taken")


def test_a_swap_can_be_asked_of_one_colleague(rota: House) -> None:
    shift = made(rota, "heron")
    plover, path = str(rota.residents["plover"].id), f"/v1/shifts/{shift['id']}/swap"
    swap = rota.as_("heron").post(path, {"to": plover}).json()
    assert swap["to"] == plover
    assert rota.as_("wren").post(f"/v1/shifts/swaps/{swap['id']}/take").status_code == 404
    assert [one["id"] for one in rota.as_("plover").get("/v1/shifts/swaps").json()["items"]] == [
        swap["id"]
    ]
    everybody = rota.as_("heron").post(path).json()
    assert (everybody["id"], everybody["to"]) == (swap["id"], None)
    finch = {"to": str(rota.residents["finch"].id)}
    assert refusal(rota.as_("heron").post(path, finch))[0] == 400
    again = rota.as_("heron").post(path, {"to": plover}).json()
    taken = rota.as_("plover").post(f"/v1/shifts/swaps/{again['id']}/take").json()
    assert (taken["state"], taken["taken_by"]) == ("taken", plover)


def test_a_swap_expires_when_the_shift_begins(open_house: Any) -> None:
    house: House = open_house()
    shift = made(house, "heron")
    swap = house.as_("heron").post(f"/v1/shifts/{shift['id']}/swap").json()["id"]
    house.advance(hours=2, minutes=31)
    late = house.as_("plover").post(f"/v1/shifts/swaps/{swap}/take")
    assert refusal(late) == (409, "offer-expired")
    with house.database.snapshot() as db:
        assert db.scalars(select(ShiftSwap.state)).all() == ["expired"]


# -- handing over


def test_the_desk_reads_what_the_shift_before_left_and_nobody_else(rota: House) -> None:
    path = f"/v1/shifts/{made(rota, 'heron')['id']}/hand-over"
    note = rota.as_("heron").post(path, {"body": "amber-heron waits for a call"})
    assert note.status_code == 201
    [read] = rota.as_("plover").get(path).json()["items"]
    assert (read["body"], [read["author"]]) == ("amber-heron waits for a call", ids(rota, "heron"))
    for handle in ("crane", "finch", "magpie"):
        assert rota.as_(handle).get(path).status_code == 403
    assert refusal(rota.as_("heron").post(path, {"body": " "})) == (400, "bad-request")


# -- calendars


def test_a_calendar_tells_code_names_and_times_until_it_is_revoked(rota: House) -> None:
    shift = made(rota, "heron")
    made(rota, "plover", starts_at="2026-01-15T18:00")
    heron = rota.as_("heron")
    url = heron.post("/v1/shifts/feed").json()["url"]
    answer = rota.http.get(url)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "no-store" in answer.headers["cache-control"]
    lines = answer.text.split("\r\n")
    assert (lines[0], lines[-2]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "DTSTART:20260115T140000Z" in lines
    assert "DTEND:20260115T220000Z" in lines
    assert {line for line in lines if line.startswith("SUMMARY")} == {f"SUMMARY:{shift['name']}"}
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "heron" not in answer.text.replace(shift["name"], "")
    second = heron.post("/v1/shifts/feed").json()["url"]
    assert rota.http.get(url).status_code == 404
    assert heron.delete("/v1/shifts/feed").status_code == 204
    assert rota.http.get(second).status_code == 404


# -- what nobody fills


def test_coordinators_hear_once_two_days_ahead_of_what_nobody_fills(open_house: Any) -> None:
    house: House = open_house()
    wren = house.as_("wren")
    version = wren.get("/v1/members/me").headers["etag"]
    wren.patch("/v1/members/me", {"phone": WREN}, version=version)
    shift = made(house, rrule="FREQ=DAILY;COUNT=1", starts_at="2026-01-18T09:00", role="dispatcher")
    house.advance(hours=24)
    assert house.phone(WREN).inbox() == []
    house.advance(hours=4)
    house.advance(hours=4)
    said = "Desk: 1 place within 2 days to fill. See the rota."
    assert house.phone(WREN).inbox() == [said]
    house.as_("heron").post(f"/v1/shifts/{shift['id']}/sign-up")
    house.advance(hours=1)
    with house.database.snapshot() as db:
        assert find_lacking_turns(db, house.clock()) == []
