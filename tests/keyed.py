"""A database with keys and without a service: for rules that need rows, keys and nothing more."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from app.crypto import KeyFiles, OperationalKeys, new_seed
from app.keyring import Keyring
from app.store import Database


def open_keyed_database(url: str, folder: Path) -> Database:
    """Return a database whose transactions have the keys of a new deployment, opened."""
    files, operational = KeyFiles(folder), OperationalKeys(new_seed())
    files.create()
    keys = Keyring(files, uuid4(), operational.pair.public, operational)
    keys.hold_index_key(uuid4(), new_seed())
    database = Database(url)
    database.use_keys(keys)
    return database
