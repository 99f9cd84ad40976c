"""Deadlines: rules as data, days on the calendar, for the desk's eyes and never in a text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import app
from app.console.quick_replies import quick_replies
from app.knowledge.deadline_rules import (
    OF_DOCUMENTS,
    TRIGGERS,
    DeadlineFact,
    find_deadline_facts,
    find_possible_deadlines,
    read_received_on,
    read_shipped_rules,
)
from app.texts.catalogue import load_texts
from app.texts.rules import PLACEHOLDERS
from tests.service import CALLER, House, refusal

TORONTO = ZoneInfo("America/Toronto")


def rule(**changes: Any) -> Any:
    usual = {
        "code": "a-rule", "jurisdiction": "CA", "trigger": "prra_notice", "offset": 15,
        "unit": "days", "received_by": None, "warn_at": [7, 1], "source_url": None,
        "review_by": None, "enabled": True,
    }  # fmt: skip
    return SimpleNamespace(**{**usual, **changes})


def days(rules: list[Any], *facts: DeadlineFact) -> list[str]:
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
    events = [
        {"kind": "check_in", "state": "confirmed", "starts_at": at},
        {"kind": "check_in", "state": "cancelled", "starts_at": at},
        {"kind": "appointment", "state": "confirmed", "starts_at": at},
    ]
    found = list(
        find_deadline_facts(events, [date(2026, 1, 2)], {"received_on": "2026-01-31 by hand"})
    )
    assert found[:2] == [DeadlineFact("check_in", at), DeadlineFact("detained", date(2026, 1, 2))]
    assert {fact.trigger for fact in found[2:]} == set(OF_DOCUMENTS)


# -- the rules


def test_every_shipped_rule_is_disabled_and_has_its_source() -> None:
    seeds = read_shipped_rules()
    assert len(seeds) == len({seed["code"] for seed in seeds}) == 14
    for seed in seeds:
        assert not {"enabled", "verified_by", "verified_on"} & seed.keys()
        assert seed["source_url"].startswith("https://")
        assert seed["trigger"] in TRIGGERS


def put(house: House, **changes: Any) -> Any:
    crane = house.as_("crane")
    [known] = [
        item
        for item in crane.get("/v1/deadline-rules").json()["items"]
        if item["code"] == "ca-prra-application-by-hand"
    ]
    return crane.put("/v1/deadline-rules", {"items": [{**known, **changes}]})


VERIFIED = {"enabled": True, "verified_by": "Me L. Roy", "verified_on": "2026-01-10"}


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": True},
        {**VERIFIED, "verified_by": " "},
        {**VERIFIED, "verified_on": None},
        {**VERIFIED, "verified_on": "2026-03-01"},
        {"trigger": "full_moon"},
        {"unit": "fortnights"},
        {"offset": -1},
        {"warn_at": [400]},
        {"received_by": "pigeon"},
        {"code": "no spaces, please"},
    ],
)
def test_a_rule_needs_a_name_and_a_day_before_it_is_used(
    shared_house: House, changes: dict[str, Any]
) -> None:
    assert refusal(put(shared_house, **changes)) == (400, "bad-request")


def test_an_organisation_adds_its_own_rule_and_nobodys_is_overwritten(shared_house: House) -> None:
    own = {"code": "own", "jurisdiction": "CA", "trigger": "hearing", "offset": 0, "unit": "days"}
    crane = shared_house.as_("crane")
    before = len(crane.get("/v1/deadline-rules").json()["items"])
    items = crane.put("/v1/deadline-rules", {"items": [own]}).json()["items"]
    assert len(items) == before + 1
    twice = crane.put("/v1/deadline-rules", {"items": [own, own]})
    assert refusal(twice) == (400, "bad-request")
    assert put(shared_house, version=9).status_code == 412


@pytest.fixture
def case_with_a_deadline(shared_house: House) -> Iterator[dict[str, Any]]:
    assert put(shared_house, **VERIFIED).status_code == 200
    case = shared_house.case_of("hello")
    heron = shared_house.as_("heron")
    version = heron.get(f"/v1/cases/{case['id']}").headers["etag"]
    fields = {"fields": {"received_on": "2026-01-12 by hand"}}
    heron.patch(f"/v1/cases/{case['id']}", fields, version=version)
    yield shared_house.read(case["id"])
    heron.post(f"/v1/cases/{case['id']}/erase")


def test_the_desk_sees_it_as_possible_and_is_told_to_ask(
    case_with_a_deadline: dict[str, Any],
) -> None:
    [found] = case_with_a_deadline["possible_deadlines"]
    assert (found["on"], found["trigger"]) == ("2026-01-27", "prra_notice")
    assert found["note"] == "possible deadline – ask a lawyer"


# -- never in a text


def test_no_text_that_goes_out_holds_a_date(
    shared_house: House, case_with_a_deadline: dict[str, Any]
) -> None:
    case_id, heron = case_with_a_deadline["id"], shared_house.as_("heron")
    said = {"scope": "contact", "granted": True, "methods": ["text"]}
    heron.post(f"/v1/cases/{case_id}/consents", said)
    starts_at = (shared_house.clock() + timedelta(days=1, hours=1)).isoformat()
    heron.post(f"/v1/cases/{case_id}/events", {"kind": "hearing", "starts_at": starts_at})
    shared_house.advance(hours=2)
    sent = shared_house.phone(CALLER).inbox()
    assert sent[-1].startswith("Call when you can.")
    assert not [text for text in sent if re.search(r"27|jan|2026", text, re.IGNORECASE)]


def test_no_ready_text_has_a_place_for_a_date() -> None:
    assert set(PLACEHOLDERS) == {"erase_code", "away"}
    known = load_texts()
    ready = [text for one in known.languages.values() for text in one.texts.values()]
    ready += [reply.text for code in known.languages for reply in quick_replies(code)]
    assert not [text for text in ready if "date}" in text or "day}" in text]


def test_no_module_that_writes_texts_knows_of_deadlines() -> None:
    folder = Path(app.__file__).parent
    for path in folder.rglob("*.py"):
        source = path.read_text()
        names = {
            alias.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom | ast.Import)
            for alias in node.names
        } | {
            node.module or "" for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom)
        }  # fmt: skip
        if "Draft" in names or "OutgoingText" in names:
            assert not names & {"deadlines", "app.deadlines", "casefile"}, path
