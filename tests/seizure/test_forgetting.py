"""A stolen database opens to nothing; and after a week, not even with the key files."""

from __future__ import annotations

from sqlalchemy import select

from app.drill import FoundKey, keys_in
from app.models import CaseGrant
from tests.seizure.adversary import Dump, dump, from_tokens, known_to, operational, plunder, sealed
from tests.seizure.conftest import Seized
from tests.seizure.story import HANDLES
from tests.service import PASSPHRASE, House


def test_a_stolen_database_opens_nothing_with_everybodys_secrets(seized: Seized) -> None:
    assert plunder(seized.dump, seized.known_to(*HANDLES)) == []


def test_sessions_open_with_their_token_alone_and_lead_nowhere(seized: Seized) -> None:
    """The one table without a forgetting layer: a member seed, useless while its wraps are shut.

    It is there on PostgreSQL alone, and tokens are nowhere but with those who are signed in.
    """
    secrets = [*seized.known_to(*HANDLES), *from_tokens(seized.story.tokens)]
    assert {one.cell.table for one in plunder(seized.dump, secrets)} <= {"sessions"}


# -- a week later


def everything(house: House, taken: Dump) -> list[FoundKey]:
    """Today's key files with every passphrase and recovery code."""
    passphrases = dict.fromkeys(house.residents, PASSPHRASE)
    codes = {handle: one.recovery_code for handle, one in house.residents.items()}
    return [*keys_in(house.settings.keys_path), *known_to(taken, passphrases, codes)]


def taken_from(house: House) -> Dump:
    return dump(house.settings.sqlalchemy_url)


def test_a_copy_of_the_database_opens_for_a_week_and_then_no_more(house: House) -> None:
    house.case_of("hello", "1", "2", "they took my brother")
    old = taken_from(house)
    for _ in range(7):
        house.advance(days=1)
    assert sealed(plunder(old, everything(house, old)))
    house.advance(days=1)
    assert plunder(old, everything(house, old)) == []


def test_the_living_database_loses_nothing_by_it(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    before = house.read(case["id"])["messages"]
    for _ in range(9):
        house.advance(days=1)
    assert house.read(case["id"])["messages"] == before
    now = taken_from(house)
    assert operational(plunder(now, everything(house, now)))


def test_a_server_that_slept_for_a_fortnight_loses_nothing(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    old = taken_from(house)
    house.advance(days=15)
    assert house.read(case["id"])["messages"][0]["body"] == "hello"
    assert plunder(old, everything(house, old)) == []


# -- erased


def test_an_erased_case_comes_back_from_no_copy(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    copies = [taken_from(house)]
    with house.database.snapshot() as reader:  # somebody is just reading
        assert reader.scalars(select(CaseGrant.id)).all()
        assert house.as_("heron").post(f"/v1/cases/{case['id']}/erase").status_code == 204
        copies.append(taken_from(house))
    for days in (1, 3, 4):
        house.advance(days=days)
        copies.append(taken_from(house))
    for copy in copies:
        loot = plunder(copy, everything(house, copy))
        assert not [one for one in sealed(loot) if str(one.cell.row["case_id"]) == case["id"]]


def test_right_after_erasing_the_living_database_opens_nothing_of_the_case(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    house.as_("heron").post(f"/v1/cases/{case['id']}/erase")
    now = taken_from(house)
    assert sealed(plunder(now, everything(house, now))) == []


def test_a_shred_key_is_overwritten_before_it_goes(house: House) -> None:
    shred = house.settings.keys_path / "shred"
    [oldest, *_] = sorted(shred.iterdir())
    with oldest.open("rb") as still_open:
        key = still_open.read()
        house.advance(days=8)
        still_open.seek(0)
        assert still_open.read() != key
    assert not oldest.exists()
