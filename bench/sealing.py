"""Measure the sealing layer beside the raw calls that it makes: `python -m bench.sealing`.

Each operation takes turns with what it calls in the library: the same bytes, without contexts,
codecs, padding or the forgetting layer's look-up of keys. Printed is raw time divided by ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives import hpke

from app.crypto import CaseKeys, KeyFiles, OperationalKeys, new_seed, parse_public
from app.keyring import Keyring, TransactionKeys
from app.models import Case, CaseValues, MessageBody, Task, TaskValues
from app.vault import MESSAGE_BODY, lock_field, open_field, seal_field

GOAL = 0.8
_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_CONTEXT = b"a context of an ordinary length, that names a row and what it hangs on" * 2
Pair = tuple[Callable[[], object], Callable[[], object]]


def make_pairs(folder: Path) -> dict[str, Pair]:
    """Return each operation with the raw calls that it makes."""
    operational = OperationalKeys(new_seed())
    files = KeyFiles(folder)
    files.create()
    keyring = Keyring(files, uuid4(), operational.pair.public, operational)
    keys = TransactionKeys(keyring, None)  # looks for the day's key once, as a transaction does
    case, row, parent = CaseKeys(new_seed()), uuid4(), uuid4()
    place = MESSAGE_BODY.place(row, 1, case_id=parent)
    body = MessageBody(body="They came this morning.", at=_NOW)
    key = case.field_key(MESSAGE_BODY.name)
    sealed = seal_field(keys, MESSAGE_BODY, place, body, case.pair.public)
    locked = lock_field(keys, MESSAGE_BODY, place, body, key)
    values = CaseValues(
        reference="calm heron", channel="sms", opened_at=_NOW, number="+15145550123"
    )
    stored = Case(id=row, **keys.new_values(Case, row, values, _NOW))
    due = TaskValues(due_at=_NOW)
    message, blob = bytes(1024), len(stored.op_values or b"") - 81
    public, raw_locked = parse_public(case.pair.public), _lock(key, bytes(1024))
    raw_sealed = _SUITE.encrypt(message, public, info=_CONTEXT)
    row_key, raw_key = _lock(key, bytes(32)), bytes(32)
    raw_outer, raw_values = _lock(key, row_key), _lock(key, bytes(blob))

    def write_raw() -> None:
        _lock(key, _lock(key, raw_key))
        _lock(raw_key, bytes(256))

    def read_raw() -> None:
        _unlock(key, raw_outer)
        _unlock(key, row_key)
        _unlock(key, raw_values)

    return {
        "seal a message to a case": (
            lambda: seal_field(keys, MESSAGE_BODY, place, body, case.pair.public),
            lambda: _SUITE.encrypt(message, public, info=_CONTEXT),
        ),
        "open it": (
            lambda: open_field(keys, MESSAGE_BODY, place, sealed, case),
            lambda: _SUITE.decrypt(raw_sealed, case.pair.private, info=_CONTEXT),
        ),
        "lock a message under a case's key": (
            lambda: lock_field(keys, MESSAGE_BODY, place, body, key),
            lambda: _lock(key, message),
        ),
        "open that": (
            lambda: open_field(keys, MESSAGE_BODY, place, locked, key),
            lambda: _unlock(key, raw_locked),
        ),
        "write the machine's values of a row": (
            lambda: keys.new_values(Task, row, due, _NOW, case_id=parent, subject_id=parent),
            write_raw,
        ),
        "read those of a case": (lambda: keys.read_values(stored), read_raw),
    }


def _lock(key: bytes, plaintext: bytes) -> bytes:
    encryptor = Cobblestone256Encryptor(key, _CONTEXT)
    return encryptor.update(plaintext) + encryptor.finalize()


def _unlock(key: bytes, blob: bytes) -> bytes:
    decryptor = Cobblestone256Decryptor(key, _CONTEXT)
    return decryptor.update(blob) + decryptor.finalize()


def time_calls(do: Callable[[], Any], times: int) -> float:
    """Return how many microseconds a call takes."""
    begun = time.perf_counter()
    for _ in range(times):
        do()
    return (time.perf_counter() - begun) / times * 1e6


def main() -> int:
    """Print the table; exit 1 where an operation reaches less of its raw calls than the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="turns of each (default 25)")
    parser.add_argument("--calls", type=int, default=400, help="calls a turn (default 400)")
    options = parser.parse_args()
    missed = False
    print(f"{'operation':38}{'ours µs':>9}{'raw µs':>9}{'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        os.umask(0o077)
        for name, (ours, raw) in make_pairs(Path(folder) / "keys").items():
            turns = [
                (time_calls(ours, options.calls), time_calls(raw, options.calls))
                for _ in range(options.rounds)
            ]
            ratio = median(theirs / mine for mine, theirs in turns)
            mine, theirs = (median(turn[which] for turn in turns) for which in (0, 1))
            missed |= ratio < GOAL
            print(f"{name:38}{mine:9.1f}{theirs:9.1f}{ratio:7.2f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
