"""What does not fit into memory is encrypted in pieces, to the same bytes and as strictly."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import pytest

from app.crypto import Context, LockedStream, Purpose, SealBroken, lock, unlock, unlock_stream

KEY = bytes(range(32))
PLACE = Context(UUID(int=1), "archives", "body", UUID(int=2))
LARGE = bytes(range(256)) * 3000


def locked(plaintext: bytes, piece: int = 70_001) -> bytes:
    sink = BytesIO()
    stream = LockedStream(sink, KEY, Purpose.BACKUP, 0, PLACE)
    for start in range(0, len(plaintext), piece):
        stream.write(plaintext[start : start + piece])
    stream.close()
    return sink.getvalue()


def opened(blob: bytes, *, key: bytes = KEY, place: Context = PLACE) -> bytes:
    return b"".join(unlock_stream(BytesIO(blob), key, Purpose.BACKUP, 0, place))


@pytest.mark.parametrize("size", [0, 1, 16_384, len(LARGE)])
def test_what_was_written_in_pieces_opens_in_pieces_and_whole(size: int) -> None:
    blob = locked(LARGE[:size])
    assert opened(blob) == LARGE[:size]
    assert unlock(KEY, Purpose.BACKUP, 0, PLACE, blob) == LARGE[:size]


def test_what_was_locked_whole_opens_in_pieces() -> None:
    assert opened(lock(KEY, Purpose.BACKUP, 0, PLACE, LARGE)) == LARGE


@pytest.mark.parametrize("cut", [0, 5, 40, 16_384, 300_000])
def test_a_stream_that_ends_early_is_refused(cut: int) -> None:
    with pytest.raises(SealBroken):
        opened(locked(LARGE)[:cut])


@pytest.mark.parametrize("at", [3, 20, 60, 400_000, -1])
def test_one_changed_byte_is_noticed(at: int) -> None:
    blob = bytearray(locked(LARGE))
    blob[at] ^= 1
    with pytest.raises(SealBroken):
        opened(bytes(blob))


def test_a_stream_opens_only_where_it_was_sealed_and_with_its_key() -> None:
    with pytest.raises(SealBroken):
        opened(locked(b"a"), key=bytes(32))
    with pytest.raises(SealBroken):
        opened(locked(b"a"), place=Context(UUID(int=1), "archives", "body", UUID(int=3)))
