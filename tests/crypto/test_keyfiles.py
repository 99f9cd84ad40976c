"""The key files: owner-only, whole or absent, one key a day whoever makes it, and destroyed."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.crypto import (
    KeyFiles,
    KeyMissing,
    Secret,
    create_file,
    day_number,
    destroy_file,
    new_seed,
    replace_file,
)

DAY = 20468
DAY_FILE = "shred/2026-01-15.key"


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    made = KeyFiles(tmp_path / "keys")
    made.create()
    return made


def _another_process(files: KeyFiles) -> KeyFiles:
    """What another process (or host) on the same folder has: nothing in memory yet."""
    return KeyFiles(files.folder)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# -- making and reading


def test_a_new_folder_has_two_keys_for_good(files: KeyFiles) -> None:
    assert _names(files.folder) == {"integrity.key", "audit.key"}
    assert len(files.integrity) == len(files.audit) == 32
    assert files.integrity != files.audit


def test_keys_stay_the_same(files: KeyFiles) -> None:
    before = files.integrity, files.audit
    files.create()
    assert (files.integrity, files.audit) == before
    assert (_another_process(files).integrity, _another_process(files).audit) == before


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
    assert _mode(files.folder) == _mode(files.folder / "shred") == 0o700
    assert {_mode(files.folder / name) for name in _names(files.folder)} == {0o600}
    assert files.unsafe_files() == []


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    KeyFiles(folder).create()
    assert _mode(folder) == 0o700


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
    assert "operational.key" not in _names(files.folder)


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
    assert _another_process(files).ensure_shred_key(DAY) == key
    assert _another_process(files).shred_key(DAY) == key


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
    assert DAY_FILE in _names(files.folder)


@pytest.mark.parametrize("name", ["._2026-01-15.key", ".nfs000001", ".2026-01-15.key.ab12"])
def test_what_file_systems_leave_is_no_day(files: KeyFiles, name: str) -> None:
    (files.folder / "shred" / name).write_bytes(b"")
    assert files.shred_days() == []


def test_a_destroyed_day_is_gone_for_everybody(files: KeyFiles) -> None:
    other = _another_process(files)
    assert files.ensure_shred_key(DAY) == other.ensure_shred_key(DAY)
    files.destroy_shred_key(DAY)
    for process in (files, other, _another_process(files)):
        assert process.shred_days() == []
        with pytest.raises(KeyMissing):
            process.shred_key(DAY)


def test_a_key_destroyed_elsewhere_leaves_this_memory_with_the_next_day(files: KeyFiles) -> None:
    old = files.ensure_shred_key(DAY)
    _another_process(files).destroy_shred_key(DAY)
    files.ensure_shred_key(DAY + 1)
    assert old not in vars(files)["_shred"].values()


def test_nothing_is_wrapped_under_a_key_destroyed_elsewhere(files: KeyFiles) -> None:
    old = files.ensure_shred_key(DAY)
    _another_process(files).destroy_shred_key(DAY)
    new = files.ensure_shred_key(DAY)
    assert new != old
    assert _another_process(files).shred_key(DAY) == new


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


# -- several processes

MAKE_KEYS = """
import sys
from hashlib import sha256
from pathlib import Path
from app.crypto import KeyFiles
files = KeyFiles(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
keys = b"".join(files.ensure_shred_key(day) for day in range(20468, 20500))
print(sha256(keys).hexdigest())
"""


def test_processes_that_make_the_same_keys_at_once_agree(files: KeyFiles) -> None:
    processes = [_start(MAKE_KEYS, files) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert len(set(answers)) == 1
    assert len(answers[0].strip()) == 64
    assert files.shred_days() == list(range(20468, 20500))
    assert len(_names(files.folder)) == 32 + 2


def test_threads_that_make_the_same_key_at_once_agree(files: KeyFiles) -> None:
    keys: list[Secret] = []
    threads = [
        threading.Thread(target=lambda: keys.append(files.ensure_shred_key(DAY))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_the_faster_process_wins(files: KeyFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other makes its key between our look and our link."""
    made: list[Secret] = []

    def link(source: Path, target: Path) -> None:
        monkeypatch.undo()
        made.append(_another_process(files).ensure_shred_key(DAY))
        os.link(source, target)

    monkeypatch.setattr("app.crypto.private_files.os.link", link)
    assert files.ensure_shred_key(DAY) == made[0]
    assert _names(files.folder) == {"integrity.key", "audit.key", DAY_FILE}


# -- killed in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
from app.crypto import KeyFiles
def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
files = KeyFiles(Path(sys.argv[1]))
{setup}
{step} = die
{action}
"""
MAKE_DAY = "files.ensure_shred_key(20468)"
DESTROY_DAY = "files.destroy_shred_key(20468)"
RAISE_ANCHOR = 'files.write_anchor({"version": 2})'


def _killed(files: KeyFiles, step: str, action: str, setup: str = "") -> None:
    process = _start(KILLED.format(step=step, action=action, setup=setup), files)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def _start(program: str, files: KeyFiles) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(files.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("step", ["os.open", "os.fdopen", "os.fsync", "os.link"])
def test_killed_before_the_link_there_is_no_key_and_the_next_makes_one(
    files: KeyFiles, step: str
) -> None:
    _killed(files, step, MAKE_DAY)
    assert files.shred_days() == []
    key = files.ensure_shred_key(DAY)
    assert _another_process(files).shred_key(DAY) == key


def test_killed_between_link_and_unlink_the_key_is_whole(files: KeyFiles) -> None:
    _killed(files, "Path.unlink", MAKE_DAY)
    key = files.shred_key(DAY)
    assert files.ensure_shred_key(DAY) == key
    assert files.shred_days() == [DAY]
    assert files.unsafe_files() == []


@pytest.mark.parametrize("step", ["os.link", "Path.unlink"])
def test_what_a_killed_process_left_goes_with_its_key(files: KeyFiles, step: str) -> None:
    _killed(files, step, MAKE_DAY)
    [left] = (files.folder / "shred").glob(".*")
    assert _mode(left) == 0o600
    files.ensure_shred_key(DAY)
    with left.open("rb") as held:
        before = held.read()
        files.destroy_shred_key(DAY)
        assert os.pread(held.fileno(), 32, 0) != before
    assert not list((files.folder / "shred").iterdir())


@pytest.mark.parametrize("step", ["os.fsync", "Path.unlink"])
def test_killed_while_destroying_the_name_stays_for_the_next_try(
    files: KeyFiles, step: str
) -> None:
    key = files.ensure_shred_key(DAY)
    _killed(files, step, DESTROY_DAY)
    assert files.shred_days() == [DAY]
    assert _another_process(files).shred_key(DAY) != key
    files.destroy_shred_key(DAY)
    assert files.shred_days() == []


@pytest.mark.parametrize("step", ["os.open", "os.fdopen", "os.fsync", "Path.replace"])
def test_killed_before_the_move_the_old_anchor_stands(files: KeyFiles, step: str) -> None:
    files.write_anchor({"version": 1, "hash": "ab"})
    _killed(files, step, RAISE_ANCHOR)
    assert files.read_anchor() == {"version": 1, "hash": "ab"}


def test_killed_after_the_move_the_new_anchor_stands(files: KeyFiles) -> None:
    files.write_anchor({"version": 1})
    _killed(files, "Path.unlink", RAISE_ANCHOR)
    assert files.read_anchor() == {"version": 2}


# -- the anchor


def test_no_anchor_is_a_missing_key(files: KeyFiles) -> None:
    with pytest.raises(KeyMissing):
        files.read_anchor()


def test_the_anchor_is_replaced(files: KeyFiles) -> None:
    files.write_anchor({"version": 1, "hash": "ab"})
    files.write_anchor({"version": 2, "hash": "cd"})
    assert _another_process(files).read_anchor() == {"version": 2, "hash": "cd"}


@pytest.mark.parametrize("version", [0, 8, 9])
def test_the_anchor_never_falls(files: KeyFiles, version: int) -> None:
    """A slower process writes what a faster one has already left behind."""
    files.write_anchor({"version": 10, "hash": "newer"})
    _another_process(files).write_anchor({"version": version, "hash": "older"})
    assert files.read_anchor() == {"version": 10, "hash": "newer"}


def test_the_anchors_entries_are_written_apart(files: KeyFiles) -> None:
    """Each writer knows its own entry; none takes back what another wrote meanwhile."""
    files.write_anchor({"audit": {"seq": 7}})
    files.write_anchor({"version": 1, "hash": "ab"})
    files.write_anchor({"audit": {"seq": 8}})
    assert files.read_anchor() == {"version": 1, "hash": "ab", "audit": {"seq": 8}}


def test_nobody_else_raises_the_anchor_between_our_look_and_our_move(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []

    def move(path: Path, data: bytes) -> None:
        with (files.folder / "anchor.lock").open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        moved.append(path)

    monkeypatch.setattr("app.crypto.keyfiles.replace_file", move)
    files.write_anchor({"version": 1})
    assert moved == [files.folder / "anchor.json"]


def test_processes_that_raise_the_anchor_at_once_leave_the_highest(files: KeyFiles) -> None:
    program = """
import sys
from pathlib import Path
from app.crypto import KeyFiles
files = KeyFiles(Path(sys.argv[1]))
for version in map(int, sys.stdin.readline().split()):
    files.write_anchor({"version": version})
"""
    processes = [_start(program, files) for _ in range(2)]
    for process, versions in zip(processes, ("1 3 5 7 9", "2 4 6 8 10"), strict=True):
        assert process.stdin is not None
        process.stdin.write(versions + "\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert files.read_anchor() == {"version": 10}


# -- private files


def test_a_file_is_created_once(tmp_path: Path) -> None:
    create_file(tmp_path / "one", b"first")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "one", b"second")
    assert (tmp_path / "one").read_bytes() == b"first"
    assert _names(tmp_path) == {"one"}


def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"first, readable by all")
    replace_file(tmp_path / "one", b"second")
    assert (tmp_path / "one").read_bytes() == b"second"
    assert _mode(tmp_path / "one") == 0o600
    assert _names(tmp_path) == {"one"}


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.crypto.private_files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        create_file(tmp_path / "one", b"first")
    assert _names(tmp_path) == set()


def test_a_destroyed_file_of_any_size_is_overwritten_whole(tmp_path: Path) -> None:
    path = tmp_path / "one"
    create_file(path, b"x" * 5000)
    with path.open("rb") as held:
        destroy_file(path)
        assert b"x" * 32 not in held.read()
    assert not path.exists()


def test_a_name_is_on_the_disk_before_the_key_is_used(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another process made the key a moment ago and may lose power now."""
    synced: list[Path] = []
    _another_process(files).ensure_shred_key(DAY)
    monkeypatch.setattr("app.crypto.keyfiles.sync_folder", synced.append)
    files.ensure_shred_key(DAY)
    assert synced == [files.folder / "shred"]


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_we_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, link = os.fsync, os.link

    def note_sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("folder synced" if is_folder else "file synced")
        sync(descriptor)

    def note_link(source: Path, target: Path) -> None:
        steps.append("linked")
        link(source, target)

    monkeypatch.setattr("app.crypto.private_files.os.fsync", note_sync)
    monkeypatch.setattr("app.crypto.private_files.os.link", note_link)
    create_file(tmp_path / "one", b"first")
    assert steps == ["file synced", "linked", "folder synced"]
    replace_file(tmp_path / "one", b"second")
    assert steps[3:] == ["file synced", "folder synced"]
    destroy_file(tmp_path / "one")
    assert steps[5:] == ["file synced", "folder synced"]
