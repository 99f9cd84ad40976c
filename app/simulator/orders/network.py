"""Orders to the phones for texts, to the network, and to the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from app.clock import Clock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.faults import UnknownFault
from app.simulator.network.handsets import UnknownText
from app.simulator.orders.order import Order, OrderRoute, Problem, read_order, read_phone
from app.simulator.resources.formats import rfc3339
from app.simulator.texts.receiving import text_hotline
from app.simulator.values.addresses import WHATSAPP
from app.simulator.values.attachments import (
    BadAttachment,
    SimulatedAttachment,
    decode_attachment,
    read_attachment,
)

AdvanceClock = Callable[[float], Awaitable[datetime]]
_TEN_YEARS_S = 10 * 366 * 86400


class Picture(Order):
    """A picture sent along, base64."""

    content_type: str = Field(pattern=r"^[\w.+-]+/[\w.+-]+$")
    data: str


class TextOrder(Order):
    """A text to send; ``media`` holds pictures, or ``data:`` and ``http(s):`` addresses."""

    body: Annotated[str, StringConstraints(max_length=100_000)]
    media: list[Picture | str] | Picture | str | None = None
    channel: Literal["sms", "whatsapp"] | None = None

    def address(self, phone: str) -> str:
        """The address of the phone that writes: its number may stand with its channel already."""
        return WHATSAPP + phone if self.channel == "whatsapp" and ":" not in phone else phone

    def attachments(self) -> list[SimulatedAttachment]:
        """The pictures, decoded; raises ``BadAttachment``."""
        media = self.media if isinstance(self.media, list) else [self.media]
        return [
            read_attachment(item)
            if isinstance(item, str)
            else decode_attachment(item.content_type, item.data)
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


def make_network_routes(
    carrier: SimulatedCarrier, clock: Clock, advance_clock: AdvanceClock
) -> list[OrderRoute]:
    """The routes for texts, faults, the carrier's memory and the clock."""
    orders = _NetworkOrders(carrier, clock, advance_clock)
    return [
        ("POST", "/phones/{e164}/texts", orders.send_text),
        ("GET", "/phones/{e164}/inbox", orders.show_inbox),
        ("POST", "/faults", orders.add_fault),
        ("GET", "/faults", orders.list_faults),
        ("DELETE", "/faults", orders.clear_faults),
        ("DELETE", "/faults/{id}", orders.clear_faults),
        ("GET", "/carrier", orders.show_carrier),
        ("POST", "/clock", orders.advance_clock),
        ("GET", "/clock", orders.show_clock),
        ("GET", "/media/{name}", orders.show_media),
    ]


class _NetworkOrders:
    """The endpoints; each takes a request and answers, or raises ``Problem``."""

    def __init__(
        self, carrier: SimulatedCarrier, clock: Clock, advance_clock: AdvanceClock
    ) -> None:
        self._carrier = carrier
        self._clock = clock
        self._advance_clock = advance_clock

    async def send_text(self, request: Request) -> Response:
        phone, order = read_phone(request), await read_order(request, TextOrder)
        try:
            attachments = order.attachments()
        except BadAttachment as bad:
            raise Problem(400, "bad-request", str(bad)) from None
        sent = await text_hotline(self._carrier, order.address(phone), order.body, attachments)
        return JSONResponse(asdict(sent))

    async def show_inbox(self, request: Request) -> Response:
        after = request.query_params.get("after")
        at = _read_instant(after)
        try:
            texts = self._carrier.inbox(read_phone(request), None if at else after)
        except UnknownText:
            detail = "after is no text of this phone and no time"
            raise Problem(400, "bad-request", detail) from None
        if at:
            texts = [text for text in texts if text.at > at]
        items = [{"sid": t.sid, "body": t.body, "at": rfc3339(t.at)} for t in texts]
        return JSONResponse({"items": items})

    async def add_fault(self, request: Request) -> Response:
        order = await read_order(request, FaultOrder)
        try:
            fault = self._carrier.faults.add(**order.model_dump())
        except UnknownFault as unknown:
            raise Problem(400, "bad-request", str(unknown)) from None
        return JSONResponse(asdict(fault))

    async def list_faults(self, _request: Request) -> Response:
        return JSONResponse({"items": [asdict(fault) for fault in self._carrier.faults.active]})

    async def clear_faults(self, request: Request) -> Response:
        given = str(request.path_params.get("id", ""))
        if given and not given.isdecimal():
            raise Problem(404, "not-found", "there is no such fault")
        self._carrier.faults.clear(int(given) if given else None)
        return Response(status_code=204)

    async def show_carrier(self, _request: Request) -> Response:
        return JSONResponse(self._carrier.snapshot())

    async def advance_clock(self, request: Request) -> Response:
        order = await read_order(request, ClockOrder)
        now = await self._advance_clock(order.advance_s)
        await self._carrier.settle()
        return self._answer_clock(now)

    async def show_clock(self, _request: Request) -> Response:
        return self._answer_clock(self._clock())

    async def show_media(self, request: Request) -> Response:
        name = request.path_params["name"]
        for media in self._carrier.media.values():
            if media.public_name == name:
                headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
                return Response(media.data, headers=headers, media_type=media.content_type)
        raise Problem(404, "not-found", "there is no such picture, or not any more")

    def _answer_clock(self, now: datetime) -> Response:
        offset_s = self._clock.offset.total_seconds()
        return JSONResponse({"now": rfc3339(now), "offset_s": offset_s})


def _read_instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 time; None for anything else. A ``+`` may have come as a space."""
    try:
        at = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo else None
