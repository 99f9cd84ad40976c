"""The API for calls, conferences and recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.simulator.calling import MENU, OTHER, STATUS, THIRD, VOICE, call_out, room, settle
from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, ServedNetwork
from tests.simulator.openapi import check_answer

BASE = f"/2010-04-01/Accounts/{ACCOUNT}"


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
