"""Documents from the service, and from its fallback."""

from __future__ import annotations

import pytest
from fastapi import Response

from tests.simulator.calling import FALLBACK, VOICE
from tests.simulator.hotline import PHONE, ServedNetwork


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
