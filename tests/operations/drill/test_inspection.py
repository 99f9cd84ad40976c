"""The drill as the operator holds it: as promised, or worse, and why."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.crypto import KeyFiles, day_number
from app.operations.backup.writer import make_archive
from app.operations.drill.checks import FAILURE, WARNING, check_machine
from app.operations.drill.inspection import DrillScene, inspect_installation
from app.operations.drill.inventory import list_columns
from app.operations.drill.report import DrillReport, write_report_json, write_report_text
from app.settings import load_settings
from app.vault.backup_keys import (
    keep_backup_public,
    make_backup_pair,
    new_backup_key,
    print_backup_key,
)
from app.vault.operational_key import NotMade
from tests.service import CALLER, House

OnSqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def drill(house: House, environment: dict[str, str] | None = None, **changes: Any) -> DrillReport:
    settings = house.settings.model_copy(update=changes)
    return inspect_installation(DrillScene(settings, environment or {}, house.clock()))


def failures(report: DrillReport) -> list[str]:
    return [finding.what for finding in report.findings if finding.level == FAILURE]


def warnings_of(report: DrillReport) -> list[str]:
    return [finding.what for finding in report.findings if finding.level == WARNING]


def test_a_running_house_is_as_promised(house: House) -> None:
    house.case_of("my brother was taken", "1", "2")
    report = drill(house)
    assert failures(report) == []
    assert report.as_promised


def test_a_week_of_running_stays_as_promised(house: House) -> None:
    house.case_of("hello")
    for _ in range(9):
        house.advance(days=1)
    assert (
        failures(
            inspect_installation(DrillScene(house.settings, {}, house.clock() - timedelta(days=9)))
        )
        == []
    )


# -- each way to be worse


def log_line(house: House) -> None:
    (house.settings.data_dir / "kith.log").write_text(f'{{"event": "sent to {CALLER}"}}')


def wide_temporary_file(house: House) -> None:
    (house.settings.data_dir / "tmp1").write_bytes(CALLER.encode("utf-16-le"))


def number_in_the_database(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(text(f"UPDATE jobs SET kind = '{CALLER}'"))


def old_shred_key(house: House) -> None:
    KeyFiles(house.settings.keys_path).ensure_shred_key(day_number(house.clock()) - 9)


def readable_key(house: House) -> None:
    (house.settings.keys_path / "audit.key").chmod(0o644)


def bare_key(house: House) -> None:
    with house.database.transaction() as db:
        inner = b"K\x01\x00\x02\x02\x00\x00\x00\x01" + 32 * b"\0"
        db.execute(text("UPDATE team_wraps SET wrap = :inner"), {"inner": inner})


def unmoved_key(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(text("UPDATE members SET shred_day = shred_day + 3"))


def stranger(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(text("ALTER TABLE cases ADD COLUMN caller_name TEXT"))


def written_down_recovery_code(house: House) -> None:
    code = house.residents["heron"].recovery_code
    (house.settings.data_dir / "printed.json").write_text(json.dumps({"recovery_code": code}))


def plaintext_in_a_sealed_column(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(text("UPDATE messages SET body = :body"), {"body": b"my brother"})


def backup_key_beside_an_archive(house: House) -> None:
    seed, files = new_backup_key(), KeyFiles(house.settings.keys_path)
    keep_backup_public(files, make_backup_pair(seed).public)
    make_archive(house.database, files, house.settings.data_dir / "archives", house.clock())
    (house.settings.data_dir / "note.txt").write_text(print_backup_key(seed))


def old_archive(house: House) -> None:
    made = house.clock() - timedelta(days=9)
    name = f"kith-{made:%Y-%m-%dT%H%M%SZ}-0.kith-archive"
    (house.settings.data_dir / name).write_bytes(b"kith archive 1\n" + 34 * b"\0")


def copy_called_an_archive(house: House) -> None:
    (house.settings.data_dir / "copy.kith-archive").write_bytes(b"SQLite format 3\0")


def core_dump(house: House) -> None:
    head = b"\x7fELF" + bytes(12) + struct.pack("<H", 4)
    (house.settings.data_dir / "core.4711").write_bytes(head)


WORSE: dict[str, Callable[[House], None]] = {
    "phone number lies in": log_line,
    "utf-16": wide_temporary_file,
    "phone number lies in jobs": number_in_the_database,
    "a shred key is 9 days old": old_shred_key,
    "others can read the key file audit.key": readable_key,
    "keys in team_wraps.wrap have no forgetting layer": bare_key,
    "keys in members.seed_wrap will not be moved": unmoved_key,
    "cases.caller_name is in the database but not in the inventory": stranger,
    "sealed values of messages.body open with": written_down_recovery_code,
    "core.4711 is a dump": core_dump,
    "values of messages.body are not sealed": plaintext_in_a_sealed_column,
    ".kith-archive opens with note.txt": backup_key_beside_an_archive,
    "kith-archive is 9 days old": old_archive,
    "is called an archive and is not encrypted": copy_called_an_archive,
}


@OnSqlite
@pytest.mark.parametrize(("said", "worsen"), WORSE.items())
def test_what_is_worse_than_promised_is_found(
    house: House, said: str, worsen: Callable[[House], None]
) -> None:
    house.case_of("hello")
    worsen(house)
    report = drill(house)
    assert not report.as_promised
    assert any(said in failure for failure in failures(report)), failures(report)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_postgresqls_own_files_are_searched_where_they_are_within_reach(house: House) -> None:
    number_in_the_database(house)
    with house.database.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    assert any("/base/" in failure for failure in failures(drill(house)))


@OnSqlite
def test_the_operational_key_on_the_disk_breaks_the_promise_of_unseal(house: House) -> None:
    found = failures(drill(house, operational_key="unseal"))
    assert "operational.key lies on the disk, though KITH_OPERATIONAL_KEY is `unseal`" in found
    assert any("operational values of members.op_values open" in what for what in found)


@OnSqlite
def test_without_it_the_promise_of_unseal_holds(house: House) -> None:
    house.case_of("hello")
    KeyFiles(house.settings.keys_path).destroy_operational_seed()
    report = drill(house, operational_key="unseal")
    assert (failures(report), dict(report.opened)) == ([], {})


@OnSqlite
def test_the_operational_key_on_the_disk_is_only_a_warning_where_it_was_chosen(
    house: House,
) -> None:
    said = "whoever takes the disk can read the operational vault"
    production = house.settings.model_copy(update={"environment": "production"})
    report = inspect_installation(DrillScene(production, {}, house.clock()))
    assert said in warnings_of(report)
    assert report.as_promised


@OnSqlite
def test_a_secret_file_that_others_can_read_is_found(house: House, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o644)
    found = failures(drill(house, {"KITH_TWILIO_AUTH_TOKEN_FILE": str(token)}))
    assert found == [f"others can read {token}"]


@OnSqlite
def test_more_than_five_wake_numbers_are_too_many(house: House, tmp_path: Path) -> None:
    wake = tmp_path / "wake.txt"
    wake.write_text("\n".join(f"+1514555011{i}" for i in range(6)))
    report = drill(house, wake_numbers_file=wake)
    assert failures(report) == ["there are more than five wake numbers"]
    assert report.installation.wake_numbers == 6


@pytest.mark.parametrize(
    ("swaps", "warned"),
    [("", False), ("/dev/zram0 partition 9 0 100\n", False), ("/swapfile file 9 0 -2\n", True)],
)
def test_swap_is_a_warning_unless_it_is_memory(tmp_path: Path, swaps: str, warned: bool) -> None:
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n" + swaps)
    settings = load_settings(data_dir=tmp_path)
    assert bool(list(check_machine(settings, proc=tmp_path))) == warned


def test_a_drill_without_an_organisation_is_refused(tmp_path: Path, house: House) -> None:
    settings = load_settings(data_dir=tmp_path / "empty")
    with pytest.raises(NotMade):
        inspect_installation(DrillScene(settings, {}, house.clock()))


# -- what it tells


@OnSqlite
def test_the_report_names_what_opens_and_shows_nothing_of_it(house: House) -> None:
    house.case_of("my brother was taken")
    report = drill(house)
    shown = write_report_text(report) + json.dumps(write_report_json(report))
    assert "operational.key" in shown
    assert "cases.op_values" in shown
    assert CALLER not in shown
    assert "brother" not in shown


@OnSqlite
def test_the_report_says_where_it_is_worse(house: House) -> None:
    assert write_report_text(drill(house)).endswith("As promised.")
    readable_key(house)
    assert write_report_text(drill(house)).endswith("WORSE THAN PROMISED.")


@OnSqlite
def test_the_promise_follows_the_mode(house: House) -> None:
    [file_mode] = [row.learns for row in drill(house).promise if "disk" in row.having]
    unseal = drill(house, operational_key="unseal")
    [unseal_mode] = [row.learns for row in unseal.promise if "disk" in row.having]
    assert file_mode.startswith("the numbers of callers")
    assert unseal_mode.startswith("counts and times")


def test_every_column_has_one_of_the_three_words() -> None:
    assert {column.word for column in list_columns()} == {"sealed", "operational", "plain"}
    assert all(column.word != "plain" for column in list_columns() if column.forgetting)


def test_the_inventory_names_what_the_machine_reads() -> None:
    [values] = [c for c in list_columns() if (c.table, c.column) == ("cases", "op_values")]
    assert "number" in values.values
    assert all(not column.values for column in list_columns() if column.word != "operational")
