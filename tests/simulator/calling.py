"""Calls that tests make, and what the service answers to them."""

from __future__ import annotations

from typing import Any

from app.simulator.phones import PhoneCall
from tests.simulator.hotline import HOTLINE, ServedNetwork

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
