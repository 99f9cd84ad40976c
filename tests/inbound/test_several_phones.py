"""Merged cases: each phone has a dialogue of its own, and is answered itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk import merge_cases
from app.errors import ConsentMissing
from app.intake import load_script
from tests.line import Line

TEXTS = load_script().texts
ONE, TWO = "+15145550401", "+15145550402"


@pytest.fixture
def merged(line: Line) -> UUID:
    """The main case is of phone TWO, which speaks French; under it is phone ONE."""
    one = line.open_case("hello", "1", "4", sender=ONE).id
    two = line.open_case("allo", "2", "2", sender=TWO).id
    line.as_member(merge_cases, "heron", one, two)
    return two


def test_each_phone_goes_on_where_it_was_in_its_language(line: Line, merged: UUID) -> None:
    assert line.says("oui", sender=TWO) == [TEXTS.get("fr", "reach")]
    assert line.says("yes", sender=ONE) == [TEXTS.get("en", "city")]
    assert line.says("1", sender=TWO) == [TEXTS.get("fr", "city")]
    assert {*line.inbound(merged)} >= {"oui", "yes", "1"}


def test_an_answer_goes_to_the_phone_that_asked(line: Line, merged: UUID) -> None:
    for phone in (ONE, TWO, ONE):
        line.clock.advance(timedelta(minutes=1))
        line.says("are you there?", sender=phone)
        before = {number: len(line.inbox(number)) for number in (ONE, TWO)}
        line.reply(merged, "We are here.")
        heard = {number for number in before if len(line.inbox(number)) > before[number]}
        assert heard == {phone}


def test_a_person_quiets_the_script_of_that_phone_alone(line: Line, merged: UUID) -> None:
    line.clock.advance(timedelta(minutes=1))
    line.says("are you there?", sender=ONE)
    line.reply(merged)
    assert line.says("yes", sender=ONE) == []
    assert line.says("oui", sender=TWO) == [TEXTS.get("fr", "reach")]


def test_what_one_phone_wrote_opens_no_hour_of_the_other(line: Line, merged: UUID) -> None:
    line.clock.advance(timedelta(hours=1))
    with pytest.raises(ConsentMissing):
        line.reply(merged)
    line.says("hello", sender=TWO)
    line.reply(merged)
    assert line.inbox(ONE)[-1] != "I am here with you."


def test_each_text_shows_which_phone_wrote_it_or_got_it(line: Line, merged: UUID) -> None:
    line.clock.advance(timedelta(minutes=1))
    line.says("from one", sender=ONE)
    line.reply(merged, "to one")
    shown = {text.body: text.phone for text in line.read(merged).messages}
    assert (shown["from one"], shown["to one"]) == ("+1••••••••01", "+1••••••••01")
    assert shown["allo"] == "+1••••••••02"
