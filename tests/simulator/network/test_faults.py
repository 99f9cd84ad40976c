from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import FixedClock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.exchange import COUNTED
from app.simulator.network.faults import Faults, UnknownFault
from app.simulator.texts.receiving import text_hotline
from app.simulator.texts.sending import OutgoingMessage, accept_text
from app.simulator.values.errors import RestError
from tests.simulator.hotline import HOTLINE, MESSAGES, PHONE, STATUS, Hotline

OTHER = "+15145550124"


def text_home(carrier: SimulatedCarrier, hotline: Hotline, to: str = PHONE) -> None:
    accept_text(carrier, OutgoingMessage(to, HOTLINE, "hola", status_callback=hotline.url + STATUS))


def test_a_fault_happens_once_unless_told_otherwise() -> None:
    faults = Faults()
    faults.add("api-429")
    faults.add("api-5xx", count=2)
    assert [bool(faults.take("api-429")) for _ in range(2)] == [True, False]
    assert [bool(faults.take("api-5xx")) for _ in range(3)] == [True, True, False]
    assert not faults.active


def test_a_fault_waits_for_what_it_matches() -> None:
    faults = Faults()
    faults.add("webhook-lost", match=PHONE)
    assert faults.take("webhook-lost", OTHER, "POST /twilio/messages") is None
    assert faults.take("webhook-lost", PHONE)


def test_faults_are_cleared_one_by_one_or_all() -> None:
    faults = Faults()
    first, second = faults.add("api-5xx"), faults.add("api-5xx")
    faults.clear(first.id)
    assert list(faults.active) == [second]
    faults.clear()
    assert not faults.active


@pytest.mark.parametrize(
    ("short", "kind"), [("5xx", "api-5xx"), ("lost", "webhook-lost"), ("api-429", "api-429")]
)
def test_a_kind_may_be_named_shortly(short: str, kind: str) -> None:
    assert Faults().add(short).kind == kind


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownFault, match="webhook-lost, webhook-duplicate"):
        Faults().add("gremlins")


@pytest.mark.anyio
class TestOnTheLine:
    async def test_a_lost_text_stays_at_the_carrier(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("webhook-lost")
        sent = await text_hotline(carrier, PHONE, "lost")
        assert sent.http_status is None
        assert hotline.webhooks == []
        assert carrier.messages[sent.sid].status == "received"

    async def test_a_text_comes_twice_with_the_same_sid(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("webhook-duplicate")
        sent = await text_hotline(carrier, PHONE, "twice")
        assert sent.http_status == 200
        assert [fields["MessageSid"] for fields in hotline.heard(MESSAGES)] == [sent.sid] * 2

    async def test_a_text_comes_again_later(
        self, carrier: SimulatedCarrier, hotline: Hotline, clock: FixedClock
    ) -> None:
        carrier.faults.add("webhook-duplicate", delay_s=3600)
        await text_hotline(carrier, PHONE, "again")
        assert hotline.bodies() == ["again"]
        clock.advance(timedelta(hours=1))
        await carrier.settle()
        assert hotline.bodies() == ["again", "again"]

    async def test_a_text_comes_late(
        self, carrier: SimulatedCarrier, hotline: Hotline, clock: FixedClock
    ) -> None:
        carrier.faults.add("webhook-delay", delay_s=30)
        assert (await text_hotline(carrier, PHONE, "late")).http_status is None
        clock.advance(timedelta(seconds=29))
        await carrier.settle()
        assert hotline.bodies() == []
        clock.advance(timedelta(seconds=1))
        await carrier.settle()
        assert hotline.bodies() == ["late"]

    async def test_two_texts_change_places(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("webhook-reorder")
        await text_hotline(carrier, PHONE, "first")
        await text_hotline(carrier, PHONE, "second")
        assert hotline.bodies() == ["second", "first"]

    async def test_a_text_held_for_reordering_comes_in_the_end(
        self, carrier: SimulatedCarrier, hotline: Hotline, clock: FixedClock
    ) -> None:
        carrier.faults.add("webhook-reorder")
        await text_hotline(carrier, PHONE, "alone")
        clock.advance(timedelta(seconds=60))
        await carrier.settle()
        assert hotline.bodies() == ["alone"]

    @pytest.mark.parametrize(
        ("kind", "match", "heard"),
        [
            ("status-lost", "sent", ["queued", "delivered"]),
            ("status-duplicate", "sent", ["queued", "sent", "sent", "delivered"]),
            ("status-reorder", "queued", ["sent", "queued", "delivered"]),
            ("status-reorder", "delivered", ["queued", "sent", "delivered"]),
            ("status-lost", STATUS, ["sent", "delivered"]),
            ("status-lost", OTHER, ["queued", "sent", "delivered"]),
        ],
    )
    async def test_status_callbacks_go_astray(
        self, carrier: SimulatedCarrier, hotline: Hotline, kind: str, match: str, heard: list[str]
    ) -> None:
        carrier.faults.add(kind, match=match)
        text_home(carrier, hotline)
        await carrier.settle()
        assert hotline.statuses() == heard

    async def test_status_callbacks_can_come_backwards(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("status-reorder", count=2)
        text_home(carrier, hotline)
        await carrier.settle()
        assert hotline.statuses() == ["delivered", "sent", "queued"]

    async def test_a_status_callback_comes_late(
        self, carrier: SimulatedCarrier, hotline: Hotline, clock: FixedClock
    ) -> None:
        carrier.faults.add("status-delay", match="sent", delay_s=600)
        text_home(carrier, hotline)
        await carrier.settle()
        assert hotline.statuses() == ["queued", "delivered"]
        clock.advance(timedelta(minutes=10))
        await carrier.settle()
        assert hotline.statuses() == ["queued", "delivered", "sent"]

    async def test_a_text_is_not_delivered_after_all(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("api-30003", match=PHONE)
        text_home(carrier, hotline)
        await carrier.settle()
        assert hotline.statuses() == ["queued", "sent", "undelivered"]
        assert hotline.heard(STATUS)[-1]["ErrorCode"] == "30003"
        assert carrier.inbox(PHONE) == []

    @pytest.mark.parametrize(("kind", "code"), [("api-21610", 21610), ("api-21611", 21611)])
    async def test_a_text_is_refused(
        self, carrier: SimulatedCarrier, hotline: Hotline, kind: str, code: int
    ) -> None:
        carrier.faults.add(kind)
        with pytest.raises(RestError) as refused:
            text_home(carrier, hotline)
        assert refused.value.code == code
        text_home(carrier, hotline)

    async def test_a_hotline_without_its_number_hears_and_says_nothing(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("number-out-of-service")
        assert (await text_hotline(carrier, PHONE, "anyone?")).http_status is None
        assert hotline.webhooks == []
        assert carrier.messages == {}
        with pytest.raises(RestError) as refused:
            text_home(carrier, hotline)
        assert refused.value.code == 21606
        carrier.faults.clear()
        assert (await text_hotline(carrier, PHONE, "back?")).http_status == 200

    async def test_a_phone_out_of_service_gets_nothing(
        self, carrier: SimulatedCarrier, hotline: Hotline
    ) -> None:
        carrier.faults.add("number-out-of-service", match=PHONE)
        text_home(carrier, hotline)
        text_home(carrier, hotline, OTHER)
        await carrier.settle()
        assert carrier.inbox(PHONE) == []
        assert len(carrier.inbox(OTHER)) == 1
        assert (await text_hotline(carrier, PHONE, "still sends")).http_status == 200

    async def test_what_went_wrong_is_counted(self, carrier: SimulatedCarrier) -> None:
        for kind in ("webhook-lost", "webhook-duplicate", "webhook-delay", "webhook-reorder"):
            carrier.faults.add(kind)
            await text_hotline(carrier, PHONE, "hi")
        counted = {name: carrier.counts[name] for name in COUNTED}
        assert counted["lost"] == counted["duplicated"] == counted["delayed"] == 1
        assert counted["reordered"] == 1
