"""Logs hold ids and kinds, whoever writes them and whatever went wrong."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from typing import Any
from uuid import uuid4

import pytest
import structlog

from app.process.logs import configure_logs, hide_uncaught_errors

WORDS = "my brother was taken, call +15145550123"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to the log."""
    stream = io.StringIO()
    for hook in ("sys.excepthook", "sys.unraisablehook", "threading.excepthook"):
        module, name = hook.split(".")
        monkeypatch.setattr(sys.modules[module], name, getattr(sys.modules[module], name))
    configure_logs("INFO", stream)
    return stream


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_ids_kinds_and_counts_are_written(written: io.StringIO) -> None:
    case = uuid4()
    structlog.get_logger().info("case.opened", case=case, tier=1, kind="send", late=False)
    [line] = lines(written)
    assert (line["event"], line["level"], line["case"]) == ("case.opened", "info", str(case))
    assert (line["tier"], line["kind"], line["late"]) == (1, "send", False)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "value",
    [
        WORDS,
        "+15145550123",
        "15145550123",
        {"a": "b c"},
        b"bytes",
        "SMa0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3",
        "kept/AC0a1b2c3d4e5f0a1b2c3d4e5f0a1b2c3d",
        "vZ3k_9QmXr-27bTtYw0dJHcLpA5sNfUe8GqRi1oKxEM",
    ],
)
def test_what_could_be_somebodys_words_or_number_is_withheld(
    written: io.StringIO, value: object
) -> None:
    structlog.get_logger().warning("odd", value=value)
    assert lines(written)[0]["value"] == "withheld"


@pytest.mark.parametrize("kind", ["carrier_copy.kept", "PytestUnraisableExceptionWarning"])
def test_a_long_word_of_letters_is_a_kind(written: io.StringIO, kind: str) -> None:
    structlog.get_logger().warning("odd", kind=kind)
    assert lines(written)[0]["kind"] == kind


def test_an_exception_is_its_type_and_place(written: io.StringIO) -> None:
    try:
        configure_logs("nonsense " + WORDS)
    except ValueError:
        configure_logs("INFO", written)
        structlog.get_logger().exception("failed")
    [line] = lines(written)
    assert line["error"] == "ValueError"
    assert line["at"][0].startswith("app.process.logs:")
    assert "brother" not in written.getvalue()


def test_other_packages_are_heard_without_their_words(written: io.StringIO) -> None:
    logging.getLogger("twilio.http_client").error("POST to %s", WORDS)
    [line] = lines(written)
    assert (line["event"], line["logger"]) == ("library", "twilio.http_client")
    assert "brother" not in written.getvalue()


def test_another_packages_exception_is_its_type(written: io.StringIO) -> None:
    try:
        dict[str, str]()[WORDS]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("in application: %s", WORDS)
    assert lines(written)[0]["error"] == "KeyError"
    assert "brother" not in written.getvalue()


def test_a_warning_is_logged_without_its_words(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(WORDS, stacklevel=1)
    logging.captureWarnings(capture=False)
    assert "brother" not in written.getvalue()


def test_chatter_of_other_packages_is_left_out(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
    assert lines(written) == []


def test_what_a_thread_did_not_catch_is_its_type(written: io.StringIO) -> None:
    hide_uncaught_errors()
    thread = threading.Thread(target=lambda: int(WORDS))
    thread.start()
    thread.join()
    assert (lines(written)[0]["event"], lines(written)[0]["error"]) == ("uncaught", "ValueError")
    assert "brother" not in written.getvalue()


def test_what_the_program_did_not_catch_is_its_type() -> None:
    program = f"""
from app.cli.terminal import prepare
prepare()
int({WORDS!r})
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert json.loads(ended.stderr)["error"] == "ValueError"
    assert "brother" not in ended.stderr


def test_a_process_forbids_core_dumps_and_keeps_its_files_to_itself(tmp_path: object) -> None:
    program = f"""
import ctypes, os, resource, sys
from app.process import harden_process
harden_process()
open({str(tmp_path)!r} + "/new", "w").close()
print(resource.getrlimit(resource.RLIMIT_CORE), oct(os.stat({str(tmp_path)!r} + "/new").st_mode))
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["(0, 0) 0o100600", "0"]
