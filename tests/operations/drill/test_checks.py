"""Each way to be worse than the promise, and each thing that is as it should be."""

from __future__ import annotations

import struct
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.crypto import KeyFiles, Purpose, Secret, Suite, day_number
from app.crypto.formats import make_header
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.cells import Cell
from app.operations.drill.checks import (
    FAILURE,
    WARNING,
    DrillFinding,
    check_bare,
    check_files,
    check_key_files,
    check_layers,
    check_machine,
    check_opened,
    check_strangers,
)
from app.settings import Settings, load_settings

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
TODAY = day_number(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tmp_path.chmod(0o700)
    return load_settings(data_dir=tmp_path)


@pytest.fixture
def files(settings: Settings) -> KeyFiles:
    files = KeyFiles(settings.keys_path)
    files.create()
    files.ensure_shred_key(TODAY)
    return files


def levels(findings: Any) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in findings]


# -- key files


def test_new_key_files_are_as_promised(settings: Settings, files: KeyFiles) -> None:
    assert list(check_key_files(settings, files, NOW)) == []


def test_a_key_that_others_can_read_is_found(settings: Settings, files: KeyFiles) -> None:
    (files.folder / "audit.key").chmod(0o644)
    [finding] = check_key_files(settings, files, NOW)
    assert (finding.level, finding.what) == (FAILURE, "others can read the key file audit.key")


@pytest.mark.parametrize(("age", "found"), [(7, 0), (9, 1)])
def test_an_old_shred_key_is_found(
    settings: Settings, files: KeyFiles, age: int, found: int
) -> None:
    files.ensure_shred_key(TODAY - age)
    findings = levels(check_key_files(settings, files, NOW))
    assert len(findings) == found
    assert all(f"a shred key is {age} days old" in what for _, what in findings)


@pytest.mark.parametrize(
    ("environment", "operational_key", "level"),
    [("demo", "file", None), ("production", "file", WARNING), ("production", "unseal", FAILURE)],
)
def test_the_operational_key_on_the_disk_is_as_it_was_chosen(
    settings: Settings, files: KeyFiles, environment: str, operational_key: str, level: str | None
) -> None:
    files.store_operational_seed(Secret(32 * b"s"))
    chosen = {"environment": environment, "operational_key": operational_key}
    findings = check_key_files(settings.model_copy(update=chosen), files, NOW)
    assert [finding.level for finding in findings] == ([level] if level else [])


# -- stored keys


def key_cell(day: int | None, shred_day: int | None) -> Cell:
    """A stored key under the layer of a day, or under none, in a row that names another."""
    purpose = Purpose.TEAM_WRAP if day is None else Purpose.FORGETTING
    blob = make_header(Suite.COBBLESTONE, purpose, day or 1) + 32 * b"\0"
    row = {"id": UUID(int=1), "shred_day": shred_day}
    return Cell("team_wraps", "wrap", "sealed", True, row, blob)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (key_cell(TODAY, TODAY), []),
        (key_cell(None, TODAY), [(FAILURE, "1 keys in team_wraps.wrap have no forgetting layer")]),
        (
            key_cell(TODAY, TODAY + 3),
            [(FAILURE, "1 keys in team_wraps.wrap will not be moved to a newer shred key")],
        ),
        (
            key_cell(TODAY - 1, TODAY - 1),
            [(WARNING, "1 keys in team_wraps.wrap lie under a shred key that is gone")],
        ),
    ],
)
def test_a_stored_key_lies_under_a_shred_key_that_exists_and_is_moved_on(
    files: KeyFiles, cell: Cell, expected: list[tuple[str, str]]
) -> None:
    findings = levels(check_layers(files, [cell]))
    assert [(level, what.partition(":")[0]) for level, what in findings] == expected


# -- what opened


def opened(table: str, column: str, word: str, by: str) -> OpenedCell:
    cell = Cell(table, column, word, False, {"id": UUID(int=1)}, b"")
    return OpenedCell(cell, Secret(b""), (by,))


def test_what_opens_with_a_key_from_the_disk_is_found(settings: Settings) -> None:
    cells = [opened("messages", "body", "sealed", "printed.json")]
    [finding] = check_opened(settings, cells)
    assert finding.what == "1 sealed values of messages.body open with printed.json"


@pytest.mark.parametrize(("mode", "found"), [("file", 0), ("unseal", 1)])
def test_operational_values_may_open_only_where_that_was_chosen(
    settings: Settings, mode: str, found: int
) -> None:
    cells = [opened("members", "op_values", "operational", "operational.key")]
    chosen = settings.model_copy(update={"operational_key": mode})
    assert len(list(check_opened(chosen, cells))) == found


def test_what_is_not_sealed_at_all_is_found() -> None:
    [finding] = check_bare(Counter({("messages", "body"): 3}))
    assert finding.what.startswith("3 values of messages.body are not sealed")


def test_a_column_that_no_promise_speaks_of_is_found() -> None:
    [finding] = check_strangers(["cases.caller_name"])
    assert finding.what == "cases.caller_name is in the database but not in the inventory"


# -- other files


def test_a_secret_file_that_others_can_read_is_found(settings: Settings, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o644)
    findings = check_files(settings, {"KITH_TWILIO_AUTH_TOKEN_FILE": str(token), "X_FILE": "y"})
    assert levels(findings) == [(FAILURE, f"others can read {token}")]


@pytest.mark.parametrize(("count", "found"), [(5, 0), (6, 1)])
def test_more_than_five_wake_numbers_are_too_many(
    settings: Settings, tmp_path: Path, count: int, found: int
) -> None:
    wake = tmp_path / "wake.txt"
    wake.write_text("\n".join(f"+1514555011{i}" for i in range(count)))
    findings = check_files(settings.model_copy(update={"wake_numbers_file": wake}), {})
    assert levels(findings) == [(FAILURE, "there are more than five wake numbers")] * found


# -- the machine


def only_failures(findings: Any) -> list[DrillFinding]:
    return [finding for finding in findings if finding.level == FAILURE]


def test_a_core_dump_is_found_and_a_text_of_that_name_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "core").write_text("the core of the matter")
    assert only_failures(check_machine(settings, proc=tmp_path)) == []
    (tmp_path / "core.4711").write_bytes(b"\x7fELF" + bytes(12) + struct.pack("<H", 4))
    [finding] = only_failures(check_machine(settings, proc=tmp_path))
    assert finding.what == "core.4711 is a dump of a process's memory"


@pytest.mark.parametrize(
    ("swaps", "warned"),
    [("", False), ("/dev/zram0 partition 9 0 100\n", False), ("/swapfile file 9 0 -2\n", True)],
)
def test_swap_is_a_warning_unless_it_is_memory(
    settings: Settings, tmp_path: Path, swaps: str, warned: bool
) -> None:
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n" + swaps)
    assert bool(list(check_machine(settings, proc=tmp_path))) == warned


def test_a_clock_just_after_midnight_gives_the_worker_an_hour(
    settings: Settings, files: KeyFiles
) -> None:
    midnight = NOW.replace(hour=0, minute=30)
    files.ensure_shred_key(TODAY - 8)
    assert list(check_key_files(settings, files, midnight)) == []
    assert list(check_key_files(settings, files, midnight + timedelta(hours=1)))
