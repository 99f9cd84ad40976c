from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web

from app.clock import FixedClock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.texts.receiving import text_hotline
from app.simulator.texts.sending import OutgoingMessage, accept_text
from app.simulator.values.errors import RestError
from tests.simulator.hotline import HOTLINE, PHONE, STATUS, Hotline, config_for

pytestmark = pytest.mark.anyio


def text_to(to: str, **more: str) -> OutgoingMessage:
    return OutgoingMessage(**{"to": to, "from_": HOTLINE, "body": "hola", **more})  # type: ignore[arg-type]


async def test_a_text_is_queued_then_reaches_the_phone(carrier: SimulatedCarrier) -> None:
    message = accept_text(carrier, text_to(PHONE))
    assert message.status == "queued"
    assert not message.final
    await carrier.settle()
    assert message.status == "delivered"
    assert [entry.body for entry in carrier.inbox(PHONE)] == ["hola"]


async def test_each_step_is_reported_in_order(carrier: SimulatedCarrier, hotline: Hotline) -> None:
    message = accept_text(carrier, text_to(PHONE, status_callback=hotline.url + STATUS + "?job=7"))
    await carrier.settle()
    assert hotline.statuses() == ["queued", "sent", "delivered"]
    assert {report["MessageSid"] for report in hotline.heard(STATUS)} == {message.sid}
    assert hotline.webhooks[0].url.endswith("?job=7")
    assert "X-Twilio-Signature" in hotline.webhooks[0].headers


async def test_a_refused_status_callback_is_only_written_down(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    hotline.answer(STATUS, *(web.Response(status=500) for _ in range(3)))
    accept_text(carrier, text_to(PHONE, status_callback=hotline.url + STATUS))
    await carrier.settle()
    assert [entry["code"] for entry in carrier.log] == [11200] * 3


async def test_transit_takes_time_on_the_clock(hotline: Hotline, clock: FixedClock) -> None:
    async with SimulatedCarrier(config_for(hotline.url, transit_s=10), clock=clock) as carrier:
        message = accept_text(carrier, text_to(PHONE, status_callback=hotline.url + STATUS))
        seen = []
        for _ in range(3):
            await carrier.settle()
            seen.append((message.status, len(carrier.inbox(PHONE))))
            clock.advance(timedelta(seconds=10))
        assert seen == [("queued", 0), ("sent", 0), ("delivered", 1)]
        assert hotline.statuses() == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("", 21604),
        ("anonymous", 21211),
        ("call me", 21211),
        ("+1", 21211),
        ("12345", 21614),
        ("+151455501", 0),
        ("+1514555012345678", 21614),
        ("+19005550123", 21614),
        ("(514) 555-0123", 0),
        ("+15005550001", 21211),
        ("+15005550009", 21614),
        ("+15005550004", 21610),
        (HOTLINE, 21266),
    ],
)
async def test_numbers_are_checked(carrier: SimulatedCarrier, to: str, code: int) -> None:
    if code:
        with pytest.raises(RestError) as refused:
            accept_text(carrier, text_to(to))
        assert refused.value.code == code
    else:
        assert accept_text(carrier, text_to(to)).to.startswith("+1514555")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"from_": ""}, 21603),
        ({"from_": "+15145550199"}, 21606),
        ({"messaging_service_sid": "MG1"}, 21701),
        ({"status_callback": "nowhere"}, 21609),
    ],
)
async def test_the_rest_is_checked_too(
    carrier: SimulatedCarrier, changes: dict[str, str], code: int
) -> None:
    with pytest.raises(RestError) as refused:
        accept_text(carrier, text_to(PHONE, **changes))
    assert refused.value.code == code
    assert not carrier.messages


async def test_who_opted_out_gets_nothing_until_they_return(carrier: SimulatedCarrier) -> None:
    await text_hotline(carrier, PHONE, "STOP")
    with pytest.raises(RestError) as refused:
        accept_text(carrier, text_to(PHONE))
    assert (refused.value.status, refused.value.code) == (400, 21610)
    await text_hotline(carrier, PHONE, "YES")
    accept_text(carrier, text_to(PHONE))
    await carrier.settle()
    assert len(carrier.inbox(PHONE)) == 1
