"""What tests and people make the simulated phones do with calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from app.simulator.calls.incoming import WITHHELD_CALLER, describe
from app.simulator.network.lines import Line
from app.simulator.orders.order import Order, Problem, phone_of, read
from app.simulator.resources.recordings import RecordingKey
from app.simulator.values.addresses import caller
from app.simulator.values.answering import UnknownBehaviour, answering
from app.simulator.values.events import PickedUp

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


_ONE_DAY_S = 86400


class CallOrder(Order):
    """A call to the hotline; ``from`` is what the network shows instead of the phone's number."""

    from_: str | None = Field(default=None, alias="from", min_length=1, max_length=64)
    withheld: bool = False
    forwarded_from: str | None = Field(default=None, max_length=64)


class KeysOrder(Order):
    """Keys pressed one after the other."""

    digits: str = Field(pattern=r"^[0-9*#]{1,64}$")


class SpeechOrder(Order):
    """How long somebody speaks, in whole seconds; or what, which takes as long as it takes."""

    seconds: int | None = Field(default=None, ge=1, le=_ONE_DAY_S)
    text: str = Field(default="", max_length=10_000)

    @property
    def length(self) -> int:
        """Seconds; people say some two words in each."""
        return self.seconds or max(len(self.text.split()) // 2, 1)


class AnsweringOrder(Order):
    """How a phone takes calls from now on."""

    behaviour: str
    after_s: float = Field(default=0, ge=0, le=_ONE_DAY_S)
    presses: str = Field(default="", pattern=r"^[0-9*#]{0,64}$")


class RecordingKeyOrder(Order):
    """The public key the carrier is to encrypt recordings with."""

    sid: str = Field(default="CR" + 32 * "0", pattern=r"^CR[0-9a-f]{32}$")
    pem: str = Field(max_length=10_000)


Endpoint = Callable[[Request], Awaitable[Response]]


def voice_routes(carrier: SimulatedCarrier) -> list[tuple[str, str, Endpoint]]:
    """Method, path below ``/simulator`` and endpoint of what can be done with calls."""
    script = _VoiceScript(carrier)
    return [
        ("POST", "/phones/{e164}/calls", script.call),
        ("GET", "/phones/{e164}/calls", script.calls),
        ("POST", "/phones/{e164}/answering", script.set_answering),
        ("GET", "/calls", script.all_calls),
        ("DELETE", "/calls", script.clear),
        ("GET", "/calls/{sid}", script.show),
        ("POST", "/calls/{sid}/digits", script.press),
        ("POST", "/calls/{sid}/speech", script.speak),
        ("POST", "/calls/{sid}/hangup", script.hang_up),
        ("POST", "/calls/{sid}/answer", script.answer),
        ("POST", "/recording-key", script.set_key),
        ("DELETE", "/recording-key", script.forget_key),
    ]


async def _pick_up(line: Line) -> None:
    """Answer a phone that still rings: nobody presses a key or speaks before."""
    if line.waiting == "answer":
        line.tell(PickedUp())
        await line.settled()


class _VoiceScript:
    """The endpoints; each takes a request and answers, or raises ``Problem``."""

    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._carrier = carrier

    async def call(self, request: Request) -> Response:
        """Call the hotline; answers when the call waits for somebody or is over."""
        order = await read(request, CallOrder, default=b"{}")
        phone = caller(phone_of(request))
        shown = order.from_ or (WITHHELD_CALLER if order.withheld else phone)
        forwarded = order.forwarded_from
        line = self._carrier.voice.ring_hotline(shown, phone=phone, forwarded_from=forwarded)
        await line.settled()
        return JSONResponse(describe(line))

    async def calls(self, request: Request) -> Response:
        """The calls of one phone, both ways, oldest first."""
        phone = caller(phone_of(request))
        lines = self._carrier.voice.lines_of(phone)
        return JSONResponse({"items": [describe(line) for line in lines]})

    async def all_calls(self, _request: Request) -> Response:
        lines = self._carrier.voice.lines.values()
        return JSONResponse({"items": [describe(line) for line in lines]})

    async def set_answering(self, request: Request) -> Response:
        order = await read(request, AnsweringOrder)
        try:
            taken = answering(order.behaviour, order.after_s, order.presses)
        except UnknownBehaviour as unknown:
            raise Problem(400, "bad-request", str(unknown)) from None
        self._carrier.handset(caller(phone_of(request))).answering = taken
        return JSONResponse(order.model_dump() | {"behaviour": taken.behaviour})

    async def show(self, request: Request) -> Response:
        return JSONResponse(describe(self._line(request)))

    async def clear(self, _request: Request) -> Response:
        self._carrier.voice.clear()
        return Response(status_code=204)

    async def press(self, request: Request) -> Response:
        line, order = self._line(request), await read(request, KeysOrder)
        await _pick_up(line)
        await line.press(order.digits)
        return JSONResponse(describe(line))

    async def speak(self, request: Request) -> Response:
        line, order = self._line(request), await read(request, SpeechOrder, default=b"{}")
        await _pick_up(line)
        await line.speak(order.length)
        return JSONResponse(describe(line))

    async def hang_up(self, request: Request) -> Response:
        line = self._line(request)
        line.hang_up()
        await line.settled()
        return JSONResponse(describe(line))

    async def answer(self, request: Request) -> Response:
        """Pick up a phone that rings."""
        line = self._line(request)
        if line.waiting != "answer":
            raise Problem(409, "conflict", "this call does not ring")
        line.tell(PickedUp())
        await line.settled()
        return JSONResponse(describe(line))

    async def set_key(self, request: Request) -> Response:
        order = await read(request, RecordingKeyOrder)
        self._carrier.voice.recording_key = RecordingKey(order.sid, order.pem)
        return Response(status_code=204)

    async def forget_key(self, _request: Request) -> Response:
        self._carrier.voice.recording_key = None
        return Response(status_code=204)

    def _line(self, request: Request) -> Line:
        line = self._carrier.voice.lines.get(str(request.path_params["sid"]))
        if line:
            return line
        raise Problem(404, "not-found", "there is no such call, or not any more")
