"""A seized server: played through once per kind of database and test run, then only looked at."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from app.operations.drill.keys import FoundKey, find_keys_in_folder
from app.store.schema import upgrade_schema
from tests import postgres
from tests.seizure import adversary
from tests.seizure.adversary import Dump, known_to, plunder
from tests.seizure.premises import Premises, as_on_the_premises, free_port
from tests.seizure.story import FIRST, Story, live_through

# One server keeps its operational key in a file, the other waits for somebody to sign in.
UNSEALED = "postgresql"
_OPERATIONAL: dict[str, FoundKey] = {}


@dataclass(frozen=True)
class Seized:
    """What was taken: all files of a stopped server, and its database as rows."""

    kind: str
    folder: Path
    story: Story
    dump: Dump

    @property
    def data(self) -> Path:
        """The data directory with the key files."""
        return self.folder / "data"

    def keys(self, *, operational: bool = True) -> list[FoundKey]:
        """Every possible key in the files, with the operational one or without.

        In ``unseal`` mode that is on no disk: it is what somebody of the desk opens.
        """
        found = [
            *find_keys_in_folder(self.data, leaving_out=self.data.glob("kith.db*")),
            *find_keys_in_folder(self.folder / "etc"),
            *find_keys_in_folder(self.folder / "tmp"),
        ]
        if not operational:
            return [key for key in found if key.where != "keys/operational.key"]
        return [*found, *self._opened_by_the_desk()] if self.kind == UNSEALED else found

    def _opened_by_the_desk(self) -> list[FoundKey]:
        if self.kind not in _OPERATIONAL:
            loot = plunder(self.dump, [*self.keys(operational=False), *self.known_to(FIRST)])
            grant = next(one for one in loot if one.cell.table == "operational_grants")
            _OPERATIONAL[self.kind] = FoundKey("the operational key", grant.plaintext)
        return [_OPERATIONAL[self.kind]]

    def known_to(self, *handles: str) -> list[FoundKey]:
        """What follows from these members' passphrases and recovery codes."""
        story = self.story
        with as_on_the_premises():
            return known_to(
                self.dump,
                {handle: story.passphrases[handle] for handle in handles},
                {handle: story.recovery_codes[handle] for handle in handles},
            )


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def seized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seized:
    """The seized server; nobody changes it, who must copies."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent  # shared by the processes of this run
    kind: str = request.param
    with _only_one(root / f"seized-{kind}.lock"):
        taken = root / f"seized-{kind}.pickle"
        if not taken.exists():
            folder = root / f"seized-{kind}"
            if folder.exists():
                pytest.fail("the day could not be lived: see the first test that wanted it")
            premises = _on_postgresql(folder) if kind == "postgresql" else _on_sqlite(folder)
            taken.write_bytes(pickle.dumps(premises))
    result: Seized = pickle.loads(taken.read_bytes())
    return result


@pytest.fixture
def a_copy(seized: Seized, tmp_path: Path) -> Path:
    """A copy of all seized files, to plant something in."""
    return Path(shutil.copytree(seized.folder, tmp_path / "copy"))


def _on_sqlite(folder: Path) -> Seized:
    premises = Premises(folder, None, free_port())
    premises.prepare()
    story = live_through(premises)
    return Seized("sqlite", folder, story, adversary.dump(_beside(premises)))


def _beside(premises: Premises) -> str:
    """The URL of a copy of the database: reading it would tidy its write-ahead log away."""
    folder = Path(tempfile.mkdtemp(dir=premises.folder.parent))
    for path in premises.data.glob("kith.db*"):
        shutil.copy(path, folder)
    return f"sqlite:///{folder / 'kith.db'}"


def _on_postgresql(folder: Path) -> Seized:
    # Not in pytest's folders, which are closed to the account that PostgreSQL runs as for root.
    with tempfile.TemporaryDirectory(prefix="kith-seized-") as cluster:
        server = postgres.start(Path(cluster))
        try:
            with server.connect() as db:
                db.execute("CREATE DATABASE kith")
            upgrade_schema(server.url("kith"))
            before = _fingerprints(server.folder)
            premises = Premises(folder, server.url("kith"), free_port(), "unseal")
            premises.prepare()
            story = live_through(premises)
            rows = adversary.dump(server.url("kith"))
            with server.connect() as db:
                db.execute("CHECKPOINT")  # now heap and log both hold what was written
        finally:
            postgres.kill(server)
        _take_cluster(server.folder, folder / "postgresql", before)
    return Seized("postgresql", folder, story, rows)


def _fingerprints(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: sha256(path.read_bytes()).digest() for path in files}


def _take_cluster(folder: Path, into: Path, before: Mapping[Path, bytes]) -> None:
    """Take whatever changed since the server was empty: the rest can hold nothing of ours."""
    for path, fingerprint in _fingerprints(folder).items():
        if before.get(path) != fingerprint:
            place = into / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
