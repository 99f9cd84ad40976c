"""Calls in both directions, as the carrier's client and a service's webhooks see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from fastapi import Response
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from app.simulator.network.carrier import SimulatedCarrier
from tests.simulator.hotline import HOTLINE, PHONE, Hotline, ServedNetwork, twiml

OTHER, THIRD = "+15145550124", "+15145550125"
VOICE, STATUS, FALLBACK = "/twilio/voice", "/twilio/voice/status", "/twilio/fallback/voice"
MENU = '<Gather numDigits="1" action="/menu" timeout="7"><Say language="fr-CA">Un.</Say></Gather>'


def call_out(served: ServedNetwork, to: str = OTHER, **more: Any) -> Any:
    return served.client().calls.create(
        to=to,
        from_=HOTLINE,
        url=served.url + "/out",
        status_callback=served.url + "/news",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        **more,
    )


def settle(served: ServedNetwork) -> None:
    served.network.advance(0)


def test_a_caller_hears_a_menu_and_presses_a_key(served: ServedNetwork) -> None:
    served.service.answers |= {VOICE: MENU, "/menu": '<Say>Two.</Say><Pause length="30"/>'}
    call = served.network.phone(PHONE).call()
    assert (call.state, call.prompt, call.seen["waiting_for"]) == ("in-progress", "Un.", "digits")
    [asked] = served.service.on(VOICE)
    assert (asked["From"], asked["To"], asked["CallStatus"]) == (PHONE, HOTLINE, "ringing")
    assert (asked["FromCity"], asked["StirVerstat"]) == ("MONTREAL", "TN-Validation-Passed-A")
    call.press("4")
    [pressed] = served.service.on("/menu")
    assert (pressed["Digits"], pressed["CallStatus"]) == ("4", "in-progress")
    assert (call.heard, call.prompt) == (["Un.", "Two."], "Two.")
    served.network.advance(30)
    assert served.service.news(STATUS, "CallStatus") == ["completed"]
    assert served.service.news(STATUS, "CallDuration") == ["30"]
    assert served.service.refused == 0


def test_whoever_presses_nothing_goes_on_to_the_next_verb(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = MENU + "<Say>Bye.</Say>"
    call = served.network.phone(PHONE).call(shown="anonymous")
    served.network.advance(6)
    assert call.state == "in-progress"
    served.network.advance(1)
    assert (call.state, call.heard) == ("completed", ["Un.", "Bye."])
    assert served.service.on("/menu") == []
    assert "StirVerstat" not in served.service.on(VOICE)[0]


@pytest.mark.parametrize(
    ("attributes", "pressed", "heard"),
    [
        ('finishOnKey="*"', "12*", {"Digits": "12", "FinishedOnKey": "*"}),
        ('numDigits="2"', "123", {"Digits": "12"}),
        ('actionOnEmptyResult="true"', "#", {"Digits": "", "FinishedOnKey": "#"}),
    ],
)
def test_keys_are_gathered_as_asked(
    served: ServedNetwork, attributes: str, pressed: str, heard: dict[str, str]
) -> None:
    served.service.answers[VOICE] = f'<Gather action="/menu" {attributes}/>'
    served.network.phone(PHONE).call().press(pressed)
    [form] = served.service.on("/menu")
    assert {name: form.get(name) for name in heard} == heard


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


def test_a_ringing_call_is_cancelled_and_a_live_one_ended_or_redirected(
    served: ServedNetwork,
) -> None:
    calls = served.client().calls
    ringing = call_out(served).sid
    settle(served)
    with pytest.raises(TwilioRestException) as refused:
        calls(ringing).update(twiml="<Response/>")
    assert refused.value.code == 21220
    with pytest.raises(TwilioRestException) as not_final:
        calls(ringing).delete()
    assert not_final.value.code == 20009
    assert calls(ringing).update(status="canceled").status == "canceled"
    assert calls(ringing).delete()
    served.service.answers[VOICE] = MENU
    call = served.network.phone(PHONE).call()
    calls(call.sid).update(twiml="<Response><Say>Taken.</Say><Pause length='9'/></Response>")
    settle(served)
    assert call.prompt == "Taken."
    assert calls(call.sid).update(status="completed").status == "completed"
    settle(served)
    assert served.service.news(STATUS, "CallStatus") == ["completed"]
    assert [held["sid"] for held in served.network.carrier()["calls"]] == [call.sid]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(status_code=500), "11200"),
        ("<Juggle/>", "12200"),
        ("<Say", "12100"),
        (Response("hello", media_type="application/json"), "12300"),
    ],
)
def test_a_bad_answer_leads_to_the_fallback(
    served: ServedNetwork, answer: str | Response, code: str
) -> None:
    served.service.answers |= {VOICE: answer, FALLBACK: "<Say>Leave a message.</Say>"}
    call = served.network.phone(PHONE).call()
    assert call.heard == ["Leave a message."]
    [asked] = served.service.on(FALLBACK)
    assert (asked["ErrorCode"], asked["ErrorUrl"]) == (code, served.url + VOICE)
    assert served.network.carrier()["log"][-1]["code"] == int(code)


def test_when_the_fallback_fails_too_the_carrier_apologises(served: ServedNetwork) -> None:
    served.service.answers |= dict.fromkeys((VOICE, FALLBACK), Response(status_code=500))
    call = served.network.phone(PHONE).call()
    assert call.state == "completed"
    assert "application error" in call.heard[0]


def test_calls_are_found_by_number_time_and_state(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = MENU
    inbound = served.network.phone(PHONE).call().sid
    noon = served.clock()
    served.network.advance(3600)
    rung = call_out(served).sid
    served.network.advance(60)

    def found(**query: Any) -> list[str]:
        return [call.sid for call in served.client().calls.list(**query)]

    assert found() == [rung, inbound]
    assert found(to=OTHER) == found(status="no-answer") == [rung]
    assert found(start_time_after=noon + timedelta(minutes=1)) == [rung]
    assert found(end_time_before=noon + timedelta(minutes=1)) == []
    assert found(to=HOTLINE, start_time_after=noon) == [inbound]
    fetched = served.client().calls(rung).fetch()
    assert (fetched.duration, fetched.to_formatted) == (None, "(514) 555-0124")


def test_hanging_up_is_told_at_once_and_ends_everything(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = MENU
    call = served.network.phone(PHONE).call().hang_up()
    assert call.seen["state"] == "completed"
    assert served.service.news(STATUS, "CallStatus") == ["completed"]
    served.network.advance(60)
    assert served.service.on("/menu") == []
    assert call.press("1").seen["state"] == "completed"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "nobody"}, 21211),
        ({"to": "+19005550100"}, 21215),
        ({"from_": OTHER}, 21210),
        ({"url": "ftp://kith.example"}, 21205),
        ({"to": HOTLINE}, 21266),
    ],
)
def test_what_cannot_be_called_is_refused(
    served: ServedNetwork, more: dict[str, str], code: int
) -> None:
    order = {"to": PHONE, "from_": HOTLINE, "url": "http://kith.example/a", **more}
    with pytest.raises(TwilioRestException) as refused:
        served.client().calls.create(**order)
    assert refused.value.code == code
    assert served.client().calls.list() == []


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


def test_what_is_played_is_fetched_and_must_be_sound(served: ServedNetwork) -> None:
    served.service.answers |= {
        VOICE: '<Redirect method="GET">/next?lang=ht</Redirect>',
        "/next": "<Play>/fine.wav</Play><Play>/broken.wav</Play><Say>Done.</Say>",
        "/fine.wav": Response(b"RIFF", media_type="audio/wav"),
    }
    call = served.network.phone(PHONE).call()
    assert call.heard == [served.url + "/fine.wav", served.url + "/broken.wav", "Done."]
    [asked] = served.service.on("/next")
    assert (asked["lang"], asked["From"]) == ("ht", PHONE)
    assert served.service.refused == 0
    [logged] = served.network.carrier()["log"][-1:]
    assert (logged["code"], logged["url"]) == (12300, served.url + "/broken.wav")


def test_a_service_that_leads_in_a_circle_is_cut_off(served: ServedNetwork) -> None:
    served.service.answers |= dict.fromkeys((VOICE, FALLBACK), "<Redirect/>")
    call = served.network.phone(PHONE).call()
    assert (call.state, len(served.service.on(VOICE))) == ("completed", 100)


@pytest.mark.anyio
async def test_when_the_network_closes_nobody_is_told(
    carrier: SimulatedCarrier, hotline: Hotline
) -> None:
    hotline.answer(VOICE, twiml(MENU))
    line = carrier.voice.ring_hotline(PHONE)
    await line.settled()
    await carrier.close()
    assert [webhook.path for webhook in hotline.webhooks] == [VOICE]
    assert line.call.status == "in-progress"
