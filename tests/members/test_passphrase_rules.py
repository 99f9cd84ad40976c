from __future__ import annotations

import pytest

from app.crypto import derive_passphrase_key, normalise_passphrase, passphrases
from app.members import sign_in
from app.members.passphrase_rules import (
    PassphraseCommon,
    PassphraseIsHandle,
    PassphraseRefused,
    PassphraseRepeats,
    PassphraseTooShort,
    check_passphrase,
    read_common_passphrases,
)
from app.members.passphrase_words import suggest_passphrase
from app.members.sign_in_throttle import SignInThrottle
from tests.premises import Premises
from tests.service import PASSPHRASE, House, refusal

LONG_HANDLE = "blue-footed-booby"


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("eleven char", PassphraseTooShort),
        ("a  b  c  d  e  f", PassphraseTooShort),
        ("           short", PassphraseTooShort),
        (" Blue-Footed-Booby ", PassphraseIsHandle),
        ("blue-footed-\N{FULLWIDTH LATIN SMALL LETTER B}ooby", PassphraseIsHandle),
        ("aaaaaaaaaaaa", PassphraseRepeats),
        ("aAaA aaaa AAAA aaaa", PassphraseRepeats),
        ("Correct Horse  Battery Staple", PassphraseCommon),
        ("1234567890 12", PassphraseCommon),
        ("motdepasse1234", PassphraseCommon),
    ],
)
def test_what_is_guessed_first_is_refused_with_its_reason(
    passphrase: str, reason: type[PassphraseRefused]
) -> None:
    with pytest.raises(reason):
        check_passphrase(passphrase, LONG_HANDLE)


def test_other_passphrases_pass() -> None:
    for passphrase in (PASSPHRASE, suggest_passphrase(), f"{LONG_HANDLE} and more"):
        check_passphrase(passphrase, LONG_HANDLE)


def test_the_shipped_list_is_short_and_of_use() -> None:
    common = read_common_passphrases()
    assert 100 < len(common) < 1000
    assert all(len(entry) >= 8 for entry in common), "what is shorter is refused anyhow"


@pytest.mark.parametrize(
    "typed", [f"  {PASSPHRASE}", f"{PASSPHRASE} \t", PASSPHRASE.replace(" ", "  ")]
)
def test_a_space_too_many_does_not_matter(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(passphrases, "_MEMORY_KIB", 64)
    salt = b"sixteen bytes ok"
    assert normalise_passphrase(typed) == PASSPHRASE
    assert derive_passphrase_key(typed, salt) == derive_passphrase_key(PASSPHRASE, salt)
    assert derive_passphrase_key(PASSPHRASE.replace(" ", ""), salt) != derive_passphrase_key(
        PASSPHRASE, salt
    ), "a space between words does"


def test_its_owner_signs_in_with_a_space_too_many(premises: Premises) -> None:
    signed_in = sign_in(
        premises.database,
        premises.sessions,
        SignInThrottle(),
        handle="heron",
        passphrase=f" {PASSPHRASE.replace(' ', '  ')} ",
        code=None,
        require_mfa=False,
        now=premises.now,
    )
    assert signed_in.principal.handle == "heron"


@pytest.mark.parametrize(
    ("passphrase", "said"),
    [
        ("siskin-siskin", "your name here"),
        ("............", "again and again"),
        ("password 1234", "tried first"),
    ],
)
def test_a_newcomer_reads_the_reason(shared_house: House, passphrase: str, said: str) -> None:
    crane = shared_house.as_("crane")
    code = crane.post("/v1/invitations", {"roles": ["legal"]}).json()["code"]
    body = {"code": code, "handle": "siskin-siskin", "passphrase": passphrase}
    answer = shared_house.nobody.post("/v1/invitations/redeem", body)
    assert refusal(answer) == (400, "bad-request")
    assert said in answer.json()["detail"]
