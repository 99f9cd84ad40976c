"""Calls from the service to phones."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.simulator.calling import FALLBACK, OTHER, call_out, settle
from tests.simulator.hotline import HOTLINE, PHONE, ServedNetwork


@pytest.mark.parametrize(
    ("behaviour", "status", "news"),
    [
        ({"behaviour": "answers", "after_s": 3}, "completed", "in-progress"),
        ({"behaviour": "never"}, "no-answer", None),
        ({"behaviour": "busy"}, "busy", None),
        ({"behaviour": "rejects"}, "busy", None),
        ({"behaviour": "out-of-service"}, "failed", None),
        ({"behaviour": "answers", "after_s": 20}, "no-answer", None),
    ],
)
def test_a_phone_is_called_and_does_what_it_does(
    served: ServedNetwork, behaviour: dict[str, Any], status: str, news: str | None
) -> None:
    served.network.phone(OTHER).answering(**behaviour)
    sid = call_out(served, timeout=20).sid
    for _ in range(3):
        served.network.advance(10)
    assert served.client().calls(sid).fetch().status == status
    rang = [] if status == "failed" else ["ringing"]
    told = ["initiated", *rang, *filter(None, [news]), status]
    assert served.service.news("/news", "CallStatus") == told
    numbers = served.service.news("/news", "SequenceNumber")
    assert numbers == [str(number) for number in range(len(told))]
    assert bool(served.service.on("/out")) == (news is not None)


def test_a_phone_shows_who_calls_and_is_answered_by_hand(served: ServedNetwork) -> None:
    served.service.answers["/out"] = '<Gather numDigits="1" action="/taken"><Say>1?</Say></Gather>'
    call_out(served)
    settle(served)
    [call] = served.network.phone(OTHER).calls()
    assert (call.shown, call.received, call.state) == (HOTLINE, True, "ringing")
    assert call.answer().press("1").state == "completed"
    assert served.service.news("/taken", "Digits") == ["1"]
    assert served.service.news("/taken", "Direction") == ["outbound-api"]


@pytest.mark.parametrize("extra", [{}, {"async_amd": "true"}])
def test_an_answering_machine_is_told_from_a_person(
    served: ServedNetwork, extra: dict[str, str]
) -> None:
    served.network.phone(OTHER).answering("machine")
    callback = {"async_amd_status_callback": served.url + "/amd"} if extra else {}
    call_out(served, machine_detection="Enable", **extra, **callback)
    settle(served)
    where = "/amd" if extra else "/out"
    assert served.service.news(where, "AnsweredBy") == ["machine_start"]


def test_the_network_misbehaves_when_told(served: ServedNetwork) -> None:
    network, faults = served.network, served.network.faults
    faults("status-lost", match="initiated")
    faults("status-duplicate", match="completed")
    faults("status-reorder", match="ringing")
    network.phone(OTHER).answering("answers")
    call_out(served)
    settle(served)
    told = ["in-progress", "ringing", "completed", "completed"]
    assert served.service.news("/news", "CallStatus") == told
    faults("call-stuck")
    stuck = call_out(served).sid
    network.advance(3600)
    assert served.client().calls(stuck).fetch().status == "queued"
    faults("webhook-lost", match=PHONE)
    network.phone(PHONE).call()
    assert served.service.news(FALLBACK, "ErrorCode") == ["11205"]
    faults("number-out-of-service", match=OTHER)
    call_out(served)
    settle(served)
    assert served.service.news("/news", "CallStatus")[-1] == "failed"
    network.clear_faults()
    faults("number-out-of-service", match=HOTLINE)
    held = len(network.carrier()["calls"])
    assert network.phone(PHONE).call().state == "failed"
    assert len(network.carrier()["calls"]) == held
    network.clear_faults()
    faults("api-timeout-after-accept", match="/Calls", delay_s=0)
    with pytest.raises(requests.RequestException):
        call_out(served)
    assert len(served.client().calls.list()) == held + 1
    faults("api-5xx", match="/Calls")
    with pytest.raises(TwilioRestException):
        call_out(served)
