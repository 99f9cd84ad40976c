"""What a caller hears, and is asked."""

from __future__ import annotations

import pytest
from fastapi import Response

from app.simulator.calls.incoming import call_hotline
from app.simulator.network.carrier import SimulatedCarrier
from tests.simulator.calling import FALLBACK, MENU, STATUS, VOICE
from tests.simulator.hotline import HOTLINE, PHONE, Hotline, ServedNetwork, twiml


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


def test_hanging_up_is_told_at_once_and_ends_everything(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = MENU
    call = served.network.phone(PHONE).call().hang_up()
    assert call.seen["state"] == "completed"
    assert served.service.news(STATUS, "CallStatus") == ["completed"]
    served.network.advance(60)
    assert served.service.on("/menu") == []
    assert call.press("1").seen["state"] == "completed"


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
    line = call_hotline(carrier, PHONE)
    await line.settled()
    await carrier.close()
    assert [webhook.path for webhook in hotline.webhooks] == [VOICE]
    assert line.call.status == "in-progress"
