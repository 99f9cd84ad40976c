"""The small secret files outside the database: integrity, audit, shred, operational, anchor.

Each is owner-only (0600) and written so that a crash leaves the old or the new file, never half.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.crypto.keys import SEED_BYTES, Secret, new_seed

_EPOCH = date(1970, 1, 1)


class KeyMissing(Exception):
    """A key file that this data needs is not there."""


class UnsafeKeyFile(Exception):
    """A key file can be read by others than its owner; chmod it to 0600."""


def day_number(instant: datetime) -> int:
    """Return the whole UTC days since 1970-01-01, the name of a shred key."""
    return (instant.astimezone(UTC).date() - _EPOCH).days


class KeyFiles:
    """The folder of key files of one deployment.

    Shred keys are kept in memory once read; every other host on the same (mounted) folder makes
    and deletes them by the same names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shred: dict[int, Secret] = {}

    def __repr__(self) -> str:
        return "KeyFiles(…)"

    def create(self) -> None:
        """Make the folder and the keys that live as long as the deployment."""
        for path in (self.folder, self._shred_folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
        self._write_new("integrity.key", new_seed())
        self._write_new("audit.key", new_seed())

    @property
    def _shred_folder(self) -> Path:
        return self.folder / "shred"

    @property
    def integrity(self) -> Secret:
        """The key of MACs over public keys, SIDs and idempotent requests."""
        return self._read("integrity.key")

    @property
    def audit(self) -> Secret:
        """The key of the audit chain."""
        return self._read("audit.key")

    # -- operational seed, only in `file` mode

    def store_operational_seed(self, seed: Secret) -> None:
        """Keep the operational seed on disk (``KITH_OPERATIONAL_KEY=file``)."""
        self._write_new("operational.key", seed)

    def operational_seed(self) -> Secret | None:
        """Return the operational seed if it is kept on disk."""
        try:
            return self._read("operational.key")
        except KeyMissing:
            return None

    # -- shred keys

    def shred_key(self, day: int) -> Secret:
        """Return the shred key of ``day``; KeyMissing once it is gone."""
        if day not in self._shred:
            self._shred[day] = self._read(f"shred/{_day_name(day)}.key")
        return self._shred[day]

    def ensure_shred_key(self, day: int) -> Secret:
        """Return the shred key of ``day``, making it if no host has yet."""
        try:
            return self.shred_key(day)
        except KeyMissing:
            with suppress(FileExistsError):  # another process was faster; read its key
                self._write_new(f"shred/{_day_name(day)}.key", new_seed())
            return self.shred_key(day)

    def shred_days(self) -> list[int]:
        """Return the days whose keys exist, oldest first."""
        return sorted(
            (date.fromisoformat(path.stem) - _EPOCH).days
            for path in self._shred_folder.glob("*.key")
        )

    def destroy_shred_key(self, day: int) -> None:
        """Forget a day for good: overwrite, unlink, drop from memory."""
        path = self._shred_folder / f"{_day_name(day)}.key"
        self._shred.pop(day, None)
        with suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(os.urandom(SEED_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            _sync_folder(path.parent)

    # -- anchor

    def read_anchor(self) -> dict[str, object]:
        """Return what may never fall: roster version and hash. KeyMissing without a file."""
        try:
            anchor = json.loads((self.folder / "anchor.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise KeyMissing("anchor.json") from error
        return dict(anchor)

    def write_anchor(self, anchor: dict[str, object]) -> None:
        """Replace the anchor in one step."""
        text = json.dumps(anchor, sort_keys=True)
        temporary = self.folder / f"anchor.{os.getpid()}.new"
        with suppress(FileNotFoundError):
            temporary.unlink()
        _write_private(temporary, text.encode())
        temporary.replace(self.folder / "anchor.json")
        _sync_folder(self.folder)

    # -- files

    def unsafe_files(self) -> list[str]:
        """Return the names of key files that others than the owner can read."""
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        )

    def _read(self, name: str) -> Secret:
        try:
            raw = (self.folder / name).read_bytes()
        except FileNotFoundError as error:
            raise KeyMissing(name) from error
        if len(raw) != SEED_BYTES:
            raise KeyMissing(name)
        return Secret(raw)

    def _write_new(self, name: str, secret: Secret) -> None:
        """Create ``name`` whole or not at all; FileExistsError if it is there already."""
        path = self.folder / name
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        _write_private(temporary, secret)
        try:
            os.link(temporary, path)  # atomic, and fails where the name is taken
        finally:
            temporary.unlink()
        _sync_folder(path.parent)


def _day_name(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
