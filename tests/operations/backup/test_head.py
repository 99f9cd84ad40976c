"""An archive's head is read as it was written, and shows no key when printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from app.crypto import Secret
from app.operations.backup.head import ArchiveHead, dump_head, load_head

HEAD = ArchiveHead(
    made_at=datetime(2026, 1, 15, 12, tzinfo=UTC),
    deployment=UUID(int=7),
    operational_public=b"\1" * 32,
    revision="0001",
    release="1.0",
    integrity=b"i" * 32,
    audit=b"a" * 32,
    anchor={"roster": {"version": 3}},
    backup_public=b"\2" * 32,
    shred={20468: Secret(b"s" * 32)},
)


def test_a_head_is_read_as_it_was_written() -> None:
    about, keys = json.loads(json.dumps(dump_head(HEAD)))
    assert load_head(about, keys) == HEAD


def test_the_operational_seed_has_no_place_in_it() -> None:
    _, keys = dump_head(HEAD)
    assert set(keys) == {"integrity", "audit", "anchor", "backup_public", "shred"}


def test_no_key_shows_when_it_is_printed() -> None:
    assert "iiii" not in repr(HEAD)
    assert "ssss" not in repr(HEAD)
