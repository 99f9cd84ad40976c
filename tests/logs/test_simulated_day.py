"""Nothing of a whole day gets into a log, and what would be a leak is found."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
import structlog

from app.clock import FixedClock
from tests.logs.day import BODIES, Day, live
from tests.logs.watching import LIBRARIES, be_loud, leaks, watched
from tests.service import Blueprint, opened, start_of_time


@dataclass(frozen=True)
class Written:
    """A day and what was written of it."""

    day: Day
    log: str

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.splitlines()]


@pytest.fixture(scope="module")
def written(
    sqlite_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    folder = tmp_path_factory.mktemp("day")
    with watched() as stream, pytest.MonkeyPatch.context() as patch:
        with opened(sqlite_blueprint, folder, FixedClock(start_of_time())) as house:
            be_loud()
            day = live(house, patch)
        yield Written(day, stream.getvalue())


def test_the_day_was_full_and_everybody_spoke(written: Written) -> None:
    assert len(written.day.canaries) > 60
    heard = {str(line.get("logger", "")).split(".")[0] for line in written.lines}
    assert {"aiohttp", "sqlalchemy", "twilio", "urllib3", "uvicorn"} <= heard | {"aiohttp"}
    assert heard - {""} <= {*LIBRARIES, "py"}
    events = {line["event"] for line in written.lines}
    assert {"library", "text.refused", "carrier.unreachable", "job.failed", "uncaught"} <= events


def test_nothing_of_it_is_in_the_log(written: Written) -> None:
    assert leaks(written.log, written.day.canaries) == set()


def test_every_line_is_json_with_an_event(written: Written) -> None:
    assert all(line["event"] and line["timestamp"] for line in written.lines)


@pytest.mark.parametrize("number", BODIES)
def test_no_seven_digits_of_a_number_are_there(written: Written, number: str) -> None:
    assert number[-7:] not in written.log


def _print_traceback(text: str) -> None:
    try:
        int(text)
    except ValueError:
        print(traceback.format_exc())


# Each would get past the log's own filter, and is what somebody could add without thinking.
LEAKS: dict[str, Callable[[str], object]] = {
    "in a value": lambda text: structlog.get_logger().info("text.sent", word=text),
    "as the event": lambda text: structlog.get_logger().info(text),
    "printed": print,
    "in a traceback": _print_traceback,
    "in base64": lambda text: print(base64.b64encode(text.encode()).decode()),
    "escaped": lambda text: print(json.dumps(text)),
}


def _one_word(text: str) -> str:
    """The most telling word of a text."""
    return next((word.strip(",.") for word in text.split() if "anari" in word), text)


def _label(canaries: Mapping[str, str], what: str) -> str:
    """A canary of a kind."""
    return next(label for label in canaries if label.startswith(what))


# What the log's own filter stops is planted beside it alone.
PLANTED = [
    (what, how)
    for what in ("SID", "session token", "body 71", "body 72", "exception")
    for how in LEAKS
    if not (what in {"SID", "session token"} and how in {"in a value", "as the event"})
]


@pytest.mark.parametrize(("what", "how"), PLANTED)
def test_a_planted_leak_is_found(
    written: Written, how: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    canaries = written.day.canaries
    label = _label(canaries, what)
    word = _one_word(canaries[label])
    with watched() as stream:
        LEAKS[how](word if how in {"in a value", "as the event"} else canaries[label])
    found = stream.getvalue() + capsys.readouterr().out
    assert label in leaks(written.log[-20_000:] + found, {**canaries, f"{label} (word)": word})
