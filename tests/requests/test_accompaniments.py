"""Who goes along to a date: how many at most, and who leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.requests.people import a_case, a_date, ask, codes, says, with_phones
from tests.service import House


@pytest.fixture
def database_kind() -> str:
    """One kind, but for a test that runs every statement."""
    return "sqlite"


@pytest.fixture
def walk(house: House) -> tuple[House, str, str]:
    """A house, a case and its date, with two accompaniers who have phones."""
    with_phones(house, "finch", "siskin")
    case = a_case(house, urgency=0)  # so that everybody is asked at once
    return house, case, a_date(house, case)


def _event(house: House, event: str) -> dict[str, Any]:
    found: dict[str, Any] = house.as_("heron").get(f"/v1/events/{event}").json()
    return found


def _accept(house: House, handle: str) -> None:
    """Say yes to the first that nobody else has."""
    answers = (says(house, handle, f"{code} yes")[-1] for code in codes(house, handle))
    assert any("it is yours" in answer for answer in answers)


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_who_accepts_first_leads_and_the_next_does_when_they_cannot(
    walk: tuple[House, str, str],
) -> None:
    house, case, date = walk
    ask(house, case, event_id=date)
    ask(house, case, event_id=date)
    assert [one["state"] for one in _event(house, date)["accompaniments"]] == ["offered"] * 2
    _accept(house, "siskin")
    _accept(house, "finch")
    ids = {handle: str(house.residents[handle].id) for handle in ("finch", "siskin")}
    read = _event(house, date)
    assert read["leader"] == ids["siskin"]
    assert {one["state"] for one in read["accompaniments"]} == {"confirmed"}
    [mine] = house.as_("finch").get("/v1/assignments").json()["items"]
    whole = house.as_("finch").get(f"/v1/assignments/{mine['id']}").json()
    assert (whole["leads"], whole["leader"], whole["others"]) == (False, "siskin", ["siskin"])
    page = house.as_("heron").get(f"/v1/cases/{case}").json()["events"]
    assert [one["leader"] for one in page] == [ids["siskin"]]

    [theirs] = house.as_("siskin").get("/v1/assignments").json()["items"]
    report = {"outcome": "cancelled", "notes": "ill"}
    house.as_("siskin").post(f"/v1/assignments/{theirs['id']}/report", report)
    assert _event(house, date)["leader"] == ids["finch"]


def test_the_desk_chooses_who_leads_among_those_who_go(walk: tuple[House, str, str]) -> None:
    house, case, date = walk
    ask(house, case, event_id=date)
    taker = next(handle for handle in ("finch", "siskin") if codes(house, handle))
    _accept(house, taker)
    desk, read = house.as_("heron"), _event(house, date)
    wrong = desk.patch(
        f"/v1/events/{date}", {"leader": str(house.residents["wren"].id)}, version="*"
    )
    assert (wrong.status_code, wrong.json()["type"]) == (400, "urn:kith:bad-request")
    right = desk.patch(
        f"/v1/events/{date}",
        {"leader": str(house.residents[taker].id)},
        version=f'"{read["version"]}"',
    )
    assert right.json()["leader"] == str(house.residents[taker].id)


def test_no_more_are_asked_than_go_along(walk: tuple[House, str, str]) -> None:
    house, case, date = walk
    desk = house.as_("heron")
    path = f"/v1/events/{date}"
    assert desk.patch(path, {"cap": 1}, version="*").json()["cap"] == 1
    ask(house, case, event_id=date)
    again = desk.post(f"/v1/cases/{case}/requests", {"kind": "accompaniment", "event_id": date})
    assert again.status_code == 400
    assert "At most 1" in again.json()["detail"]
    assert desk.patch(path, {"cap": 2}, version="*").json()["cap"] == 2
    ask(house, case, event_id=date)
    assert desk.patch(path, {"cap": 1}, version="*").status_code == 400
    assert desk.patch(path, {"cap": 11}, version="*").status_code == 400
    later = (house.clock() + timedelta(days=9)).isoformat()
    moved = desk.patch(path, {"starts_at": later}, version="*").json()
    assert _event(house, moved["followed_by"])["cap"] == 2
