"""Deadlines: days on the calendar, for the desk's eyes and never in a text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import app
from app import knowledge
from app.console.quick_replies import quick_replies
from app.knowledge.deadlines import (
    OF_DOCUMENTS,
    DeadlineFact,
    find_deadline_facts,
    find_possible_deadlines,
    read_received_on,
)
from app.models import DeadlineRule
from app.texts.catalogue import load_texts
from app.texts.rules import PLACEHOLDERS

TORONTO = ZoneInfo("America/Toronto")


def rule(**changes: Any) -> DeadlineRule:
    usual = {
        "code": "a-rule", "jurisdiction": "CA", "trigger": "prra_notice", "offset": 15,
        "unit": "days", "received_by": None, "warn_at": [7, 1], "source_url": None,
        "review_by": None, "enabled": True,
    }  # fmt: skip
    return DeadlineRule(**{**usual, **changes})


def days(rules: list[DeadlineRule], *facts: DeadlineFact) -> list[str]:
    return [found.on.isoformat() for found in find_possible_deadlines(rules, facts, TORONTO)]


# -- counting


@dataclass(frozen=True)
class Count:
    rule: dict[str, Any]
    on: date | datetime
    ends: str


@pytest.mark.parametrize(
    "count",
    [
        Count({}, date(2026, 1, 31), "2026-02-15"),
        Count({"offset": 30}, date(2028, 1, 31), "2028-03-01"),  # a leap year
        Count({"offset": 0}, date(2026, 1, 31), "2026-01-31"),
        # 03:30 in UTC is still the day before in Toronto.
        Count({}, datetime(2026, 2, 1, 3, 30, tzinfo=UTC), "2026-02-15"),
        Count({"offset": 48, "unit": "hours"}, datetime(2026, 1, 31, 3, tzinfo=UTC), "2026-02-01"),
        Count({"offset": 48, "unit": "hours"}, date(2026, 1, 31), "2026-02-02"),
        # The night the clocks go forward has 23 hours; a day is a day all the same.
        Count({"offset": 1}, datetime(2026, 3, 8, 4, 30, tzinfo=UTC), "2026-03-08"),
        Count(
            {"offset": 24, "unit": "hours"}, datetime(2026, 3, 8, 4, 30, tzinfo=UTC), "2026-03-09"
        ),
    ],
)
def test_days_are_counted_on_the_calendar_of_the_place(count: Count) -> None:
    assert days([rule(**count.rule)], DeadlineFact("prra_notice", count.on)) == [count.ends]


def test_it_warns_some_days_before() -> None:
    [found] = find_possible_deadlines(
        [rule()], [DeadlineFact("prra_notice", date(2026, 1, 1))], TORONTO
    )
    assert [day.isoformat() for day in found.warn_on] == ["2026-01-09", "2026-01-15"]


@pytest.mark.parametrize(
    ("way", "ends"),
    [
        ("hand", ["2026-01-16"]),
        ("mail", ["2026-01-23"]),
        (None, ["2026-01-16", "2026-01-23"]),
    ],
)
def test_how_a_document_came_decides_and_unknown_shows_both(way: Any, ends: list[str]) -> None:
    rules = [rule(received_by="hand"), rule(received_by="mail", offset=22)]
    assert days(rules, DeadlineFact("prra_notice", date(2026, 1, 1), way)) == ends


def test_a_rule_that_nobody_verified_shows_nothing() -> None:
    assert days([rule(enabled=False)], DeadlineFact("prra_notice", date(2026, 1, 1))) == []
    assert days([rule(trigger="detained")], DeadlineFact("prra_notice", date(2026, 1, 1))) == []


@pytest.mark.parametrize("year", [1, 9999])
def test_a_slip_of_the_pen_breaks_nothing(year: int) -> None:
    assert days([rule(offset=3650)], DeadlineFact("prra_notice", date(year, 12, 31))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-31, by mail", (date(2026, 1, 31), "mail")),
        ("by hand on 2026-01-31", (date(2026, 1, 31), "hand")),
        ("courrier, 2026-01-31", (date(2026, 1, 31), "mail")),
        ("2026-01-31", (date(2026, 1, 31), None)),
        ("2026-02-31 by mail", (None, "mail")),
        ("last week", (None, None)),
        ("mail or by hand", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_day_is_found_in_what_the_desk_wrote(text: str, found: tuple[Any, Any]) -> None:
    assert read_received_on(text) == found


def test_what_is_known_of_a_case_starts_the_clocks() -> None:
    at = datetime(2026, 2, 3, 14, 30, tzinfo=UTC)
    awaited = [("check_in", at), ("appointment", at)]
    found = list(
        find_deadline_facts(awaited, [date(2026, 1, 2)], {"received_on": "2026-01-31 by hand"})
    )
    assert found[:2] == [DeadlineFact("check_in", at), DeadlineFact("detained", date(2026, 1, 2))]
    assert {fact.trigger for fact in found[2:]} == set(OF_DOCUMENTS)


# -- never in a text


def test_no_ready_text_has_a_place_for_a_date() -> None:
    assert set(PLACEHOLDERS) == {"erase_code", "away"}
    known = load_texts()
    ready = [text for one in known.languages.values() for text in one.texts.values()]
    ready += [reply.text for code in known.languages for reply in quick_replies(known, code)]
    assert not [text for text in ready if "date}" in text or "day}" in text]


def test_no_module_that_writes_texts_knows_of_deadlines() -> None:
    writes = {"TextDraft", "OutgoingText"}
    of_deadlines = {name for name in knowledge.__all__ if "deadline" in name.casefold()}
    assert "find_possible_deadlines" in of_deadlines
    writers = 0
    for path in Path(app.__file__).parent.rglob("*.py"):
        source = path.read_text()
        if any(name in source for name in writes):
            names = set(imported(source))
            writers += bool(names & writes)
            assert not (names & writes and names & of_deadlines), path
    assert writers > 5


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names)
