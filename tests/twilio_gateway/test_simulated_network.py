"""The gateway and the simulated network, built apart from each other, speak the same language."""

from __future__ import annotations

from collections.abc import Iterator
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
