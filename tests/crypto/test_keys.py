"""Seeds, what follows from them, and that none of it prints."""

from __future__ import annotations

import copy
import hmac
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import (
    BriefKeys,
    CaseKeys,
    KeyPair,
    MemberKeys,
    OperationalKeys,
    Secret,
    TeamKeys,
    derive_key,
    is_same,
    keyed_hash,
    new_seed,
    verify_signature,
)

SEED = bytes(range(32))
SEEDED = [MemberKeys, TeamKeys, CaseKeys, BriefKeys, OperationalKeys]


def test_seeds_are_32_bytes_and_never_the_same() -> None:
    seeds = {new_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert {len(seed) for seed in seeds} == {32}


@pytest.mark.parametrize("length", [0, 31, 33, 64])
@pytest.mark.parametrize("kind", [KeyPair, *SEEDED], ids=lambda kind: kind.__name__)
def test_a_seed_of_another_length_is_refused(kind: Callable[[bytes], object], length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        kind(bytes(length))


def test_derivation_is_hkdf() -> None:
    extracted = hmac.digest(bytes(32), SEED, "sha256")
    assert derive_key(SEED, "a/label") == hmac.digest(extracted, b"kith/v1/a/label\1", "sha256")


labels = st.text("abc/.", max_size=4)


@given(labels, labels)
def test_keys_for_two_labels_are_unrelated(one: str, other: str) -> None:
    assert (derive_key(SEED, one) == derive_key(SEED, other)) == (one == other)


def test_no_two_uses_of_one_seed_share_a_key() -> None:
    member, case = MemberKeys(SEED), CaseKeys(SEED)
    brief, operational = BriefKeys(SEED), OperationalKeys(SEED)
    keys = [
        member.totp_key,
        member.verify_key,
        operational.wrap_key,
        case.field_key("a"),
        case.field_key("b"),
        case.file_key("a"),
        brief.field_key("a"),
        brief.file_key("a"),
        SEED,
    ]
    assert len({bytes(key) for key in keys}) == len(keys)


def test_a_member_seed_is_not_itself_the_seed_of_the_pair() -> None:
    assert MemberKeys(SEED).pair.public != KeyPair(SEED).public


def test_the_same_seed_gives_the_same_pair() -> None:
    assert TeamKeys(SEED).pair.public == TeamKeys(SEED).pair.public
    assert len(TeamKeys(SEED).pair.public) == 1216


# -- signatures

DOCUMENT = b'{"version":2,"members":[]}'


def test_a_signature_holds() -> None:
    member = MemberKeys(SEED)
    assert verify_signature(member.verify_key, member.sign(DOCUMENT), DOCUMENT)


def test_a_signature_of_an_older_roster_does_not_hold_for_a_newer() -> None:
    member = MemberKeys(SEED)
    old = member.sign(DOCUMENT)
    assert not verify_signature(member.verify_key, old, DOCUMENT.replace(b"2", b"3"))


def test_a_signature_of_somebody_else_does_not_hold() -> None:
    signature = MemberKeys(new_seed()).sign(DOCUMENT)
    assert not verify_signature(MemberKeys(SEED).verify_key, signature, DOCUMENT)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_what_is_no_key_verifies_nothing(key: bytes) -> None:
    assert not verify_signature(key, MemberKeys(SEED).sign(DOCUMENT), DOCUMENT)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)])
def test_what_is_no_signature_does_not_hold(signature: bytes) -> None:
    assert not verify_signature(MemberKeys(SEED).verify_key, signature, DOCUMENT)


# -- keyed hashes


def test_a_keyed_hash_is_hmac_over_its_name_and_value() -> None:
    expected = hmac.digest(SEED, b"\0\6number+15145550123", "sha256")
    assert keyed_hash(SEED, "number", b"+15145550123") == expected


def test_a_keyed_hash_depends_on_what_it_is_for() -> None:
    assert keyed_hash(SEED, "number", b"1") != keyed_hash(SEED, "reference", b"1")
    assert keyed_hash(SEED, "ab", b"c") != keyed_hash(SEED, "a", b"bc")
    assert keyed_hash(SEED, "number", b"1") != keyed_hash(new_seed(), "number", b"1")


def test_hashes_are_compared() -> None:
    assert is_same(b"one", b"one")
    assert not is_same(b"one", b"two")
    assert not is_same(b"one", b"on")


# -- nothing secret prints

CANARY = b"a canary of 32 bytes in a cage.."
SAYS_NOTHING: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  # loggers do this
    "in a list": lambda secret: repr([secret, {"key": secret}]),
}


@pytest.mark.parametrize("how", SAYS_NOTHING)
@pytest.mark.parametrize("kind", [Secret, KeyPair, *SEEDED], ids=lambda kind: kind.__name__)
def test_no_secret_prints(kind: Callable[[bytes], object], how: str) -> None:
    shown = SAYS_NOTHING[how](kind(CANARY))
    assert "canary" not in shown
    assert CANARY.hex() not in shown


def test_derived_keys_do_not_print() -> None:
    case, member = CaseKeys(CANARY), MemberKeys(CANARY)
    for key in (case.field_key("a"), case.file_key("a"), member.totp_key, derive_key(CANARY, "a")):
        assert repr(key) == "Secret(…)"


def test_keys_already_used_do_not_print_either() -> None:
    member = MemberKeys(CANARY)
    member.sign(member.pair.public + member.totp_key)
    assert "canary" not in repr(vars(member))


def test_a_traceback_with_local_variables_shows_no_secret() -> None:
    try:
        _fail_with(Secret(CANARY), CaseKeys(CANARY))
    except ZeroDivisionError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "Secret(…)" in shown
    assert "canary" not in shown


def _fail_with(secret: Secret, case: CaseKeys) -> float:
    return (len(secret) + len(case.seed)) / 0


def test_a_log_line_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("kith").warning("key %s %r", Secret(CANARY), CaseKeys(CANARY))
    assert "Secret(…)" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("kind", [Secret, KeyPair, *SEEDED], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("way_out", [pickle.dumps, copy.deepcopy])
def test_no_secret_leaves_in_passing(
    kind: Callable[[bytes], object], way_out: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError):
        way_out(kind(CANARY))


def test_reading_a_secret_is_explicit() -> None:
    assert bytes(Secret(CANARY)) == CANARY
    assert Secret(CANARY).decode() == CANARY.decode()
