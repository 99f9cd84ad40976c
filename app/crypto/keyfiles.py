"""The small secret files outside the database: integrity, audit, shred, operational, anchor.

Each is owner-only (0600), and a crash leaves the old or the new file, never half.
"""

from __future__ import annotations

import json
import stat
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.crypto.blind_index import is_same
from app.crypto.keys import SEED_BYTES, Secret, new_seed
from app.crypto.private_files import create_file, destroy_file, locked, replace_file, sync_folder

_EPOCH = date(1970, 1, 1)
# These numbers of the anchor may only rise: the roster's version, the ends of the audit chain and
# of the chain of releases.
_RISING = (("version",), ("audit", "seq"), ("statistics", "seq"))


class KeyMissing(Exception):
    """A key file that this data needs is not there, or is not whole."""


class UnsafeKeyFile(Exception):
    """A key file can be read by others than its owner; chmod it to 0600."""


def day_number(instant: datetime) -> int:
    """Return the whole UTC days since 1970-01-01, the name of a shred key."""
    return (instant.astimezone(UTC).date() - _EPOCH).days


class KeyFiles:
    """The folder of key files of one deployment.

    Every host on the same (mounted) folder makes and destroys shred keys by the same names. They
    are kept in memory once read, but never used after their file went, and dropped when the next
    key is read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shred: dict[int, Secret] = {}
        self._shred_paths: dict[int, Path] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "KeyFiles(…)"

    def create(self) -> None:
        """Make the folder and the keys that live as long as the deployment.

        What is there already stays, so that a set-up cut short can be run again.
        """
        self._make_folders()
        for name in ("integrity.key", "audit.key"):
            with suppress(FileExistsError):
                create_file(self.folder / name, new_seed())

    def adopt(self, integrity: bytes, audit: bytes) -> bool:
        """Take over the keys of an archive; False, and nothing done, where others are here."""
        keys = {"integrity.key": integrity, "audit.key": audit}
        there = {name: self.folder / name for name in keys if (self.folder / name).exists()}
        if not all(is_same(_read(path), keys[name]) for name, path in there.items()):
            return False
        self._make_folders()
        for name in keys.keys() - there.keys():
            create_file(self.folder / name, keys[name])
        return True

    def _make_folders(self) -> None:
        for path in (self.folder, self._shred_folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            sync_folder(path.parent)

    @property
    def _shred_folder(self) -> Path:
        return self.folder / "shred"

    @property
    def integrity(self) -> Secret:
        """The key of MACs over public keys, SIDs and idempotent requests."""
        return _read(self.folder / "integrity.key")

    @property
    def audit(self) -> Secret:
        """The key of the audit chain."""
        return _read(self.folder / "audit.key")

    # -- operational seed, only in `file` mode

    def store_operational_seed(self, seed: Secret) -> None:
        """Keep the operational seed on disk (``KITH_OPERATIONAL_KEY=file``); FileExistsError."""
        create_file(self.folder / "operational.key", seed)

    def operational_seed(self) -> Secret | None:
        """Return the operational seed if it is kept on disk."""
        try:
            return _read(self.folder / "operational.key")
        except KeyMissing:
            return None

    def destroy_operational_seed(self) -> None:
        """Take the operational seed off the disk for good."""
        destroy_file(self.folder / "operational.key")

    # -- shred keys

    def shred_key(self, day: int) -> Secret:
        """Return the shred key of ``day``, to open with; KeyMissing once it is gone."""
        key = self._shred.get(day)
        if key is not None and self._shred_path(day).exists():
            return key
        return self._read_shred_key(day)

    def ensure_shred_key(self, day: int) -> Secret:
        """Return the shred key of ``day``, to wrap under, making it if no host has yet.

        Its name is on the disk before this returns, whoever made it: nothing is ever committed
        under a key that a power cut could take back. KeyMissing where the folder itself is absent
        (not mounted): then no key is made.
        """
        path = self._shred_path(day)
        key, exists = self._shred.get(day), path.exists()
        if key is not None and exists:
            return key
        try:
            if not exists:
                with suppress(FileExistsError):  # another process was faster; read its key
                    create_file(path, new_seed())
            sync_folder(self._shred_folder)
        except FileNotFoundError as error:
            raise KeyMissing("shred") from error
        return self._read_shred_key(day)

    def shred_days(self) -> list[int]:
        """Return the days whose keys exist, oldest first."""
        return sorted(
            (date.fromisoformat(path.stem) - _EPOCH).days
            for path in self._shred_folder.glob("????-??-??.key")
        )

    def destroy_shred_key(self, day: int) -> None:
        """Forget a day for good: overwrite, unlink, drop from memory."""
        with self._lock:
            destroy_file(self._shred_path(day))
            self._shred.pop(day, None)

    def _read_shred_key(self, day: int) -> Secret:
        key = _read(self._shred_path(day))
        with self._lock:
            for known in [known for known in self._shred if not self._shred_path(known).exists()]:
                del self._shred[known]  # another host destroyed it
            self._shred[day] = key
        return key

    def _shred_path(self, day: int) -> Path:
        path = self._shred_paths.get(day)
        if path is None:
            name = f"{(_EPOCH + timedelta(days=day)).isoformat()}.key"
            path = self._shred_paths[day] = self._shred_folder / name
        return path

    # -- anchor

    def read_anchor(self) -> dict[str, object]:
        """Return what may never fall: roster version and hash, the end of the audit chain.

        KeyMissing without a file.
        """
        try:
            anchor = json.loads((self.folder / "anchor.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise KeyMissing("anchor.json") from error
        return dict(anchor)

    def write_anchor(self, changes: dict[str, object]) -> None:
        """Put ``changes`` into the anchor in one step; its other entries stay.

        Nothing happens where ``version`` (the roster's), or the end of one of the chains, would
        fall: another process was faster.
        """
        path = self.folder / "anchor.json"
        with locked(self.folder / "anchor.lock"):
            kept = self.read_anchor() if path.exists() else {}
            if any(_number(kept, at) > _number(kept | changes, at) for at in _RISING):
                return
            replace_file(path, json.dumps(kept | changes, sort_keys=True).encode())

    # -- files

    def unsafe_files(self) -> list[str]:
        """Return the names of key files that others than the owner can read."""
        names = []
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # another process is just writing a key
                mode = path.stat().st_mode
                if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
                    names.append(str(path.relative_to(self.folder)))
        return sorted(names)


def _read(path: Path) -> Secret:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise KeyMissing(path.name) from error
    if len(raw) != SEED_BYTES:
        raise KeyMissing(path.name)
    return Secret(raw)


def _number(anchor: dict[str, object], at: tuple[str, ...]) -> int:
    found: object = anchor
    for name in at:
        found = found.get(name, 0) if isinstance(found, dict) else 0
    return int(str(found))
