"""What tests and people make the simulated phones, the line and the clock do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.clock import Clock
from app.simulator.attachments import BadAttachment, from_base64, from_url
from app.simulator.carrier import Attachment, Carrier
from app.simulator.faults import Fault, UnknownFault
from app.simulator.handsets import UnknownText

AdvanceClock = Callable[[float], Awaitable[datetime]]
_TEN_YEARS_S = 10 * 366 * 86400
_MAX_CALLER = 64


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Picture(_Order):
    """A picture sent along, base64."""

    content_type: str = Field(pattern=r"^[\w.+-]+/[\w.+-]+$")
    data: str


class NewText(_Order):
    """A text somebody writes; ``media`` holds pictures, or ``data:`` and ``http(s):`` addresses."""

    body: Annotated[str, StringConstraints(max_length=100_000)]
    media: list[Picture | str] | Picture | str | None = None

    def attachments(self) -> list[Attachment]:
        """The pictures, decoded; raises ``BadAttachment``."""
        media = self.media if isinstance(self.media, list) else [self.media]
        return [
            from_url(item) if isinstance(item, str) else from_base64(item.content_type, item.data)
            for item in media
            if item is not None
        ]


class NewFault(_Order):
    """An order to misbehave."""

    kind: str
    match: str | None = None
    count: int | None = Field(default=None, ge=1)
    delay_s: float | None = Field(default=None, ge=0, le=_TEN_YEARS_S)


class Advance(_Order):
    """A step of the clock, in seconds; it only goes forward."""

    advance_s: float = Field(ge=0, le=_TEN_YEARS_S)


OrderT = TypeVar("OrderT", bound=_Order)


class Problem(Exception):
    """A refusal, answered as ``application/problem+json``."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.body = {
            "type": f"urn:kith:{slug}",
            "title": slug.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
        }
        self.status = status

    def response(self) -> Response:
        """The refusal as an answer."""
        return JSONResponse(self.body, self.status, media_type="application/problem+json")


Endpoint = Callable[[Request], Awaitable[Response]]


def create_scripting(carrier: Carrier, *, clock: Clock, advance_clock: AdvanceClock) -> APIRouter:
    """The routes below ``/simulator`` that answer in JSON."""
    router = APIRouter(prefix="/simulator", include_in_schema=False)
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
    ):
        router.add_api_route(path, _answering(endpoint), methods=[method])
    return router


class _Script:
    """The endpoints; each takes a request and answers, or raises ``Problem``."""

    def __init__(self, carrier: Carrier, clock: Clock, advance_clock: AdvanceClock) -> None:
        self._carrier = carrier
        self._clock = clock
        self._advance_clock = advance_clock

    async def text(self, request: Request) -> Response:
        phone, order = _phone(request), await _read(request, NewText)
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
            entries = self._carrier.inbox(_phone(request), None if at else after)
        except UnknownText:
            raise Problem(
                400, "bad-request", "after is no text of this phone and no time"
            ) from None
        if at:
            entries = [entry for entry in entries if entry.at > at]
        items = [{"sid": e.sid, "body": e.body, "at": rfc3339(e.at)} for e in entries]
        return JSONResponse({"items": items})

    async def add_fault(self, request: Request) -> Response:
        order = await _read(request, NewFault)
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
        order = await _read(request, Advance)
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


def refuse_other_sites(request: Request) -> None:
    """Raise a 403 for a browser on somebody else's page: the demo has no sign-in to stop it."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET":
        raise Problem(403, "forbidden", "this order came from another site's page")


async def _read(request: Request, model: type[OrderT]) -> OrderT:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as invalid:
        raise Problem(400, "bad-request", _explained(invalid)) from None


def _explained(invalid: ValidationError) -> str:
    """Where the body is wrong and how, without repeating what was sent."""
    found = invalid.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join((".".join(map(str, e["loc"])) or "body", e["msg"])) for e in found)


def _phone(request: Request) -> str:
    number = str(request.path_params["e164"]).strip()
    if not 0 < len(number) <= _MAX_CALLER or not number.isprintable():
        raise Problem(400, "bad-request", "a phone has a number or a name of 1 to 64 characters")
    return number


def _fault_json(fault: Fault) -> dict[str, Any]:
    return asdict(fault)
