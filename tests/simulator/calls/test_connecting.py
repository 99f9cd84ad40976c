"""Calls connected with each other: dialled numbers, conferences, and who hears whom."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from app.simulator.phones import PhoneCall
from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, ServedNetwork
from tests.simulator.openapi import check_answer

OTHER, THIRD = "+15145550124", "+15145550125"
VOICE = "/twilio/voice"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"


def room(name: str = "abc", dial: str = "", **attributes: str) -> str:
    events = "start end join leave hold"
    given = {"statusCallback": "/room", "statusCallbackEvent": events, **attributes}
    written = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<Dial {dial}><Conference {written}>{name}</Conference></Dial>"


def dispatcher(served: ServedNetwork, phone: str = OTHER) -> PhoneCall:
    """A dispatcher's phone, called and answered; what it does comes from ``/out``."""
    served.network.phone(phone).answering("answers")
    call = served.client().calls.create(to=phone, from_=HOTLINE, url=served.url + "/out")
    served.network.advance(0)
    return served.network.call(call.sid)


def test_two_meet_in_a_conference_and_hear_each_other(served: ServedNetwork) -> None:
    served.service.answers |= {
        VOICE: room(waitUrl="/music", endConferenceOnExit="true", participantLabel="caller"),
        "/music": "<Say>Please wait.</Say>",
        "/out": room(dial='action="/after"'),
        "/after": "<Say>Over.</Say>",
    }
    caller = served.network.phone(PHONE).call()
    served.network.advance(0)
    assert (caller.heard, caller.hears) == (["Please wait."], [])
    [waiting] = served.client().conferences.list(friendly_name="abc")
    assert waiting.status == "init"
    other = dispatcher(served)
    assert (caller.hears, other.hears) == ([other.sid], [caller.sid])
    assert served.client().conferences(waiting.sid).fetch().status == "in-progress"
    caller.hang_up()
    served.network.advance(0)
    assert other.heard == ["Over."]
    assert served.service.news("/after", "DialCallStatus") == ["answered"]
    events = served.service.news("/room", "StatusCallbackEvent")
    joined = ["participant-join", "participant-join", "conference-start"]
    assert events == [*joined, "participant-leave", "participant-leave", "conference-end"]
    assert served.service.news("/room", "SequenceNumber") == list("012345")
    ended = served.client().conferences(waiting.sid).fetch()
    assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-left"
    assert ended.call_sid_ending_conference == caller.sid


def test_the_service_holds_and_removes_who_is_in(served: ServedNetwork) -> None:
    served.service.answers |= dict.fromkeys((VOICE, "/out"), room())
    caller = served.network.phone(PHONE).call()
    other = dispatcher(served)
    [conference] = served.client().conferences.list(status="in-progress")
    people = served.client().conferences(conference.sid).participants
    with pytest.raises(TwilioRestException) as refused:
        people(other.sid).update(muted=True)
    assert refused.value.code == 20001
    people(other.sid).update(hold=True)
    assert (caller.hears, other.hears) == ([], [])
    assert [one.call_sid for one in people.list(hold=True)] == [other.sid]
    served.service.answers["/bell"] = "<Say>One more minute.</Say>"
    people(other.sid).update(announce_url=served.url + "/bell")
    served.network.advance(0)
    assert (other.prompt, caller.prompt) == ("One more minute.", "")
    assert people(other.sid).delete()
    served.network.advance(0)
    assert (other.state, caller.state) == ("completed", "in-progress")
    served.client().conferences(conference.sid).update(status="completed")
    served.network.advance(0)
    assert caller.state == "completed"
    events = served.service.news("/room", "StatusCallbackEvent")
    assert events[3] == "participant-hold"
    assert served.service.on("/room")[-1]["ReasonConferenceEnded"] == "conference-ended-via-api"


def test_somebody_is_called_into_a_conference(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = room()
    caller = served.network.phone(PHONE).call()
    [conference] = served.client().conferences.list()
    people = served.client().conferences(conference.sid).participants
    invited = people.create(
        to=OTHER,
        from_=HOTLINE,
        label="interpreter",
        status_callback=served.url + "/news",
        status_callback_event=["ringing", "answered", "completed"],
    )
    assert (invited.status, invited.label) == ("queued", "interpreter")
    served.network.advance(0)
    [phone] = served.network.phone(OTHER).calls()
    assert (phone.shown, phone.state, caller.hears) == (HOTLINE, "ringing", [])
    phone.answer()
    assert (phone.hears, people("interpreter").fetch().status) == ([caller.sid], "connected")
    phone.hang_up()
    assert served.service.news("/news", "CallStatus") == ["ringing", "in-progress", "completed"]
    assert caller.state == "in-progress"
    with pytest.raises(TwilioRestException) as gone:
        people("interpreter").fetch()
    assert gone.value.status == 404


def test_the_first_to_answer_a_dialled_number_hears_the_whisper(served: ServedNetwork) -> None:
    numbers = "".join(
        f'<Number url="/whisper" statusCallback="/leg" statusCallbackEvent="completed">{n}</Number>'
        for n in (OTHER, THIRD)
    )
    served.service.answers |= {
        VOICE: f'<Dial callerId="{HOTLINE}" timeout="20" action="/done">{numbers}</Dial>',
        "/whisper": '<Gather numDigits="1" action="/taken"/><Hangup/>',
        "/taken": "<Say>Connecting.</Say>",
        "/done": "<Say>Bye.</Say>",
    }
    caller = served.network.phone(PHONE).call()
    served.network.advance(0)
    [first], [second] = (served.network.phone(n).calls() for n in (OTHER, THIRD))
    assert (first.shown, second.shown) == (HOTLINE, HOTLINE)
    first.answer()
    served.network.advance(0)
    assert (second.state, caller.hears) == ("canceled", [])
    first.press("1")
    served.network.advance(0)
    assert (caller.hears, first.hears) == ([first.sid], [caller.sid])
    assert served.service.on("/taken")[0]["ParentCallSid"] == caller.sid
    served.network.advance(60)
    first.hang_up()
    served.network.advance(0)
    [done] = served.service.on("/done")
    wanted = {"DialCallStatus": "completed", "DialCallDuration": "60", "DialCallSid": first.sid}
    assert {name: done[name] for name in wanted} == wanted
    legs = served.client().calls.list(parent_call_sid=caller.sid)
    assert {leg.status for leg in legs} == {"completed", "canceled"}
    assert caller.heard == ["Bye."]


@pytest.mark.parametrize(
    ("answers", "leg", "told"), [(True, "completed", "completed"), (False, "canceled", "no-answer")]
)
def test_a_caller_who_hangs_up_ends_what_was_dialled(
    served: ServedNetwork, answers: bool, leg: str, told: str
) -> None:
    served.service.answers[VOICE] = f'<Dial callerId="{HOTLINE}" action="/done">{OTHER}</Dial>'
    caller = served.network.phone(PHONE).call()
    served.network.advance(0)
    [dialled] = served.network.phone(OTHER).calls()
    if answers:
        dialled.answer()
    caller.hang_up()
    served.network.advance(0)
    assert (dialled.state, dialled.hears) == (leg, [])
    [done] = served.service.on("/done")
    assert (done["CallStatus"], done["DialCallStatus"]) == ("completed", told)


@pytest.mark.parametrize(
    ("dial", "status"),
    [
        (f'<Dial action="/done" timeout="9">{OTHER}</Dial>', "no-answer"),
        (f'<Dial action="/done" callerId="{THIRD}">{OTHER}</Dial>', "failed"),
        ('<Dial action="/done">nobody</Dial>', "failed"),
    ],
)
def test_dialling_in_vain_is_told(served: ServedNetwork, dial: str, status: str) -> None:
    served.service.answers[VOICE] = dial
    served.network.phone(PHONE).call()
    served.network.advance(9)
    assert served.service.news("/done", "DialCallStatus") == [status]


def test_without_a_caller_id_the_dialled_phone_sees_the_callers_number(
    served: ServedNetwork,
) -> None:
    served.service.answers[VOICE] = f"<Dial>{OTHER}</Dial>"
    served.network.phone(PHONE).call()
    served.network.advance(0)
    assert [call.shown for call in served.network.phone(OTHER).calls()] == [PHONE]


@pytest.mark.parametrize("how", ["redirect", "star"])
def test_a_connected_call_is_led_away(served: ServedNetwork, how: str) -> None:
    served.service.answers |= {
        VOICE: room(dial='hangupOnStar="true" action="/on"'),
        "/on": '<Say>On.</Say><Pause length="9"/>',
    }
    caller = served.network.phone(PHONE).call()
    if how == "star":
        caller.press("*")
    else:
        served.client().calls(caller.sid).update(url=served.url + "/on")
    served.network.advance(0)
    assert caller.heard == ["On."]
    assert served.client().conferences.list(status="in-progress") == []


def test_conference_news_are_lost_doubled_and_late(served: ServedNetwork) -> None:
    served.service.answers |= dict.fromkeys((VOICE, "/out"), room())
    served.network.faults("status-lost", match="conference-start")
    served.network.faults("status-duplicate", match="participant-join")
    served.network.faults("status-delay", match="conference-end", delay_s=30)
    served.network.phone(PHONE).call()
    dispatcher(served)
    for call in served.network.calls():
        call.hang_up()
    served.network.advance(0)
    before = served.service.news("/room", "StatusCallbackEvent")
    joined, left = ["participant-join"] * 3, ["participant-leave"] * 2
    assert before == [*joined, *left]
    served.network.advance(30)
    assert served.service.news("/room", "StatusCallbackEvent")[5:] == ["conference-end"]


def test_every_answer_about_calls_is_one_the_carrier_would_give(served: ServedNetwork) -> None:
    def ask(method: str, path: str, **more: Any) -> Any:
        url = f"{served.url}/simulator/twilio{path}"
        answer = requests.request(method, url, auth=(ACCOUNT, TOKEN), timeout=5, **more)
        body = answer.json() if answer.content else None
        check_answer(method, path.partition("?")[0], answer.status_code, body)
        return body

    served.service.answers[VOICE] = '<Record action="/said"/>'
    served.network.phone(PHONE).call().speak(3).press("#")
    served.service.answers[VOICE] = room()
    served.network.phone(PHONE).call()
    [conference] = ask("GET", f"{BASE}/Conferences.json?Status=init")["conferences"]
    people = conference["uri"].replace(".json", "/Participants.json")
    invited = ask("POST", people, data={"To": OTHER, "From": HOTLINE})
    for uri in (conference["uri"], people, invited["uri"]):
        ask("GET", uri)
    ask("POST", invited["uri"], data={"Hold": "true"})
    ask("DELETE", invited["uri"])
    ask("POST", conference["uri"], data={"Status": "completed"})
    made = ask("POST", f"{BASE}/Calls.json", data={"To": THIRD, "From": HOTLINE, "Twiml": "<R/>"})
    ask("POST", made["uri"], data={"Status": "completed"})
    for call in ask("GET", f"{BASE}/Calls.json?To={HOTLINE.replace('+', '%2B')}")["calls"]:
        ask("GET", call["uri"])
        for recording in ask("GET", call["subresource_uris"]["recordings"])["recordings"]:
            ask("GET", recording["uri"])
    [recording] = ask("GET", f"{BASE}/Recordings.json")["recordings"]
    ask("GET", recording["uri"])
    ask("DELETE", recording["uri"])
    ask("DELETE", ask("GET", f"{BASE}/Calls.json?Status=completed")["calls"][-1]["uri"])
