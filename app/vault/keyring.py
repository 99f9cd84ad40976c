"""The server's own keys in use: what it can wrap, look up and read without any person.

The operational half may be absent (``sealed``): then rows are still written, their row keys
sealed to the public half, and nothing operational is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from app.crypto import (
    Context,
    KeyFiles,
    KeyMissing,
    OperationalKeys,
    Purpose,
    SealBroken,
    Secret,
    Suite,
    day_number,
    forget_under,
    forgotten_on,
    keyed_hash,
    lock,
    new_seed,
    open_sealed,
    pad_field,
    remember,
    same,
    seal_to,
    suite_of,
    unlock,
    unpad,
)
from app.errors import Sealed
from app.store.ordering import QueueOrder

if TYPE_CHECKING:
    from app.store.db import Db


# One for all rows: making an encoder costs as much as encoding.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def hash_number(index_key: bytes, number: str) -> bytes:
    """Return the blind index of an E.164 number (or a short code)."""
    return keyed_hash(index_key, "number", number.encode())


def hash_reference(index_key: bytes, reference: str) -> bytes:
    """Return the blind index of a case's code name, however it was typed."""
    return keyed_hash(index_key, "reference", reference.casefold().encode())


class OperationalFields(Protocol):
    """A row with operational values: see ``OperationalRow``."""

    id: Any
    op_key: Any
    op_values: Any
    op_version: Any
    shred_day: Any


class Keyring:
    """The keys of one deployment, as one running process holds them."""

    def __init__(
        self,
        files: KeyFiles,
        deployment: UUID,
        operational_public: bytes,
        operational: OperationalKeys | None = None,
    ) -> None:
        self.files, self.deployment = files, deployment
        self.integrity, self.audit = files.integrity, files.audit
        self.operational_public = operational_public
        self.operational = operational
        # The index key with the id of its row, and how a transaction reads the one that is current
        # there; by `app.organisation.settings`.
        self.index: tuple[UUID, Secret] | None = None
        self.current_index: Callable[[Db], Secret] | None = None
        self.order = QueueOrder()
        # Groups the texts of one phone while sealed; dies with this process.
        self.provisional_key = new_seed()
        # The regions of one version of the settings, kept by `app.organisation.settings`.
        self.regions: tuple[int, tuple[str, ...]] | None = None
        # The organisation's time zone, for safe hours.
        self.zone = ZoneInfo("UTC")
        # Gives the operational seed to this deployment's other processes; `app.operations.door`.
        self.tell_others: Callable[[Secret], None] | None = None
        # The verified roster, kept by `app.vault.roster`.
        self.roster: Any = None
        if operational is not None and operational.pair.public != operational_public:
            raise SealBroken

    def __repr__(self) -> str:
        return "Keyring(…)"

    @property
    def is_open(self) -> bool:
        """Whether operational values can be read."""
        return self.operational is not None

    def unseal(self, operational: OperationalKeys) -> None:
        """Take the operational key into memory; SealBroken unless it is this deployment's."""
        if operational.pair.public != self.operational_public:
            raise SealBroken
        self.operational = operational

    def seal(self) -> None:
        """Forget the operational key: from now on texts are taken in and nothing is read."""
        self.operational = self.index = self.regions = None

    # -- contexts and the forgetting layer

    def context(
        self,
        table: str,
        column: str,
        row: UUID,
        version: int = 0,
        *,
        case: UUID | None = None,
        epoch: int = 0,
    ) -> Context:
        """Return the context of one sealed value in this deployment."""
        return Context(self.deployment, table, column, row, version, case, epoch)

    def forget(self, table: str, column: str, row: UUID, inner: bytes, now: datetime) -> bytes:
        """Put today's forgetting layer around a key. Sealed where the key folder is absent."""
        day = day_number(now)
        key = self._shred_key(day, to_wrap=True)
        return forget_under(key, day, self.context(table, column, row), inner)

    def remember(self, table: str, column: str, row: UUID, outer: bytes | None) -> bytes:
        """Take the forgetting layer off. Sealed where the day's key is gone; SealBroken."""
        if outer is None:
            raise SealBroken
        day = forgotten_on(outer)
        key = self._shred_key(day, to_wrap=False)
        return remember(key, day, self.context(table, column, row), outer)

    def _shred_key(self, day: int, *, to_wrap: bool) -> Secret:
        try:
            return self.files.ensure_shred_key(day) if to_wrap else self.files.shred_key(day)
        except KeyMissing as error:
            raise Sealed from error

    # -- operational rows

    def new_row(
        self, table: str, row: UUID, values: Mapping[str, Any], now: datetime
    ) -> dict[str, Any]:
        """Return the columns ``op_key op_values op_version shred_day`` of a new row."""
        row_key = new_seed()
        return {
            "op_key": self.forget(table, "op_key", row, self._wrap(table, row, row_key), now),
            "op_values": self._lock_values(table, row, 1, row_key, values),
            "op_version": 1,
            "shred_day": day_number(now),
        }

    def open_row(self, table: str, row: OperationalFields) -> dict[str, Any]:
        """Return a row's operational values; Sealed while the operational key is absent."""
        return self.open_row_and_key(table, row)[0]

    def open_row_and_key(
        self, table: str, row: OperationalFields
    ) -> tuple[dict[str, Any], Secret | None]:
        """Return a row's operational values with its row key, for who will rewrite it. Sealed."""
        if row.op_values is None:
            return {}, None
        context = self.context(table, "op_values", row.id, row.op_version)
        key = self._row_key(table, row)
        opened = unlock(key, Purpose.ROW_VALUES, 0, context, row.op_values)
        return dict(json.loads(unpad(opened))), key

    def rewrite_row(
        self,
        table: str,
        row: OperationalFields,
        values: Mapping[str, Any],
        key: Secret | None = None,
    ) -> dict[str, Any]:
        """Return the columns that change when a row's values are replaced; its key stays.

        ``key`` is the row key, where it was opened before.
        """
        version = row.op_version + 1
        key = key or self._row_key(table, row)
        blob = self._lock_values(table, row.id, version, key, values)
        return {"op_values": blob, "op_version": version}

    def replace_values(self, table: str, row: OperationalFields, values: Mapping[str, Any]) -> None:
        """Rewrite the operational values of a mapped row in place."""
        for column, value in self.rewrite_row(table, row, values).items():
            setattr(row, column, value)

    def _wrap(self, table: str, row: UUID, row_key: Secret) -> bytes:
        context = self.context(table, "op_key", row)
        if self.operational is None:
            return seal_to(self.operational_public, Purpose.ROW_KEY, 0, context, row_key)
        return lock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, row_key)

    def _row_key(self, table: str, row: OperationalFields) -> Secret:
        if self.operational is None:
            raise Sealed
        inner = self.remember(table, "op_key", row.id, row.op_key)
        context = self.context(table, "op_key", row.id)
        if suite_of(inner) is Suite.HPKE:
            return open_sealed(self.operational.pair, Purpose.ROW_KEY, 0, context, inner)
        return unlock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, inner)

    def _lock_values(
        self, table: str, row: UUID, version: int, row_key: bytes, values: Mapping[str, Any]
    ) -> bytes:
        plaintext = pad_field(_ENCODER.encode(values).encode())
        context = self.context(table, "op_values", row, version)
        return lock(row_key, Purpose.ROW_VALUES, 0, context, plaintext)

    # -- keyed hashes

    def number_lookup(self, number: str) -> bytes:
        """Return the blind index of an E.164 number (or a short code). Sealed without the key."""
        return hash_number(self.index_key, number)

    def reference_lookup(self, reference: str) -> bytes:
        """Return the blind index of a case's code name."""
        return hash_reference(self.index_key, reference)

    @property
    def index_key(self) -> Secret:
        """The key of the blind index. Sealed without it."""
        if self.index is None:
            raise Sealed
        return self.index[1]

    def sid_lookup(self, sid: str) -> bytes:
        """Return the keyed hash of a carrier SID; known also while sealed."""
        return keyed_hash(self.integrity, "sid", sid.encode())

    def public_key_mac(self, table: str, row: UUID, epoch: int, public: bytes) -> bytes:
        """Return the MAC that keeps a public key from being swapped in the database."""
        where = self.context(table, "public", row, epoch=epoch).encode(b"")
        return keyed_hash(self.integrity, "public", where + public)

    def check_public_key(
        self, table: str, row: UUID, epoch: int, public: bytes, mac: bytes
    ) -> None:
        """Raise SealBroken unless ``mac`` was made by this deployment for this key and place."""
        if not same(self.public_key_mac(table, row, epoch, public), mac):
            raise SealBroken

    def within(self, db: Db) -> Keyring:
        """Return the same keys as one transaction sees them."""
        return _Within(self, db)


class _Within(Keyring):
    """A keyring in one transaction, which has one index key from its first look-up to its end.

    Another process may replace that key at any time: so each transaction asks the database once
    which one is current, and while it writes, nobody replaces it. What began sealed goes on sealed,
    unless it opens the server itself: half of a batch must not be provisional and half not.
    """

    __slots__ = ("_began_sealed", "_db")

    def __init__(self, shared: Keyring, db: Db) -> None:
        self.__dict__ = shared.__dict__  # one state, whichever transaction looks at it
        self._db = db
        self._began_sealed = shared.operational is None

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
        info = self._db.info
        if "index_key" not in info:
            read = self.current_index
            info["index_key"] = super().index_key if read is None else read(self._db)
        key: Secret = info["index_key"]
        return key

    def number_lookup(self, number: str) -> bytes:
        """Return the blind index of a number, made once a transaction. Sealed."""
        key = self.index_key
        made_with, made = self._db.info.get("numbers", (None, {}))
        if made_with is not key:
            made_with, made = self._db.info["numbers"] = key, {}
        if number not in made:
            made[number] = hash_number(key, number)
        found: bytes = made[number]
        return found

    def _shred_key(self, day: int, *, to_wrap: bool) -> Secret:
        """Look once a transaction whether a day's key is there: for each row would be too often."""
        held: dict[tuple[int, bool], Secret] = self._db.info.setdefault("shred", {})
        if (day, to_wrap) not in held:
            held[day, to_wrap] = super()._shred_key(day, to_wrap=to_wrap)
        return held[day, to_wrap]
