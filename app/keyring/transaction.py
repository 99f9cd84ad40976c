"""The keyring as one transaction sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from app.crypto import OperationalKeys, Secret
from app.keyring.hashes import hash_number
from app.keyring.keyring import Keyring


class TransactionKeys(Keyring):
    """A keyring in one transaction, which has one index key from its first look-up to its end.

    Another process may replace that key at any time. So each transaction asks the database once
    which key is current; while a transaction writes, no process replaces it. A transaction that
    began sealed stays sealed, unless it opens the server itself: a batch must not be provisional in
    one half only.
    """

    def __init__(self, keys: Keyring, read_index_key: Callable[[], Secret] | None) -> None:
        self.held = keys.held
        self._read_index_key = read_index_key
        self._began_sealed = self.held.operational is None
        self._index_key: Secret | None = None
        self._numbers: dict[str, bytes] = {}
        self._shred_keys: dict[tuple[int, bool], Secret] = {}

    @property
    def is_open(self) -> bool:
        """Whether operational values can be read in this transaction."""
        return not self._began_sealed and super().is_open

    def unseal(self, operational: OperationalKeys) -> None:
        """Take the operational key into memory; SealBroken unless it is this deployment's."""
        super().unseal(operational)
        self._began_sealed = False

    @property
    def index_key(self) -> Secret:
        """The key of the blind index that is current in this transaction. Sealed without it."""
        if self._index_key is None:
            read = self._read_index_key
            self.use_index_key(super().index_key if read is None else read())
        return cast("Secret", self._index_key)

    def use_index_key(self, key: Secret) -> None:
        """Use this index key until the end of the transaction."""
        if key is not self._index_key:
            self._index_key, self._numbers = key, {}

    def number_lookup(self, number: str) -> bytes:
        """Return the blind index of a number, made once a transaction. Sealed."""
        key = self.index_key
        if number not in self._numbers:
            self._numbers[number] = hash_number(key, number)
        return self._numbers[number]

    def _shred_key(self, day: int, *, to_wrap: bool) -> Secret:
        """Look once a transaction whether a day's key is there: for each row would be too often."""
        if (day, to_wrap) not in self._shred_keys:
            self._shred_keys[day, to_wrap] = super()._shred_key(day, to_wrap=to_wrap)
        return self._shred_keys[day, to_wrap]
