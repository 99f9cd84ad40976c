"""A stolen database opens to nothing; and after a week, not even with the key files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.crypto import KeyFiles, Purpose
from app.models import CaseGrant
from app.operations.backup.restorer import restore_archive
from app.operations.backup.writer import make_archive
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.keys import FoundKey, find_keys_in_folder
from app.vault.backup_keys import keep_backup_public, make_backup_pair, new_backup_key
from tests.seizure.adversary import Dump, dump, from_tokens, known_to, operational, plunder, sealed
from tests.seizure.conftest import Seized
from tests.seizure.story import HANDLES
from tests.service import PASSPHRASE, House


def test_a_stolen_database_opens_nothing_with_everybodys_secrets(seized: Seized) -> None:
    assert plunder(seized.dump, seized.known_to(*HANDLES)) == []


def test_sessions_open_with_their_token_alone_and_lead_nowhere(seized: Seized) -> None:
    """The one table without a forgetting layer: a member seed, useless while its wraps are shut.

    It is there on PostgreSQL alone, and tokens are nowhere but with those who are signed in.
    """
    secrets = [*seized.known_to(*HANDLES), *from_tokens(seized.story.tokens)]
    alone = {"sessions"} if seized.kind == "postgresql" else set()
    assert {one.cell.table for one in plunder(seized.dump, secrets)} == alone


# -- a week later


@pytest.fixture
def database_kind() -> str:
    """SQLite alone: what a copy's rows and keys open does not hang on the database."""
    return "sqlite"


def everything(house: House, taken: Dump) -> list[FoundKey]:
    """Today's key files with every passphrase and recovery code."""
    passphrases = dict.fromkeys(house.residents, PASSPHRASE)
    codes = {handle: one.recovery_code for handle, one in house.residents.items()}
    return [*find_keys_in_folder(house.settings.keys_path), *known_to(taken, passphrases, codes)]


def taken_from(house: House) -> Dump:
    return dump(house.settings.sqlalchemy_url)


def test_a_copy_of_the_database_opens_for_a_week_and_then_no_more(house: House) -> None:
    """And the living database loses nothing by it."""
    case = house.case_of("hello", "1", "2", "they took my brother")
    before = house.read(case["id"])["messages"]
    old = taken_from(house)
    for _ in range(7):
        house.advance(days=1)
    assert sealed(plunder(old, everything(house, old)))
    house.advance(days=1)
    assert plunder(old, everything(house, old)) == []
    assert house.read(case["id"])["messages"] == before
    now = taken_from(house)
    assert operational(plunder(now, everything(house, now)))


def test_a_server_that_slept_for_a_fortnight_loses_nothing(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    old = taken_from(house)
    house.advance(days=15)
    assert house.read(case["id"])["messages"][0]["body"] == "hello"
    assert plunder(old, everything(house, old)) == []


# -- erased


@dataclass(frozen=True)
class Copy:
    """A database as somebody kept it: its rows and, on SQLite, its files with the log."""

    rows: Dump
    raw: bytes = field(repr=False)


def copy_of(house: House) -> Copy:
    rows = taken_from(house)
    files = sorted(house.settings.data_dir.glob("kith.db*"))
    cells = (cell for table in rows.rows.values() for row in table for cell in row.values())
    raw = [path.read_bytes() for path in files] or [c for c in cells if isinstance(c, bytes)]
    return Copy(rows, b"".join(raw))


def days_under(raw: bytes) -> set[int]:
    """The days of all forgetting layers in raw bytes: in tables, free pages and logs alike."""
    purpose = bytes([Purpose.FORGETTING])
    layers = re.finditer(re.escape(b"\x4b\x01\x01\x01" + purpose) + b"(....)", raw, re.DOTALL)
    return {int.from_bytes(found[1], "big") for found in layers}


def of_case(loot: list[OpenedCell], case: dict[str, Any]) -> list[OpenedCell]:
    return [
        one for one in loot if case["id"] in (str(one.cell.id), str(one.cell.row.get("case_id")))
    ]


def test_an_erased_case_rises_from_no_copy_and_no_archive(house: House, tmp_path: Path) -> None:
    files, seed = KeyFiles(house.settings.keys_path), new_backup_key()
    keep_backup_public(files, make_backup_pair(seed).public)
    case = house.case_of("hello", "1", "2", "they took my brother")
    archive = make_archive(house.database, files, tmp_path / "archives", house.clock()).path
    kept, copies = archive.read_bytes(), [copy_of(house)]
    assert of_case(plunder(copies[0].rows, everything(house, copies[0].rows)), case)
    with house.database.snapshot() as reader:  # somebody is just reading, so the log stays
        assert reader.scalars(select(CaseGrant.id)).all()
        assert house.as_("heron").post(f"/v1/cases/{case['id']}/erase").status_code == 204
        copies.append(copy_of(house))

    for age in (1, 8):
        house.advance(days={1: 1, 8: 7}[age])
        copies.append(copy_of(house))
        archive.write_bytes(kept)  # the server deletes it after a week; somebody put it back
        place = tmp_path / f"restored-{age}"
        url, keys = f"sqlite:///{place / 'kith.db'}", KeyFiles(place / "keys")
        word = f"{case['opened_at'][:10]}"
        done = restore_archive(url, keys, archive, seed, house.clock(), acknowledged=word)
        assert done.erased_again == 1
        secrets = [*everything(house, copies[0].rows), *find_keys_in_folder(keys.folder)]
        assert of_case(plunder(dump(url), secrets), case) == []

    for copy in copies[:2]:
        assert days_under(copy.raw)
        assert not days_under(copy.raw) & set(files.shred_days())
        assert plunder(copy.rows, everything(house, copy.rows)) == []
    for copy in copies[2:]:
        assert of_case(plunder(copy.rows, everything(house, copy.rows)), case) == []


def test_right_after_erasing_the_living_database_opens_nothing_of_the_case(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    house.as_("heron").post(f"/v1/cases/{case['id']}/erase")
    now = taken_from(house)
    assert sealed(plunder(now, everything(house, now))) == []


def test_a_shred_key_is_overwritten_before_it_goes(house: House) -> None:
    shred = house.settings.keys_path / "shred"
    [oldest, *_] = sorted(shred.iterdir())
    with oldest.open("rb") as still_open:
        key = still_open.read()
        house.advance(days=8)
        still_open.seek(0)
        assert still_open.read() != key
    assert not oldest.exists()
