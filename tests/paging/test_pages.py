"""What a page says, and how often a phone rings while very many callers wait."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update

from app.desk import read_case
from app.models import Page
from app.paging import pages
from app.store import claim_jobs
from tests.line import Line
from tests.paging.people import HERON, man_desk
from tests.service import fictional

MANY = 4


@pytest.fixture
def busy(line: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A desk for which four cases that nobody has seen are very many."""
    monkeypatch.setattr(pages, "MANY_ALERTS", MANY)
    man_desk(line)
    return line


@pytest.mark.parametrize(
    ("kind", "urgency", "page"),
    [
        ("new", 0, "Desk: 3 new, now. Reply 1 = mine"),
        ("overdue", 3, "Desk: 3 waiting, when you can. Reply 1 = mine"),
    ],
)
def test_a_page_says_how_many_wait_and_how_soon(kind: str, urgency: int, page: str) -> None:
    assert pages.make_page(3, kind, urgency).write("en") == page


def test_while_very_many_wait_a_phone_may_rest_between_pages(busy: Line) -> None:
    """On a raid day everybody on duty knows after the first texts; more would only be put away."""
    for place in range(MANY):
        busy.text("I saw them, 1 4", fictional(place))
    before = len(busy.inbox(HERON))
    assert before >= MANY - 1
    for place in range(MANY, MANY + 5):
        busy.text("I saw them, 1 4", fictional(place))
    assert len(busy.inbox(HERON)) == before
    busy.advance(minutes=5)
    assert before < len(busy.inbox(HERON)) <= before + 2
    assert f"Desk: {MANY + 5} " in busy.inbox(HERON)[-1]
    # Whoever was not texted is paged all the same: they can take what came since.
    assert busy.says("1", sender=HERON)[-1] == "Desk: it is yours. Please open it now."


def waiting(line: Line) -> None:
    """Very many wait, and everybody was told a moment ago that they do so today."""
    for place in range(MANY + 2):
        line.text("they took him", fictional(place))
    with line.writing() as db:
        db.execute(update(Page).values(urgency=1))


def test_what_became_more_urgent_since_its_page_is_paged_again(busy: Line) -> None:
    waiting(busy)
    before = len(busy.inbox(HERON))
    busy.text("they took my son now", fictional(MANY + 4))
    assert len(busy.inbox(HERON)) == before + 1


def test_danger_is_paged_each_time_though_very_many_others_wait(busy: Line) -> None:
    """A machine that floods the line with words nobody understands hides nobody in danger."""
    for place in range(MANY + 2):
        busy.text("code 4827 qpzz", fictional(place))
    for place in range(MANY + 2, MANY + 4):
        before = len(busy.inbox(HERON))
        busy.text("they took my son now", fictional(place))
        assert len(busy.inbox(HERON)) == before + 1


def test_danger_is_paged_before_all_that_waits_to_be(line: Line) -> None:
    for place in range(3):
        line.take(line.lose("code 4827 qpzz", fictional(place)))
    line.take(line.lose("they took my son now", fictional(9)))
    danger = line.case_of(fictional(9))
    assert danger is not None
    with line.writing() as db:
        claimed = claim_jobs(db, uuid4(), line.now, 1, ["alert"])
    assert [job.ref for job in claimed] == [danger.id]


def test_a_page_that_was_answered_keeps_no_later_one_back(busy: Line) -> None:
    waiting(busy)
    first = busy.open_case("they took my son now", sender=fictional(MANY + 4))
    before = len(busy.inbox(HERON))
    busy.as_member(read_case, "plover", first.id)
    busy.text("they took my wife now", fictional(MANY + 5))
    assert len(busy.inbox(HERON)) == before + 1
    busy.text("they took us now", fictional(MANY + 6))  # while that one waits unseen
    assert len(busy.inbox(HERON)) == before + 1
