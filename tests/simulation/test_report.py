"""The month's verdict: what people could not do is theirs, what nobody was told is ours."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

from simulation import report
from simulation.month import Contact, Seen, Sought

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def caller(*, paged: float | None, answered: float | None, tier: int = 0) -> Contact:
    found = Contact(1, "+15145550123", NOON, "detained", False, deque(), accepted=True, tier=tier)
    found.paged_at = None if paged is None else NOON + minutes(paged)
    found.human_at = None if answered is None else NOON + minutes(answered)
    return found


def request(**changes: object) -> Sought:
    found = Sought("1", "legal", 0, NOON, "assigned", NOON + minutes(1), NOON + minutes(9))
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def test_who_was_told_in_time_and_came_late_is_no_fault_of_ours() -> None:
    assert report.misses(Seen([caller(paged=1, answered=40)], [request()])) == []


def test_who_was_told_too_late_is() -> None:
    assert len(report.misses(Seen([caller(paged=20, answered=40)]))) == 1


def test_a_caller_whom_nobody_ever_answers_is_missed() -> None:
    assert len(report.misses(Seen([caller(paged=1, answered=None)]))) == 1


def test_a_caller_who_got_no_200_is_missed_but_for_an_outage() -> None:
    refused = caller(paged=1, answered=2)
    refused.accepted = False
    assert len(report.misses(Seen([refused]))) == 1
    refused.in_outage = True
    assert report.misses(Seen([refused])) == []


def test_a_request_for_which_nobody_is_asked_is_missed() -> None:
    silent = request(first_offer_at=None, state="open")
    late = request(first_offer_at=NOON + minutes(30))
    assert len(report.misses(Seen(sought=[late]))) == 1
    assert len(report.misses(Seen(sought=[silent]))) == 2


def test_loads_are_equal_or_all_on_one() -> None:
    assert report.gini([3, 3, 3]) == 0
    assert report.gini([0, 0, 0, 12]) == 0.75
    assert report.gini([]) == 0


def test_charts_are_pictures_with_their_numbers_in_them(tmp_path: Path) -> None:
    seen = Seen([caller(paged=1, answered=4)], [request()], {"owl": 2, "robin": 1})
    drawn = report.write_charts(seen, tmp_path)
    for path in drawn:
        ET.parse(path)
    assert "4.0" in drawn[0].read_text()
    assert "median" in report.text(seen)
