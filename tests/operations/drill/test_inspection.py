"""The drill as the operator holds it: as promised, or worse, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.crypto import KeyFiles
from app.operations.drill.checks import FAILURE
from app.operations.drill.inspection import DrillScene, inspect_installation
from app.operations.drill.report import DrillReport, write_report_json, write_report_text
from app.settings import load_settings
from app.vault.operational_key import NotMade
from tests.service import CALLER, House

OnSqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def drill(house: House, environment: dict[str, str] | None = None, **changes: Any) -> DrillReport:
    settings = house.settings.model_copy(update=changes)
    return inspect_installation(DrillScene(settings, environment or {}, house.clock()))


def failures(report: DrillReport) -> list[str]:
    return [finding.what for finding in report.findings if finding.level == FAILURE]


def test_a_running_house_is_as_promised(house: House) -> None:
    house.case_of("my brother was taken", "1", "2")
    report = drill(house)
    assert failures(report) == []
    assert report.as_promised


@OnSqlite
def test_a_week_of_running_stays_as_promised(house: House) -> None:
    house.case_of("hello")
    for _ in range(9):
        house.advance(days=1)
    # The demo's own clock is ahead of the machine's by what the tests advanced.
    scene = DrillScene(house.settings, {}, house.clock() - timedelta(days=9))
    assert failures(inspect_installation(scene)) == []


# -- worse than promised


@OnSqlite
def test_each_part_of_the_installation_is_looked_at(house: House) -> None:
    """What each check finds is its own test's matter; here it is that all are asked."""
    house.case_of("hello")
    settings, archive = house.settings, "copy.kith-archive"
    (settings.keys_path / "audit.key").chmod(0o644)
    (settings.data_dir / archive).write_bytes(b"SQLite format 3\0")
    (settings.data_dir / "kith.log").write_text(f'{{"event": "sent to {CALLER}"}}')
    code = house.residents["heron"].recovery_code
    (settings.data_dir / "printed.json").write_text(json.dumps({"recovery_code": code}))
    with house.database.transaction() as db:
        db.execute(text("UPDATE members SET shred_day = shred_day + 3"))
        db.execute(text("UPDATE cases SET urgency = 3 - urgency"))
        db.execute(text("ALTER TABLE cases ADD COLUMN caller_name TEXT"))
    report = drill(house)
    found = "\n".join(failures(report))
    assert not report.as_promised
    for said in (
        "others can read the key file audit.key",
        "1 rows of cases do not verify",
        "keys in members.seed_wrap will not be moved",
        "sealed values of messages.body open with",
        "cases.caller_name is in the database",
        f"{archive} is called an archive",
        "a phone number lies in",
    ):
        assert said in found, found


@OnSqlite
def test_a_value_that_was_never_sealed_is_found(house: House) -> None:
    house.case_of("hello")
    with house.database.transaction() as db:
        db.execute(text("UPDATE messages SET body = :body"), {"body": b"my brother"})
    assert any("values of messages.body are not sealed" in what for what in failures(drill(house)))


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_postgresqls_own_files_are_searched_where_they_are_within_reach(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(text(f"UPDATE jobs SET kind = '{CALLER}'"))
    with house.database.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    assert any("/base/" in failure for failure in failures(drill(house)))


@OnSqlite
def test_without_it_the_promise_of_unseal_holds(house: House) -> None:
    house.case_of("hello")
    KeyFiles(house.settings.keys_path).destroy_operational_seed()
    report = drill(house, operational_key="unseal")
    assert (failures(report), dict(report.opened)) == ([], {})


def test_a_drill_without_an_organisation_is_refused(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "empty")
    with pytest.raises(NotMade):
        inspect_installation(DrillScene(settings, {}, datetime.now(UTC)))


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
