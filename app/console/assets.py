"""Style, script, icon, and the word to robots. Nothing in names or content says what this is."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.console.errors import PageRoute
from app.console.rendering import asset
from app.errors import NotFound

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_TYPES = {
    "notes.css": "text/css; charset=utf-8",
    "notes.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# The path changes with the content; nobody but this browser may keep a copy, and only for a day.
_KEPT = {"Cache-Control": "private, max-age=86400, immutable"}


@router.get("/assets/{name}")
def file(name: str) -> Response:
    """Return a static file."""
    if name not in _TYPES:
        raise NotFound
    return Response(asset(name), headers=_KEPT, media_type=_TYPES[name])


@router.get("/favicon.ico")
def icon() -> Response:
    """Return the icon to browsers that ask without being told where it is."""
    return Response(asset("icon.svg"), headers=_KEPT, media_type=_TYPES["icon.svg"])


@router.get("/robots.txt")
def robots() -> Response:
    """Ask search engines to stay away."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain; charset=utf-8")
