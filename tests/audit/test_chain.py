"""The audit chain: what is changed, taken out or cut off shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import ColumnElement, delete, update

from app import audit
from app.audit import Verdict
from app.crypto import KeyFiles
from app.models import AuditEntry, AuditHead
from app.store.db import Database, Db
from tests.keyed import open_keyed_database
from tests.service import House

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def busy(sqlite_url: str, tmp_path: Path) -> Iterator[Database]:
    """A chain of a few entries, whose end was last vouched for outside the database."""
    database = open_keyed_database(sqlite_url, tmp_path / "keys")
    KeyFiles(tmp_path / "keys").write_anchor({})
    with database.transaction() as db:
        audit.begin(db)
    for _ in range(4):
        with database.transaction() as db:
            audit.record(db, "case.read", uuid4(), uuid4(), NOW)
    with database.snapshot() as db:
        audit.advance_anchor(db)
    yield database
    database.close()


def _after(database: Database, change: Callable[[Db], None] = lambda _: None) -> Verdict:
    with database.transaction() as db:
        change(db)
    with database.snapshot() as db:
        return audit.verify(db)


def test_an_untouched_chain_is_intact(busy: Database) -> None:
    assert _after(busy).intact


@pytest.mark.parametrize("column", ["kind", "actor", "object"])
def test_a_changed_entry_shows(busy: Database, column: str) -> None:
    def change(db: Db) -> None:
        value = "case.closed" if column == "kind" else None
        last = db.get_one(AuditHead, 1).seq
        db.execute(update(AuditEntry).where(AuditEntry.seq == last).values({column: value}))

    verdict = _after(busy, change)
    assert verdict.reason == "an entry was changed"


def test_a_missing_entry_shows(busy: Database) -> None:
    verdict = _after(busy, lambda db: _drop(db, AuditEntry.seq == 2))
    assert (verdict.broken_at, verdict.reason) == (2, "an entry is missing")


def test_a_chain_cut_off_with_its_head_moved_back_shows(busy: Database) -> None:
    def cut(db: Db) -> None:
        head = db.get_one(AuditHead, 1)
        before = db.get_one(AuditEntry, head.seq - 1)
        _drop(db, AuditEntry.seq == head.seq)
        head.seq, head.mac = before.seq, before.mac

    assert _after(busy, cut).reason == "the end of the chain was cut off"


def test_an_empty_chain_shows(busy: Database) -> None:
    def empty(db: Db) -> None:
        db.execute(delete(AuditEntry))
        head = db.get_one(AuditHead, 1)
        head.seq, head.mac = 0, bytes(32)

    assert not _after(busy, empty).intact


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_audit_row_no_plaintext(house: House) -> None:
    """A read that cannot be written down gives nothing away."""
    case = house.case_of("hello")
    with house.database.transaction() as db:
        db.execute(delete(AuditHead))
    answer = house.as_("heron").get(f"/v1/cases/{case['id']}")
    assert answer.status_code >= 500
    assert "hello" not in answer.text


def _drop(db: Db, which: ColumnElement[bool]) -> None:
    db.execute(delete(AuditEntry).where(which))
