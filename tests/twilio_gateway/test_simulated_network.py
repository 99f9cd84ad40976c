"""The gateway and the simulated network, built apart from each other, speak the same language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app import telephony
from app.telephony import OutgoingText
from app.twilio_gateway import TwilioCarrier
from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, ServedNetwork, serve_network

TEXT = OutgoingText(to=PHONE, body="On vous répond bientôt.")


@pytest.fixture(scope="module")
def started() -> Iterator[ServedNetwork]:
    with serve_network() as network:
        yield network


@pytest.fixture
def network(started: ServedNetwork) -> ServedNetwork:
    started.reset()
    return started


@pytest.fixture
def carrier(network: ServedNetwork) -> TwilioCarrier:
    api = network.url + "/simulator/twilio"
    return TwilioCarrier(
        account_sid=ACCOUNT, auth_token=TOKEN, number=HOTLINE, api_url=api, timeout=0.5
    )


def test_a_text_arrives_and_leaves_no_trace(network: ServedNetwork, carrier: TwilioCarrier) -> None:
    sid = carrier.send(TEXT).sid
    assert network.network.phone(PHONE).inbox()[-1].body == TEXT.body
    assert carrier.exists(sid)
    carrier.delete_media(sid)
    carrier.delete_message(sid)
    carrier.delete_message(sid)
    assert not carrier.exists(sid)


def test_a_text_that_got_no_answer_is_found_in_the_list(
    network: ServedNetwork, carrier: TwilioCarrier
) -> None:
    network.carrier.faults.add("api-timeout-after-accept")
    with pytest.raises(telephony.CarrierUnreachable) as caught:
        carrier.send(TEXT)
    assert caught.value.maybe_sent
    since = network.clock() - timedelta(minutes=5)
    [found] = carrier.recent("outbound", since=since, to=PHONE)
    assert (found.body, found.to) == (TEXT.body, PHONE)
    assert list(carrier.recent("outbound", since=since, to="+15145550177")) == []


def test_a_text_whose_webhook_was_lost_is_found_in_the_list(
    network: ServedNetwork, carrier: TwilioCarrier
) -> None:
    network.carrier.faults.add("webhook-lost")
    network.network.phone(PHONE).text("ayuda")
    [missed] = carrier.recent("inbound", since=network.clock() - timedelta(minutes=5))
    assert (missed.from_, missed.body, missed.direction) == (PHONE, "ayuda", "inbound")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("api-5xx", telephony.CarrierUnreachable),
        ("api-429", telephony.CarrierBusy),
        ("api-20003", telephony.CredentialsRefused),
        ("api-21610", telephony.OptedOut),
        ("api-21611", telephony.CarrierBusy),
    ],
)
def test_each_fault_has_its_name(
    network: ServedNetwork, carrier: TwilioCarrier, kind: str, expected: type[Exception]
) -> None:
    network.carrier.faults.add(kind)
    with pytest.raises(expected):
        carrier.send(TEXT)


def test_a_message_that_is_not_final_stays(network: ServedNetwork, carrier: TwilioCarrier) -> None:
    sid = carrier.send(TEXT).sid
    network.carrier.faults.add("api-20009")
    with pytest.raises(telephony.NotFinal):
        carrier.delete_message(sid)
    assert carrier.exists(sid)


def test_the_numbers_addresses_can_be_read(network: ServedNetwork, carrier: TwilioCarrier) -> None:
    webhooks = carrier.webhooks()
    assert webhooks is not None
    assert webhooks.sms_url == network.url + "/twilio/messages"


# -- WhatsApp, templates, a messaging service

ON_WHATSAPP, TEMPLATE = f"whatsapp:{PHONE}", "HX" + 32 * "1"


def test_whatsapp_takes_any_text_for_a_day_and_then_a_template_only(
    network: ServedNetwork, carrier: TwilioCarrier
) -> None:
    phone = network.network.phone(ON_WHATSAPP)
    phone.text("ayuda")
    carrier.send(replace(TEXT, to=ON_WHATSAPP))
    assert [one.body for one in phone.inbox()] == [TEXT.body]
    network.network.advance(timedelta(hours=24).total_seconds())
    carrier.send(replace(TEXT, to=ON_WHATSAPP))
    network.network.advance(1)
    assert len(phone.inbox()) == 1
    since = network.clock() - timedelta(minutes=5)
    [refused] = carrier.recent("outbound", since=since, to=ON_WHATSAPP)
    assert (refused.status, refused.error_code) == ("undelivered", 63016)
    carrier.send(replace(TEXT, to=ON_WHATSAPP, body="Call us.\nNow.", template=TEMPLATE))
    network.network.advance(1)
    assert "Call us. Now." in phone.inbox()[-1].body
    assert network.network.phone(PHONE).inbox() == []


def test_a_lost_text_on_whatsapp_is_found_in_the_list(
    network: ServedNetwork, carrier: TwilioCarrier
) -> None:
    network.carrier.faults.add("webhook-lost", count=2)
    network.network.phone(ON_WHATSAPP).text("ayuda")
    network.network.phone(PHONE).text("hello")
    since = network.clock() - timedelta(minutes=5)
    found = {(one.from_, one.to) for one in carrier.recent("inbound", since=since)}
    assert found == {(ON_WHATSAPP, f"whatsapp:{HOTLINE}"), (PHONE, HOTLINE)}


def test_a_messaging_service_sends_from_another_number_and_its_texts_are_found(
    network: ServedNetwork,
) -> None:
    network.carrier.config = replace(network.carrier.config, pool=("+15145550142",))
    carrier = TwilioCarrier(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        number=HOTLINE,
        messaging_service=network.carrier.config.messaging_service_sid,
        api_url=network.url + "/simulator/twilio",
    )
    sid = carrier.send(TEXT).sid
    network.network.phone(PHONE).text("ayuda")
    since = network.clock() - timedelta(minutes=5)
    [sent] = carrier.recent("outbound", since=since, to=PHONE)
    assert (sent.sid, sent.from_) == (sid, "+15145550142")
    assert [one.sid for one in carrier.recent("outbound", since=since)] == [sid]
    assert [one.body for one in carrier.recent("inbound", since=since)] == ["ayuda"]
