"""What every command promises: help, one line where it refuses, 0, 1 or 2 at the end."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from sqlalchemy import text

from app.cli import run
from app.cli.terminal import Progress, in_one_line
from app.crypto import KeyMissing
from app.errors import OperatorError
from app.settings import load_settings
from app.store import schema
from app.store.db import Database
from app.store.schema import find_newest_revision
from tests.cli.conftest import Kith

COMMANDS = ["init", "migrate", "serve", "worker", "demo", "drill", "verify-audit", "version"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(kith: Kith, command: str) -> None:
    ran = kith(command, "--help")
    assert ran.code == 0
    assert f"Usage: kith {command}" in ran.out


def test_alone_it_shows_what_there_is(kith: Kith) -> None:
    ran = kith()
    assert ran.code == 2
    assert all(command in ran.out for command in COMMANDS)


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--loud"], ["serve", "--port", "x"]])
def test_wrong_usage_ends_with_2_and_one_line(kith: Kith, arguments: list[str]) -> None:
    ran = kith(*arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", ["serve", "drill", "verify-audit"])
def test_before_init_they_say_what_to_do(kith: Kith, command: str) -> None:
    ran = kith(command)
    assert (ran.code, ran.err) == (
        1,
        "kith: There is no organisation here yet. Run `kith init` first.\n",
    )
    assert not load_settings().data_dir.exists()


@pytest.mark.parametrize("arguments", [["worker"], ["serve", "--workers", "2"]])
def test_a_second_process_needs_postgresql(made: Kith, arguments: list[str]) -> None:
    ran = made(*arguments)
    assert ran.code == 1
    assert ran.err == (
        "kith: On SQLite all writing goes through one process: use PostgreSQL for more than one.\n"
    )


def test_a_wrong_setting_is_named(kith: Kith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_PORT", "very secret")
    ran = kith("serve")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("kith: KITH_PORT: ")
    assert "secret" not in ran.err


def test_a_port_in_use_is_said(made: Kith, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("KITH_PORT", str(port))
        ran = made("serve")
    assert (ran.code, ran.err) == (
        1,
        f"kith: cannot listen on 127.0.0.1:{port}: Address already in use\n",
    )


def test_keys_that_others_can_read_stop_production(made: Kith) -> None:
    (load_settings().keys_path / "integrity.key").chmod(0o640)
    ran = made("serve")
    assert ran.code == 1
    assert "chmod it to 0600" in ran.err


def test_a_missing_key_is_named(made: Kith) -> None:
    (load_settings().keys_path / "integrity.key").unlink()
    ran = made("serve")
    assert ran.code == 1
    assert "integrity.key is missing" in ran.err


def test_an_old_schema_stops_the_start_until_it_is_migrated(
    made: Kith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "find_newest_revision", lambda: "0002")
    ran = made("serve")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "Run `kith migrate` first" in ran.err


def test_migrate_tells_where_the_schema_is(made: Kith) -> None:
    ran = made("migrate")
    assert (ran.code, ran.err) == (0, f"The schema is at {find_newest_revision()}.\n")


# -- verify-audit


def test_an_untouched_audit_chain_is_intact(made: Kith) -> None:
    ran = made("verify-audit", "--json")
    verdict = json.loads(ran.out)
    assert (ran.code, verdict["intact"], verdict["broken_at"]) == (0, True, None)
    assert verdict["entries"] > 0
    assert made("verify-audit").code == 0


def test_a_changed_entry_is_found(made: Kith) -> None:
    database = Database(load_settings().sqlalchemy_url)
    with database.transaction() as db:
        db.execute(text("UPDATE audit_entries SET kind = 'harmless' WHERE seq = 1"))
    database.close()
    ran = made("verify-audit", "--json")
    assert (ran.code, json.loads(ran.out)["broken_at"]) == (1, 1)
    assert made("verify-audit").err == "kith: at entry 1: an entry was changed\n"


# -- drill


def test_a_fresh_installation_is_as_promised(made: Kith) -> None:
    ran = made("drill", "--json")
    report = json.loads(ran.out)
    failures = [finding for finding in report["findings"] if finding["level"] == "failure"]
    assert (ran.code, failures, report["as_promised"]) == (0, [], True)


def test_the_drill_ends_with_1_where_it_is_worse(made: Kith) -> None:
    (load_settings().keys_path / "audit.key").chmod(0o644)
    ran = made("drill")
    assert ran.code == 1
    assert "FAILURE: others can read the key file audit.key" in ran.out


# -- the one line


class Unforeseen(Exception):
    """Something with a caller's words in it."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperatorError("mend it"), "mend it"),
        (KeyMissing("audit.key"), "the key file audit.key is missing from the keys folder"),
        (FileNotFoundError(2, "No such file or directory", "/x"), "/x: No such file or directory"),
        (Unforeseen("my brother"), "something unforeseen happened (Unforeseen)"),
    ],
)
def test_an_error_is_one_line_without_what_an_unknown_one_says(error: Exception, said: str) -> None:
    line = in_one_line(error)
    assert line.startswith(said)
    assert "brother" not in line


def test_progress_is_told_after_two_seconds_and_not_at_every_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("app.cli.terminal.time.monotonic", lambda: now)
    progress = Progress("cells tried")
    for done in range(1, 13):
        now += 0.5
        progress(done)
    assert capsys.readouterr().err == "cells tried: 4 …\ncells tried: 10 …\n"


def test_help_loads_no_database_and_no_cryptography() -> None:
    program = """
import sys
from app.cli import run
assert run(["--help"]) == 0
heavy = {"cryptography", "fastapi", "pydantic", "sqlalchemy", "structlog"}
assert not heavy & sys.modules.keys()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_process_is_prepared_before_a_command_and_not_before_its_help() -> None:
    prepared: list[str] = []
    assert run(["--help"], lambda: prepared.append("help")) == 0
    assert run(["version"], lambda: prepared.append("version")) == 0
    assert prepared == ["version"]
