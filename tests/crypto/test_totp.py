"""The second factor: published codes, drift, and that a code works once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import Secret
from app.crypto.totp import (
    STEP_SECONDS,
    encode_base32,
    find_accepted_step,
    make_totp_code,
    make_totp_uri,
    new_totp_secret,
)

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
STEP = int(NOON.timestamp()) // STEP_SECONDS
SECRET = b"12345678901234567890"


def _published() -> list[tuple[int, str]]:
    """Times and codes of RFC 6238, appendix B, for SHA-1: eight digits, of which apps show six."""
    with cryptography_vectors.open_vector_file("twofactor/rfc-6238.txt", "r") as file:
        blocks = str(file.read()).split("\n\n")
    fields = [dict(re.findall(r"^(\w+) = (.+)$", block, re.MULTILINE)) for block in blocks]
    return [(int(f["TIME"]), f["TOTP"]) for f in fields if f.get("MODE") == "SHA1"]


def test_the_published_codes_are_there() -> None:
    assert len(_published()) == 6


@pytest.mark.parametrize(("seconds", "code"), _published())
def test_a_published_code_is_shown_and_accepted(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert make_totp_code(SECRET, now) == code[-6:]
    assert find_accepted_step(SECRET, code[-6:], now, last_step=-1) == seconds // 30


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_phone_may_be_one_step_off(drift: int) -> None:
    shown = make_totp_code(SECRET, NOON + timedelta(seconds=30 * drift))
    assert find_accepted_step(SECRET, shown, NOON, last_step=0) == STEP + drift


@pytest.mark.parametrize("drift", [-3, -2, 2, 3])
def test_a_phone_may_not_be_further_off(drift: int) -> None:
    shown = make_totp_code(SECRET, NOON + timedelta(seconds=30 * drift))
    assert find_accepted_step(SECRET, shown, NOON, last_step=0) is None


def test_a_code_works_once() -> None:
    shown = make_totp_code(SECRET, NOON)
    step = find_accepted_step(SECRET, shown, NOON, last_step=0)
    assert step == STEP
    for later in (0, 20, 40):
        now = NOON + timedelta(seconds=later)
        assert find_accepted_step(SECRET, shown, now, last_step=step) is None


def test_an_earlier_code_does_not_work_after_a_later_one() -> None:
    earlier = make_totp_code(SECRET, NOON - timedelta(seconds=30))
    assert find_accepted_step(SECRET, earlier, NOON, last_step=STEP - 2) == STEP - 1
    assert find_accepted_step(SECRET, earlier, NOON, last_step=STEP) is None


def test_the_next_code_works_after_the_last() -> None:
    now = NOON + timedelta(seconds=30)
    assert find_accepted_step(SECRET, make_totp_code(SECRET, now), now, last_step=STEP) == STEP + 1


def test_another_secret_gives_another_code() -> None:
    shown = make_totp_code(b"another secret, 20 b", NOON)
    assert find_accepted_step(SECRET, shown, NOON, last_step=0) is None


def test_a_code_may_be_spaced() -> None:
    shown = make_totp_code(SECRET, NOON)
    assert find_accepted_step(SECRET, f" {shown[:3]} {shown[3:]}\n", NOON, last_step=0) == STEP


@given(st.text(st.characters(), max_size=8))
def test_anything_else_is_refused(text: str) -> None:
    shown = {make_totp_code(SECRET, NOON + timedelta(seconds=30 * drift)) for drift in (-1, 0, 1)}
    if "".join(text.split()) not in shown:
        assert find_accepted_step(SECRET, text, NOON, last_step=0) is None


def test_secrets_are_160_bits_and_do_not_print() -> None:
    secret = new_totp_secret()
    assert len(secret) == 20
    assert isinstance(secret, Secret)
    assert secret != new_totp_secret()


def test_apps_are_told_the_secret_and_nothing_of_the_hotline() -> None:
    address = urlsplit(make_totp_uri(SECRET, "heron"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {
        "digits": ["6"],
        "secret": [encode_base32(SECRET)],
        "algorithm": ["SHA1"],
        "issuer": ["Notes"],
        "period": ["30"],
    }
    assert address.path == "/Notes:heron"
    assert encode_base32(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
