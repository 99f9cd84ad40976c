"""An archive is whole or not there, opens to the backup key alone, and goes after a week."""

from __future__ import annotations

import base64
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.crypto import KeyMissing, KeyPair, day_number
from app.operations.backup.archive import (
    ArchiveDamaged,
    open_archive_key,
    read_archive_records,
    read_preface,
)
from app.operations.backup.writer import make_archive
from app.operations.drill.disk import find_keys_on_disk
from app.store.db import Database
from app.vault.backup_keys import WrongBackupKey, make_backup_pair
from app.vault.forgetting_layer import renew_forgetting
from tests.operations.backup.conftest import Archives, Place

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])
EmptyPlace = Callable[[str], Place]


def records(archive: Path, seed: bytes) -> list[Any]:
    with archive.open("rb") as file:
        preface = read_preface(file)
        return list(
            read_archive_records(file, preface, open_archive_key(preface, make_backup_pair(seed)))
        )


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "kith-tombstones")


@on_sqlite
def test_only_its_owner_may_read_it(archives: Archives) -> None:
    archive = archives.make()
    assert archive.stat().st_mode & 0o777 == 0o600
    assert archive.parent.stat().st_mode & 0o777 == 0o700


@on_sqlite
def test_no_key_on_the_servers_disk_opens_it(archives: Archives) -> None:
    archives.house.case_of("hello")
    archive = archives.make()
    for found in find_keys_on_disk(archives.house.settings, {}):
        for pair in (make_backup_pair(found.secret), KeyPair(found.secret)):
            with archive.open("rb") as file, pytest.raises(WrongBackupKey):
                open_archive_key(read_preface(file), pair)


@on_sqlite
def test_nothing_of_it_can_be_read_without(archives: Archives) -> None:
    archives.house.case_of("she is at school")
    content = archives.make().read_bytes()
    for word in (b"school", b"heron", b"montreal", b"members", b"+1514"):
        assert word not in content


@on_sqlite
def test_it_holds_the_shred_keys_it_needs_and_never_the_operational_seed(
    archives: Archives,
) -> None:
    files, today = archives.files, day_number(archives.house.clock())
    files.ensure_shred_key(today - 3)  # nothing of this snapshot lies under it
    _, keys, *_ = records(archives.make(), archives.seed)
    assert list(keys["shred"]) == [str(today)]
    assert set(keys) == {"integrity", "audit", "anchor", "backup_public", "shred"}
    seed = files.operational_seed()
    assert seed
    assert base64.b64encode(seed).decode() not in str(keys)


@on_sqlite
def test_a_shred_key_destroyed_while_it_is_written_is_still_in_it(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    house.case_of("hello")
    before = house.clock()
    pending = iter([True])

    def progress(_: int) -> None:
        if next(pending, False):
            renew_forgetting(house.database, before + timedelta(days=9))
            assert day_number(before) not in archives.files.shred_days()

    database = Database(house.settings.sqlalchemy_url)
    made = make_archive(database, archives.files, archives.folder, before, progress)
    database.close()
    assert archives.restore(made.path, place).rows == made.rows


@on_sqlite
def test_without_a_backup_key_there_is_no_archive(archives: Archives) -> None:
    (archives.files.folder / "backup.pub").unlink()
    with pytest.raises(KeyMissing):
        archives.make()


# -- damaged on the way


@on_sqlite
def test_an_archive_cut_short_leaves_nothing_behind(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive, place = archives.make(), empty_place("sqlite")
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(ArchiveDamaged):
        archives.restore(archive, place)
    assert not (place.folder / "kith.db").exists()
    assert not list(place.folder.glob("keys/*.*"))


# -- a full disk, a kill


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What a full disk looks like to a program: a write that fails with OSError in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@on_sqlite
def test_a_full_disk_leaves_no_half_archive(archives: Archives) -> None:
    archives.folder.mkdir()
    with no_file_larger_than(40_000), pytest.raises(OSError, match="large"):
        archives.make()
    assert left_in(archives.folder) == []


@on_sqlite
def test_a_full_disk_leaves_no_half_restored_database(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive, place = archives.make(), empty_place("sqlite")
    with no_file_larger_than(300_000), pytest.raises(Exception, match=r"full|disk I/O|large"):
        archives.restore(archive, place)
    assert not list(place.folder.glob("kith.db*"))
    assert not list(place.folder.glob("keys/*.*"))
    assert archives.restore(archive, place).rows


def killed_while(task: Callable[[], None], when: Callable[[], bool]) -> None:
    """Run ``task`` in a process of its own and kill that once ``when`` says so."""
    process = multiprocessing.get_context("fork").Process(target=task)
    process.start()
    deadline = time.monotonic() + 60
    while not when() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.001)  # the only way to learn where another process is
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def slowly(_: int) -> None:
    time.sleep(0.02)


@on_sqlite
def test_a_killed_backup_leaves_no_archive_and_the_next_one_tidies_up(archives: Archives) -> None:
    def make() -> None:
        database = Database(archives.house.settings.sqlalchemy_url)
        now = archives.house.clock()
        make_archive(database, archives.files, archives.folder, now, slowly)

    killed_while(make, lambda: any(archives.folder.glob(".*.part")))
    assert [name for name in left_in(archives.folder) if not name.endswith(".part")] == []
    archive = archives.make()
    assert left_in(archives.folder) == [archive.name]


@on_sqlite
@pytest.mark.parametrize(("target", "rows"), [("sqlite", 0), ("sqlite", 30), ("postgresql", 30)])
def test_a_killed_restore_can_be_run_again(
    archives: Archives, empty_place: EmptyPlace, target: str, rows: int
) -> None:
    archive, place = archives.make(), empty_place(target)
    reached = multiprocessing.get_context("fork").Value("i", -1)

    def progress(done: int) -> None:
        reached.value = done
        slowly(done)

    killed_while(
        lambda: void(archives.restore(archive, place, progress=progress)),
        lambda: reached.value >= rows,
    )
    assert archives.restore(archive, place).rows


def void(_: object) -> None:
    """For what returns something where nothing is asked for."""


# -- a week later


@on_sqlite
def test_archives_go_after_a_week(archives: Archives) -> None:
    first = archives.make()
    archives.house.clock.advance(timedelta(days=7))
    second = archives.make()
    assert {first, second} == set(archives.folder.glob("kith-2*"))
    archives.house.clock.advance(timedelta(seconds=1))
    third = archives.make()
    assert {second, third} == set(archives.folder.glob("kith-2*"))


@on_sqlite
def test_also_where_no_new_one_is_made(archives: Archives) -> None:
    archive = archives.make()
    archives.house.advance(days=8)
    assert not archive.exists()
