"""What ``kith check`` says about the number's webhooks, as the carrier has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.operations.checkup.line import HINTS, compare_webhooks
from app.operations.checkup.machine import compare_clocks
from app.telephony import NumberWebhooks

URL = "https://line.example.org"
RIGHT = NumberWebhooks(
    sms_url=f"{URL}/twilio/messages{HINTS}",
    sms_method="POST",
    sms_fallback_url=f"{URL}/twilio/fallback/messages",
    voice_url="",
    voice_method="POST",
    voice_fallback_url="",
    status_callback="",
)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "verdicts"),
    [
        ({}, ["ok", "ok"]),
        ({"sms_url": f"{URL}/twilio/messages"}, ["warning", "ok"]),
        ({"sms_url": f"{URL}/twilio/messages#rc=0&rp=all"}, ["warning", "ok"]),
        ({"sms_url": f"{URL}/twilio/messages#rc=2&rp=all"}, ["ok", "ok"]),
        ({"sms_url": "https://elsewhere.example.org/twilio/messages"}, ["problem", "ok"]),
        ({"sms_url": ""}, ["problem", "ok"]),
        ({"sms_method": "GET"}, ["problem", "ok"]),
        ({"sms_fallback_url": ""}, ["ok", "problem"]),
    ],
)
def test_webhooks_are_held_against_what_they_should_be(
    changes: dict[str, str], verdicts: list[str]
) -> None:
    found = compare_webhooks(replace(RIGHT, **changes), URL)
    assert [finding.verdict for finding in found] == verdicts


VOICE = {
    "voice_url": f"{URL}/twilio/voice",
    "voice_fallback_url": f"{URL}/twilio/fallback/voice",
    "status_callback": f"{URL}/twilio/voice/status",
}


@pytest.mark.parametrize(
    ("changes", "verdicts"),
    [
        ({"voice_url": "https://elsewhere.example.org/notice"}, []),
        ({}, ["ok"]),
        ({"voice_url": f"{URL}/twilio/fallback/voice"}, ["problem"]),
        ({"voice_fallback_url": ""}, ["problem"]),
        ({"status_callback": ""}, ["warning"]),
    ],
)
def test_calls_are_looked_at_where_they_come_here(
    changes: dict[str, str], verdicts: list[str]
) -> None:
    found = compare_webhooks(replace(RIGHT, **{**VOICE, **changes}), URL)
    assert [f.verdict for f in found if f.about.startswith("voice")] == verdicts


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "ok"), (31, "warning"), (301, "problem")])
def test_clocks_may_differ_a_little(seconds: int, verdict: str) -> None:
    for sign in (1, -1):
        theirs = NOW + sign * timedelta(seconds=seconds)
        assert compare_clocks("clock", theirs, NOW).verdict == verdict
