"""Conferences: who is in, and who hears whom."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.simulator.calling import OTHER, VOICE, dispatcher, room
from tests.simulator.hotline import HOTLINE, PHONE, ServedNetwork


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
