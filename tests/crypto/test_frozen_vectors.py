"""What was sealed once opens for ever, and only there where it was sealed."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from app.crypto import Context, Purpose, SealBroken, Suite, read_suite
from app.crypto.formats import HEADER, make_header
from tests.crypto import chunked, frozen, hybrid
from tests.crypto.frozen import KEYS, Sealed
from tests.crypto.vectors.make import derivations

SEALED = frozen.load()
DERIVED: dict[str, str] = frozen.load_json("derived.json")
ELSEWHERE = UUID("00000000-0000-4000-8000-000000000001")

every_blob = pytest.mark.parametrize("sealed", SEALED, ids=lambda sealed: sealed.name)


@pytest.mark.parametrize("name", DERIVED)
def test_no_derivation_ever_changes(name: str) -> None:
    assert derivations()[name] == DERIVED[name]


def test_every_derivation_is_frozen() -> None:
    assert derivations().keys() == DERIVED.keys()


def test_every_purpose_and_kind_of_key_is_frozen() -> None:
    assert {sealed.purpose for sealed in SEALED} == set(Purpose)
    assert {sealed.key for sealed in SEALED} == KEYS.keys()


@every_blob
def test_it_opens(sealed: Sealed) -> None:
    assert sealed.open() == sealed.plaintext


@every_blob
def test_it_seals_anew_and_differently(sealed: Sealed) -> None:
    again = replace(sealed, blob=sealed.sealed_anew())
    assert again.open() == sealed.plaintext
    assert again.blob != sealed.blob
    assert len(again.blob) == len(sealed.blob)


@every_blob
def test_it_opens_without_this_library(sealed: Sealed) -> None:
    head, body = sealed.blob[: HEADER.size], sealed.blob[HEADER.size :]
    context = sealed.context.encode(head)
    if read_suite(sealed.blob) is Suite.COBBLESTONE:
        key = KEYS[sealed.key](sealed.seed)
        assert isinstance(key, bytes)
        opened = chunked.unseal("sha512", "AEAD_AES_256_GCM", key, context, body)
    else:
        opened = hybrid.unseal(_xwing_seed(sealed), context, body)
    assert opened == sealed.plaintext


def _xwing_seed(sealed: Sealed) -> bytes:
    """All pairs but a member's and the backup key's are expanded from their seed itself."""
    label = {"member pair": b"kith/v1/member/kem", "backup pair": b"kith/v1/backup"}
    return _hkdf(sealed.seed, label[sealed.key]) if sealed.key in label else sealed.seed


def _hkdf(seed: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 without salt; one block is enough for 32 bytes."""
    extracted = hmac.digest(bytes(32), seed, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


@every_blob
@pytest.mark.parametrize("position", range(HEADER.size))
def test_it_refuses_a_flipped_header_byte(sealed: Sealed, position: int) -> None:
    damaged = bytearray(sealed.blob)
    damaged[position] ^= 1
    with pytest.raises(SealBroken):
        sealed.open(blob=bytes(damaged))


@every_blob
def test_it_refuses_a_flipped_body_byte(sealed: Sealed) -> None:
    size = len(sealed.blob)
    for position in (HEADER.size, HEADER.size + 24, size // 2, size - 17, size - 1):
        damaged = bytearray(sealed.blob)
        damaged[position] ^= 0x80
        with pytest.raises(SealBroken):
            sealed.open(blob=bytes(damaged))


@every_blob
def test_it_refuses_to_be_cut_or_lengthened(sealed: Sealed) -> None:
    size = len(sealed.blob)
    cut = [sealed.blob[:length] for length in (0, 1, 8, 9, 10, 90, size // 2, size - 16, size - 1)]
    for other in (*cut, sealed.blob + b"\0", sealed.blob + bytes(16), sealed.blob * 2):
        with pytest.raises(SealBroken):
            sealed.open(blob=other)


def test_attachments_refuse_to_be_cut_between_chunks() -> None:
    attachment = _named("attachment")
    first_chunk = HEADER.size + chunked.SALT + chunked.COMMITMENT + chunked.CHUNK + chunked.TAG
    with pytest.raises(SealBroken):
        attachment.open(blob=attachment.blob[:first_chunk])


Move = Callable[[Context], Context]

MOVES: dict[str, Move] = {
    "deployment": lambda context: replace(context, deployment=ELSEWHERE),
    "table": lambda context: replace(context, table=context.table + "s"),
    "column": lambda context: replace(context, column=context.column + "s"),
    "row": lambda context: replace(context, row=ELSEWHERE),
    "case": lambda context: replace(context, case=ELSEWHERE),
    "no case": lambda context: replace(context, case=None if context.case else ELSEWHERE),
    "epoch": lambda context: replace(context, epoch=context.epoch + 1),
    "last parent": lambda context: replace(context, parents=(*context.parents[:-1], ELSEWHERE)),
    "one parent more": lambda context: replace(context, parents=(*context.parents, ELSEWHERE)),
    "parents the other way round": lambda context: replace(
        context, parents=(*reversed(context.parents), None)
    ),
    "no parents": lambda context: replace(context, parents=() if context.parents else (None,)),
}


@every_blob
@pytest.mark.parametrize("to", MOVES)
def test_it_does_not_open_at_another(sealed: Sealed, to: str) -> None:
    with pytest.raises(SealBroken):
        sealed.open(context=MOVES[to](sealed.context))


VERSIONED = [sealed for sealed in SEALED if sealed.purpose is not Purpose.FORGETTING]


@pytest.mark.parametrize("sealed", VERSIONED, ids=lambda sealed: sealed.name)
@pytest.mark.parametrize("rewrites", [1, 2])
def test_an_old_field_version_replayed_does_not_open(sealed: Sealed, rewrites: int) -> None:
    """The database puts the old value back after the field was rewritten."""
    now = sealed.context.version + rewrites
    with pytest.raises(SealBroken):
        sealed.open(context=replace(sealed.context, version=now))


@every_blob
def test_it_does_not_open_as_another_purpose(sealed: Sealed) -> None:
    for purpose in set(Purpose) - {sealed.purpose}:
        with pytest.raises(SealBroken):
            sealed.open(purpose=purpose)


@every_blob
def test_it_does_not_open_under_another_epoch_of_the_key(sealed: Sealed) -> None:
    with pytest.raises(SealBroken):
        sealed.open(epoch=sealed.epoch + 1)


@every_blob
def test_a_rewritten_header_does_not_open_where_it_points(sealed: Sealed) -> None:
    """The database can change purpose and epoch so that reader and header agree again."""
    purpose = Purpose.NOTE if sealed.purpose is not Purpose.NOTE else Purpose.MESSAGE
    suite, body = read_suite(sealed.blob), sealed.blob[HEADER.size :]
    other_purpose = make_header(suite, purpose, sealed.epoch) + body
    other_epoch = make_header(suite, sealed.purpose, sealed.epoch + 1) + body
    with pytest.raises(SealBroken):
        sealed.open(purpose=purpose, blob=other_purpose)
    with pytest.raises(SealBroken):
        sealed.open(epoch=sealed.epoch + 1, blob=other_epoch)


@every_blob
def test_it_does_not_open_with_anothers_key(sealed: Sealed) -> None:
    """Another member's, team's, case's, row's, day's: all keys come from seeds of their own."""
    with pytest.raises(SealBroken):
        sealed.open(seed=frozen.seed_of("another"))


@every_blob
def test_it_does_not_open_with_the_key_of_any_other_blob(sealed: Sealed) -> None:
    for other in SEALED:
        if other is not sealed:
            with pytest.raises(SealBroken):
                sealed.open(seed=other.seed)


def test_the_two_forms_of_a_row_key_are_not_taken_for_each_other() -> None:
    locked, sealed = _named("row key"), _named("row key while sealed")
    for one, other in ((locked, sealed), (sealed, locked)):
        with pytest.raises(SealBroken):
            one.open(seed=other.seed, blob=other.blob)


def _named(name: str) -> Sealed:
    [found] = [sealed for sealed in SEALED if sealed.name == name]
    return found
