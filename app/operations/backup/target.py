"""The empty place that an archive is restored into: made ready first, cleared where that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import inspect, literal, select, table

from app.crypto import KeyFiles, KeyMissing, destroy_file
from app.errors import OperatorError
from app.store import Database, downgrade_schema, read_revision, upgrade_schema
from app.vault import has_backup_public, keep_backup_public

# What a restore may make in the keys folder.
_FILES = ("integrity.key", "audit.key", "anchor.json", "anchor.lock", "backup.pub", "tombstones")


class NotEmpty(OperatorError):
    """There is data here already. Restore into an empty data directory or database."""


class OtherKeys(OperatorError):
    """The keys folder belongs to another organisation. Choose an empty one (KITH_KEYS_DIR)."""


def refuse_existing_data(url: str) -> None:
    """Raise NotEmpty where any table has a row."""
    if read_revision(url) is None:
        return
    database = Database(url)
    try:
        with database.snapshot() as db:
            for name in set(inspect(db.connection()).get_table_names()) - {"alembic_version"}:
                if db.execute(select(literal(1)).select_from(table(name)).limit(1)).first():
                    raise NotEmpty
    finally:
        database.close()


def has_anchor(files: KeyFiles) -> bool:
    """Return whether the keys folder vouches for a list of members."""
    with suppress(KeyMissing):
        files.read_anchor()
        return True
    return False


@contextmanager
def write_key_files(
    files: KeyFiles,
    integrity: bytes,
    audit: bytes,
    anchor: Mapping[str, object],
    backup_public: bytes,
) -> Iterator[None]:
    """Keep the archive's keys in the keys folder, unless they are there. OtherKeys."""
    made = [files.folder / name for name in _FILES if not (files.folder / name).exists()]
    if not files.adopt(integrity, audit):
        raise OtherKeys
    try:
        if not has_anchor(files):
            files.write_anchor(dict(anchor))
        if not has_backup_public(files):
            keep_backup_public(files, backup_public)
        yield
    except BaseException:
        for path in made:
            destroy_file(path)
        raise


@contextmanager
def lay_schema(url: str, revision: str) -> Iterator[None]:
    """Lay the schema that the archive's rows are of."""
    if read_revision(url) is not None:
        downgrade_schema(url, "base")  # empty: a restore or set-up was cut short
    try:
        upgrade_schema(url, revision)
        yield
    except BaseException:
        _clear(url)
        raise


def _clear(url: str) -> None:
    database = Database(url)
    database.close()
    if database.on_sqlite:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{database.url.database}{suffix}").unlink(missing_ok=True)
    else:
        downgrade_schema(url, "base")
