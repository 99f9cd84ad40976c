"""Times, codes and ready texts: what needs no house."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import access, audit
from app.cases.tasks import TASK_KINDS
from app.console import words, work
from app.console.deeds import DEEDS
from app.console.preview import alphabet, preview
from app.console.quick_replies import quick_replies, with_quick_reply
from app.console.rendering import moment, render, span
from app.knowledge.deadlines import TRIGGERS
from app.knowledge.sightings import SIGHTING_FIELDS
from app.models import EventState, OrganisationSettings, SightingState
from app.outbox.blocks import BLOCK_REASONS
from app.texts.catalogue import SHIPPED

ZONE = ZoneInfo("America/Toronto")
_KIND = re.compile(
    r"(archive|case|consent|contact|denial|directory|episode|event|index|invitation|member|number|organisation|raid|reading|rule"
    r"|server|session|settings|task|totp)\.(?!html)[a-z_]+"
)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 min"),
        (-3, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (125, "2 h 5 min"),
        (1441, "1 d 1 min"),
        (3000, "2 d 2 h"),
    ],
)
def test_lengths_of_time_are_said_in_two_units(minutes: int, said: str) -> None:
    assert span(timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-01-15T05:00:00+00:00", "00:00"),
        ("2026-01-15T04:59:00Z", "Wed 14 Jan, 23:59"),
        ("2025-07-01T16:00:00+00:00", "Tue 1 Jul 2025, 12:00"),
    ],
)
def test_times_are_those_of_the_desk(at: str, said: str) -> None:
    assert moment(at, NOW, ZONE) == said


def test_every_code_has_its_words() -> None:
    assert set(words.ROLES) == set(access.ROLES)
    assert set(words.BLOCK_REASONS) == set(BLOCK_REASONS)
    assert set(OrganisationSettings().fields) <= set(words.FIELDS)


def test_every_code_about_work_has_its_words() -> None:
    assert set(work.EVENT_STATES) == set(EventState)
    assert set(work.TASKS) == set(TASK_KINDS)
    assert set(work.RAID_STATES) == set(SightingState)
    assert set(work.RAID_FIELDS) == set(SIGHTING_FIELDS)
    assert set(work.TRIGGERS) == set(TRIGGERS)
    assert work.task("recheck", 1) == "tomorrow: is the date still right?"


def test_everything_that_is_recorded_has_its_words() -> None:
    named = set(_kinds_in_the_code())
    assert {"case.read", "server.panic"} <= named
    assert named <= set(DEEDS)


def _kinds_in_the_code() -> Iterator[str]:
    """Every kind that is written to the audit log: literals that are handed on as one."""
    for path in Path(access.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call):
                given = (one.value for one in call.args[:4] if isinstance(one, ast.Constant))
                kinds = [str(value) for value in given if _KIND.fullmatch(str(value))]
                if kinds and not _is_logging(call):
                    yield from kinds
    yield audit.UNUSUAL


def _is_logging(call: ast.Call) -> bool:
    return ast.unparse(call.func).startswith("log.")


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert words.of(words.FIELDS, "shoe_size") == "shoe size"
    assert words.of(DEEDS, "shoe.tied") == "shoe tied"
    assert words.of(words.FIELDS, None) == "–"


@pytest.mark.parametrize("language", SHIPPED)
def test_each_quick_reply_is_one_segment_and_says_nothing_about_the_matter(language: str) -> None:
    ready = quick_replies(language)
    assert len(ready) >= 7
    for reply in ready:
        assert reply.language == language
        assert preview(reply.text).weight.segments == 1, reply.text
        assert not re.search(
            r"immigra|polic|border|visa|deport|lawyer|avoca", reply.text, re.IGNORECASE
        )


def test_a_language_without_quick_replies_gets_the_english_ones() -> None:
    assert {reply.language for reply in quick_replies("ar")} == {"en"}
    assert quick_replies(None) == quick_replies("en")


def test_an_unknown_quick_reply_leaves_the_draft_alone() -> None:
    assert with_quick_reply("draft", "nonsense", "en") == "draft"


def test_the_script_counts_with_the_same_alphabet() -> None:
    single, double = alphabet()
    assert len(single) + len(double) == 128 + 10 - 3  # without escape, CR and form feed
    assert "é" in single
    assert "€" in double
    assert "ê" not in single + double


def test_a_template_cannot_forget_to_escape() -> None:
    page = render("error.html", {**_frame(), "number": 400, "sentence": "<b>&"})
    assert "&lt;b&gt;&amp;" in page


def _frame() -> dict[str, object]:
    return {
        "secret": None,
        "form_token": str,
        "me": None,
        "navigation": [],
        "here": "/",
        "lock_after_s": None,
        "lock_minutes": 30,
        "zone": ZONE,
        "now": NOW,
        "errors": (),
        "done": "",
    }
