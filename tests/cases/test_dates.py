"""Dates in cases: adding, moving, what cannot be, and who sees which part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.cases.date_rules import DateFacts, check_date, read_instant
from app.cases.dates import forget_past_dates, write_date
from app.errors import BadRequest
from app.models import Base, Case
from app.models.events import EventState
from tests.service import Client, House, refusal

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SOON = "2026-02-03T14:30:00Z"
HEARING = {"kind": "hearing", "starts_at": SOON, "place": "room 12", "meeting_place": "the stairs"}


@pytest.fixture
def heron(shared_house: House) -> Client:
    return shared_house.as_("heron")


@pytest.fixture
def case_id(heron: Client) -> Iterator[str]:
    given = {"channel": "manual", "situation": "date_or_letter", "urgency": 2}
    case_id: str = heron.post("/v1/cases", given).json()["id"]
    yield case_id
    heron.post(f"/v1/cases/{case_id}/erase")


def add(client: Client, case_id: str, **changes: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/cases/{case_id}/events", {**HEARING, **changes})
    assert answer.status_code == 201, answer.text
    event: dict[str, Any] = answer.json()
    return event


def change(client: Client, event: dict[str, Any], **changes: Any) -> Any:
    version = f'"{event["version"]}"'
    return client.patch(f"/v1/events/{event['id']}", changes, version=version)


# -- what can be


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_at": NOW}, "in the past"),
        ({"starts_at": NOW - timedelta(days=1), "state": "confirmed"}, "in the past"),
        ({"starts_at": NOW + timedelta(days=1), "state": "occurred"}, "still to come"),
        ({"starts_at": NOW + timedelta(days=4000)}, "ten years"),
        ({"starts_at": datetime.min.replace(tzinfo=UTC), "state": "occurred"}, "ten years"),
        ({"starts_at": NOW.replace(tzinfo=None)}, "time zone"),
        ({"kind": "party"}, "one of"),
        ({"state": EventState.CANCELLED}, "A new date"),
        ({"state": EventState.RESCHEDULED}, "A new date"),
        ({"ends_at": NOW}, "ends after"),
        ({"place": "x" * 2001}, "at most"),
    ],
)
def test_a_date_that_cannot_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    wanted = {"kind": "hearing", "starts_at": NOW + timedelta(days=9), **changes}
    with pytest.raises(BadRequest, match=sentence):
        check_date(DateFacts(**wanted), NOW)


def test_a_date_in_the_past_can_be_recorded_as_occurred() -> None:
    check_date(DateFacts("hearing", NOW - timedelta(days=3), state=EventState.OCCURRED), NOW)


def test_a_local_time_is_read_in_its_zone() -> None:
    at = read_instant(datetime(2026, 2, 3, 9, 30), "America/Toronto")  # noqa: DTZ001  # local
    assert at.astimezone(UTC) == datetime(2026, 2, 3, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "x" * 64, "", None])
def test_a_time_in_no_zone_is_refused(zone: str | None) -> None:
    with pytest.raises(BadRequest):
        read_instant(datetime(2026, 2, 3, 9, 30), zone)  # noqa: DTZ001  # local


def test_a_time_that_the_clocks_leave_out_is_refused() -> None:
    with pytest.raises(BadRequest, match="clocks"):
        read_instant(datetime(2026, 3, 8, 2, 30), "America/Toronto")  # noqa: DTZ001  # local


# -- in a case


def test_a_date_is_shown_in_its_case_with_its_place(heron: Client, case_id: str) -> None:
    event = add(heron, case_id)
    [shown] = heron.get(f"/v1/cases/{case_id}").json()["events"]
    assert shown == event
    assert (shown["starts_at"], shown["state"]) == (SOON, "tentative")
    assert (shown["place"], shown["meeting_place"]) == ("room 12", "the stairs")


def test_times_are_told_in_utc_however_they_were_given(heron: Client, case_id: str) -> None:
    there = add(heron, case_id, starts_at="2026-02-03T09:30:00", zone="America/Toronto")
    offset = add(heron, case_id, starts_at="2026-02-03T09:30:00-05:00")
    assert there["starts_at"] == offset["starts_at"] == SOON


@pytest.mark.parametrize(
    "starts_at",
    [
        "2026-02-03T09:30:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-03T09:30:00+25:00",
        "2026-02-30T09:30:00Z",
        "soon",
        None,
    ],
)
def test_a_time_that_is_none_is_refused(heron: Client, case_id: str, starts_at: Any) -> None:
    body = {**HEARING, "starts_at": starts_at}
    assert refusal(heron.post(f"/v1/cases/{case_id}/events", body)) == (400, "bad-request")


def test_the_calendar_shows_when_but_not_where(heron: Client, case_id: str) -> None:
    event = add(heron, case_id, starts_at="2026-03-03T14:30:00Z")
    query = {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"}
    [entry] = heron.get("/v1/events", params=query).json()["items"]
    assert (entry["id"], entry["case_id"]) == (event["id"], case_id)
    assert set(entry) == {
        "id", "case_id", "reference", "kind", "state", "starts_at", "version",
    }  # fmt: skip


def test_the_calendar_comes_in_pages(heron: Client, case_id: str) -> None:
    for day in (3, 1, 2):
        add(heron, case_id, starts_at=f"2026-04-0{day}T14:30:00Z")
    query = {"from": "2026-04-01T00:00:00Z", "limit": 2}
    first = heron.get("/v1/events", params=query).json()
    second = heron.get("/v1/events", params={**query, "cursor": first["next_cursor"]}).json()
    days = [entry["starts_at"][:10] for entry in first["items"] + second["items"]]
    assert days == ["2026-04-01", "2026-04-02", "2026-04-03"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["eA==", "MjAyNi0wMS0wMS94", "é"])
def test_a_cursor_from_elsewhere_is_refused(heron: Client, cursor: str) -> None:
    answer = heron.get("/v1/events", params={"cursor": cursor})
    assert refusal(answer) == (400, "bad-request")


# -- changing


def test_a_date_becomes_certain_and_then_is_over(heron: Client, case_id: str) -> None:
    event = add(heron, case_id)
    confirmed = change(heron, event, state="confirmed", place="room 14").json()
    assert (confirmed["state"], confirmed["place"], confirmed["version"]) == (
        "confirmed", "room 14", 2,
    )  # fmt: skip
    assert confirmed["meeting_place"] == "the stairs"
    cancelled = change(heron, confirmed, state="cancelled").json()
    assert cancelled["state"] == "cancelled"
    assert refusal(change(heron, cancelled, state="confirmed")) == (400, "bad-request")


def test_a_date_that_moves_stays_and_a_new_one_follows_it(heron: Client, case_id: str) -> None:
    event = add(heron, case_id)
    moved = change(heron, event, starts_at="2026-02-20T15:00:00Z", state="confirmed").json()
    old, new = heron.get(f"/v1/cases/{case_id}").json()["events"]
    assert (old["state"], old["starts_at"]) == ("rescheduled", SOON)
    assert (new["state"], new["starts_at"]) == ("confirmed", "2026-02-20T15:00:00Z")
    assert moved["followed_by"] == old["followed_by"] == new["id"]
    assert new["follows"] == old["id"]
    assert new["place"] == "room 12"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "rescheduled"},
        {"state": "occurred"},
        {"state": "nonsense"},
        {"kind": "party"},
        {"starts_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_change_that_cannot_be_is_refused(
    heron: Client, case_id: str, changes: dict[str, Any]
) -> None:
    event = add(heron, case_id)
    assert refusal(change(heron, event, **changes)) == (400, "bad-request")
    assert heron.get(f"/v1/events/{event['id']}").json() == event


def test_nobodys_change_is_overwritten(heron: Client, case_id: str) -> None:
    event = add(heron, case_id)
    assert change(heron, event, state="confirmed").status_code == 200
    stale = change(heron, event, place="elsewhere")
    assert refusal(stale) == (412, "stale-version")
    bare = heron.patch(f"/v1/events/{event['id']}", {"state": "cancelled"})
    assert refusal(bare) == (428, "version-required")


def test_the_same_key_adds_a_date_once(heron: Client, case_id: str) -> None:
    headers = {"Idempotency-Key": case_id}
    for _ in range(2):
        answer = heron.post(f"/v1/cases/{case_id}/events", HEARING, headers=headers)
        assert answer.status_code == 201
    assert len(heron.get(f"/v1/cases/{case_id}").json()["events"]) == 1


# -- when the case ends


def test_a_closed_or_erased_case_takes_no_dates(heron: Client, case_id: str) -> None:
    event = add(heron, case_id)
    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    adding = heron.post(f"/v1/cases/{case_id}/events", HEARING)
    assert refusal(adding) == (409, "case-closed")
    assert refusal(change(heron, event, state="confirmed")) == (409, "case-closed")
    heron.post(f"/v1/cases/{case_id}/erase")
    adding = heron.post(f"/v1/cases/{case_id}/events", HEARING)
    assert refusal(adding) == (410, "case-erased")
    assert refusal(heron.get(f"/v1/events/{event['id']}")) == (404, "not-found")


def test_times_leave_the_operational_vault_with_the_case_and_come_back(
    shared_house: House, heron: Client, case_id: str
) -> None:
    add(heron, case_id, starts_at="2026-05-01T14:30:00Z")
    query = {"from": "2026-05-01T00:00:00Z"}
    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    assert heron.get("/v1/events", params=query).json()["items"] == []
    crane = shared_house.as_("crane")
    [kept] = shared_house.break_glass(case_id)["events"]
    assert (kept["starts_at"], kept["place"]) == ("2026-05-01T14:30:00Z", "room 12")
    crane.post(f"/v1/cases/{case_id}/reopen")
    [entry] = heron.get("/v1/events", params=query).json()["items"]
    assert entry["starts_at"] == "2026-05-01T14:30:00Z"


def test_a_date_long_over_leaves_the_operational_vault(
    shared_house: House, heron: Client, case_id: str
) -> None:
    event = add(heron, case_id)
    change(heron, event, state="cancelled")
    query = {"from": SOON}
    long_after = datetime.fromisoformat(SOON) + timedelta(days=40)
    for now, known in ((datetime.fromisoformat(SOON), 1), (long_after, 0)):
        with shared_house.database.transaction() as db:
            forget_past_dates(db, now)
        shown = heron.get("/v1/events", params=query).json()["items"]
        assert len([entry for entry in shown if entry["id"] == event["id"]]) == known
    [kept] = heron.get(f"/v1/cases/{case_id}").json()["events"]
    assert (kept["starts_at"], kept["state"]) == (SOON, "cancelled")


def test_nothing_of_an_erased_case_is_left(
    shared_house: House, heron: Client, case_id: str
) -> None:
    add(heron, case_id)
    episode = {"place": "Laval", "from": "2026-01-10"}
    assert heron.post(f"/v1/cases/{case_id}/episodes", episode).status_code == 201
    before = tables_with_rows(shared_house, case_id)
    assert {"events", "detention_episodes", "case_grants"} <= before
    assert heron.post(f"/v1/cases/{case_id}/erase").status_code == 204
    assert tables_with_rows(shared_house, case_id) == set()


def tables_with_rows(house: House, case_id: str) -> set[str]:
    """The tables in which a case has a row."""
    tables = [table for table in Base.metadata.sorted_tables if "case_id" in table.c]
    with house.database.snapshot() as db:
        return {
            table.name
            for table in tables
            if db.scalar(select(func.count()).where(table.c.case_id == UUID(case_id)))
        }


def test_whoever_was_there_adds_the_next_date_without_a_key(
    shared_house: House, heron: Client, case_id: str
) -> None:
    now = shared_house.clock()
    with shared_house.database.transaction() as db:
        case = db.get_one(Case, UUID(case_id))
        wanted = DateFacts("hearing", now + timedelta(days=30), "room 3")
        write_date(db, case, wanted, shared_house.residents["finch"].id, now)
    [event] = heron.get(f"/v1/cases/{case_id}").json()["events"]
    assert event["place"] == "room 3"
