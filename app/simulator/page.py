"""The phone page: text the hotline from any number with nothing but a browser, scripts off."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.simulator.addresses import caller
from app.simulator.carrier import Carrier
from app.simulator.orders import Problem, refuse_other_sites

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


def create_page(carrier: Carrier) -> APIRouter:
    """``GET`` and ``POST /simulator`` and the page's style sheet."""
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
            outcome=query.get("outcome"),
            refresh_s=_REFRESH_S if query.get("refresh") else None,
            link=lambda **changes: "?" + urlencode({"phone": phone, **changes}),
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def send(request: Request) -> Response:
        try:
            refuse_other_sites(request)
        except Problem as problem:
            return problem.response()
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        phone, body = caller(form.get("phone", ""))[:64], form.get("body", "")
        outcome = "empty"
        if phone and body:
            sent = await carrier.text(phone, body)
            outcome = "answered" if sent.http_status else "unanswered"
        target = "/simulator?" + urlencode({"phone": phone, "outcome": outcome})
        return RedirectResponse(target, 303, headers=_HEADERS)

    async def style(_request: Request) -> Response:
        return Response(css, headers=_HEADERS, media_type="text/css")

    router.add_api_route("/simulator", show, methods=["GET"])
    router.add_api_route("/simulator", send, methods=["POST"])
    router.add_api_route("/simulator/phone.css", style, methods=["GET"])
    return router
