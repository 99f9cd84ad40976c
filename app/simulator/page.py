"""The phone page: text and call the hotline with nothing but a browser, scripts off."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from app.simulator.calls.handset_actions import hang_up, pick_up, press_keys, speak
from app.simulator.calls.incoming import WITHHELD_CALLER, call_hotline
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.orders.call_view import describe_call
from app.simulator.orders.order import Problem, refuse_other_sites
from app.simulator.resources.formats import Json
from app.simulator.texts.receiving import text_hotline
from app.simulator.values.addresses import WHATSAPP, read_caller, split_channel
from app.simulator.values.attachments import SimulatedAttachment

_FOLDER = Path(__file__).parent / "pages"
_REFRESH_S = 5
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FIRST_PHONE = "+15145550123"
_KEYS = "123456789*0#"
_LONGEST_SPEECH_S, _READING_S = 3600, 60
# What the carrier takes with a message: https://www.twilio.com/docs/messaging/guides/accepted-mime-types
_LARGEST_FILE = 5 << 20


def create_page(carrier: SimulatedCarrier) -> APIRouter:
    """``GET`` and ``POST /simulator``, ``POST /simulator/call`` and the page's style sheet."""
    router, page = APIRouter(include_in_schema=False), _PhonePage(carrier)
    router.add_route("/simulator", page.show, methods=["GET"])
    router.add_route("/simulator", page.send_text, methods=["POST"])
    router.add_route("/simulator/call", page.use_call, methods=["POST"])
    router.add_route("/simulator/phone.css", page.show_style, methods=["GET"])
    return router


@cache
def _load_page() -> Template:
    pages = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("phone.html")


class _PhonePage:
    """The endpoints of the page."""

    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._template = _load_page()
        self._css = (_FOLDER / "phone.css").read_text("utf-8")
        self._carrier = carrier

    async def show(self, request: Request) -> Response:
        """Show a phone: its calls, the texts on its screen, and the other phones."""
        query = request.query_params
        phone = _read_phone(query.get("phone", "")) or _FIRST_PHONE
        handset = self._carrier.handsets.get(phone)
        html = self._template.render(
            hotline=self._carrier.config.number,
            phone=phone,
            number=split_channel(phone)[1],
            texts=handset.screen if handset else [],
            phones=sorted(self._carrier.handsets),
            calls=self._describe_calls(phone),
            keys=_KEYS,
            outcome=query.get("outcome"),
            refresh_s=_REFRESH_S if query.get("refresh") else None,
            link=lambda **changes: "?" + urlencode({"phone": phone, **changes}),
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def send_text(self, request: Request) -> Response:
        """Text the hotline."""
        try:
            form, files = await _read_text(request)
        except Problem as problem:
            return problem.response()
        phone, body = _read_phone(form.get("phone", "")), form.get("body", "")
        if phone:
            phone = (WHATSAPP if form.get("whatsapp") else "") + split_channel(phone)[1]
        outcome = "empty"
        if any(len(file.data) > _LARGEST_FILE for file in files):
            outcome = "large"
        elif phone and (body or files):
            sent = await text_hotline(self._carrier, phone, body, files)
            outcome = "answered" if sent.http_status else "unanswered"
        return _show_again(phone, outcome=outcome)

    async def use_call(self, request: Request) -> Response:
        """Call the hotline, or do what a button says with a call."""
        try:
            form = await _read_form(request)
        except Problem as problem:
            return problem.response()
        phone = _read_phone(form.get("phone", "")) or _FIRST_PHONE
        if line := self._carrier.lines.get(form.get("sid", "")):
            await _use_line(line, form)
        elif form.get("do") == "call":
            phone = split_channel(phone)[1]
            shown = WITHHELD_CALLER if form.get("withheld") else phone
            line = call_hotline(self._carrier, shown, phone=phone, reading_s=_READING_S)
            await line.settled()
        return _show_again(phone)

    async def show_style(self, _request: Request) -> Response:
        """The page's style sheet."""
        return Response(self._css, headers=_HEADERS, media_type="text/css")

    def _describe_calls(self, phone: str) -> list[Json]:
        """The calls of a phone that go on; without any, the last one that is over."""
        lines = self._carrier.lines_of(phone)
        shown = [line for line in lines if not line.call.final] or lines[-1:]
        return [describe_call(self._carrier, line) for line in shown]


def _read_phone(text: str) -> str:
    return read_caller(text)[:64]


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of the form; raises ``Problem`` for another site's page."""
    refuse_other_sites(request)
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


async def _read_text(request: Request) -> tuple[dict[str, str], list[SimulatedAttachment]]:
    """The fields of the form for a text, and the file that is sent along."""
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        return await _read_form(request), []
    refuse_other_sites(request)
    fields, files = dict[str, str](), list[SimulatedAttachment]()
    async with request.form(max_files=1, max_fields=10) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields[name] = value.replace("\r\n", "\n")
            elif value.filename:
                kind = value.content_type or "application/octet-stream"
                files.append(SimulatedAttachment(kind, await value.read()))
    return fields, files


def _show_again(phone: str, **more: str) -> Response:
    """Show the phone again, as it is now."""
    target = "/simulator?" + urlencode({"phone": phone, **more})
    return RedirectResponse(target, 303, headers=_HEADERS)


async def _use_line(line: Line, form: dict[str, str]) -> None:
    what, seconds = form.get("do"), form.get("seconds", "")
    if what == "answer":
        line.reading_s = _READING_S
        await pick_up(line)
    elif what == "hangup":
        await hang_up(line)
    elif what == "speak" and seconds.isdecimal() and 0 < int(seconds) <= _LONGEST_SPEECH_S:
        await speak(line, int(seconds))
    elif (key := form.get("key", "")) in set(_KEYS):
        await press_keys(line, key)
