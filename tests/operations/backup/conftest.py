"""A house that makes archives, and empty places to bring them back into."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.clock import FixedClock
from app.crypto import KeyFiles, Secret
from app.operations.backup.restorer import RestoredData, restore_archive
from app.operations.backup.writer import make_archive
from app.store.db import Database
from app.vault.backup_keys import keep_backup_public, make_backup_pair, new_backup_key
from tests import service
from tests.service import House


@dataclass(frozen=True)
class Place:
    """Somewhere to restore into: a data directory, and a database of either kind."""

    folder: Path
    database_url: str | None

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.folder / 'kith.db'}"

    @property
    def files(self) -> KeyFiles:
        return KeyFiles(self.folder / "keys")

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database alone, without its keys."""
        database = Database(self.url)
        yield database
        database.close()


@dataclass(frozen=True)
class Archives:
    """Makes archives of a house and restores them."""

    house: House
    folder: Path
    seed: Secret

    @property
    def files(self) -> KeyFiles:
        return KeyFiles(self.house.settings.keys_path)

    def make(self, folder: Path | None = None) -> Path:
        """Make an archive while the house is running."""
        database = Database(self.house.settings.sqlalchemy_url)
        try:
            made = make_archive(database, self.files, folder or self.folder, self.house.clock())
        finally:
            database.close()
        return made.path

    def restore(self, archive: Path, place: Place, **options: Any) -> RestoredData:
        """Restore an archive, with the acknowledgement that a new server asks for."""
        now: datetime = options.pop("now", self.house.clock())
        options.setdefault("acknowledged", word_of(archive))
        return restore_archive(place.url, place.files, archive, self.seed, now, **options)

    @contextmanager
    def reopened(self, place: Place) -> Iterator[House]:
        """Serve what was restored."""
        clock, people = FixedClock(self.house.clock()), self.house.residents
        url = place.database_url
        with service.served(place.folder, url, clock, people, operational_key="unseal") as house:
            yield house


def word_of(archive: Path) -> str:
    """The word to type for an archive: the day on which it was made."""
    return archive.name.removeprefix("kith-")[:10]


@pytest.fixture
def archives(house: House, tmp_path: Path) -> Archives:
    seed = new_backup_key()
    files = KeyFiles(house.settings.keys_path)
    keep_backup_public(files, make_backup_pair(seed).public)
    return Archives(house, tmp_path / "archives", seed)


@pytest.fixture
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Give a function that makes an empty place on ``sqlite`` or ``postgresql``."""
    with ExitStack() as stack:

        def make(kind: str) -> Place:
            folder = tmp_path / f"place-{uuid.uuid4().hex}"
            if kind == "sqlite":
                return Place(folder, None)
            server, name = request.getfixturevalue("postgres_server"), f"empty_{uuid.uuid4().hex}"
            with server.connect() as db:
                db.execute(f"CREATE DATABASE {name}")
            stack.callback(drop, server, name)
            return Place(folder, server.url(name))

        def drop(server: Any, name: str) -> None:
            with server.connect() as db:
                db.execute(f"DROP DATABASE {name} WITH (FORCE)")

        yield make
