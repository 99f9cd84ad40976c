"""Sealing, locking and the forgetting layer."""

from __future__ import annotations

import os
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import (
    BriefKeys,
    CaseKeys,
    Context,
    KeyPair,
    MemberKeys,
    Purpose,
    SealBroken,
    Secret,
    TeamKeys,
    forget_under,
    forgotten_on,
    lock,
    new_seed,
    open_sealed,
    pad_message,
    remember,
    seal_to,
    unlock,
    unpad,
)
from app.crypto.formats import HEADER
from tests.crypto import chunked

PLACE = Context(uuid4(), "messages", "body", uuid4(), case=uuid4(), epoch=1)
PAIR, KEY = KeyPair(new_seed()), new_seed()
DAY = 20468
# Around the edges of one and two chunks of 16384 bytes.
LENGTHS = [0, 1, 16383, 16384, 16385, 32767, 32768, 40000]


@pytest.mark.parametrize("length", LENGTHS)
def test_an_independent_implementation_opens_what_we_lock(length: int) -> None:
    plaintext = os.urandom(length)
    blob = lock(KEY, Purpose.ATTACHMENT, 1, PLACE, plaintext)
    context, body = PLACE.encode(blob[: HEADER.size]), blob[HEADER.size :]
    assert chunked.unseal("sha512", "AEAD_AES_256_GCM", KEY, context, body) == plaintext


@pytest.mark.parametrize("length", LENGTHS)
def test_we_unlock_what_an_independent_implementation_locks(length: int) -> None:
    plaintext, salt = os.urandom(length), os.urandom(24)
    head = lock(KEY, Purpose.ATTACHMENT, 1, PLACE, b"")[: HEADER.size]
    body = chunked.seal("sha512", "AEAD_AES_256_GCM", KEY, salt, PLACE.encode(head), plaintext)
    assert unlock(KEY, Purpose.ATTACHMENT, 1, PLACE, head + body) == plaintext


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens(plaintext: bytes) -> None:
    sealed = seal_to(PAIR.public, Purpose.MESSAGE, 1, PLACE, plaintext)
    assert open_sealed(PAIR, Purpose.MESSAGE, 1, PLACE, sealed) == plaintext
    assert len(sealed) == len(plaintext) + 1145


@given(st.binary(max_size=2000))
def test_what_is_locked_unlocks(plaintext: bytes) -> None:
    locked = lock(KEY, Purpose.FIELD, 1, PLACE, plaintext)
    assert unlock(KEY, Purpose.FIELD, 1, PLACE, locked) == plaintext
    assert len(locked) == len(plaintext) + 81


SEALED = seal_to(PAIR.public, Purpose.MESSAGE, 1, PLACE, b"They came this morning.")
LOCKED = lock(KEY, Purpose.FIELD, 1, PLACE, b"They came this morning.")


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_no_bit_of_a_sealed_value_can_change(bit: int) -> None:
    with pytest.raises(SealBroken):
        open_sealed(PAIR, Purpose.MESSAGE, 1, PLACE, _flipped(SEALED, bit))


@given(st.integers(0, len(LOCKED) * 8 - 1))
def test_no_bit_of_a_locked_value_can_change(bit: int) -> None:
    with pytest.raises(SealBroken):
        unlock(KEY, Purpose.FIELD, 1, PLACE, _flipped(LOCKED, bit))


def _flipped(blob: bytes, bit: int) -> bytes:
    damaged = bytearray(blob)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


@given(st.binary(max_size=1300))
def test_anything_else_is_broken_and_nothing_worse(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(PAIR, Purpose.MESSAGE, 1, PLACE, blob)
    with pytest.raises(SealBroken):
        unlock(KEY, Purpose.FIELD, 1, PLACE, LOCKED[: HEADER.size] + blob)
    with pytest.raises(SealBroken):
        open_sealed(PAIR, Purpose.MESSAGE, 1, PLACE, SEALED[: HEADER.size] + blob)


def test_a_curve_point_of_low_order_is_broken() -> None:
    """It would make the curve's half of the shared secret known to all."""
    start = HEADER.size + 1088
    with pytest.raises(SealBroken):
        open_sealed(
            PAIR, Purpose.MESSAGE, 1, PLACE, SEALED[:start] + bytes(32) + SEALED[start + 32 :]
        )


@pytest.mark.parametrize("public", [b"", PAIR.public[:-1], PAIR.public + b"\0", b"\xff" * 1216])
def test_nothing_is_sealed_to_what_is_no_public_key(public: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        seal_to(public, Purpose.MESSAGE, 1, PLACE, b"")


def test_a_member_does_not_open_what_is_sealed_to_another() -> None:
    nadia, omar = MemberKeys(new_seed()), MemberKeys(new_seed())
    wrap = seal_to(nadia.pair.public, Purpose.TEAM_WRAP, 0, PLACE, new_seed())
    with pytest.raises(SealBroken):
        open_sealed(omar.pair, Purpose.TEAM_WRAP, 0, PLACE, wrap)


def test_the_desk_does_not_open_what_is_sealed_to_the_archive() -> None:
    desk, archive = TeamKeys(new_seed()), TeamKeys(new_seed())
    grant = seal_to(archive.pair.public, Purpose.GRANT, 1, PLACE, new_seed())
    with pytest.raises(SealBroken):
        open_sealed(desk.pair, Purpose.GRANT, 1, PLACE, grant)


def test_a_key_for_one_column_opens_no_other() -> None:
    case = CaseKeys(new_seed())
    field = lock(case.field_key("sheets.name"), Purpose.FIELD, 1, PLACE, b"Nadia")
    with pytest.raises(SealBroken):
        unlock(case.field_key("sheets.place"), Purpose.FIELD, 1, PLACE, field)


def test_a_brief_opens_nothing_of_its_case_even_from_the_same_seed() -> None:
    seed = new_seed()
    case, brief = CaseKeys(seed), BriefKeys(seed)
    assert case.field_key("sheets.name") != brief.field_key("sheets.name")
    assert case.file_key("1") != brief.file_key("1")


def test_messages_of_one_bucket_look_equally_long() -> None:
    texts = [b"", b"Help", b"x" * 1020]
    sizes = {
        len(seal_to(PAIR.public, Purpose.MESSAGE, 1, PLACE, pad_message(text))) for text in texts
    }
    assert sizes == {1024 + 1145}


def test_opened_and_unpadded_values_do_not_print() -> None:
    sealed = seal_to(PAIR.public, Purpose.MESSAGE, 1, PLACE, pad_message(b"canary"))
    opened = open_sealed(PAIR, Purpose.MESSAGE, 1, PLACE, sealed)
    assert "canary" not in f"{opened!r} {unpad(opened)!r}"
    assert isinstance(unlock(KEY, Purpose.FIELD, 1, PLACE, LOCKED), Secret)


def test_a_broken_seal_says_nothing_about_the_value() -> None:
    with pytest.raises(SealBroken) as refusal:
        unlock(KEY, Purpose.FIELD, 1, PLACE, _flipped(LOCKED, len(LOCKED) * 8 - 1))
    assert not refusal.value.args
    assert not refusal.value.__cause__ or not refusal.value.__cause__.args


# -- the forgetting layer

INNER = seal_to(PAIR.public, Purpose.GRANT, 1, PLACE, b"a case seed")


def test_the_forgetting_layer_comes_off_with_its_days_key() -> None:
    outer = forget_under(KEY, DAY, PLACE, INNER)
    assert forgotten_on(outer) == DAY
    assert remember(KEY, DAY, PLACE, outer) == INNER


def test_the_forgetting_layer_stays_on_with_another_days_key() -> None:
    outer = forget_under(KEY, DAY, PLACE, INNER)
    with pytest.raises(SealBroken):
        remember(new_seed(), DAY, PLACE, outer)


@pytest.mark.parametrize("day", [DAY - 1, DAY + 1])
def test_the_forgetting_layer_is_bound_to_its_day(day: int) -> None:
    outer = forget_under(KEY, DAY, PLACE, INNER)
    renamed = forget_under(KEY, day, PLACE, b"")[: HEADER.size] + outer[HEADER.size :]
    with pytest.raises(SealBroken):
        remember(KEY, day, PLACE, outer)
    with pytest.raises(SealBroken):
        remember(KEY, day, PLACE, renamed)


@pytest.mark.parametrize("bare", [INNER, LOCKED, b"", INNER[:5]])
def test_a_missing_forgetting_layer_is_an_error(bare: bytes) -> None:
    with pytest.raises(SealBroken):
        remember(KEY, DAY, PLACE, bare)
    with pytest.raises(SealBroken):
        forgotten_on(bare)


def test_a_grant_with_its_layer_on_does_not_open() -> None:
    with pytest.raises(SealBroken):
        open_sealed(PAIR, Purpose.GRANT, 1, PLACE, forget_under(KEY, DAY, PLACE, INNER))


def test_a_double_forgetting_layer_is_an_error() -> None:
    twice = forget_under(KEY, DAY, PLACE, forget_under(KEY, DAY, PLACE, INNER))
    with pytest.raises(SealBroken):
        open_sealed(PAIR, Purpose.GRANT, 1, PLACE, remember(KEY, DAY, PLACE, twice))


def test_the_forgetting_layer_does_not_move_to_another_row() -> None:
    outer = forget_under(KEY, DAY, PLACE, INNER)
    with pytest.raises(SealBroken):
        remember(KEY, DAY, replace(PLACE, row=uuid4()), outer)


def test_the_forgetting_layer_outlives_a_new_version_of_the_row() -> None:
    outer = forget_under(KEY, DAY, replace(PLACE, version=3), INNER)
    assert remember(KEY, DAY, replace(PLACE, version=4), outer) == INNER


def test_a_value_under_a_shred_key_is_not_a_forgetting_layer() -> None:
    with pytest.raises(SealBroken):
        remember(KEY, 1, PLACE, LOCKED)
