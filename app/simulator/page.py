"""The phone page: text and call the hotline with nothing but a browser, scripts off."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.simulator.calls.incoming import WITHHELD_CALLER, describe
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.orders.order import Problem, refuse_other_sites
from app.simulator.resources.messages import Json
from app.simulator.values.addresses import caller
from app.simulator.values.events import PickedUp

_FOLDER = Path(__file__).parent / "pages"
_PAGES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_REFRESH_S = 5
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FIRST_PHONE = "+15145550123"
_KEYS = set("0123456789*#")
_LONGEST_SPEECH_S, _READING_S = 3600, 60


def create_page(carrier: SimulatedCarrier) -> APIRouter:
    """``GET`` and ``POST /simulator``, ``POST /simulator/call`` and the page's style sheet."""
    router = APIRouter(include_in_schema=False)
    template, css = _PAGES.get_template("phone.html"), (_FOLDER / "phone.css").read_text("utf-8")

    async def show(request: Request) -> Response:
        query = request.query_params
        phone = caller(query.get("phone", ""))[:64] or _FIRST_PHONE
        handset = carrier.handsets.get(phone)
        html = template.render(
            hotline=carrier.config.number,
            phone=phone,
            entries=handset.entries if handset else [],
            phones=sorted(carrier.handsets),
            calls=_shown_calls(carrier, phone),
            keys="123456789*0#",
            outcome=query.get("outcome"),
            refresh_s=_REFRESH_S if query.get("refresh") else None,
            link=lambda **changes: "?" + urlencode({"phone": phone, **changes}),
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def send(request: Request) -> Response:
        try:
            form = await _form(request)
        except Problem as problem:
            return problem.response()
        phone, body = caller(form.get("phone", ""))[:64], form.get("body", "")
        outcome = "empty"
        if phone and body:
            sent = await carrier.text(phone, body)
            outcome = "answered" if sent.http_status else "unanswered"
        return _back_to(phone, outcome=outcome)

    async def use_call(request: Request) -> Response:
        try:
            form = await _form(request)
        except Problem as problem:
            return problem.response()
        phone = caller(form.get("phone", ""))[:64] or _FIRST_PHONE
        if line := carrier.voice.lines.get(form.get("sid", "")):
            await _use(line, form)
        elif form.get("do") == "call":
            shown = WITHHELD_CALLER if form.get("withheld") else phone
            line = carrier.voice.ring_hotline(shown, phone=phone, reading_s=_READING_S)
            await line.settled()
        return _back_to(phone)

    async def style(_request: Request) -> Response:
        return Response(css, headers=_HEADERS, media_type="text/css")

    router.add_route("/simulator", show, methods=["GET"])
    router.add_route("/simulator", send, methods=["POST"])
    router.add_route("/simulator/call", use_call, methods=["POST"])
    router.add_route("/simulator/phone.css", style, methods=["GET"])
    return router


async def _form(request: Request) -> dict[str, str]:
    """What was filled in; raises ``Problem`` for another site's page."""
    refuse_other_sites(request)
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def _back_to(phone: str, **more: str) -> Response:
    """Show the phone again, as it is now."""
    target = "/simulator?" + urlencode({"phone": phone, **more})
    return RedirectResponse(target, 303, headers=_HEADERS)


def _shown_calls(carrier: SimulatedCarrier, phone: str) -> list[Json]:
    """The calls of a phone that go on; without any, the one that was over last."""
    lines = carrier.voice.lines_of(phone)
    return [describe(line) for line in lines if not line.call.final] or [
        describe(line) for line in lines[-1:]
    ]


async def _use(line: Line, form: dict[str, str]) -> None:
    """Do with a call what a button said."""
    what, seconds = form.get("do"), form.get("seconds", "")
    if what == "answer":
        line.reading_s = _READING_S
        line.tell(PickedUp())
        await line.settled()
    elif what == "hangup":
        line.hang_up()
        await line.settled()
    elif what == "speak" and seconds.isdecimal() and 0 < int(seconds) <= _LONGEST_SPEECH_S:
        await line.speak(int(seconds))
    elif (key := form.get("key", "")) in _KEYS:
        await line.press(key)
