"""Webhook fields become frozen messages: nothing a sender does is refused, nothing is printed."""

from __future__ import annotations

import pytest

from app.telephony import CarrierMessage, DeliveryStatus, InboundText, OutgoingText, read_form

CALLER = "+15145550123"
FIELDS = {"MessageSid": "SM1", "From": CALLER, "To": "+15145550100", "Body": "ayuda"}


def test_a_text_is_read_from_its_fields() -> None:
    text = InboundText.from_form({**FIELDS, "NumMedia": "0", "FromCity": "MONTREAL"})
    assert text == InboundText(
        sid="SM1",
        sender=CALLER,
        recipient="+15145550100",
        body="ayuda",
        media=(),
        opt_out_type=None,
        channel="sms",
        withheld=False,
    )


def test_broken_utf8_is_kept_with_replacement_characters() -> None:
    text = InboundText.from_form(read_form(b"MessageSid=SM1&From=%2B15145550123&Body=caf%E9+ok"))
    assert text.body == "caf\N{REPLACEMENT CHARACTER} ok"


def test_a_text_without_body_has_an_empty_one() -> None:
    assert InboundText.from_form({"MessageSid": "SM1", "From": CALLER}).body == ""


@pytest.mark.parametrize("count", ["", "many", "-1", "1.5", "٣", "9" * 30])
def test_a_count_of_media_that_is_no_count_means_what_is_there(count: str) -> None:
    assert InboundText.from_form({**FIELDS, "NumMedia": count}).media == ()


def test_media_carry_address_and_type() -> None:
    fields = {
        **FIELDS,
        "NumMedia": "3",
        "MediaUrl0": "https://example.org/a",
        "MediaContentType0": "image/jpeg",
        "MediaUrl2": "https://example.org/c",
    }
    assert InboundText.from_form(fields).media == (
        ("https://example.org/a", "image/jpeg"),
        ("https://example.org/c", "application/octet-stream"),
    )


@pytest.mark.parametrize(
    "sender",
    ["anonymous", "Restricted", "+266696687", "+7378742833", "+2562533", "+8656696", ""],
)
def test_a_withheld_sender_is_taken_and_marked(sender: str) -> None:
    text = InboundText.from_form({**FIELDS, "From": sender})
    assert text.withheld
    assert text.sender == sender


@pytest.mark.parametrize("sender", [CALLER, "+999", "12345", "not a number", "+1514555012345678"])
def test_a_sender_that_no_numbering_plan_knows_is_taken(sender: str) -> None:
    text = InboundText.from_form({**FIELDS, "From": sender})
    assert (text.sender, text.withheld) == (sender, False)


def test_whatsapp_is_a_channel_not_a_part_of_the_number() -> None:
    text = InboundText.from_form(
        {**FIELDS, "From": f"whatsapp:{CALLER}", "To": "whatsapp:+15145550100"}
    )
    assert (text.sender, text.recipient, text.channel) == (CALLER, "+15145550100", "whatsapp")


def test_a_stop_word_is_told_by_the_carrier() -> None:
    assert InboundText.from_form({**FIELDS, "OptOutType": "STOP"}).opt_out_type == "STOP"


@pytest.mark.parametrize("sid", ["", "x" * 65, "SM 1", "SM\0"])
def test_a_text_without_an_identifier_is_refused(sid: str) -> None:
    with pytest.raises(ValueError, match="MessageSid"):
        InboundText.from_form({**FIELDS, "MessageSid": sid})


def test_a_delivery_status_is_read_from_its_fields() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert DeliveryStatus.from_form(fields) == DeliveryStatus("SM1", "undelivered", 30005)


def test_a_status_invented_later_is_no_error() -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "teleported", "ErrorCode": ""}
    assert DeliveryStatus.from_form(fields) == DeliveryStatus("SM1", None, None)


def test_printed_messages_are_silent_about_people() -> None:
    shown = [
        InboundText.from_form(
            {**FIELDS, "NumMedia": "1", "MediaUrl0": "https://example.org/ayuda"}
        ),
        OutgoingText(to=CALLER, body="ayuda", status_callback="https://example.org/ayuda"),
        CarrierMessage("SM1", CALLER, CALLER, "ayuda", "sent", "outbound", None, None, 0),
        read_form(b"From=%2B15145550123&Body=ayuda"),
    ]
    for message in shown:
        assert CALLER not in repr(message)
        assert "ayuda" not in repr(message)
