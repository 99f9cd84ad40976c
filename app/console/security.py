"""What every page tells the browser to refuse, and where the quick exit leads."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from app.settings import Settings

# A page that anybody may have open. Its origin must stand in form-action, since browsers check
# where a form's answer leads; it must answer without a redirect to another origin.
EXIT_URL = "https://www.wikipedia.org/"
_EXIT_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(EXIT_URL))
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        f"form-action 'self' {_EXIT_ORIGIN}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def page_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of every page."""
    return _headers(settings.url.startswith("https://"))


@cache
def _headers(over_tls: bool) -> dict[str, str]:
    return {**_HEADERS, **(_TLS_ONLY if over_tls else {})}
