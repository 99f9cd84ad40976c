"""Segments are counted by month; the cap is told before it bites, and never silences a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models import Outgoing, Sent
from app.outbox.budget import MonthSpending, find_new_warning, read_month
from tests.line import Line


def month(line: Line) -> MonthSpending:
    with line.reading() as db:
        return read_month(db, line.now)


def spend(line: Line, segments: int) -> None:
    with line.writing() as db:
        db.merge(Sent(period="2026-01", texts=1, segments=segments, automatic=0, told=0))


def test_segments_of_the_month_are_counted_and_priced(line: Line) -> None:
    line.set(price_per_segment=0.05)
    case = line.open_case("hello")
    line.reply(case.id, "é" + 170 * "x")
    told = month(line)
    assert (told.month, told.texts, told.segments, told.cost) == ("2026-01", 2, 3, 0.15)
    line.clock.advance(line.now.replace(month=2) - line.now)
    assert month(line).segments == 0


def test_a_text_is_counted_once_however_its_fate_is_learnt(line: Line) -> None:
    line.carrier.news_take = timedelta(minutes=1)
    line.text("hello")
    line.carrier.news += line.carrier.news  # the carrier tells everything twice
    line.advance(minutes=20)
    assert month(line).texts == 1


@pytest.mark.parametrize(("segments", "told"), [(79, None), (80, 80), (99, 80), (100, 100)])
def test_the_cap_is_told_at_four_fifths_and_when_it_is_reached(
    line: Line, segments: int, told: int | None
) -> None:
    line.set(price_per_segment=1, monthly_cap=100)
    spend(line, segments)
    with line.writing() as db:
        assert find_new_warning(db, line.now) == told
        assert find_new_warning(db, line.now) is None


def test_a_spent_cap_stops_only_automatic_texts_that_are_not_urgent(line: Line) -> None:
    line.set(price_per_segment=1, monthly_cap=100)
    spend(line, 100)
    case = line.open_case("hello")
    assert line.inbox() == []
    assert line.statuses(case.id)[-1] == "refused"
    line.reply(case.id, "we read you")
    assert line.inbox() == ["we read you"]
    assert line.says("they took my brother", sender="+15145550177") != []
    assert line.says("ERASE", sender="+15145550178") != []


def test_no_cap_stops_nothing(line: Line) -> None:
    line.set(price_per_segment=1, monthly_cap=0)
    spend(line, 10_000)
    assert line.says("hello") != []


def test_automatic_texts_to_everybody_together_are_bounded_by_the_hour(line: Line) -> None:
    line.set(automatic_per_hour=2)
    said = [line.says("hello", sender=f"+151455501{n}") for n in (60, 61, 62)]
    assert [len(texts) for texts in said] == [1, 1, 0]
    assert line.case_of("+15145550162") is not None
    assert line.says("they took my brother", sender="+15145550163") != []
    line.advance(hours=1)
    assert line.says("hello", sender="+15145550164") != []


def test_words_that_nobody_understands_may_use_the_hour_twice_and_no_more(line: Line) -> None:
    """They are tier 1, a machine's too; danger is never held back."""
    line.set(automatic_per_hour=2)
    said = [line.says("code 4827 qpzz", sender=f"+151455501{n}") for n in range(60, 66)]
    assert [len(texts) for texts in said] == [1, 1, 1, 1, 0, 0]
    assert line.says("they took my brother", sender="+15145550167") != []


@pytest.mark.parametrize("news_take", [timedelta(0), None])
def test_the_length_of_a_text_goes_with_its_words(line: Line, news_take: timedelta | None) -> None:
    line.carrier.news_take = news_take
    case = line.open_case("hello")
    line.reply(case.id, "a long answer " * 20)
    with line.reading() as db:
        assert set(db.scalars(select(Outgoing.segments))) == {None}
    assert month(line).segments == 1 + 2
