"""The door: guessing at a name is slow, and never keeps its owner out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app import audit
from app.errors import Throttled
from app.members.sign_in_throttle import (
    SignInThrottle,
    SignInVisitor,
    identify_visitor,
    make_device_cookie,
)
from tests.service import PASSPHRASE, House


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what is tested here does not hang on the database."""
    return "sqlite"


NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
OWNER, STRANGER = SignInVisitor("heron", "a device"), SignInVisitor("heron")


@pytest.fixture
def browser(shared_house: House) -> Iterator[httpx.Client]:
    """A device of its own, that keeps its cookies."""
    with httpx.Client(base_url=shared_house.url, verify=False, trust_env=False) as client:
        yield client


def _sign_in(client: httpx.Client, handle: str, passphrase: str = PASSPHRASE) -> int:
    body = {"handle": handle, "passphrase": passphrase}
    return client.post("/v1/sessions", json=body).status_code


def test_wrong_tries_delay_a_name_longer_and_longer_and_never_lock_it() -> None:
    door, pauses = SignInThrottle(), []
    now = NOW
    for _ in range(20):
        door.failed(STRANGER, now)
        try:
            door.check(STRANGER, now)
        except Throttled as throttled:
            pauses.append(throttled.retry_after)
            now += timedelta(seconds=throttled.retry_after)
            door.check(STRANGER, now)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 61)


def test_guessing_at_a_name_does_not_delay_its_own_device() -> None:
    door = SignInThrottle()
    for _ in range(50):
        door.failed(STRANGER, NOW)
    with pytest.raises(Throttled):
        door.check(STRANGER, NOW)
    door.check(OWNER, NOW)


def test_a_full_queue_of_strangers_leaves_a_place_for_known_devices() -> None:
    door = SignInThrottle()
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(door.place())
        stack.enter_context(door.place(known=True))


def test_a_known_device_may_guess_no_faster_than_a_stranger() -> None:
    door = SignInThrottle()
    for _ in range(6):
        door.failed(OWNER, NOW)
    with pytest.raises(Throttled):
        door.check(OWNER, NOW)


def test_the_cookie_of_a_device_counts_for_one_name_only(shared_house: House) -> None:
    keys = shared_house.database.keys
    assert keys
    cookie = make_device_cookie(keys, "Heron")
    assert identify_visitor(keys, " heron ", cookie).device
    for handle, value in (("plover", cookie), ("heron", cookie[:-1]), ("heron", "x.y"), ("é", "")):
        assert identify_visitor(keys, handle, value).device is None


def test_a_signed_in_device_gets_in_while_strangers_guess(
    shared_house: House, browser: httpx.Client
) -> None:
    assert _sign_in(browser, "heron") == 201
    with httpx.Client(base_url=shared_house.url, verify=False, trust_env=False) as stranger:
        tries = [_sign_in(stranger, "heron", "wrong") for _ in range(7)]
    assert tries[-1] == 429
    assert _sign_in(browser, "heron") == 201
    cookie = browser.cookies.jar.__iter__().__next__()
    assert (cookie.name, cookie.has_nonstandard_attr("HttpOnly")) == ("kith-device", True)


# -- reading without measure


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
    monkeypatch.setattr(audit, "MANY_CASES", 3)
    _opened(house, "heron", 3, rounds=2)
    assert _noticed(house) == []
    _opened(house, "plover", 4)
    assert _noticed(house) == ["plover"]
    house.clock.advance(timedelta(minutes=70))
    assert _noticed(house) == []


def test_two_coordinators_are_told_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MANY_CASES", 2)
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
