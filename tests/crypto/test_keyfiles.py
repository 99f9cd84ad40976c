"""The key files: owner-only, one key a day whoever makes it, and destroyed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.crypto import KeyFiles, KeyMissing, Secret, day_number, new_seed
from tests.crypto.processes import DAY, DAY_FILE, another_process, mode, names

# -- making and reading


def test_a_new_folder_has_two_keys_for_good(files: KeyFiles) -> None:
    assert names(files.folder) == {"integrity.key", "audit.key"}
    assert len(files.integrity) == len(files.audit) == 32
    assert files.integrity != files.audit


def test_keys_stay_the_same(files: KeyFiles) -> None:
    before = files.integrity, files.audit
    files.create()
    assert (files.integrity, files.audit) == before
    assert (another_process(files).integrity, another_process(files).audit) == before


def test_a_set_up_cut_short_is_finished(files: KeyFiles) -> None:
    integrity = files.integrity
    (files.folder / "audit.key").unlink()
    files.create()
    assert files.integrity == integrity
    assert len(files.audit) == 32


def test_only_the_owner_reads_them_whatever_the_umask(tmp_path: Path) -> None:
    files, before = KeyFiles(tmp_path / "keys"), os.umask(0)
    try:
        files.create()
        files.ensure_shred_key(DAY)
        files.store_operational_seed(new_seed())
        files.write_anchor({"version": 1})
    finally:
        os.umask(before)
    assert mode(files.folder) == mode(files.folder / "shred") == 0o700
    assert {mode(files.folder / name) for name in names(files.folder)} == {0o600}
    assert files.unsafe_files() == []


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    KeyFiles(folder).create()
    assert mode(folder) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o660])
@pytest.mark.parametrize("name", ["audit.key", DAY_FILE])
def test_files_that_others_reach_are_named(files: KeyFiles, name: str, mode: int) -> None:
    files.ensure_shred_key(DAY)
    (files.folder / name).chmod(mode)
    assert files.unsafe_files() == [name]


@pytest.mark.parametrize("content", [b"", b"short", bytes(31), bytes(33)])
def test_a_damaged_key_is_no_key(files: KeyFiles, content: bytes) -> None:
    (files.folder / "audit.key").write_bytes(content)
    with pytest.raises(KeyMissing):
        _ = files.audit


def test_an_absent_folder_is_a_missing_key_and_nothing_is_made(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path / "not-mounted")
    for use in (files.shred_key, files.ensure_shred_key):
        with pytest.raises(KeyMissing):
            use(DAY)
    with pytest.raises(KeyMissing):
        _ = files.integrity
    assert not files.folder.exists()


def test_an_unmounted_folder_is_a_missing_key_even_after_use(files: KeyFiles) -> None:
    files.ensure_shred_key(DAY)
    files.folder.rename(files.folder.with_name("elsewhere"))
    for use in (files.shred_key, files.ensure_shred_key):
        with pytest.raises(KeyMissing):
            use(DAY)


def test_key_files_do_not_print(files: KeyFiles) -> None:
    key = files.ensure_shred_key(DAY)
    assert repr(files) == "KeyFiles(…)"
    assert repr(bytes(key)) not in repr(vars(files))
    assert isinstance(files.integrity, Secret)
    assert isinstance(files.audit, Secret)


# -- the operational seed


def test_the_operational_seed_is_absent_unless_stored(files: KeyFiles) -> None:
    assert files.operational_seed() is None
    seed = new_seed()
    files.store_operational_seed(seed)
    assert files.operational_seed() == seed


def test_the_operational_seed_is_never_overwritten_by_another(files: KeyFiles) -> None:
    seed = new_seed()
    files.store_operational_seed(seed)
    with pytest.raises(FileExistsError):
        files.store_operational_seed(new_seed())
    assert files.operational_seed() == seed


def test_the_operational_seed_can_be_taken_off_the_disk(files: KeyFiles) -> None:
    files.store_operational_seed(new_seed())
    files.destroy_operational_seed()
    files.destroy_operational_seed()
    assert files.operational_seed() is None
    assert "operational.key" not in names(files.folder)


# -- shred keys


def test_a_day_changes_at_midnight_utc() -> None:
    midnight = datetime(2026, 1, 15, tzinfo=UTC)
    montreal = timezone(timedelta(hours=-5))
    assert day_number(midnight) == DAY
    assert day_number(midnight - timedelta(microseconds=1)) == DAY - 1
    assert day_number(datetime(2026, 1, 14, 20, tzinfo=montreal)) == DAY
    assert day_number(datetime(1970, 1, 1, tzinfo=UTC)) == 0


def test_a_days_key_is_made_once(files: KeyFiles) -> None:
    key = files.ensure_shred_key(DAY)
    assert files.ensure_shred_key(DAY) == files.shred_key(DAY) == key
    assert another_process(files).ensure_shred_key(DAY) == key
    assert another_process(files).shred_key(DAY) == key


def test_every_day_has_a_key_of_its_own(files: KeyFiles) -> None:
    keys = {files.ensure_shred_key(DAY + n) for n in range(9)}
    assert len(keys) == 9
    assert files.shred_days() == [DAY + n for n in range(9)]


def test_opening_never_makes_a_key(files: KeyFiles) -> None:
    with pytest.raises(KeyMissing):
        files.shred_key(DAY)
    assert files.shred_days() == []


def test_days_are_named_by_date(files: KeyFiles) -> None:
    files.ensure_shred_key(DAY)
    assert DAY_FILE in names(files.folder)


@pytest.mark.parametrize("name", ["._2026-01-15.key", ".nfs000001", ".2026-01-15.key.ab12"])
def test_what_file_systems_leave_is_no_day(files: KeyFiles, name: str) -> None:
    (files.folder / "shred" / name).write_bytes(b"")
    assert files.shred_days() == []


def test_a_destroyed_day_is_gone_for_everybody(files: KeyFiles) -> None:
    other = another_process(files)
    assert files.ensure_shred_key(DAY) == other.ensure_shred_key(DAY)
    files.destroy_shred_key(DAY)
    for process in (files, other, another_process(files)):
        assert process.shred_days() == []
        with pytest.raises(KeyMissing):
            process.shred_key(DAY)


def test_a_key_destroyed_elsewhere_leaves_this_memory_with_the_next_day(files: KeyFiles) -> None:
    old = files.ensure_shred_key(DAY)
    another_process(files).destroy_shred_key(DAY)
    files.ensure_shred_key(DAY + 1)
    assert old not in vars(files)["_shred"].values()


def test_nothing_is_wrapped_under_a_key_destroyed_elsewhere(files: KeyFiles) -> None:
    old = files.ensure_shred_key(DAY)
    another_process(files).destroy_shred_key(DAY)
    new = files.ensure_shred_key(DAY)
    assert new != old
    assert another_process(files).shred_key(DAY) == new


def test_destroying_overwrites_before_it_unlinks(files: KeyFiles) -> None:
    key, path = files.ensure_shred_key(DAY), files.folder / DAY_FILE
    with path.open("rb") as held:
        files.destroy_shred_key(DAY)
        left = held.read()
    assert len(left) == 32
    assert left != key


def test_destroying_twice_is_no_error(files: KeyFiles) -> None:
    files.ensure_shred_key(DAY)
    files.destroy_shred_key(DAY)
    files.destroy_shred_key(DAY)
    assert files.shred_days() == []


def test_destroying_one_day_keeps_the_others(files: KeyFiles) -> None:
    kept = files.ensure_shred_key(DAY + 1)
    files.ensure_shred_key(DAY)
    files.destroy_shred_key(DAY)
    assert files.shred_days() == [DAY + 1]
    assert files.shred_key(DAY + 1) == kept
