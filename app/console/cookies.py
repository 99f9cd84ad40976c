"""Two cookies: the session's token, and what a visitor's forms are bound to before signing in.

``SameSite=Strict``: no page elsewhere ever opens one of ours as a signed-in member. A link in
another site then shows the sign-in page once, which is the price. No expiry: they go with the
browser, and the server ends sessions earlier.
"""

from __future__ import annotations

from fastapi import Request, Response

from app.settings import Settings

SESSION = "kith"
DOOR = "kith-door"
_LONGEST = 200


def read(request: Request, settings: Settings, name: str) -> str | None:
    """Return a cookie's value, or None where it is missing or no value of ours."""
    value = request.cookies.get(_full_name(settings, name))
    return value if value and len(value) <= _LONGEST else None


def write(response: Response, settings: Settings, name: str, value: str) -> None:
    """Give the browser a cookie for as long as it runs."""
    response.set_cookie(
        _full_name(settings, name),
        value,
        path="/",
        secure=_over_tls(settings),
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, settings: Settings, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        _full_name(settings, name),
        path="/",
        secure=_over_tls(settings),
        httponly=True,
        samesite="strict",
    )


def _full_name(settings: Settings, name: str) -> str:
    # The prefix makes browsers refuse the cookie from a subdomain, and without Secure and Path=/.
    return f"__Host-{name}" if _over_tls(settings) else name


def _over_tls(settings: Settings) -> bool:
    return settings.url.startswith("https://")
