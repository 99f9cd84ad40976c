"""Orders to the phones for calls."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from app.simulator.calls.handset_actions import hang_up, pick_up, press_keys, speak
from app.simulator.calls.incoming import WITHHELD_CALLER, call_hotline
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.orders.call_view import describe_call
from app.simulator.orders.order import Order, OrderRoute, Problem, read_order, read_phone
from app.simulator.resources.recordings import RecordingKey
from app.simulator.values.answering import UnknownBehaviour, read_answering

_ONE_DAY_S = 86400


class CallOrder(Order):
    """A call to the hotline; ``from`` is what the network shows instead of the phone's number."""

    from_: str | None = Field(default=None, alias="from", min_length=1, max_length=64)
    withheld: bool = False
    forwarded_from: str | None = Field(default=None, max_length=64)


class KeysOrder(Order):
    """Keys to press one after the other."""

    digits: str = Field(pattern=r"^[0-9*#]{1,64}$")


class SpeechOrder(Order):
    """How long to speak, in whole seconds; or a text, which takes as long as it takes."""

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
    """The public key with which the carrier is to encrypt recordings."""

    sid: str = Field(default="CR" + 32 * "0", pattern=r"^CR[0-9a-f]{32}$")
    pem: str = Field(max_length=10_000)


def make_call_routes(carrier: SimulatedCarrier) -> list[OrderRoute]:
    """The routes for calls."""
    orders = _CallOrders(carrier)
    return [
        ("POST", "/phones/{e164}/calls", orders.call),
        ("GET", "/phones/{e164}/calls", orders.list_of_phone),
        ("POST", "/phones/{e164}/answering", orders.set_answering),
        ("GET", "/calls", orders.list_all),
        ("DELETE", "/calls", orders.forget),
        ("GET", "/calls/{sid}", orders.show),
        ("POST", "/calls/{sid}/digits", orders.press),
        ("POST", "/calls/{sid}/speech", orders.speak),
        ("POST", "/calls/{sid}/hangup", orders.hang_up),
        ("POST", "/calls/{sid}/answer", orders.answer),
        ("POST", "/recording-key", orders.set_key),
        ("DELETE", "/recording-key", orders.forget_key),
    ]


class _CallOrders:
    """The endpoints; each takes a request and answers, or raises ``Problem``."""

    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._carrier = carrier

    async def call(self, request: Request) -> Response:
        """Call the hotline; answers when the call waits or is over."""
        order, phone = await read_order(request, CallOrder, default=b"{}"), read_phone(request)
        shown = order.from_ or (WITHHELD_CALLER if order.withheld else phone)
        forwarded = order.forwarded_from
        line = call_hotline(self._carrier, shown, phone=phone, forwarded_from=forwarded)
        await line.settled()
        return self._answer(line)

    async def list_of_phone(self, request: Request) -> Response:
        lines = self._carrier.lines_of(read_phone(request))
        return JSONResponse({"items": [describe_call(self._carrier, line) for line in lines]})

    async def list_all(self, _request: Request) -> Response:
        lines = self._carrier.lines.values()
        return JSONResponse({"items": [describe_call(self._carrier, line) for line in lines]})

    async def set_answering(self, request: Request) -> Response:
        order = await read_order(request, AnsweringOrder)
        try:
            answering = read_answering(order.behaviour, order.after_s, order.presses)
        except UnknownBehaviour as unknown:
            raise Problem(400, "bad-request", str(unknown)) from None
        self._carrier.handset(read_phone(request)).answering = answering
        return JSONResponse(order.model_dump() | {"behaviour": answering.behaviour})

    async def show(self, request: Request) -> Response:
        return self._answer(self._find_line(request))

    async def forget(self, _request: Request) -> Response:
        self._carrier.forget_calls()
        return Response(status_code=204)

    async def press(self, request: Request) -> Response:
        line, order = self._find_line(request), await read_order(request, KeysOrder)
        if line.waiting == "answer":
            await pick_up(line)
        await press_keys(line, order.digits)
        return self._answer(line)

    async def speak(self, request: Request) -> Response:
        line = self._find_line(request)
        order = await read_order(request, SpeechOrder, default=b"{}")
        if line.waiting == "answer":
            await pick_up(line)
        await speak(line, order.length)
        return self._answer(line)

    async def hang_up(self, request: Request) -> Response:
        line = self._find_line(request)
        await hang_up(line)
        return self._answer(line)

    async def answer(self, request: Request) -> Response:
        line = self._find_line(request)
        if line.waiting != "answer":
            raise Problem(409, "conflict", "this call does not ring")
        await pick_up(line)
        return self._answer(line)

    async def set_key(self, request: Request) -> Response:
        order = await read_order(request, RecordingKeyOrder)
        self._carrier.recording_key = RecordingKey(order.sid, order.pem)
        return Response(status_code=204)

    async def forget_key(self, _request: Request) -> Response:
        self._carrier.recording_key = None
        return Response(status_code=204)

    def _answer(self, line: Line) -> Response:
        return JSONResponse(describe_call(self._carrier, line))

    def _find_line(self, request: Request) -> Line:
        line = self._carrier.lines.get(str(request.path_params["sid"]))
        if line:
            return line
        raise Problem(404, "not-found", "there is no such call, or not any more")
