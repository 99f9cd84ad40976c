"""The organisation of the tests without its doors: its database, its keys and its people.

For rules of the domain that need rows, but no HTTP, no worker and no phones. A copy takes
milliseconds where the whole service takes most of a second.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.access import Principal
from app.clock import FixedClock
from app.crypto import (
    KeyFiles,
    MemberKeys,
    new_recovery_code,
    new_salt,
    new_seed,
    new_totp_secret,
)
from app.members import (
    EnrolledMember,
    MemorySessions,
    NewcomerSecrets,
    confirm_change,
    list_confirmations,
    make_invitation,
    redeem_invitation,
)
from app.models import AuditEntry, Member
from app.store import Database, Db
from app.vault import open_keyring
from tests.service import Blueprint, Resident, start_of_time

ZONE = ZoneInfo("America/Toronto")


@dataclass(frozen=True)
class Premises:
    """A database of its own with everybody in it, on a clock that stands still."""

    database: Database
    residents: Mapping[str, Resident]
    clock: FixedClock
    sessions: MemorySessions = field(default_factory=MemorySessions)
    # Those of newcomers, by handle.
    keys: dict[str, MemberKeys] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock()

    def writing(self) -> AbstractContextManager[Db]:
        return self.database.transaction()

    def reading(self) -> AbstractContextManager[Db]:
        return self.database.snapshot()

    def id(self, handle: str) -> UUID:
        return self.residents[handle].id

    def principal(self, handle: str) -> Principal:
        """A member with the roles that they had in the beginning."""
        resident = self.residents[handle]
        archive = "coordinator" in resident.roles
        roles = frozenset(resident.roles)
        return Principal(resident.id, handle, roles, archive, uuid4(), resident.keys)

    def member(self, handle: str) -> Member:
        with self.reading() as db:
            return db.get_one(Member, self.id(handle))

    def invite(self, *roles: str, by: str = "crane") -> str:
        """Make an invitation and return its code."""
        with self.writing() as db:
            return make_invitation(db, self.principal(by), roles, ["ht"], ["laval"], self.now)[0]

    def redeem(self, code: str, handle: str = "lark", **given: str) -> EnrolledMember:
        """Use an invitation as a newcomer, whose passphrase takes no time."""
        keys = MemberKeys(new_seed())
        secrets = NewcomerSecrets(
            keys, new_salt(), new_seed(), new_recovery_code(), new_totp_secret()
        )
        given = {"name": "", "phone": "", **given}
        with self.writing() as db:
            enrolled = redeem_invitation(
                db, secrets, code=code, handle=handle, now=self.now, **given
            )
        self.keys[handle] = keys
        return enrolled

    def confirm(self, by: str) -> None:
        """Have a second coordinator confirm the one change that waits."""
        with self.writing() as db:
            [waiting] = list_confirmations(db)
            confirm_change(db, self.sessions, self.principal(by), waiting.id, self.now)

    def state(self, handle: str) -> str:
        with self.reading() as db:
            return db.scalars(select(Member.state).where(Member.handle == handle)).one()

    def log(self) -> list[str]:
        """The kinds of the entries of the audit log, oldest first."""
        with self.reading() as db:
            return list(db.scalars(select(AuditEntry.kind).order_by(AuditEntry.seq)))


@contextmanager
def entered(blueprint: Blueprint, folder: Path, clock: FixedClock) -> Iterator[Premises]:
    """Copy an organisation into ``folder`` and open its database."""
    shutil.copytree(blueprint.folder, folder, dirs_exist_ok=True)
    database = Database(f"sqlite:///{folder / 'kith.db'}")
    database.zone = ZONE
    open_keyring(database, KeyFiles(folder / "keys"))
    try:
        yield Premises(database, blueprint.residents, clock)
    finally:
        database.close()


@pytest.fixture
def premises(sqlite_blueprint: Blueprint, tmp_path: Path, clock: FixedClock) -> Iterator[Premises]:
    """A copy for one test."""
    with entered(sqlite_blueprint, tmp_path, clock) as inside:
        yield inside


@pytest.fixture(scope="module")
def shared_premises(
    sqlite_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Premises]:
    """One copy for all tests of a module that do not mind each other's traces."""
    folder = tmp_path_factory.mktemp("premises")
    with entered(sqlite_blueprint, folder, FixedClock(start_of_time())) as inside:
        yield inside
