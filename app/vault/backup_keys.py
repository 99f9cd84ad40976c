"""The key that backups are sealed to: the server keeps its public half only."""

from __future__ import annotations

import base64
import binascii

from app.crypto import KeyFiles, KeyMissing, KeyPair, Secret, derive_key, new_seed, replace_file
from app.errors import OperatorError

_PUBLIC_FILE = "backup.pub"


class WrongBackupKey(OperatorError):
    """This is not the backup key that was printed when Kith was set up here."""


def new_backup_key() -> Secret:
    """Return a fresh seed; it is printed once and never stored on the server."""
    return new_seed()


def make_backup_pair(seed: bytes) -> KeyPair:
    """Return the X-Wing pair of a backup key."""
    return KeyPair(derive_key(seed, "backup"))


def print_backup_key(seed: bytes) -> str:
    """Return a backup key as it is printed: 52 base-32 letters in groups of four."""
    letters = base64.b32encode(seed).decode().rstrip("=")
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def read_backup_key(text: str) -> Secret:
    """Return the seed of a printed backup key, however it was spaced or cased. WrongBackupKey."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    try:
        seed = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error as error:
        raise WrongBackupKey from error
    if len(seed) != 32:
        raise WrongBackupKey
    return Secret(seed)


def keep_backup_public(files: KeyFiles, public: bytes) -> None:
    """Store the public half beside the key files."""
    replace_file(files.folder / _PUBLIC_FILE, public.hex().encode() + b"\n")


def has_backup_public(files: KeyFiles) -> bool:
    """Return whether there is a backup key here to seal to."""
    return (files.folder / _PUBLIC_FILE).exists()


def read_backup_public(files: KeyFiles) -> bytes:
    """Return the public half that backups are sealed to; KeyMissing."""
    try:
        return bytes.fromhex((files.folder / _PUBLIC_FILE).read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise KeyMissing(_PUBLIC_FILE) from error
