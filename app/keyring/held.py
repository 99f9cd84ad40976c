"""The keys that a process holds, the contexts they seal in, and the forgetting layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from app.crypto import (
    Context,
    KeyFiles,
    KeyMissing,
    OperationalKeys,
    SealBroken,
    Secret,
    day_number,
    forget_under,
    forgotten_on,
    new_seed,
    remember,
)
from app.errors import Sealed
from app.models import Parent

Kept = TypeVar("Kept")


@dataclass
class HeldKeys:
    """The keys of one process; all its transactions share this object."""

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
    # Values that were read or verified with these keys, by their type.
    memory: dict[type, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "HeldKeys(…)"


class KeyHolder:
    """An object that uses the keys of this process."""

    held: HeldKeys

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    @property
    def files(self) -> KeyFiles:
        """The key files of this deployment."""
        return self.held.files

    @property
    def deployment(self) -> UUID:
        """The id of this deployment, which every context names."""
        return self.held.deployment

    @property
    def integrity(self) -> Secret:
        """The key of MACs and hashes that are needed while sealed, too."""
        return self.held.integrity

    @property
    def audit(self) -> Secret:
        """The key of the audit chain."""
        return self.held.audit

    @property
    def operational_public(self) -> bytes:
        """The public half of the operational key, there also while sealed."""
        return self.held.operational_public

    @property
    def provisional_key(self) -> Secret:
        """The key that groups the texts of one phone while sealed."""
        return self.held.provisional_key

    @property
    def operational(self) -> OperationalKeys | None:
        """The operational keys; None while sealed."""
        return self.held.operational

    @property
    def is_open(self) -> bool:
        """Whether operational values can be read."""
        return self.operational is not None

    def unseal(self, operational: OperationalKeys) -> None:
        """Take the operational key into memory; SealBroken unless it is this deployment's."""
        if operational.pair.public != self.held.operational_public:
            raise SealBroken
        self.held.operational = operational

    def seal(self) -> None:
        """Forget the operational key, and everything that was read with it."""
        self.held.operational = self.held.index = None
        self.held.memory.clear()

    def on_unsealed(self, announce: Callable[[Secret], None]) -> None:
        """Have ``announce`` give the operational seed to the other processes."""
        self.held.announce = announce

    def announce_unsealed(self, seed: Secret) -> None:
        """Give the operational seed to the other processes, if there are any."""
        if self.held.announce is not None:
            self.held.announce(seed)

    # -- values read with these keys

    def recall(self, kind: type[Kept]) -> Kept | None:
        """Return the value of this type that was kept. Check that it is still current."""
        kept = self.held.memory.get(kind)
        return kept if isinstance(kept, kind) else None

    def keep(self, value: object) -> None:
        """Keep a value for later transactions of this process, in place of an earlier one."""
        self.held.memory[type(value)] = value

    def forget_kept(self, kind: type) -> None:
        """Drop the value of this type, so that it is read anew."""
        self.held.memory.pop(kind, None)

    @property
    def held_index_key(self) -> tuple[UUID, Secret] | None:
        """The index key that was read last, with the id of its row."""
        return self.held.index

    def hold_index_key(self, row_id: UUID, key: Secret) -> None:
        """Hold the index key that was read from a row."""
        self.held.index = (row_id, key)

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
        parents: tuple[Parent, ...] = (),
    ) -> Context:
        """Return the context of one sealed value in this deployment."""
        return Context(self.deployment, table, column, row, version, case, epoch, parents)

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

    def has_shred_day(self, day: int) -> bool:
        """Return whether a day's shred key is there. Sealed where the key folder is absent."""
        try:
            self._shred_key(day, to_wrap=False)
        except Sealed:
            if not self.files.shred_days():
                raise
            return False
        return True

    def _shred_key(self, day: int, *, to_wrap: bool) -> Secret:
        try:
            return self.files.ensure_shred_key(day) if to_wrap else self.files.shred_key(day)
        except KeyMissing as error:
            raise Sealed from error
