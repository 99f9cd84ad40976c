from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rota.rules import RuleRefused, clean_rule, list_starts

TORONTO = ZoneInfo("America/Toronto")
MIDNIGHT = datetime(2026, 1, 1)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "nonsense",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;INTERVAL=900",
        "FREQ=HOURLY;BYMINUTE=0,1,2",
        "FREQ=DAILY;COUNT=99999999",
        "FREQ=DAILY;COUNT=1001",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=8",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2",
        "FREQ=YEARLY;BYYEARDAY=1",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=MONTHLY;BYDAY=99MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=DAILY;BYHOUR=25",
        "FREQ=DAILY;DTSTART=20260101T000000",
        "DTSTART;TZID=Mars/Olympus:20260101T000000\nRRULE:FREQ=DAILY",
        "FREQ=DAILY;" * 80,
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: str) -> None:
    with pytest.raises(RuleRefused):
        clean_rule(rule, datetime(2026, 1, 1, 9), TORONTO)


def test_a_rule_is_kept_clean() -> None:
    rule = clean_rule(" rrule:freq=weekly;byday=mo;until=20260301T030000z; ", MIDNIGHT, TORONTO)
    assert rule.text == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260228T220000"
    until_a_day = clean_rule("FREQ=DAILY;UNTIL=20260102", datetime(2026, 1, 1, 23), TORONTO)
    assert len(list(list_starts(until_a_day, MIDNIGHT, datetime(2027, 1, 1)))) == 2


@given(
    rule=st.sampled_from(
        [
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU",
            "FREQ=DAILY;INTERVAL=5;BYMONTH=1,7",
            "FREQ=HOURLY;INTERVAL=7",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=DAILY;COUNT=500",
        ]
    ),
    start=st.integers(0, 400),
)
@settings(max_examples=40)
def test_looking_from_later_on_shows_the_same_occurrences(rule: str, start: int) -> None:
    kept = clean_rule(rule, datetime(2026, 1, 1, 9), TORONTO)
    since, until = MIDNIGHT + timedelta(days=start), MIDNIGHT + timedelta(days=start + 30)
    everything = list_starts(kept, MIDNIGHT, until)
    assert list(list_starts(kept, since, until)) == [one for one in everything if one >= since]
