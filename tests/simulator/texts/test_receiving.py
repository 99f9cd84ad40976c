from __future__ import annotations

import re

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from app.clock import FixedClock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.texts.receiving import text_hotline
from app.simulator.values.attachments import SimulatedAttachment
from tests.simulator.hotline import (
    ACCOUNT,
    FALLBACK,
    HOTLINE,
    MESSAGES,
    PHONE,
    SILENT,
    TOKEN,
    Hotline,
    config_for,
    twiml,
)

pytestmark = pytest.mark.anyio


async def test_a_text_reaches_the_hotline(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    sent = await text_hotline(carrier, PHONE, "ayuda")
    assert sent.http_status == 200
    [fields] = hotline.heard(MESSAGES)
    assert re.fullmatch("SM[0-9a-f]{32}", sent.sid)
    assert fields["MessageSid"] == fields["SmsSid"] == sent.sid
    assert (fields["From"], fields["To"], fields["Body"]) == (PHONE, HOTLINE, "ayuda")
    assert (fields["AccountSid"], fields["NumMedia"], fields["NumSegments"]) == (ACCOUNT, "0", "1")
    assert fields["MessagingServiceSid"].startswith("MG")


async def test_the_carrier_guesses_the_town_and_leaves_the_rest_blank(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    await text_hotline(carrier, PHONE, "hi")
    await text_hotline(carrier, "anonymous", "hi")
    known, unknown = hotline.heard(MESSAGES)
    assert (known["FromCity"], known["FromCountry"], known["FromZip"]) == ("MONTREAL", "CA", "")
    assert unknown["FromCity"] == unknown["FromCountry"] == ""


async def test_every_webhook_is_signed_by_turns_with_and_without_port(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    await text_hotline(carrier, PHONE, "¿qué? ما")
    await text_hotline(carrier, PHONE, "")
    validator = RequestValidator(TOKEN)
    first, second = hotline.webhooks
    for webhook in (first, second):
        signature = webhook.headers["X-Twilio-Signature"]
        assert validator.validate(hotline.url + MESSAGES, webhook.fields, signature)
    with_port = validator.compute_signature(hotline.url + MESSAGES, second.fields)
    without_port = validator.compute_signature("http://127.0.0.1" + MESSAGES, first.fields)
    assert second.headers["X-Twilio-Signature"] == with_port
    assert first.headers["X-Twilio-Signature"] == without_port


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("anonymous", "anonymous"),
        ("12345", "12345"),
        ("+266696687", "+266696687"),
        ("15145550123", PHONE),
        (f"whatsapp:{PHONE}", f"whatsapp:{PHONE}"),
        ("+999000111222333444", "+999000111222333444"),
    ],
)
async def test_any_sender_may_text(
    carrier: SimulatedCarrier, hotline: Hotline, given: str, shown: str
) -> None:
    await text_hotline(carrier, given, "hi")
    assert hotline.heard(MESSAGES)[0]["From"] == shown


async def test_whatsapp_names_its_sender(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    await text_hotline(carrier, f"whatsapp:{PHONE}", "hi")
    assert hotline.heard(MESSAGES)[0]["WaId"] == PHONE.lstrip("+")


async def test_pictures_are_announced_by_address(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    sent = await text_hotline(carrier, PHONE, "look", [SimulatedAttachment("image/png", b"png")])
    [media] = carrier.media.values()
    [fields] = hotline.heard(MESSAGES)
    assert sent.sid.startswith("MM")
    assert fields["NumMedia"] == "1"
    assert fields["MediaContentType0"] == "image/png"
    assert fields["MediaUrl0"] == f"{hotline.url}/simulator/twilio{media.path}"


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", " Quit ", "OPTOUT", "cancel", "revoke"])
async def test_stop_words_block_until_start(
    carrier: SimulatedCarrier, hotline: Hotline, word: str
) -> None:
    await text_hotline(carrier, PHONE, word)
    assert hotline.heard(MESSAGES)[0]["OptOutType"] == "STOP"
    assert carrier.opted_out == {PHONE}
    await text_hotline(carrier, PHONE, "Unstop")
    assert hotline.heard(MESSAGES)[1]["OptOutType"] == "START"
    assert carrier.opted_out == set()


@pytest.mark.parametrize("body", ["ARRET", "please stop", "STOP it"])
async def test_other_words_do_not_block(
    carrier: SimulatedCarrier, hotline: Hotline, body: str
) -> None:
    await text_hotline(carrier, PHONE, body)
    assert "OptOutType" not in hotline.heard(MESSAGES)[0]
    assert carrier.opted_out == set()


async def test_twiml_is_carried_out(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    two = "<Message>Bonjour</Message><Message><Body>Hola</Body></Message>"
    hotline.answer(MESSAGES, twiml(two))
    await text_hotline(carrier, PHONE, "ayuda")
    await carrier.settle()
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["Bonjour", "Hola"]
    assert not carrier.log


async def test_a_redirect_is_followed(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    hotline.answer(MESSAGES, twiml("<Redirect>/elsewhere</Redirect>"))
    hotline.answer("/elsewhere", twiml("<Message>found</Message>"))
    await text_hotline(carrier, PHONE, "hi")
    await carrier.settle()
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["found"]


async def test_a_redirect_in_circles_ends(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    hotline.answer(MESSAGES, *(twiml(f"<Redirect>{MESSAGES}</Redirect>") for _ in range(20)))
    await text_hotline(carrier, PHONE, "hi")
    assert len(hotline.heard(MESSAGES)) == 6


async def test_an_unknown_verb_is_an_error_in_the_debugger(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    hotline.answer(MESSAGES, twiml("<Sms>hi</Sms><Message>still sent</Message>"))
    await text_hotline(carrier, PHONE, "hi")
    await carrier.settle()
    assert [(entry["code"], entry["http_status"]) for entry in carrier.log] == [(12200, 200)]
    assert "<Sms>" in carrier.log[0]["message"]
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["still sent"]


async def test_a_reply_to_nobody_is_an_error_in_the_debugger(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    hotline.answer(MESSAGES, twiml("<Message>hello?</Message>"))
    await text_hotline(carrier, "anonymous", "hi")
    assert [entry["code"] for entry in carrier.log] == [21211]


async def test_plain_text_is_a_reply(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    hotline.answer(MESSAGES, web.Response(text="plain", content_type="text/plain"))
    await text_hotline(carrier, PHONE, "hi")
    await carrier.settle()
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["plain"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (web.Response(status=500), 11200),
        (web.Response(status=403), 11200),
        (web.Response(text="<Response>", content_type="text/xml"), 12100),
        (web.Response(text="<Answer/>", content_type="text/xml"), 12100),
        (web.Response(text="{}", content_type="application/json"), 12300),
        (web.Response(text=" " * 65537, content_type="text/xml"), 11750),
    ],
)
async def test_a_bad_answer_goes_straight_to_the_fallback(
    carrier: SimulatedCarrier, hotline: Hotline, answer: web.Response, code: int
) -> None:
    status, url = answer.status, hotline.url + MESSAGES
    hotline.answer(MESSAGES, web.Response(status=status, body=answer.body, headers=answer.headers))
    hotline.answer(FALLBACK, twiml("<Message>later</Message>"))
    sent = await text_hotline(carrier, PHONE, "hi")
    await carrier.settle()
    [fields] = hotline.heard(FALLBACK)
    assert (fields["ErrorCode"], fields["ErrorUrl"]) == (str(code), url)
    assert fields["Body"] == "hi"
    assert sent.http_status == 200
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["later"]
    assert carrier.counts["fallback"] == 1


async def test_without_a_fallback_the_text_is_dropped_but_kept_at_the_carrier(
    hotline: Hotline, clock: FixedClock
) -> None:
    hotline.answer(MESSAGES, web.Response(status=503))
    async with SimulatedCarrier(config_for(hotline.url, fallback=False), clock=clock) as carrier:
        sent = await text_hotline(carrier, PHONE, "hi")
        assert sent.http_status == 503
        assert sent.sid in carrier.messages
        assert carrier.counts["failed"] == 1
        assert [entry["code"] for entry in carrier.log] == [11200]


async def test_an_unreachable_hotline_is_tried_once_more(clock: FixedClock) -> None:
    # Port 1 on loopback: nothing listens there.
    async with SimulatedCarrier(config_for("http://127.0.0.1:1"), clock=clock) as carrier:
        sent = await text_hotline(carrier, PHONE, "hi")
        assert sent.http_status is None
        assert (carrier.webhooks.attempts, carrier.webhooks.retried) == (4, 2)
        assert [entry["code"] for entry in carrier.log] == [11205, 11205]


async def test_a_silent_hotline_is_given_up_on(hotline: Hotline, clock: FixedClock) -> None:
    async with SimulatedCarrier(
        config_for(hotline.url, read_timeout_s=0.05), clock=clock
    ) as carrier:
        carrier.number.sms_url = hotline.url + SILENT
        sent = await text_hotline(carrier, PHONE, "hi")
        assert sent.http_status == 200
        assert len(hotline.heard(SILENT)) == 1
        assert hotline.heard(FALLBACK)[0]["ErrorCode"] == "11200"


async def test_retries_are_configured_in_the_address(hotline: Hotline, clock: FixedClock) -> None:
    config = config_for(hotline.url, retries="rc=3&rp=5xx,ct,rt")
    hotline.answer(MESSAGES, web.Response(status=500), web.Response(status=502))
    async with SimulatedCarrier(config, clock=clock) as carrier:
        sent = await text_hotline(carrier, PHONE, "hi")
    assert sent.http_status == 200
    tokens = [webhook.headers["I-Twilio-Idempotency-Token"] for webhook in hotline.webhooks]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1


async def test_retries_end(hotline: Hotline, clock: FixedClock) -> None:
    hotline.answer(MESSAGES, *(web.Response(status=500) for _ in range(9)))
    async with SimulatedCarrier(
        config_for(hotline.url, retries="rc=3&rp=5xx"), clock=clock
    ) as carrier:
        await text_hotline(carrier, PHONE, "hi")
    assert len(hotline.heard(MESSAGES)) == 4
    assert len(hotline.heard(FALLBACK)) == 1


async def test_what_the_policy_leaves_out_is_not_retried(
    hotline: Hotline, clock: FixedClock
) -> None:
    hotline.answer(MESSAGES, web.Response(status=404))
    async with SimulatedCarrier(
        config_for(hotline.url, retries="rc=3&rp=5xx"), clock=clock
    ) as carrier:
        await text_hotline(carrier, PHONE, "hi")
    assert len(hotline.heard(MESSAGES)) == 1
