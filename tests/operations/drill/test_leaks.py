"""Phone numbers and operational values in plain are found, in rows and in files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert

from app.crypto import Secret, pad_field
from app.models import Job, table
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.cells import Cell
from app.operations.drill.inventory import find_strange_columns
from app.operations.drill.leaks import find_leaks
from app.store.schema import upgrade_schema

CALLER, OURS = "+15145550123", "+15145550100"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('leaks') / 'kith.db'}"
    upgrade_schema(url)
    return url


@pytest.fixture
def connection(empty_database: str) -> Iterator[Connection]:
    """A connection whose changes are undone."""
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def found(connection: Connection, *paths: Path, opened: OpenedCell | None = None) -> list[str]:
    cells = [opened] if opened else []
    return [leak.what for leak in find_leaks(connection, paths, cells, OURS, lambda _: None)]


def test_nothing_is_found_where_nothing_is(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "kith.log").write_text('{"event": "service.ready"}')
    assert found(connection, tmp_path / "kith.log") == []


@pytest.mark.parametrize(("encoding", "form"), [("utf-8", "plain"), ("utf-16-le", "utf-16")])
def test_a_number_in_a_file_is_found(
    connection: Connection, tmp_path: Path, encoding: str, form: str
) -> None:
    path = tmp_path / "tmp1"
    path.write_bytes(f"sent to {CALLER}".encode(encoding))
    assert found(connection, path) == [f"a phone number lies in {path}, {form}"]


def test_the_hotlines_own_number_is_no_secret(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "kith.log").write_text(OURS)
    assert found(connection, tmp_path / "kith.log") == []


def test_a_number_in_a_row_is_found(connection: Connection) -> None:
    run_at = datetime(2026, 1, 15, tzinfo=UTC)
    connection.execute(insert(table(Job)).values(id=UUID(int=1), kind=CALLER, run_at=run_at))
    assert found(connection) == ["a phone number lies in jobs, plain"]


def test_an_operational_value_in_a_file_is_found_and_not_shown(
    connection: Connection, tmp_path: Path
) -> None:
    secret = Secret(pad_field(json.dumps({"name": "Réseau Nord", "codes": ["fr"]}).encode()))
    cell = Cell("members", "op_values", "operational", False, {"id": UUID(int=1)}, b"")
    path = tmp_path / "dump.json"
    path.write_text(json.dumps("Réseau Nord"))
    [what] = found(connection, path, opened=OpenedCell(cell, secret, ("operational.key",)))
    assert what == f"an operational value (members 1) lies in {path}, json"


def test_a_file_that_went_meanwhile_is_passed_over(connection: Connection, tmp_path: Path) -> None:
    assert found(connection, tmp_path / "gone.log") == []


def test_a_column_that_the_inventory_does_not_know_is_found(connection: Connection) -> None:
    assert list(find_strange_columns(connection)) == []
    connection.exec_driver_sql("ALTER TABLE cases ADD COLUMN caller_name TEXT")
    assert list(find_strange_columns(connection)) == ["cases.caller_name"]
