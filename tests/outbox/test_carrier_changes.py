"""What the carrier does on its own: it takes words for STOP, refuses late, and changes bodies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.models import Outgoing, OutgoingState
from app.outbox import find_phone_flags
from tests.line import Line
from tests.service import CALLER


def say(line: Line, body: str, opt_out_type: str) -> list[str]:
    before = len(line.inbox())
    line.take(replace(line.lose(body), opt_out_type=opt_out_type))
    line.settle()
    return line.inbox()[before:]


def flags(line: Line, number: str = CALLER) -> list[str]:
    with line.reading() as db:
        return find_phone_flags(db, number, line.now)


# Words that an organisation may give its messaging service, and that ours know nothing of.
def test_what_the_carrier_took_for_stop_is_a_stop(line: Line) -> None:
    line.open_case("hello")
    assert say(line, "gracias no", "STOP") == []
    assert flags(line) == ["stopped"]
    assert line.says("hello") == []


def test_what_the_carrier_took_for_start_is_a_start(line: Line) -> None:
    line.open_case("hello", "STOP")
    assert say(line, "volver", "START")
    assert flags(line) == []


def test_what_the_carrier_took_for_help_opens_the_intake(line: Line) -> None:
    helped = line.says("HELP")
    line.advance(hours=1)
    assert say(line, "asistencia", "HELP") == helped


def test_a_yes_that_the_carrier_calls_a_start_is_an_answer_where_nothing_was_stopped(
    line: Line,
) -> None:
    said, other = line.says("hello", "1", "1", "yes"), "+15145550188"
    line.says("hello", "1", "1", sender=other)
    line.take(replace(line.lose("yes", other), opt_out_type="START"))
    line.settle()
    assert line.inbox(other)[-1] == said[-1]


@pytest.mark.parametrize("to", ["", "whatsapp:"])
def test_21610_in_a_callback_sets_the_flag(line: Line, to: str) -> None:
    line.open_case("hello")
    line.advance(hours=1)
    line.carrier.fates, line.carrier.error = ["undelivered"], 21610
    line.text("hello", to + CALLER)
    assert flags(line) == ["stopped"]


def test_an_uncertain_text_is_found_though_the_carrier_changed_its_words(line: Line) -> None:
    case = line.open_case("hello")
    line.carrier.news_take, line.carrier.times_out = None, 1
    line.reply(case.id, "I’m here – call us…")
    changed = "Sent from your Twilio trial account - I'm here - call us..."
    line.carrier.held[-1] = replace(line.carrier.held[-1], body=changed)
    sent = line.carrier.taken[-1]
    assert line.row_of(sent).state is OutgoingState.SENDING
    line.advance(minutes=2)
    row: Outgoing = line.row_of(sent)
    assert row.sid_lookup is not None
    assert line.carrier.taken[-1] is sent  # and never sent again
