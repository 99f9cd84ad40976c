from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from _pytest.monkeypatch import MonkeyPatch

from app.crypto import MemberKeys, new_seed, new_token
from app.errors import NotFound, Throttled, Unauthenticated
from app.members import SignInThrottle, sessions
from app.members.sessions import (
    SignedIn,
    end_own_session,
    list_own_sessions,
    make_principal,
    resume_session,
    sign_in,
    sign_out,
    start_session,
)
from app.models import Member
from tests.premises import Premises
from tests.service import PASSPHRASE, work_on_passphrase


@pytest.fixture(autouse=True)
def quick_passphrases(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "derive_passphrase_key", work_on_passphrase)


@pytest.fixture
def door() -> SignInThrottle:
    return SignInThrottle()


def enter(
    premises: Premises,
    door: SignInThrottle,
    handle: str = "heron",
    passphrase: str = PASSPHRASE,
    code: str | None = None,
    *,
    require_mfa: bool = False,
) -> SignedIn:
    return sign_in(
        premises.database,
        premises.sessions,
        door,
        handle=handle,
        passphrase=passphrase,
        code=code,
        require_mfa=require_mfa,
        now=premises.now,
    )


def start(premises: Premises, handle: str = "heron") -> SignedIn:
    with premises.writing() as db:
        member, keys = db.get_one(Member, premises.id(handle)), premises.residents[handle].keys
        return start_session(db, premises.sessions, member, keys, premises.now)


def resumed(premises: Premises, token: str) -> str:
    return resume_session(premises.database, premises.sessions, token, premises.now).handle


# -- signing in


def test_the_name_may_be_typed_carelessly(premises: Premises, door: SignInThrottle) -> None:
    signed_in = enter(premises, door, " Heron ")
    assert signed_in.principal.roles == {"dispatcher"}
    assert signed_in.expires_at == premises.now + timedelta(hours=12)
    assert resumed(premises, signed_in.token) == "heron"
    assert premises.log()[-1] == "session.started"


@pytest.mark.parametrize(
    ("handle", "passphrase", "code"),
    [
        ("heron", "not the right one", None),
        ("nobody-of-that-name", PASSPHRASE, None),
        ("no such\x00handle", PASSPHRASE, None),
        ("her\x00on", PASSPHRASE, None),
        ("heron", PASSPHRASE, "000000"),
        ("heron", "\ud83d without the rest", None),
    ],
)
def test_there_is_one_refusal_for_every_cause(
    shared_premises: Premises, handle: str, passphrase: str, code: str | None
) -> None:
    with pytest.raises(Unauthenticated):
        enter(shared_premises, SignInThrottle(), handle, passphrase, code)


def test_a_name_waits_after_five_wrong_tries_and_others_do_not(
    premises: Premises, door: SignInThrottle
) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            enter(premises, door, passphrase="a wrong one")
    with pytest.raises(Throttled) as throttled:
        enter(premises, door)
    enter(premises, door, "plover")
    premises.clock.advance(timedelta(seconds=throttled.value.retry_after))
    enter(premises, door)  # delayed, never locked


# -- the second factor


def test_where_it_is_required_nobody_gets_in_without(
    premises: Premises, door: SignInThrottle
) -> None:
    code = premises.residents["heron"].totp_code(premises.now)
    with pytest.raises(Unauthenticated):
        enter(premises, door, require_mfa=True)
    enter(premises, door, code=code, require_mfa=True)


@pytest.mark.parametrize(("owner", "seconds"), [("heron", 90), ("plover", 0)])
def test_an_old_code_and_another_members_are_refused(
    premises: Premises, door: SignInThrottle, owner: str, seconds: int
) -> None:
    code = premises.residents[owner].totp_code(premises.now)
    premises.clock.advance(timedelta(seconds=seconds))
    with pytest.raises(Unauthenticated):
        enter(premises, door, code=code, require_mfa=True)


def test_a_code_works_once(premises: Premises, door: SignInThrottle) -> None:
    heron = premises.residents["heron"]
    code = heron.totp_code(premises.now)
    enter(premises, door, code=code, require_mfa=True)
    with pytest.raises(Unauthenticated):
        enter(premises, door, code=code, require_mfa=True)
    premises.clock.advance(timedelta(seconds=30))
    enter(premises, door, code=heron.totp_code(premises.now), require_mfa=True)


# -- staying signed in


def test_a_token_that_nobody_was_given_is_nobodys(shared_premises: Premises) -> None:
    with pytest.raises(Unauthenticated):
        resumed(shared_premises, new_token())


def test_a_session_ends_after_half_an_hour_of_rest(premises: Premises) -> None:
    token = start(premises).token
    premises.clock.advance(timedelta(minutes=29, seconds=59))
    assert resumed(premises, token) == "heron"
    premises.clock.advance(timedelta(minutes=30))
    with pytest.raises(Unauthenticated):
        resumed(premises, token)


def test_a_session_ends_after_twelve_hours_however_busy(premises: Premises) -> None:
    token = start(premises).token
    for _ in range(35):
        premises.clock.advance(timedelta(minutes=20))
        assert resumed(premises, token) == "heron"
    premises.clock.advance(timedelta(minutes=20))
    with pytest.raises(Unauthenticated):
        resumed(premises, token)


def test_members_see_their_own_sessions_newest_first(premises: Premises) -> None:
    old = start(premises)
    premises.clock.advance(timedelta(minutes=1))
    new = start(premises)
    start(premises, "plover")
    with premises.reading() as db:
        found = list_own_sessions(db, premises.sessions, new.principal, premises.now)
    ids = [new.principal.session_id, old.principal.session_id]
    assert [session.id for session in found] == ids


def test_signing_out_ends_this_session_alone(premises: Premises) -> None:
    one, other = start(premises), start(premises)
    with premises.writing() as db:
        sign_out(db, premises.sessions, one.principal, premises.now)
    with pytest.raises(Unauthenticated):
        resumed(premises, one.token)
    assert resumed(premises, other.token) == "heron"
    assert premises.log()[-1] == "session.ended"


def test_members_end_their_own_sessions_and_nobody_elses(premises: Premises) -> None:
    lost, here, theirs = start(premises), start(premises), start(premises, "plover")
    with premises.writing() as db:
        heron = here.principal
        end_own_session(db, premises.sessions, heron, lost.principal.session_id, premises.now)
        with pytest.raises(NotFound):
            end_own_session(db, premises.sessions, heron, theirs.principal.session_id, premises.now)
    with pytest.raises(Unauthenticated):
        resumed(premises, lost.token)
    assert resumed(premises, theirs.token) == "plover"


def test_a_session_with_other_keys_is_nobodys(shared_premises: Premises) -> None:
    heron = shared_premises.member("heron")
    with shared_premises.reading() as db, pytest.raises(Unauthenticated):
        make_principal(db, heron, MemberKeys(new_seed()), uuid4())
