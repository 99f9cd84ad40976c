"""Files that leave the hotline: they open with their code alone."""

from __future__ import annotations

import pytest

from app.crypto import SealBroken, is_code, lock_file, new_code, unlock_file

CONTENT = b"what the caller said" * 400


def test_a_file_opens_with_its_code_however_it_is_typed() -> None:
    code = new_code()
    sealed = lock_file(code, CONTENT)
    assert unlock_file(code, sealed) == CONTENT
    assert unlock_file(f" {code.lower().replace('-', ' ')} ", sealed) == CONTENT
    assert CONTENT[:20] not in sealed
    assert lock_file(code, CONTENT) != sealed


def test_its_size_says_little() -> None:
    code = new_code()
    assert len({len(lock_file(code, b"x" * size)) for size in (4200, 5000, 8000)}) == 1


def test_another_code_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        unlock_file(new_code(), lock_file(new_code(), CONTENT))


@pytest.mark.parametrize("place", [0, 15, 16, 17, 18, 20, 24, 25, 60, -1])
def test_a_changed_file_opens_nowhere(place: int) -> None:
    code = new_code()
    changed = bytearray(lock_file(code, CONTENT))
    changed[place] ^= 1
    with pytest.raises(SealBroken):
        unlock_file(code, bytes(changed))


@pytest.mark.parametrize("length", [0, 15, 16, 17, 25, 100])
def test_a_file_that_is_cut_off_opens_nowhere(length: int) -> None:
    code = new_code()
    with pytest.raises(SealBroken):
        unlock_file(code, lock_file(code, CONTENT)[:length])


def test_what_a_code_looks_like() -> None:
    code = new_code()
    assert is_code(code)
    assert is_code(code.lower())
    for wrong in ("", code[:-1], code + "A", "1" * 26, "correct horse battery staple", "é" * 26):
        assert not is_code(wrong), wrong
