from __future__ import annotations

import pytest

from app.errors import NotFound
from app.members.accounts import remove_member
from app.rota.feed import close_feed, has_feed, open_feed, read_feed
from tests.premises import Premises
from tests.rota.desk import add


def opened(premises: Premises, handle: str = "heron") -> str:
    with premises.writing() as db:
        return open_feed(db, premises.principal(handle), premises.now)


def read(premises: Premises, token: str) -> list[str]:
    with premises.reading() as db:
        return read_feed(db, token, premises.now).split("\r\n")


def test_a_calendar_tells_code_names_and_times_of_ones_own_shifts(premises: Premises) -> None:
    add(premises, "heron")
    add(premises, "plover", hour=18)
    lines = read(premises, opened(premises))
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert "DTSTART:20260115T140000Z" in lines
    assert "DTEND:20260115T220000Z" in lines
    assert len({line for line in lines if line.startswith("SUMMARY")}) == 1
    assert all(len(line.encode()) <= 75 for line in lines)


def test_the_address_before_stops_working(premises: Premises) -> None:
    first, second = opened(premises), opened(premises)
    with pytest.raises(NotFound):
        read(premises, first)
    assert read(premises, second)
    with premises.writing() as db:
        close_feed(db, premises.principal("heron"), premises.now)
        assert not has_feed(db, premises.principal("heron"))
    with pytest.raises(NotFound):
        read(premises, second)


def test_the_address_of_a_removed_member_shows_nothing(premises: Premises) -> None:
    token = opened(premises)
    with premises.writing() as db:
        crane, heron = premises.principal("crane"), premises.id("heron")
        remove_member(db, premises.sessions, crane, heron, None, premises.now)
    with pytest.raises(NotFound):
        read(premises, token)


@pytest.mark.parametrize("token", ["", "x", "\ud83d", "é\x00"])
def test_an_address_that_nobody_was_given_shows_nothing(
    shared_premises: Premises, token: str
) -> None:
    with pytest.raises(NotFound):
        read(shared_premises, token)
