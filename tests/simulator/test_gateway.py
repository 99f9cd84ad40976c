"""The service's own gateway finds in the simulated carrier all it needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.telephony import CarrierUnreachable, NotFinal, OptedOut, OutgoingText
from app.twilio_gateway import TwilioCarrier
from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, ServedNetwork


@pytest.fixture
def gateway(served: ServedNetwork) -> TwilioCarrier:
    api_url = served.url + "/simulator/twilio"
    return TwilioCarrier(account_sid=ACCOUNT, auth_token=TOKEN, number=HOTLINE, api_url=api_url)


def text(served: ServedNetwork) -> OutgoingText:
    return OutgoingText(to=PHONE, body="hola", status_callback=served.url + "/status")


def test_it_sends_finds_and_deletes(served: ServedNetwork, gateway: TwilioCarrier) -> None:
    accepted = gateway.send(text(served))
    since = served.clock() - timedelta(minutes=1)
    assert [found.sid for found in gateway.recent("outbound", since=since)] == [accepted.sid]
    gateway.delete_media(accepted.sid)
    gateway.delete_message(accepted.sid)
    assert not gateway.exists(accepted.sid)


def test_it_reads_refusals(served: ServedNetwork, gateway: TwilioCarrier) -> None:
    served.network.phone(PHONE).text("STOP")
    with pytest.raises(OptedOut):
        gateway.send(text(served))
    served.network.phone(PHONE).text("START")
    accepted = gateway.send(text(served))
    served.network.faults("api-20009")
    with pytest.raises(NotFinal):
        gateway.delete_message(accepted.sid)


def test_it_knows_when_it_may_have_sent(served: ServedNetwork, gateway: TwilioCarrier) -> None:
    served.network.faults("api-timeout-after-accept", delay_s=0)
    with pytest.raises(CarrierUnreachable) as silent:
        gateway.send(text(served))
    assert silent.value.maybe_sent
    assert len(served.network.phone(PHONE).inbox()) == 1


def test_it_sees_where_the_number_points(served: ServedNetwork, gateway: TwilioCarrier) -> None:
    webhooks = gateway.webhooks()
    assert webhooks is not None
    assert served.url + "/twilio/messages" in repr(webhooks)
