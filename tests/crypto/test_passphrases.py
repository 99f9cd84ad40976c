"""From words, codes and tokens to keys."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import Secret, derive_key, passphrases
from app.crypto.passphrases import (
    derive_passphrase_key,
    derive_recovery_key,
    derive_token_keys,
    hash_invitation,
    new_invitation_code,
    new_recovery_code,
    new_salt,
    new_token,
)

SALT = b"sixteen-byte-sal"
WORDS = "correct horse battery staple"
# The Argon2 reference library (20171227) made this:
# echo -n "correct horse battery staple" | argon2 sixteen-byte-sal -id -t 3 -k 65536 -p 1 -l 32 -r
REFERENCE = "67e1f972b4df8cd7bbfc501da8f62981ab7c792811cbcc8942a5a24306d9286e"


# -- passphrases


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deriving takes little memory: only the reference needs what real passphrases get."""
    monkeypatch.setattr(passphrases, "_MEMORY_KIB", 64)


def test_a_passphrase_gives_what_the_reference_library_gives() -> None:
    """Argon2id, 64 MiB, three passes, one lane: any other parameter gives another key."""
    assert derive_passphrase_key(WORDS, SALT).hex() == REFERENCE


def test_another_salt_or_another_case_gives_another_key(light: None) -> None:
    key = derive_passphrase_key(WORDS, SALT)
    assert derive_passphrase_key(WORDS, b"another-16-bytes") != key
    assert derive_passphrase_key(WORDS.title(), SALT) != key


@pytest.mark.parametrize(
    "typed",
    ["e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "ｅ\N{COMBINING ACUTE ACCENT}té"],
)
def test_the_same_words_from_another_keyboard_give_the_same_key(light: None, typed: str) -> None:
    assert typed != "été"
    assert derive_passphrase_key(typed, SALT) == derive_passphrase_key("été", SALT)


def test_nothing_typed_is_a_wrong_passphrase_and_no_error(light: None) -> None:
    assert len({derive_passphrase_key(typed, SALT) for typed in ("", "\udcff", "\0")}) == 3


def test_a_passphrase_key_does_not_print(light: None) -> None:
    assert repr(derive_passphrase_key(WORDS, SALT)) == "Secret(…)"


def test_salts_are_16_bytes_and_never_the_same() -> None:
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {16}


# -- recovery codes


def test_a_recovery_code_has_256_bits_in_groups() -> None:
    code = new_recovery_code()
    assert re.fullmatch(r"([A-Z2-7]{4}-){12}[A-Z2-7]{4}", code)
    assert len(base64.b32decode(code.replace("-", "") + "====")) == 32
    assert code != new_recovery_code()


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: code.replace("-", "\N{EN DASH}"),
        lambda code: f"  {code.replace('-', '- ')}\n",
        lambda code: "".join(chr(ord(ch) + 0xFEE0) for ch in code),  # full-width letters
    ],
    ids=["lower", "bare", "spaced", "dashes", "copied", "wide"],
)
def test_a_recovery_code_may_be_typed_in_any_way(typed: Callable[[str], str]) -> None:
    code = new_recovery_code()
    assert derive_recovery_key(typed(code)) == derive_recovery_key(code)


@given(st.integers(0, 51), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_letter_is_another_recovery_code(position: int, letter: str) -> None:
    code = "KITH" * 13
    wrong = code[:position] + letter + code[position + 1 :]
    assert (derive_recovery_key(wrong) == derive_recovery_key(code)) == (wrong == code)


# -- invitations


def test_an_invitation_code_has_128_bits_in_groups() -> None:
    code = new_invitation_code()
    assert re.fullmatch(r"([A-Z2-7]{5}-){5}[A-Z2-7]", code)
    assert len(base64.b32decode(code.replace("-", "") + "======")) == 16
    assert code != new_invitation_code()


def test_an_invitation_is_found_however_its_code_is_typed() -> None:
    code = new_invitation_code()
    assert hash_invitation(code.lower().replace("-", " ")) == hash_invitation(code)
    assert hash_invitation(code) != hash_invitation(new_invitation_code())
    assert len(hash_invitation(code)) == 32


# -- session tokens


def test_a_token_has_256_bits_and_is_safe_in_a_header() -> None:
    token = new_token()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token != new_token()


def test_what_finds_a_session_does_not_open_it() -> None:
    token = new_token()
    found = derive_token_keys(token)
    assert found == derive_token_keys(token)
    assert found.lookup != found.key
    assert isinstance(found.key, Secret)
    assert derive_key(found.lookup, "session/key") != found.key


def test_a_token_does_not_print() -> None:
    token = new_token()
    assert token not in repr(derive_token_keys(token))
    assert repr(bytes(derive_token_keys(token).key)) not in repr(derive_token_keys(token))


@given(st.text(st.characters(), max_size=40))
def test_any_text_is_taken_and_found_nowhere(text: str) -> None:
    """Lone surrogates too: a terminal or a header may hold them."""
    assert derive_token_keys(text).lookup != derive_token_keys("a real token").lookup
    assert len(derive_recovery_key(text)) == len(hash_invitation(text)) == 32
    assert derive_recovery_key(text) == derive_recovery_key(unicodedata.normalize("NFC", text))
