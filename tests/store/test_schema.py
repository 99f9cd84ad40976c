"""The migrations: there and back on both databases, and the same schema as the models."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, text

from app.models import Base
from app.store.schema import (
    downgrade_schema,
    find_newest_revision,
    is_schema_current,
    make_alembic_configuration,
    make_table_filter,
    read_revision,
    upgrade_schema,
)
from migrations.write_initial import TARGET, initial, laid_out


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{uuid.uuid4().hex}"
    with server.connect() as db:
        db.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    with server.connect() as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def migrated(empty_url: str) -> Iterator[Engine]:
    """A database that the migrations made."""
    upgrade_schema(empty_url)
    engine = create_engine(empty_url)
    yield engine
    engine.dispose()


def test_the_initial_migration_is_as_it_would_be_written_now() -> None:
    written = laid_out(initial(Base.metadata.sorted_tables))
    assert TARGET.read_text() == written, "run `python -m migrations.write_initial`"


def test_the_migrations_make_what_the_models_say(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": make_table_filter(connection), "compare_type": True}
        )
        difference = compare_metadata(context, Base.metadata)
    assert not difference, f"run `python -m migrations.write_initial`: {difference}"


def test_constraints_indexes_and_persistence_are_the_same_too(
    migrated: Engine, empty_url: str
) -> None:
    by_migrations = blueprint(migrated)
    downgrade_schema(empty_url, "base")
    _make_from_models(migrated)
    assert by_migrations == blueprint(migrated)


def _make_from_models(engine: Engine) -> None:
    tables = Base.metadata.sorted_tables
    here = [table for table in tables if table.info.get("only", engine.name) == engine.name]
    Base.metadata.create_all(engine, tables=here)


def test_the_way_back_leaves_nothing(migrated: Engine, empty_url: str) -> None:
    downgrade_schema(empty_url, "base")
    assert inspect(migrated).get_table_names() == ["alembic_version"]


def test_the_way_there_can_be_taken_again(empty_url: str) -> None:
    upgrade_schema(empty_url)
    downgrade_schema(empty_url, "base")
    upgrade_schema(empty_url)
    assert is_schema_current(empty_url)


def test_sessions_exist_only_on_postgresql_and_never_in_its_log(migrated: Engine) -> None:
    tables = inspect(migrated).get_table_names()
    if migrated.dialect.name == "sqlite":
        assert "sessions" not in tables
        return
    with migrated.connect() as db:
        question = text("SELECT relpersistence FROM pg_class WHERE relname = 'sessions'")
        assert db.scalar(question) in ("u", b"u")


def test_an_empty_database_has_no_revision(empty_url: str) -> None:
    assert read_revision(empty_url) is None
    assert not is_schema_current(empty_url)


def test_asking_for_the_revision_makes_no_database(tmp_path: Path) -> None:
    assert read_revision(f"sqlite:///{tmp_path / 'absent.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    upgrade_schema(empty_url)
    upgrade_schema(empty_url)
    assert read_revision(empty_url) == find_newest_revision()


def test_a_newer_schema_does_not_stop_the_running_release(migrated: Engine, empty_url: str) -> None:
    with migrated.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert is_schema_current(empty_url)


def test_a_migration_does_not_wait_long_for_a_lock(empty_url: str) -> None:
    said: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    upgrade_schema(empty_url)
    event.remove(Engine, "before_cursor_execute", listen)
    # SQLite has one lock for all, and waits for it as long as any writer does.
    assert ("SET LOCAL lock_timeout = '5s'" in said) == empty_url.startswith("postgresql")


def test_until_the_first_release_there_is_one_migration() -> None:
    scripts = ScriptDirectory.from_config(make_alembic_configuration())
    assert [script.revision for script in scripts.walk_revisions()] == ["0001"]


def blueprint(engine: Engine) -> set[tuple[str, ...]]:
    """Everything the database knows of its schema, as text, whatever the order it was made in."""
    with engine.connect() as db:
        if engine.dialect.name == "sqlite":
            rows = db.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
            found = [(name, line.strip(" ,\t")) for name, sql in rows for line in sql.split("\n")]
        else:
            found = [row for asked in _POSTGRESQL_CATALOGUE for row in db.execute(text(asked))]
    pieces = {tuple(str(value) for value in row) for row in found}
    return {piece for piece in pieces if "alembic_version" not in piece[0]}


_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, character_maximum_length
    FROM information_schema.columns WHERE table_schema = 'public'
"""
_POSTGRESQL_CATALOGUE = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname !~ '^pg_'",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT relname, relpersistence FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    _COLUMNS,
)
