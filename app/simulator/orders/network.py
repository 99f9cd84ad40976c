"""What tests and people make the simulated phones, the line and the clock do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from app.clock import Clock
from app.simulator.network.carrier import SimulatedAttachment, SimulatedCarrier
from app.simulator.network.faults import Fault, UnknownFault
from app.simulator.network.handsets import UnknownText
from app.simulator.orders.attachments import BadAttachment, from_base64, from_url
from app.simulator.orders.calls import voice_routes
from app.simulator.orders.order import Order, Problem, phone_of, read, refuse_other_sites

AdvanceClock = Callable[[float], Awaitable[datetime]]
_TEN_YEARS_S = 10 * 366 * 86400


class Picture(Order):
    """A picture sent along, base64."""

    content_type: str = Field(pattern=r"^[\w.+-]+/[\w.+-]+$")
    data: str


class TextOrder(Order):
    """A text somebody writes; ``media`` holds pictures, or ``data:`` and ``http(s):`` addresses."""

    body: Annotated[str, StringConstraints(max_length=100_000)]
    media: list[Picture | str] | Picture | str | None = None

    def attachments(self) -> list[SimulatedAttachment]:
        """The pictures, decoded; raises ``BadAttachment``."""
        media = self.media if isinstance(self.media, list) else [self.media]
        return [
            from_url(item) if isinstance(item, str) else from_base64(item.content_type, item.data)
            for item in media
            if item is not None
        ]


class FaultOrder(Order):
    """An order to misbehave."""

    kind: str
    match: str | None = None
    count: int | None = Field(default=None, ge=1)
    delay_s: float | None = Field(default=None, ge=0, le=_TEN_YEARS_S)


class ClockOrder(Order):
    """A step of the clock, in seconds; it only goes forward."""

    advance_s: float = Field(ge=0, le=_TEN_YEARS_S)


Endpoint = Callable[[Request], Awaitable[Response]]


def create_scripting(
    carrier: SimulatedCarrier, *, clock: Clock, advance_clock: AdvanceClock
) -> APIRouter:
    """The routes below ``/simulator`` that answer in JSON."""
    router = APIRouter(include_in_schema=False)
    script = _Script(carrier, clock, advance_clock)
    for method, path, endpoint in (
        ("POST", "/phones/{e164}/texts", script.text),
        ("GET", "/phones/{e164}/inbox", script.inbox),
        ("POST", "/faults", script.add_fault),
        ("GET", "/faults", script.list_faults),
        ("DELETE", "/faults", script.clear_faults),
        ("DELETE", "/faults/{id}", script.clear_faults),
        ("GET", "/carrier", script.carrier_holds),
        ("POST", "/clock", script.advance),
        ("GET", "/clock", script.read_clock),
        ("GET", "/media/{name}", script.media),
        *voice_routes(carrier),
    ):
        router.add_route("/simulator" + path, _answering(endpoint), methods=[method])
    return router


class _Script:
    """The endpoints; each takes a request and answers, or raises ``Problem``."""

    def __init__(
        self, carrier: SimulatedCarrier, clock: Clock, advance_clock: AdvanceClock
    ) -> None:
        self._carrier = carrier
        self._clock = clock
        self._advance_clock = advance_clock

    async def text(self, request: Request) -> Response:
        phone, order = phone_of(request), await read(request, TextOrder)
        try:
            attachments = order.attachments()
        except BadAttachment as bad:
            raise Problem(400, "bad-request", str(bad)) from None
        sent = await self._carrier.text(phone, order.body, attachments)
        return JSONResponse(asdict(sent))

    async def inbox(self, request: Request) -> Response:
        after = request.query_params.get("after")
        at = _instant(after)
        try:
            entries = self._carrier.inbox(phone_of(request), None if at else after)
        except UnknownText:
            raise Problem(
                400, "bad-request", "after is no text of this phone and no time"
            ) from None
        if at:
            entries = [entry for entry in entries if entry.at > at]
        items = [{"sid": e.sid, "body": e.body, "at": rfc3339(e.at)} for e in entries]
        return JSONResponse({"items": items})

    async def add_fault(self, request: Request) -> Response:
        order = await read(request, FaultOrder)
        try:
            fault = self._carrier.faults.add(**order.model_dump())
        except UnknownFault as unknown:
            raise Problem(400, "bad-request", str(unknown)) from None
        return JSONResponse(_fault_json(fault))

    async def list_faults(self, _request: Request) -> Response:
        return JSONResponse({"items": [_fault_json(f) for f in self._carrier.faults.active]})

    async def clear_faults(self, request: Request) -> Response:
        given = str(request.path_params.get("id", ""))
        if given and not given.isdecimal():
            raise Problem(404, "not-found", "there is no such fault")
        self._carrier.faults.clear(int(given) if given else None)
        return Response(status_code=204)

    async def carrier_holds(self, _request: Request) -> Response:
        return JSONResponse(self._carrier.snapshot())

    async def advance(self, request: Request) -> Response:
        order = await read(request, ClockOrder)
        now = await self._advance_clock(order.advance_s)
        await self._carrier.settle()
        return self._clock_reads(now)

    async def read_clock(self, _request: Request) -> Response:
        return self._clock_reads(self._clock())

    async def media(self, request: Request) -> Response:
        name = request.path_params["name"]
        for media in self._carrier.media.values():
            if media.public_name == name:
                headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
                return Response(media.data, headers=headers, media_type=media.content_type)
        raise Problem(404, "not-found", "there is no such picture, or not any more")

    def _clock_reads(self, now: datetime) -> Response:
        offset_s = self._clock.offset.total_seconds()
        return JSONResponse({"now": rfc3339(now), "offset_s": offset_s})


def _instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 time; None for anything else. A ``+`` may have come as a space."""
    try:
        at = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo else None


def rfc3339(at: datetime) -> str:
    """Write an aware UTC instant as ``2026-01-02T03:04:05.000678Z``."""
    return at.isoformat().replace("+00:00", "Z")


def _answering(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            refuse_other_sites(request)
            return await endpoint(request)
        except Problem as problem:
            return problem.response()

    return answer


def _fault_json(fault: Fault) -> dict[str, Any]:
    return asdict(fault)
