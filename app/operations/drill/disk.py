"""The files on this machine's disk: where keys may lie, and what is searched for words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.operations.drill.keys import FoundKey, find_keys_in_environment, find_keys_in_folder
from app.operations.drill.search import list_files_below
from app.settings import Settings

_OWN_FOLDERS = text("""
    SELECT current_setting('data_directory'), ours.oid, NOT EXISTS (
        SELECT FROM pg_database other
        WHERE other.oid <> ours.oid AND other.datname NOT IN ('postgres', 'template0', 'template1'))
    FROM pg_database ours WHERE ours.datname = current_database()
""")


def find_keys_on_disk(settings: Settings, environment: Mapping[str, str]) -> list[FoundKey]:
    """Return every key in the data directory, the keys folder and the configuration."""
    databases = _list_database_files(settings)
    return [
        *find_keys_in_folder(settings.keys_path),
        *find_keys_in_folder(settings.data_dir, leaving_out=[settings.keys_path, *databases]),
        *find_keys_in_environment(environment),
    ]


def _list_database_files(settings: Settings) -> list[Path]:
    if not settings.on_sqlite:
        return []
    path = settings.sqlalchemy_url.removeprefix("sqlite:///")
    return [Path(path + suffix) for suffix in ("", "-wal", "-shm")]


def list_searched_files(settings: Settings, connection: Connection) -> Iterator[Path]:
    """Yield the files to search: data, logs, database; not those that hold secrets on purpose."""
    known = [settings.keys_path, settings.data_dir / "demo.json"]
    if settings.wake_numbers_file:
        known.append(settings.wake_numbers_file)
    folders = [
        settings.data_dir,
        *(path for path in _list_database_files(settings) if path.exists()),
    ]
    if connection.dialect.name == "postgresql":
        folders += _find_cluster(connection)
    yield from dict.fromkeys(
        path.resolve() for path in list_files_below(*folders, leaving_out=known)
    )


def _find_cluster(connection: Connection) -> list[Path]:
    """Return PostgreSQL's own folders, where they are on this machine and we may look into them.

    The write-ahead log is the whole server's: it is ours only where no other database is on it.
    """
    try:
        with connection.begin_nested():
            folder, oid, alone = connection.execute(_OWN_FOLDERS).one()
        folders = [Path(folder) / "base" / str(oid), *([Path(folder) / "pg_wal"] if alone else [])]
        return [path for path in folders if any(path.iterdir())]
    except (SQLAlchemyError, OSError):
        return []
