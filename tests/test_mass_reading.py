"""Reading without measure: a member who opens unusually many cases is noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import audit
from tests.service import House


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


def _opened(house: House, handle: str, cases: int, rounds: int = 1) -> None:
    heron = house.as_("heron")
    given = {"channel": "manual", "situation": "other", "urgency": 3}
    ids = [heron.post("/v1/cases", given).json()["id"] for _ in range(cases)]
    reader = house.as_(handle)
    for _ in range(rounds):
        for case_id in ids:
            assert reader.get(f"/v1/cases/{case_id}").status_code == 200


def _noticed(house: House) -> list[str]:
    with house.database.snapshot() as db:
        members = audit.mass_reading(db, house.clock())
    handles = {resident.id: handle for handle, resident in house.residents.items()}
    return [handles[member] for member in members]


def test_whoever_opens_unusually_many_cases_is_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.audit.log.MANY_CASES", 3)
    _opened(house, "heron", 3, rounds=2)
    assert _noticed(house) == []
    _opened(house, "plover", 4)
    assert _noticed(house) == ["plover"]
    house.clock.advance(timedelta(minutes=70))
    assert _noticed(house) == []


def test_two_coordinators_are_told_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.audit.log.MANY_CASES", 2)
    for handle, number in (("wren", "+15145550181"), ("crane", "+15145550182")):
        me = house.as_(handle)
        version = me.get("/v1/members/me").headers["etag"]
        assert me.patch("/v1/members/me", {"phone": number}, version=version).status_code == 200
    _opened(house, "plover", 3)
    house.advance(minutes=6)
    house.advance(minutes=6)
    inboxes = [house.phone(number).inbox() for number in ("+15145550181", "+15145550182")]
    assert [len(inbox) for inbox in inboxes] == [1, 1]
    assert "plover" not in str(inboxes)
    kinds = [entry["kind"] for entry in house.as_("crane").get("/v1/audit").json()["items"]]
    assert kinds.count("reading.unusual") == 1
