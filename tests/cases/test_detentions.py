"""Where somebody is held: kept sealed, and looked at again before the next review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.service import Client, House, refusal

STAY = {"place": "Laval", "from": "2026-01-10", "notes": "allowed one call"}


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def heron(shared_house: House) -> Client:
    return shared_house.as_("heron")


@pytest.fixture
def case_id(heron: Client) -> Iterator[str]:
    given = {"channel": "manual", "situation": "detained", "urgency": 1}
    case_id: str = heron.post("/v1/cases", given).json()["id"]
    yield case_id
    heron.post(f"/v1/cases/{case_id}/erase")


def test_a_detention_is_recorded_and_ends(heron: Client, case_id: str) -> None:
    path = f"/v1/cases/{case_id}/episodes"
    added = heron.post(path, STAY)
    assert added.status_code == 201, added.text
    assert heron.get(path).json()["items"] == [added.json()]
    assert heron.get(f"/v1/cases/{case_id}").json()["episodes"] == [added.json()]
    review = {"at": "2026-01-12T15:00:00Z", "outcome": "stays"}
    changed = heron.patch(
        f"/v1/episodes/{added.json()['id']}",
        {"reviews": [review], "to": "2026-01-14"},
        version=added.headers["etag"],
    )
    assert changed.status_code == 200, changed.text
    episode = changed.json()
    assert (episode["reviews"], episode["to"], episode["version"]) == ([review], "2026-01-14", 2)
    assert (episode["place"], episode["notes"]) == ("Laval", "allowed one call")


@pytest.mark.parametrize(
    "changes",
    [
        {"place": " "},
        {"from": "2026-02-01"},
        {"from": "yesterday"},
        {"to": "2026-01-09"},
        {"next_review": "2026-01-14T12:00:00Z"},
        {"next_review": "2026-02-14T12:00:00"},
        {"next_review": "2099-02-14T12:00:00Z"},
    ],
)
def test_what_cannot_be_is_refused(heron: Client, case_id: str, changes: dict[str, Any]) -> None:
    answer = heron.post(f"/v1/cases/{case_id}/episodes", {**STAY, **changes})
    assert refusal(answer) == (400, "bad-request")


def test_nobodys_change_is_overwritten(heron: Client, case_id: str) -> None:
    episode = heron.post(f"/v1/cases/{case_id}/episodes", STAY).json()
    path = f"/v1/episodes/{episode['id']}"
    assert heron.patch(path, {"place": "Surrey"}, version='"1"').status_code == 200
    assert refusal(heron.patch(path, {"notes": "x"}, version='"1"')) == (412, "stale-version")
    assert refusal(heron.patch(path, {"notes": "x"})) == (428, "version-required")


def test_a_closed_case_keeps_it_for_the_archive(
    shared_house: House, heron: Client, case_id: str
) -> None:
    soon = (shared_house.clock() + timedelta(days=20)).isoformat()
    heron.post(f"/v1/cases/{case_id}/episodes", {**STAY, "next_review": soon})
    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
    assert heron.get(f"/v1/cases/{case_id}").json()["episodes"] == []
    crane = shared_house.as_("crane")
    [kept] = shared_house.break_glass(case_id)["episodes"]
    assert kept["place"] == "Laval"
    crane.post(f"/v1/cases/{case_id}/reopen")
    [back] = heron.get(f"/v1/cases/{case_id}").json()["episodes"]
    assert back == kept
    moved = heron.patch(f"/v1/episodes/{back['id']}", {"next_review": None}, version='"1"')
    assert moved.json()["next_review"] is None


def test_before_each_review_the_desk_is_asked_once(house: House) -> None:
    heron = house.as_("heron")
    given = {"channel": "manual", "situation": "detained", "urgency": 1}
    case_id = heron.post("/v1/cases", given).json()["id"]

    def in_days(days: int) -> dict[str, str]:
        return {"next_review": (house.clock() + timedelta(days=days)).isoformat()}

    def kinds() -> list[str]:
        return [task["kind"] for task in house.as_("heron").get("/v1/tasks").json()["items"]]

    episode = heron.post(f"/v1/cases/{case_id}/episodes", {**STAY, **in_days(2)}).json()
    assert kinds() == []
    house.advance(days=1, minutes=10)
    house.advance(minutes=10)
    assert kinds() == ["review"]
    path = f"/v1/episodes/{episode['id']}"
    again = house.as_("heron").patch(path, in_days(2), version='"1"')
    assert (again.status_code, kinds()) == (200, [])
    house.advance(days=1, minutes=10)
    assert kinds() == ["review"]
    ended = house.as_("heron").patch(path, {"to": "2026-01-17"}, version='"2"')
    assert (ended.status_code, kinds()) == (200, [])
