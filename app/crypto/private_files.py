"""Small owner-only files, written so that a crash leaves the old or the new one, never half.

The one exception is a file of lines, to which whole lines are added.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def create_file(path: Path, data: bytes) -> None:
    """Make ``path`` (0600), whole or not at all; FileExistsError where the name is taken."""
    with _written(path, data) as temporary:
        os.link(temporary, path)  # atomic, and refuses a taken name; a move would not


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` (0600) in one step, whatever was there."""
    with _written(path, data) as temporary:
        temporary.replace(path)


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add ``lines`` to the end of ``path`` (0600), on the disk once this returns.

    A line that a crash cut short is closed first, so that it never runs into the next.
    """
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        cut_short = file.read(1) not in (b"", b"\n")
        file.write(b"\n" * cut_short + "".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def destroy_file(path: Path) -> None:
    """Overwrite and unlink ``path``, and what a crash may have left of its making.

    Overwriting in place comes first: a crash in between leaves the name, for the next try.
    """
    for left in (*path.parent.glob(f".{path.name}.*"), path):
        with suppress(FileNotFoundError):
            with left.open("r+b") as file:
                file.write(os.urandom(left.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            left.unlink()
    sync_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other process that asks for ``path`` waiting until the block ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _written(path: Path, data: bytes) -> Iterator[Path]:
    """Give a whole file beside ``path``, to be linked or moved there."""
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
