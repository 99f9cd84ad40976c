"""Who leaves the desk cannot open what comes later, however many cases there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.access import DESK
from app.cases.by_number import find_known_cases
from app.crypto import SealBroken, TeamKeys
from app.models import Case, CaseGrant, TeamWrap
from app.vault import epochs as renewal
from app.vault.case_keys import open_grant
from app.vault.epochs import renew_case_epochs
from app.vault.team_keys import open_team_keys
from tests.service import House

NUMBERS = [f"+15145550{place}" for place in range(110, 115)]


@pytest.fixture
def database_kind() -> str:
    """Only locks differ on PostgreSQL."""
    return "sqlite"


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five cases are many now: the transaction of a removal takes two."""
    monkeypatch.setattr(renewal, "EPOCHS_AT_ONCE", 2)


def remove(house: House, handle: str) -> None:
    answer = house.as_("wren").delete(f"/v1/members/{house.residents[handle].id}")
    assert answer.is_success, answer.text


def epochs(house: House) -> list[int]:
    with house.database.snapshot() as db:
        return sorted(db.scalars(select(Case.epoch)))


def desk_keys(house: House, handle: str) -> TeamKeys:
    """The desk's key as a dispatcher copied it while they could."""
    with house.database.snapshot() as db:
        return open_team_keys(db, house.principal(handle), DESK, 1)


def opened_with(house: House, case_id: str, team: TeamKeys) -> Iterator[int]:
    with house.database.snapshot() as db:
        for grant in db.scalars(select(CaseGrant).where(CaseGrant.case_id == UUID(case_id))):
            try:
                open_grant(db, grant, team)
            except SealBroken:
                continue
            yield grant.epoch


def test_a_key_copied_before_opens_the_earlier_epoch_and_no_later_one(house: House) -> None:
    case = house.case_of("hello")
    copied = desk_keys(house, "plover")
    remove(house, "plover")
    house.phone().text("after they left")
    assert list(opened_with(house, case["id"], copied)) == [1]
    assert "after they left" in str(house.read(case["id"])["messages"])
    assert epochs(house) == [2]


def test_their_own_wraps_go_at_once(house: House) -> None:
    remove(house, "plover")
    with house.database.snapshot() as db:
        wraps = select(TeamWrap).where(TeamWrap.member_id == house.residents["plover"].id)
        assert db.scalars(wraps).all() == []


def test_of_many_cases_the_worker_does_the_rest_at_once(house: House, many: None) -> None:
    for number in NUMBERS:
        house.case_of("hello", number=number)
    remove(house, "plover")
    house.settle()
    assert epochs(house) == [2] * len(NUMBERS)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_text_that_waited_for_a_new_epoch_finds_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.case_of("hello", number=NUMBERS[0])
    monkeypatch.setattr(renewal, "hasten_job", lambda *_: None)
    monkeypatch.setattr(renewal, "EPOCHS_AT_ONCE", 0)
    remove(house, "plover")
    monkeypatch.setattr(renewal, "EPOCHS_AT_ONCE", 1)
    found: list[int] = []

    def look() -> None:
        with house.database.transaction() as db:
            lookup = db.keys.number_lookup(NUMBERS[0])
            found.append(find_known_cases(db, {lookup}).live[lookup].epoch)

    looking = threading.Thread(target=look)
    with house.database.transaction() as db:
        assert renewal.renew_some_epochs(db, house.clock()) == 1
        looking.start()
        until_somebody_waits(house)
    looking.join()
    assert found == [2]


def until_somebody_waits(house: House) -> None:
    """Return once a look-up of cases waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%number_lookup%'"
    )
    with house.database.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(20_000):
            if db.scalar(waiting):
                return
    raise AssertionError("nobody waits")


def test_what_a_crash_left_is_found_again(house: House, many: None) -> None:
    for number in NUMBERS:
        house.case_of("hello", number=number)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(renewal, "hasten_job", lambda *_: None)  # as if the worker had died just then
    remove(house, "plover")
    monkey.undo()
    assert epochs(house) == [1, 1, 1, 2, 2]
    house.advance(minutes=6)
    assert epochs(house) == [2] * len(NUMBERS)


def test_it_needs_nobody_and_no_operational_key(house: House, many: None) -> None:
    for number in NUMBERS:
        house.case_of("hello", number=number)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(renewal, "hasten_job", lambda *_: None)
    remove(house, "plover")
    monkey.undo()
    assert house.database.keys
    house.database.keys.seal()
    told: list[int] = []
    assert renew_case_epochs(house.database, house.clock(), told.append) == 3
    assert told == [2, 3]
    assert renew_case_epochs(house.database, house.clock()) == 0
