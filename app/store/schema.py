"""Bringing a database to the newest schema, and knowing whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import make_url

from app.errors import OperatorError
from app.store.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


_HERE = Path(__file__).parents[1]


class SchemaBehind(OperatorError):
    """The database has an older schema than this release needs. Run `kith migrate` first."""


def find_migrations_folder() -> Path:
    """Return where the migrations are: in the package once installed, beside it in a checkout."""
    installed = _HERE / "migrations"
    return installed if installed.is_dir() else _HERE.parent / "migrations"


def make_alembic_configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, working on ``connection`` where one is given."""
    config = Config()
    config.set_main_option("script_location", str(find_migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade_schema(database_url: str, revision: str = "head") -> None:
    """Create or update the schema, whole or not at all."""
    with _connected(database_url) as connection:
        command.upgrade(make_alembic_configuration(connection), revision)


def downgrade_schema(database_url: str, revision: str) -> None:
    """Take the schema back to ``revision`` (``base``: to nothing, with all data)."""
    with _connected(database_url) as connection:
        command.downgrade(make_alembic_configuration(connection), revision)


def read_revision(database_url: str) -> str | None:
    """Return the revision of a database; None for an empty one or none at all."""
    if not _exists(database_url):
        return None
    with _connected(database_url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def find_newest_revision() -> str:
    """Return the revision that this release needs."""
    return str(ScriptDirectory.from_config(make_alembic_configuration()).get_current_head())


def is_schema_current(database_url: str) -> bool:
    """Return whether the database has all that this release needs.

    A revision unknown here is a newer release's: its migrations let this one run on.
    """
    there = read_revision(database_url)
    return there is not None and (there == find_newest_revision() or not is_known_revision(there))


def make_table_filter(connection: Connection) -> Callable[..., bool]:
    """Return Alembic's filter: which tables exist on this kind of database."""
    backend = connection.dialect.name

    def include(thing: Any, _name: str | None, kind: str, *_: object) -> bool:
        table = thing if kind == "table" else thing.table
        return bool(table.info.get("only", backend) == backend)

    return include


def is_known_revision(revision: str) -> bool:
    """Return whether this release has the migration of that name."""
    scripts = ScriptDirectory.from_config(make_alembic_configuration())
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False


def _exists(database_url: str) -> bool:
    url = make_url(database_url)
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    database = Database(database_url)
    try:
        with database.engine.begin() as connection:
            yield connection
    finally:
        database.close()
