"""Calls connected with other phones."""

from __future__ import annotations

import pytest

from tests.simulator.calling import OTHER, THIRD, VOICE
from tests.simulator.hotline import HOTLINE, PHONE, ServedNetwork


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


def test_of_two_phones_that_answer_at_once_only_one_is_connected(served: ServedNetwork) -> None:
    served.service.answers[VOICE] = f"<Dial><Number>{OTHER}</Number><Number>{THIRD}</Number></Dial>"
    for phone in (OTHER, THIRD):
        served.network.phone(phone).answering("answers", after_s=2)
    caller = served.network.phone(PHONE).call()
    served.network.advance(2)
    [first], [second] = (served.network.phone(number).calls() for number in (OTHER, THIRD))
    assert (first.state, second.state) == ("in-progress", "canceled")
    assert (caller.hears, first.hears, second.hears) == ([first.sid], [caller.sid], [])


def test_the_service_learns_if_a_dialled_phone_is_answered_by_a_machine(
    served: ServedNetwork,
) -> None:
    detection = 'machineDetection="Enable" amdStatusCallback="/amd" amdStatusCallbackMethod="GET"'
    served.service.answers[VOICE] = f"<Dial><Number {detection}>{OTHER}</Number></Dial>"
    served.network.phone(OTHER).answering("machine")
    served.network.phone(PHONE).call()
    served.network.advance(0)
    assert served.service.news("/amd", "AnsweredBy") == ["machine_start"]


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
