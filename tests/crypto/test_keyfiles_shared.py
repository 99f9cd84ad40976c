"""Several processes and hosts on one folder of keys, and the anchor they raise."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from app.crypto import KeyFiles, KeyMissing, Secret
from tests.crypto.processes import DAY, DAY_FILE, another_process, names, start

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
    processes = [start(MAKE_KEYS, files) for _ in range(3)]
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
    assert len(names(files.folder)) == 32 + 2


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
        made.append(another_process(files).ensure_shred_key(DAY))
        os.link(source, target)

    monkeypatch.setattr("app.crypto.private_files.os.link", link)
    assert files.ensure_shred_key(DAY) == made[0]
    assert names(files.folder) == {"integrity.key", "audit.key", DAY_FILE}


def test_a_name_is_on_the_disk_before_the_key_is_used(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another process made the key a moment ago and may lose power now."""
    synced: list[Path] = []
    another_process(files).ensure_shred_key(DAY)
    monkeypatch.setattr("app.crypto.keyfiles.sync_folder", synced.append)
    files.ensure_shred_key(DAY)
    assert synced == [files.folder / "shred"]


# -- the anchor


def test_no_anchor_is_a_missing_key(files: KeyFiles) -> None:
    with pytest.raises(KeyMissing):
        files.read_anchor()


def test_the_anchor_is_replaced(files: KeyFiles) -> None:
    files.write_anchor({"version": 1, "hash": "ab"})
    files.write_anchor({"version": 2, "hash": "cd"})
    assert another_process(files).read_anchor() == {"version": 2, "hash": "cd"}


@pytest.mark.parametrize("version", [0, 8, 9])
def test_the_anchor_never_falls(files: KeyFiles, version: int) -> None:
    """A slower process writes what a faster one has already left behind."""
    files.write_anchor({"version": 10, "hash": "newer"})
    another_process(files).write_anchor({"version": version, "hash": "older"})
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
    processes = [start(program, files) for _ in range(2)]
    for process, versions in zip(processes, ("1 3 5 7 9", "2 4 6 8 10"), strict=True):
        assert process.stdin is not None
        process.stdin.write(versions + "\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert files.read_anchor() == {"version": 10}
