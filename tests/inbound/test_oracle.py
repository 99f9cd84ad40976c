"""Whoever holds a phone cannot tell from the script whether there is, or was, a case."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from app.desk import (
    CaseOpening,
    StatedConsent,
    confirm_caller,
    deny_caller,
    open_case_by_hand,
    record_consent,
)
from app.intake import load_script
from app.models import CaseValues
from tests.inbound.old_phones import LIVE, PASTS, SAID, sealed
from tests.line import Line

TEXTS = load_script().texts
GREETING = TEXTS.get(None, "greeting")
OLD, FRESH = "+15145550301", "+15145550302"
HALF_AN_HOUR = timedelta(minutes=30)


def talk(line: Line, number: str, *said: str) -> list[list[str]]:
    """What each text is answered with."""
    return [line.says(text, sender=number) for text in said]


@pytest.fixture(scope="module")
def fresh(shared_line: Line) -> tuple[list[list[str]], list[str]]:
    """What a phone hears that nobody knows: in a whole dialogue, and when it is erased."""
    heard = talk(shared_line, FRESH, *SAID)
    shared_line.clock.advance(HALF_AN_HOUR)
    return heard, _erase(shared_line, "+15145550303")


@pytest.mark.parametrize(("index", "past"), [*enumerate(PASTS)])
def test_after_a_silence_every_phone_has_a_fresh_phones_dialogue(
    shared_line: Line, index: int, past: str, fresh: tuple[list[list[str]], list[str]]
) -> None:
    line, phone = shared_line, f"+151455503{10 + index}"
    PASTS[past](line, phone)
    line.clock.advance(HALF_AN_HOUR)
    heard = talk(line, phone, *SAID)
    assert heard == fresh[0]
    assert heard[0] == [GREETING]
    assert heard[-2] == [TEXTS.get("en", "callback")]
    line.clock.advance(HALF_AN_HOUR)
    assert _erase(line, phone) == fresh[1]


def _erase(line: Line, number: str) -> list[str]:
    """Start a dialogue, be erased in the middle of it, and begin again; codes left out."""
    heard = line.says("hello", "1", "ERASE", sender=number)
    [code] = re.findall(r"\b\d{4}\b", heard[-1])
    heard += line.says(code, "hello", "2", sender=number)
    return [text.replace(code, "0000") for text in heard]


def test_a_sealed_server_greets_after_each_silence_and_no_sooner(line: Line) -> None:
    with sealed(line):
        heard = []
        for minutes in (0, 1, 29, 30, 5):
            line.clock.advance(timedelta(minutes=minutes))
            heard += line.take(line.lose("hello", OLD))
    assert heard == [GREETING, None, None, GREETING, None]


class TestWhileAPersonTalks:
    def test_the_script_is_quiet_until_half_an_hour_after_the_last_text(self, line: Line) -> None:
        case_id = PASTS["handled"](line, OLD)
        line.clock.advance(timedelta(minutes=29))
        assert line.says("are you there?", "1", sender=OLD) == []
        line.clock.advance(timedelta(minutes=29))
        line.reply(case_id)
        line.clock.advance(timedelta(minutes=29))
        assert line.says("yes", sender=OLD) == []
        line.clock.advance(HALF_AN_HOUR)
        assert talk(line, OLD, "hm", "1") == [[GREETING], [TEXTS.get("en", "situation")]]

    def test_a_reply_that_never_arrived_was_no_text(self, line: Line) -> None:
        case_id = PASTS["handled"](line, OLD)
        line.clock.advance(timedelta(minutes=40))
        line.carrier.fates.append("undelivered")
        line.reply(case_id)
        line.clock.advance(timedelta(minutes=1))
        assert line.says("hello", sender=OLD) == [GREETING]

    def test_who_answers_a_person_is_not_greeted(self, line: Line) -> None:
        """Also where the person wrote first."""
        opening = CaseOpening(OLD, "other", 2, None, None, {})
        case = line.as_member(partial(open_case_by_hand, own_number=""), "heron", opening)
        said = StatedConsent("contact", True, ("text",), ["00:00-24:00"])
        line.as_member(record_consent, "heron", case.id, said)
        line.reply(case.id)
        assert line.says("thank you", sender=OLD) == []


class TestAStranger:
    """What is answered after a silence changes nothing until a person has made sure."""

    def answer(self, line: Line, past: str = "handled") -> tuple[UUID, CaseValues]:
        case_id = PASTS[past](line, OLD)
        before = line.values(case_id)
        line.clock.advance(HALF_AN_HOUR)
        line.says("hi", "2", "1", "oui", "texto", "Toronto", sender=OLD)
        return case_id, before

    def test_changes_no_fact_of_an_old_case(self, line: Line) -> None:
        case_id, before = self.answer(line)
        after, file = line.values(case_id), line.read(case_id)
        for name in ("language", "region", "situation", "reach", "number"):
            assert getattr(after, name) == getattr(before, name), name
        assert "city" not in file.fields
        assert "answers_unconfirmed" in file.contact.flags
        assert file.unconfirmed["language"] == "fr"
        assert file.unconfirmed["city"] == "Toronto"

    def test_may_still_raise_the_tier_since_a_person_looks_then(self, line: Line) -> None:
        case_id = line.open_case("hello", "1", "6", sender=OLD).id
        assert line.case(case_id).urgency > 0
        line.clock.advance(HALF_AN_HOUR)
        line.says("hi", "1", "1", sender=OLD)
        assert line.case(case_id).urgency == 0
        assert line.values(case_id).situation == "other"

    def test_counts_once_a_person_has_confirmed(self, line: Line) -> None:
        case_id, _ = self.answer(line)
        line.as_member(confirm_caller, "heron", case_id)
        values, file = line.values(case_id), line.read(case_id)
        assert (values.language, values.region) == ("fr", "toronto")
        assert values.situation == "detained"
        assert values.reach is not None
        assert values.reach.methods == ("text",)
        assert file.fields["city"] == "Toronto"
        assert (file.unconfirmed, file.contact.flags) == ({}, [])
        line.says("merci", sender=OLD)
        assert "answers_unconfirmed" not in line.read(case_id).contact.flags

    def test_never_counts_once_a_person_has_denied_it(self, line: Line) -> None:
        case_id, before = self.answer(line)
        line.as_member(deny_caller, "heron", case_id)
        assert line.read(case_id).unconfirmed == {}
        line.as_member(confirm_caller, "heron", case_id)
        assert line.values(case_id).language == before.language

    def test_is_nobody_in_a_case_of_which_nothing_is_known(self, line: Line) -> None:
        """Who is slow to answer the very first greeting is heard at once."""
        case_id = line.open_case("hello", sender=OLD).id
        line.clock.advance(timedelta(hours=3))
        line.says("hello again", "2", sender=OLD)
        assert line.values(case_id).language == "fr"


def test_the_kinds_of_live_cases_stay_the_cases_they_were(line: Line) -> None:
    """The dialogue of a fresh phone goes on in the old case, not in a new one."""
    for index, past in enumerate(LIVE):
        number = f"+1514555{index:04d}"
        case_id = PASTS[past](line, number)
        line.clock.advance(HALF_AN_HOUR)
        line.says("hello again", sender=number)
        assert "hello again" in line.inbound(case_id), past
