"""Texts to callers: what may go out, what becomes of it, and what the last gate holds back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk import StatedConsent, claim_case, close_case, erase_case, record_consent
from app.errors import (
    CaseClosed,
    ConsentMissing,
    HoursNotSaid,
    NumberSuppressed,
    OutsideSafeHours,
    UnsafeMethod,
)
from app.models import HOURS_NOT_SAID
from app.telephony import OptedOut
from tests.line import Line

ANSWERS = ("hello", "1", "2", "y", "Montreal")


def allow(line: Line, case_id: UUID, *, granted: bool = True, **said: str) -> None:
    scope, hours = said.get("scope", "contact"), said.get("hours", "any")
    stated = StatedConsent(scope, granted, ("text",), hours)
    line.as_member(record_consent, "heron", case_id, stated)


def quiet_case(line: Line, *texts: str) -> UUID:
    """A case whose caller wrote so long ago that a text would be no answer any more."""
    case_id = line.open_case(*texts).id
    line.advance(minutes=31)
    return case_id


def last_status(line: Line, case_id: UUID) -> str:
    return line.statuses(case_id)[-1]


class TestReplying:
    def test_nobody_needs_to_have_claimed_the_case(self, line: Line) -> None:
        case_id = line.open_case().id
        line.as_member(claim_case, "plover", case_id)
        line.reply(case_id)
        assert last_status(line, case_id) == "delivered"

    def test_after_a_person_answered_the_script_goes_quiet(self, line: Line) -> None:
        case_id = line.open_case("hello", "1").id
        line.reply(case_id)
        assert line.says("2", "yes") == []
        assert line.case(case_id).state == "open"

    def test_replies_arrive_in_the_order_written(self, line: Line) -> None:
        case_id = line.open_case().id
        bodies = [f"Part {number}." for number in range(6)]
        for body in bodies:
            line.reply(case_id, body)
        assert line.inbox()[-6:] == bodies
        assert [text.body for text in line.read(case_id).messages][-6:] == bodies

    def test_the_longest_text_arrives_whole(self, line: Line) -> None:
        case_id = line.open_case().id
        line.reply(case_id, "é" * 1600)
        assert line.inbox()[-1] == "é" * 1600

    def test_what_the_carrier_cannot_deliver_is_shown(self, line: Line) -> None:
        case_id = line.open_case().id
        line.carrier.fates.append("undelivered")
        line.reply(case_id)
        assert line.read(case_id).messages[-1].status == "undelivered"


class TestMayOne:
    """Within half an hour a text is an answer; later the caller must have allowed it."""

    def test_an_answer_is_always_allowed(self, line: Line) -> None:
        case_id = line.open_case().id
        line.clock.advance(timedelta(minutes=30))
        line.reply(case_id)
        assert last_status(line, case_id) == "delivered"

    def test_later_a_consent_is_needed(self, line: Line) -> None:
        case_id = quiet_case(line)
        with pytest.raises(ConsentMissing):
            line.reply(case_id)
        allow(line, case_id)
        line.reply(case_id)

    def test_the_callers_own_answer_counts(self, line: Line) -> None:
        line.reply(quiet_case(line, *ANSWERS, "1, any time"))

    @pytest.mark.parametrize("answer", ["1", "3, evenings", "3, after 6"])
    def test_hours_that_were_not_said_or_not_understood_are_asked_for(
        self, line: Line, answer: str
    ) -> None:
        case_id = quiet_case(line, *ANSWERS, answer)
        assert line.read(case_id).contact.hours == HOURS_NOT_SAID
        with pytest.raises(HoursNotSaid, match="Record what they say, or “any time”"):
            line.reply(case_id)
        record = StatedConsent("contact", granted=True, methods=("text",))
        line.as_member(record_consent, "heron", case_id, record)
        with pytest.raises(HoursNotSaid):
            line.reply(case_id)
        allow(line, case_id)
        line.reply(case_id)

    def test_hours_that_are_certain_count(self, line: Line) -> None:
        case_id = quiet_case(line, *ANSWERS, "3, after 6 pm")  # it is 07:31 in Toronto
        assert line.read(case_id).contact.hours.windows == ("18:00-24:00",)
        with pytest.raises(OutsideSafeHours):
            line.reply(case_id)
        line.advance(minutes=11 * 60)
        line.reply(case_id)

    def test_who_wants_to_be_called_is_not_texted(self, line: Line) -> None:
        case_id = quiet_case(line, *ANSWERS, "2")
        assert [*line.read(case_id).contact.safe_methods] == ["call"]
        with pytest.raises(UnsafeMethod):
            line.reply(case_id)

    def test_who_wants_nothing_is_left_alone(self, line: Line) -> None:
        case_id = quiet_case(line, *ANSWERS, "4")
        with pytest.raises(ConsentMissing):
            line.reply(case_id)

    def test_hours_in_words_are_for_the_desk_to_read(self, line: Line) -> None:
        case_id = quiet_case(line, *ANSWERS, "1, after six")
        with pytest.raises(ConsentMissing):
            line.reply(case_id)
        allow(line, case_id, hours="18:00-21:00")
        with pytest.raises(OutsideSafeHours):
            line.reply(case_id)

    def test_safe_hours_are_local_time(self, line: Line) -> None:
        case_id = quiet_case(line)  # 12:31 in UTC is 07:31 in Toronto
        allow(line, case_id, hours="08:00-09:00")
        with pytest.raises(OutsideSafeHours):
            line.reply(case_id)
        line.advance(minutes=29)
        line.reply(case_id)
        line.advance(minutes=60)
        with pytest.raises(OutsideSafeHours):
            line.reply(case_id)

    def test_hours_may_pass_midnight(self, line: Line) -> None:
        case_id = quiet_case(line)
        allow(line, case_id, hours="22:00-07:00, 07:30-08:00")
        line.reply(case_id)

    def test_a_consent_can_be_withdrawn(self, line: Line) -> None:
        case_id = quiet_case(line)
        allow(line, case_id)
        allow(line, case_id, granted=False)
        with pytest.raises(ConsentMissing):
            line.reply(case_id)

    def test_another_scope_allows_no_text(self, line: Line) -> None:
        case_id = quiet_case(line)
        allow(line, case_id, scope="legal")
        with pytest.raises(ConsentMissing):
            line.reply(case_id)

    def test_who_said_stop_is_not_texted(self, line: Line) -> None:
        case_id = line.open_case().id
        line.says("STOP")
        with pytest.raises(NumberSuppressed):
            line.reply(case_id)
        line.says("START")
        line.reply(case_id)

    def test_nothing_goes_to_a_closed_case(self, line: Line) -> None:
        case_id = line.open_case().id
        line.as_member(close_case, "heron", case_id, "supported")
        with pytest.raises(CaseClosed):
            line.reply(case_id)


class TestTheLastGate:
    """Between writing and sending much can change; what changed is asked again."""

    def write_to_a_busy_carrier(self, line: Line, case_id: UUID) -> None:
        line.carrier.busy = True
        line.reply(case_id, "Too late?")
        line.carrier.busy = False
        assert self.fate(line, case_id) == ("queued", False)

    def fate(self, line: Line, case_id: UUID) -> tuple[str, bool]:
        [text] = [text for text in line.read(case_id).messages if text.body == "Too late?"]
        return text.status, "Too late?" in line.inbox()

    def test_what_waited_goes_out_once(self, line: Line) -> None:
        case_id = line.open_case().id
        self.write_to_a_busy_carrier(line, case_id)
        line.advance(minutes=1)
        assert self.fate(line, case_id) == ("delivered", True)
        assert line.inbox().count("Too late?") == 1

    @pytest.mark.parametrize("word", ["STOP", "X"])
    def test_a_word_of_the_caller_holds_it_back(self, line: Line, word: str) -> None:
        case_id = line.open_case().id
        self.write_to_a_busy_carrier(line, case_id)
        line.text(word)
        line.advance(minutes=1)
        assert self.fate(line, case_id) == ("refused", False)

    def test_closing_the_case_holds_it_back(self, line: Line) -> None:
        case_id = line.open_case().id
        self.write_to_a_busy_carrier(line, case_id)
        line.as_member(close_case, "heron", case_id, "other")
        line.advance(minutes=1)
        assert "Too late?" not in line.inbox()

    def test_erasing_the_case_takes_it_back(self, line: Line) -> None:
        case_id = line.open_case().id
        self.write_to_a_busy_carrier(line, case_id)
        line.as_member(erase_case, "heron", case_id)
        line.advance(minutes=1)
        assert "Too late?" not in line.inbox()

    def test_a_consent_withdrawn_in_between_holds_it_back(self, line: Line) -> None:
        case_id = quiet_case(line)
        allow(line, case_id)
        self.write_to_a_busy_carrier(line, case_id)
        allow(line, case_id, granted=False)
        line.advance(minutes=1)
        assert self.fate(line, case_id) == ("refused", False)

    def test_safe_hours_that_end_in_between_hold_it_back(self, line: Line) -> None:
        case_id = quiet_case(line)  # 07:31 in Toronto
        allow(line, case_id, hours="07:00-07:32")
        self.write_to_a_busy_carrier(line, case_id)
        line.advance(minutes=2)
        assert self.fate(line, case_id) == ("refused", False)

    def test_what_the_carrier_says_of_a_stop_is_believed(self, line: Line) -> None:
        case_id = line.open_case().id
        line.carrier.errors.append(OptedOut(21610))
        line.reply(case_id, "Too late?")
        assert self.fate(line, case_id) == ("refused", False)
        with pytest.raises(NumberSuppressed):
            line.reply(case_id)

    def test_a_text_that_may_be_out_is_not_sent_again(self, line: Line) -> None:
        case_id = line.open_case().id
        line.carrier.times_out = 1
        line.reply(case_id, "Too late?")
        for _ in range(3):
            line.advance(seconds=30)
        assert self.fate(line, case_id) == ("delivered", True)
        assert line.inbox().count("Too late?") == 1
