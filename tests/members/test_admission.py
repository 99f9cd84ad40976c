from __future__ import annotations

import pytest
from _pytest.monkeypatch import MonkeyPatch

from app.errors import Throttled, Unauthenticated
from app.members import SignInThrottle, admission
from app.members.admission import recover_with_code
from app.members.member_keys import open_member_seed
from app.members.passphrase_rules import PassphraseTooShort
from app.members.sessions import start_session
from app.models import Member
from tests.premises import Premises
from tests.service import work_on_passphrase

NEW = "another four words altogether"


@pytest.fixture(autouse=True)
def quick_passphrases(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "derive_passphrase_key", work_on_passphrase)
    monkeypatch.setattr(admission, "new_salt", lambda: b"the same each time"[:16])


@pytest.fixture
def door() -> SignInThrottle:
    return SignInThrottle()


def recover(
    premises: Premises, door: SignInThrottle, code: str | None = None, passphrase: str = NEW
) -> str:
    return recover_with_code(
        premises.database,
        premises.sessions,
        door,
        handle=" Heron ",
        recovery_code=premises.residents["heron"].recovery_code if code is None else code,
        passphrase=passphrase,
        now=premises.now,
    )


def test_the_printed_code_gives_a_new_passphrase_and_the_next_code(
    premises: Premises, door: SignInThrottle
) -> None:
    following = recover(premises, door)
    with premises.reading() as db:
        heron = db.get_one(Member, premises.id("heron"))
        key = work_on_passphrase(NEW, heron.passphrase_salt)
        keys = open_member_seed(db, heron, "seed_wrap", key)
    assert keys.seed == premises.residents["heron"].keys.seed
    assert premises.log()[-1] == "member.recovered"
    with pytest.raises(Unauthenticated):
        recover(premises, door)
    assert recover(premises, door, following) != following


def test_it_ends_all_sessions(premises: Premises, door: SignInThrottle) -> None:
    with premises.writing() as db:
        heron = db.get_one(Member, premises.id("heron"))
        keys = premises.residents["heron"].keys
        start_session(db, premises.sessions, heron, keys, premises.now)
    recover(premises, door)
    with premises.reading() as db:
        assert premises.sessions.of_member(db, heron.id) == []


def test_the_code_may_be_typed_without_dashes_and_in_small_letters(
    premises: Premises, door: SignInThrottle
) -> None:
    code = premises.residents["heron"].recovery_code.replace("-", " ").lower()
    assert recover(premises, door, code)


def test_a_wrong_code_counts_as_a_guess(shared_premises: Premises, door: SignInThrottle) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            recover(shared_premises, door, "AAAA-BBBB")
    with pytest.raises(Throttled):
        recover(shared_premises, door)


def test_a_short_passphrase_is_refused_before_the_code_is_used(
    premises: Premises, door: SignInThrottle
) -> None:
    with pytest.raises(PassphraseTooShort):
        recover(premises, door, passphrase="short")
    assert recover(premises, door)
