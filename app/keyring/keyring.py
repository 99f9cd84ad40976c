"""The server's own keys in use: what it can wrap, look up and read without any person.

The operational half may be absent (``sealed``): then rows are still written, their row keys
sealed to the public half, and nothing operational is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

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
from app.models import OperationalRow, dump_values, load_values

Kept = TypeVar("Kept")
V = TypeVar("V")
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


@dataclass
class _Held:
    """What one process holds; all its transactions share this one object."""

    files: KeyFiles
    deployment: UUID
    operational_public: bytes
    # The keys of MACs and hashes, needed while sealed, too; and of the audit chain.
    integrity: Secret
    audit: Secret
    operational: OperationalKeys | None = None
    # The index key, with the id of the row it was read from.
    index: tuple[UUID, Secret] | None = None
    # Groups the texts of one phone while sealed; dies with this process.
    provisional_key: Secret = field(default_factory=new_seed)
    # Gives the operational seed to the other processes of this deployment.
    announce: Callable[[Secret], None] | None = None
    # What was read or verified with these keys, by its type.
    memory: dict[type, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "_Held(…)"


class Keyring:
    """The keys of one deployment, as one running process holds them.

    Raises SealBroken for an operational key of another deployment.
    """

    def __init__(
        self,
        files: KeyFiles,
        deployment: UUID,
        operational_public: bytes,
        operational: OperationalKeys | None = None,
    ) -> None:
        self._held = _Held(files, deployment, operational_public, files.integrity, files.audit)
        if operational is not None:
            self.unseal(operational)

    def __repr__(self) -> str:
        return "Keyring(…)"

    @property
    def files(self) -> KeyFiles:
        """The key files of this deployment."""
        return self._held.files

    @property
    def deployment(self) -> UUID:
        """The id of this deployment, which every context names."""
        return self._held.deployment

    @property
    def integrity(self) -> Secret:
        """The key of MACs and hashes that are needed while sealed, too."""
        return self._held.integrity

    @property
    def audit(self) -> Secret:
        """The key of the audit chain."""
        return self._held.audit

    @property
    def operational_public(self) -> bytes:
        """The public half of the operational key, there also while sealed."""
        return self._held.operational_public

    @property
    def provisional_key(self) -> Secret:
        """The key that groups the texts of one phone while sealed."""
        return self._held.provisional_key

    @property
    def operational(self) -> OperationalKeys | None:
        """The operational keys; None while sealed."""
        return self._held.operational

    @property
    def is_open(self) -> bool:
        """Whether operational values can be read."""
        return self.operational is not None

    def unseal(self, operational: OperationalKeys) -> None:
        """Take the operational key into memory; SealBroken unless it is this deployment's."""
        if operational.pair.public != self._held.operational_public:
            raise SealBroken
        self._held.operational = operational

    def seal(self) -> None:
        """Forget the operational key, and all that was read with it."""
        self._held.operational = self._held.index = None
        self._held.memory.clear()

    def on_unsealed(self, announce: Callable[[Secret], None]) -> None:
        """Have ``announce`` give the operational seed to the other processes."""
        self._held.announce = announce

    def announce_unsealed(self, seed: Secret) -> None:
        """Give the operational seed to the other processes, if there are any."""
        if self._held.announce is not None:
            self._held.announce(seed)

    # -- what was read with these keys

    def recall(self, kind: type[Kept]) -> Kept | None:
        """Return what was kept of this type. Whoever asks checks that it is still current."""
        kept = self._held.memory.get(kind)
        return kept if isinstance(kept, kind) else None

    def keep(self, value: object) -> None:
        """Keep a value for later transactions of this process, in place of an earlier one."""
        self._held.memory[type(value)] = value

    def forget_kept(self, kind: type) -> None:
        """Have the next who needs a value of this type read it anew."""
        self._held.memory.pop(kind, None)

    @property
    def held_index_key(self) -> tuple[UUID, Secret] | None:
        """The index key that was read last, with the id of its row."""
        return self._held.index

    def hold_index_key(self, row_id: UUID, key: Secret) -> None:
        """Hold the index key that was read from a row."""
        self._held.index = (row_id, key)

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

    def new_values(
        self, model: type[OperationalRow[V]], row: UUID, values: V, now: datetime
    ) -> dict[str, Any]:
        """Return the columns ``op_key op_values op_version shred_day`` of a new row."""
        table, row_key = model.__tablename__, new_seed()
        return {
            "op_key": self.forget(table, "op_key", row, self._wrap(table, row, row_key), now),
            "op_values": self._lock_values(table, row, 1, row_key, dump_values(values)),
            "op_version": 1,
            "shred_day": day_number(now),
        }

    def read_values(self, row: OperationalRow[V]) -> V:
        """Return what the machine knows of a row. Sealed; SealBroken where it was taken away."""
        return self.open_values(type(row), row)[0]

    def find_values(self, row: OperationalRow[V]) -> V | None:
        """Return what the machine knows of a row, None where it was taken away. Sealed."""
        return None if row.op_values is None else self.read_values(row)

    def open_values(
        self, model: type[OperationalRow[V]], row: OperationalFields
    ) -> tuple[V, Secret]:
        """Return a row's values with its row key, for who will rewrite it. Sealed, SealBroken."""
        table = model.__tablename__
        if row.op_values is None:
            raise SealBroken
        context = self.context(table, "op_values", row.id, row.op_version)
        key = self._row_key(table, row)
        opened = unlock(key, Purpose.ROW_VALUES, 0, context, row.op_values)
        return load_values(model.values_type, unpad(opened)), key

    def rewrite_values(
        self,
        model: type[OperationalRow[V]],
        row: OperationalFields,
        values: V,
        key: Secret | None = None,
    ) -> dict[str, Any]:
        """Return the columns that change when a row's values are replaced; its key stays.

        ``key`` is the row key, where it was opened before.
        """
        table, version = model.__tablename__, row.op_version + 1
        key = key or self._row_key(table, row)
        blob = self._lock_values(table, row.id, version, key, dump_values(values))
        return {"op_values": blob, "op_version": version}

    def write_values(self, row: OperationalRow[V], values: V) -> None:
        """Replace what the machine knows of a mapped row."""
        for column, value in self.rewrite_values(type(row), row, values).items():
            setattr(row, column, value)

    def new_row(
        self, table: str, row: UUID, values: Mapping[str, Any], now: datetime
    ) -> dict[str, Any]:
        """Return the columns ``op_key op_values op_version shred_day`` of a new row."""
        row_key = new_seed()
        return {
            "op_key": self.forget(table, "op_key", row, self._wrap(table, row, row_key), now),
            "op_values": self._lock_values(
                table, row, 1, row_key, _ENCODER.encode(values).encode()
            ),
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
        blob = self._lock_values(table, row.id, version, key, _ENCODER.encode(values).encode())
        return {"op_values": blob, "op_version": version}

    def replace_values(self, table: str, row: OperationalFields, values: Mapping[str, Any]) -> None:
        """Rewrite the operational values of a mapped row in place."""
        for column, value in self.rewrite_row(table, row, values).items():
            setattr(row, column, value)

    def _wrap(self, table: str, row: UUID, row_key: Secret) -> bytes:
        context = self.context(table, "op_key", row)
        if self.operational is None:
            return seal_to(self._held.operational_public, Purpose.ROW_KEY, 0, context, row_key)
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
        self, table: str, row: UUID, version: int, row_key: bytes, values: bytes
    ) -> bytes:
        plaintext = pad_field(values)
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
        if self.held_index_key is None:
            raise Sealed
        return self.held_index_key[1]

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

    def within(self, read_index_key: Callable[[], Secret] | None) -> TransactionKeys:
        """Return the same keys as one transaction sees them.

        ``read_index_key`` returns the index key that is current in the transaction; without it the
        one that this process holds counts.
        """
        return TransactionKeys(self._held, read_index_key)


class TransactionKeys(Keyring):
    """A keyring in one transaction, which has one index key from its first look-up to its end.

    Another process may replace that key at any time: so each transaction asks the database once
    which one is current, and while it writes, nobody replaces it. What began sealed goes on sealed,
    unless it opens the server itself: half of a batch must not be provisional and half not.
    """

    def __init__(self, held: _Held, read_index_key: Callable[[], Secret] | None) -> None:
        self._held = held
        self._read_index_key = read_index_key
        self._began_sealed = held.operational is None
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
