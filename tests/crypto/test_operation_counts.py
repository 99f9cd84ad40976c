"""What an operation costs, counted, not timed: public-key operations hold the interpreter."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import app.crypto
from app.crypto import (
    CaseKeys,
    Context,
    KeyFiles,
    KeyPair,
    MemberKeys,
    Purpose,
    forget_under,
    keyfiles,
    keys,
    lock,
    new_seed,
    open_sealed,
    pad_message,
    remember,
    seal_to,
    sealing,
    unlock,
)

PLACE = Context(uuid4(), "messages", "body", uuid4())
TEXT = pad_message(b"They came this morning.")
DAY = 20468


class Counts(Counter[str]):
    """How often each costly operation ran."""

    def of(self, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **options: Any) -> Any:
            self[what] += 1
            return call(*args, **options)

        return counting


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counts]:
    counts, hpke = Counts(), sealing._HPKE

    class CountingHpke:
        encrypt = staticmethod(counts.of("encapsulate", hpke.encrypt))
        decrypt = staticmethod(counts.of("decapsulate", hpke.decrypt))

    def count(module: object, name: str, what: str) -> None:
        monkeypatch.setattr(module, name, counts.of(what, getattr(module, name)))

    monkeypatch.setattr(sealing, "_HPKE", CountingHpke)
    count(sealing, "Cobblestone256Encryptor", "lock")
    count(sealing, "Cobblestone256Decryptor", "unlock")
    count(keyfiles, "_read", "read a key file")
    monkeypatch.setattr(KeyPair, "__init__", counts.of("make a pair", KeyPair.__init__))
    keys.parse_public.cache_clear()
    yield counts
    keys.parse_public.cache_clear()


def _parsed() -> int:
    return keys.parse_public.cache_info().misses


def test_a_message_costs_one_encapsulation_and_no_pair(counts: Counts) -> None:
    public = CaseKeys(new_seed()).pair.public
    counts.clear()
    for _ in range(64):
        seal_to(public, Purpose.MESSAGE, 1, PLACE, TEXT)
    assert counts == {"encapsulate": 64}
    assert _parsed() == 1


def test_a_conversation_costs_one_pair_and_one_decapsulation_a_message(counts: Counts) -> None:
    case = CaseKeys(new_seed())
    blobs = [seal_to(case.pair.public, Purpose.MESSAGE, 1, PLACE, TEXT) for _ in range(64)]
    opened = CaseKeys(case.seed)
    counts.clear()
    for blob in blobs:
        open_sealed(opened.pair, Purpose.MESSAGE, 1, PLACE, blob)
    assert counts == {"decapsulate": 64, "make a pair": 1}


def test_a_new_case_costs_one_pair_and_two_encapsulations(counts: Counts) -> None:
    """The seed is sealed to the desk, the first message to the case."""
    desk = KeyPair(new_seed()).public
    seal_to(desk, Purpose.GRANT, 1, PLACE, b"before: the desk's key has been parsed")
    counts.clear()
    case = CaseKeys(new_seed())
    seal_to(desk, Purpose.GRANT, 1, PLACE, case.seed)
    seal_to(case.pair.public, Purpose.MESSAGE, 1, PLACE, TEXT)
    assert counts == {"make a pair": 1, "encapsulate": 2}


def test_a_brief_for_64_candidates_costs_64_encapsulations(counts: Counts) -> None:
    publics = [MemberKeys(new_seed()).pair.public for _ in range(64)]
    counts.clear()
    for _ in range(2):  # the second request to the same people parses nothing
        for public in publics:
            seal_to(public, Purpose.BRIEF_WRAP, 0, PLACE, new_seed())
    assert counts == {"encapsulate": 128}
    assert _parsed() == 64


def test_a_field_costs_no_public_key_operation(counts: Counts) -> None:
    case = CaseKeys(new_seed())
    key = case.field_key("sheets.fields")
    unlock(key, Purpose.FIELD, 1, PLACE, lock(key, Purpose.FIELD, 1, PLACE, TEXT))
    assert counts == {"lock": 1, "unlock": 1}


def test_rewrapping_a_day_costs_two_passes_a_row_and_two_key_files(
    counts: Counts, tmp_path: Path
) -> None:
    files = KeyFiles(tmp_path / "keys")
    files.create()
    today = files.ensure_shred_key(DAY)
    rows = [forget_under(today, DAY, PLACE, b"a grant") for _ in range(100)]
    counts.clear()
    restarted = KeyFiles(files.folder)
    for row in rows:
        inner = remember(restarted.shred_key(DAY), DAY, PLACE, row)
        forget_under(restarted.ensure_shred_key(DAY + 1), DAY + 1, PLACE, inner)
    assert counts == {"lock": 100, "unlock": 100, "read a key file": 2}


def test_signing_and_sealing_keys_are_derived_once(counts: Counts) -> None:
    member = MemberKeys(new_seed())
    for _ in range(10):
        assert member.pair is member.pair
        assert member.totp_key is member.totp_key
        member.sign(b"a roster")
    assert counts == {"make a pair": 1}


def test_nothing_secret_is_ever_cached() -> None:
    """Public keys, and the part of a context that names deployment, table and column."""
    cached = {
        f"{module.__name__}.{name}"
        for module in _crypto_modules()
        for name, value in vars(module).items()
        if hasattr(value, "cache_info") and value.__module__ == module.__name__
    }
    assert cached == {"app.crypto.formats._place", "app.crypto.keys.parse_public"}


def _crypto_modules() -> list[Any]:
    return [
        import_module(found.name)
        for found in pkgutil.iter_modules(app.crypto.__path__, "app.crypto.")
    ]
