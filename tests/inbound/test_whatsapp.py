"""WhatsApp: answered where it came from, its day's window, its safety words, its names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.desk import StatedConsent, record_consent
from app.errors import ConsentMissing, UnsafeMethod
from app.models import Case
from tests.line import Line
from tests.service import CALLER

ON_WHATSAPP = f"whatsapp:{CALLER}"


def agree(line: Line, case: Case, *methods: str) -> None:
    line.as_member(record_consent, "heron", case.id, StatedConsent("contact", True, methods, "any"))


def test_what_comes_on_whatsapp_is_answered_there_and_never_by_sms(line: Line) -> None:
    case = line.open_case("hello", "1", sender=ON_WHATSAPP)
    line.reply(case.id, "I am here.")
    assert len(line.inbox(ON_WHATSAPP)) == 3
    assert line.inbox(CALLER) == []
    assert {one.channel for one in line.read(case.id).messages} == {"whatsapp"}
    assert line.values(case.id).text_channel == "whatsapp"


def test_one_number_is_one_case_and_each_answer_goes_on_the_channel_of_its_text(
    line: Line,
) -> None:
    case = line.open_case("hello")
    assert line.open_case("hello again", sender=ON_WHATSAPP).id == case.id
    line.advance(hours=1)
    by_sms = line.says("hello by sms")
    line.reply(case.id, "By SMS.")
    line.text("and here", ON_WHATSAPP)
    line.reply(case.id, "On WhatsApp.")
    assert by_sms
    assert line.inbox(CALLER)[-1] == "By SMS."
    assert line.inbox(ON_WHATSAPP)[-1] == "On WhatsApp."


def test_texts_that_overlap_on_both_channels_are_both_answered(line: Line) -> None:
    """The answer to the first is not sent yet when the second comes in."""
    line.take(line.lose("hello"))
    line.take(line.lose("1", ON_WHATSAPP))
    line.settle()
    assert len(line.inbox(CALLER)) == 1
    assert len(line.inbox(ON_WHATSAPP)) == 1


def test_the_other_channel_needs_consent_to_it(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    with pytest.raises(ConsentMissing):
        line.reply(case.id, "By SMS.", "sms")
    agree(line, case, "whatsapp")
    with pytest.raises(UnsafeMethod):
        line.reply(case.id, "By SMS.", "sms")
    agree(line, case, "text")
    line.reply(case.id, "By SMS.", "sms")
    assert line.inbox(CALLER) == ["By SMS."]


def test_consent_to_sms_is_none_to_whatsapp(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    agree(line, case, "text")
    line.advance(hours=1)
    with pytest.raises(UnsafeMethod):
        line.reply(case.id)


def test_who_is_content_with_texts_on_whatsapp_means_whatsapp(line: Line) -> None:
    case = line.open_case("hello", "1", "2", "1", "yes", sender=ON_WHATSAPP)
    reach = line.values(case.id).reach
    assert reach is None or "text" not in reach.methods


# -- the window


def test_outside_the_window_a_reply_waits_and_the_desk_is_told(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    agree(line, case, "whatsapp")
    line.advance(hours=25)
    before = line.inbox(ON_WHATSAPP)
    line.reply(case.id, "Are you safe?")
    assert line.statuses(case.id)[-1] == "held"
    assert line.case(case.id).waiting  # the desk's answer was not heard
    line.advance(hours=2)
    assert line.inbox(ON_WHATSAPP) == before
    line.text("hello", ON_WHATSAPP)
    assert "Are you safe?" in line.inbox(ON_WHATSAPP)
    assert line.inbox(CALLER) == []


def test_a_text_by_sms_opens_no_window(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    agree(line, case, "whatsapp")
    line.advance(hours=25)
    line.reply(case.id, "Are you safe?")
    line.text("hello")
    assert "Are you safe?" not in line.inbox(ON_WHATSAPP) + line.inbox(CALLER)


def test_what_waits_too_long_is_not_sent_any_more(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    agree(line, case, "whatsapp")
    line.advance(hours=25)
    line.reply(case.id, "Are you safe?")
    line.advance(days=4)
    assert "refused" in line.statuses(case.id)
    line.text("hello", ON_WHATSAPP)
    assert "Are you safe?" not in line.inbox(ON_WHATSAPP)


def test_outside_the_window_a_reply_goes_in_the_template(line: Line) -> None:
    line = replace(line, template="HX" + 32 * "1")
    case = line.open_case("hello", sender=ON_WHATSAPP)
    assert line.carrier.taken[-1].template is None
    agree(line, case, "whatsapp")
    line.advance(hours=25)
    line.reply(case.id, "Are you safe?")
    sent = line.carrier.taken[-1]
    assert (sent.to, sent.body, sent.template) == (ON_WHATSAPP, "Are you safe?", line.template)


# -- words and names


def test_stop_on_whatsapp_is_ours_to_obey_and_to_confirm(line: Line) -> None:
    """By SMS the carrier lets nothing through after its own word; here it does nothing."""
    line.open_case("hello", sender=ON_WHATSAPP)
    assert len(line.says("STOP", sender=ON_WHATSAPP)) == 1
    assert line.says("hello?", sender=ON_WHATSAPP) == []
    assert line.says("hello?") == []  # who wants no texts wants none at all
    assert line.says("START", sender=ON_WHATSAPP)
    line.advance(hours=1)
    assert line.says("hello", sender=ON_WHATSAPP)


def test_help_on_whatsapp_is_answered_there(line: Line) -> None:
    assert line.says("HELP", sender=ON_WHATSAPP)
    assert line.inbox(CALLER) == []


def test_the_name_on_whatsapp_is_sealed_and_shown_to_the_desk(line: Line) -> None:
    case = line.open_case("hello", sender=ON_WHATSAPP)
    names = {one.profile_name for one in line.read(case.id).messages if one.direction == "inbound"}
    assert names == {"Rosa Maria"}
    with line.database.engine.connect() as connection:
        for table in ("messages", "cases", "outgoing"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):
                assert b"Rosa Maria" not in b"".join(v for v in row if isinstance(v, bytes))
                assert "Rosa Maria" not in str(row)


def test_a_mexican_number_in_both_forms_is_one_caller(line: Line) -> None:
    """WhatsApp writes the old form, and is answered under it; a call and SMS take today's."""
    on_whatsapp, by_sms = "whatsapp:+5215512345678", "+525512345678"
    case = line.open_case("hello", sender=on_whatsapp)
    assert line.open_case("hello", sender=by_sms).id == case.id
    assert line.values(case.id).number == by_sms
    assert line.inbox(on_whatsapp)
    with line.reading() as db:
        assert len(list(db.scalars(select(Case)))) == 1
    line.text("hello", on_whatsapp)
    line.reply(case.id, "Here.")
    assert line.inbox(on_whatsapp)[-1] == "Here."
