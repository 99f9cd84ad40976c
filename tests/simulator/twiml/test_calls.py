"""What the simulated carrier understands of the service's answers to a call."""

from __future__ import annotations

import inspect

import pytest
from twilio.twiml import voice_response  # type: ignore[import-untyped]

from app.simulator.twiml.answers import BadTwiml
from app.simulator.twiml.calls import CallDocument, read_call_document


def parse(inside: str) -> CallDocument:
    return read_call_document(
        "text/xml", f"<Response>{inside}</Response>".encode(), "http://kith.example/a"
    )


@pytest.mark.parametrize(
    "bad",
    [
        "<Juggle/>",
        '<Say colour="red">x</Say>',
        '<Gather numDigits="x"/>',
        '<Dial><Conference startConferenceOnEnter="yes">a</Conference></Dial>',
        "<Gather><Record/></Gather>",
        "<Number>1</Number>",
        "<Say/>",
        '<Record transcribe="true"/>',
        '<Dial record="record-from-answer">+15145550124</Dial>',
        '<Redirect method="PUT">/a</Redirect>',
        '<Dial><Conference muted="true">a</Conference></Dial>',
    ],
)
def test_what_the_carrier_does_not_know_is_an_error(bad: str) -> None:
    with pytest.raises(BadTwiml):
        parse(bad)


@pytest.mark.parametrize(
    ("parent", "verb", "text"),
    [
        ("VoiceResponse", "say", "message"),
        ("VoiceResponse", "play", "url"),
        ("VoiceResponse", "pause", ""),
        ("VoiceResponse", "gather", ""),
        ("VoiceResponse", "record", ""),
        ("VoiceResponse", "dial", "number"),
        ("VoiceResponse", "redirect", "url"),
        ("VoiceResponse", "reject", ""),
        ("Dial", "number", "phone_number"),
        ("Dial", "conference", "name"),
    ],
)
def test_the_carriers_library_writes_nothing_that_is_refused(
    parent: str, verb: str, text: str
) -> None:
    numbers = {"timeout", "num_digits", "max_length", "length", "loop", "time_limit"}
    method = getattr(getattr(voice_response, parent), verb)
    for name in inspect.signature(method).parameters.keys() - {"self", "kwargs", text}:
        value = "POST" if name.endswith("method") else "true"
        value = "1" if name in {*numbers, "max_participants"} else value
        value = {"record": "do-not-record", "transcribe": "false"}.get(name, value)
        value = "false" if name == "muted" else value
        outer = response = voice_response.VoiceResponse()
        if parent == "Dial":
            outer = response.dial()
        getattr(outer, verb)(**({text: "x"} if text else {}), **{name: value})
        assert read_call_document("text/xml", str(response).encode(), "").verbs
