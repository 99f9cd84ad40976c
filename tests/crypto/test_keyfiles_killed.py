"""A process killed in the middle leaves the old or the new file, never half."""

from __future__ import annotations

import os
import signal

import pytest

from app.crypto import KeyFiles
from tests.crypto.processes import DAY, another_process, mode, start

KILLED = """
import os, signal, sys
from pathlib import Path
from app.crypto import KeyFiles
def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
files = KeyFiles(Path(sys.argv[1]))
{step} = die
{action}
"""
MAKE_DAY = "files.ensure_shred_key(20468)"
DESTROY_DAY = "files.destroy_shred_key(20468)"
RAISE_ANCHOR = 'files.write_anchor({"version": 2})'


def _killed(files: KeyFiles, step: str, action: str) -> None:
    process = start(KILLED.format(step=step, action=action), files)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", ["os.open", "os.fdopen", "os.fsync", "os.link"])
def test_killed_before_the_link_there_is_no_key_and_the_next_makes_one(
    files: KeyFiles, step: str
) -> None:
    _killed(files, step, MAKE_DAY)
    assert files.shred_days() == []
    key = files.ensure_shred_key(DAY)
    assert another_process(files).shred_key(DAY) == key


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
    assert mode(left) == 0o600
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
    assert another_process(files).shred_key(DAY) != key
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
