"""The pages of a newcomer, and of a member who lost the passphrase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno
from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup

from app.console.confirmations import describe_own_waits
from app.console.errors import PageRoute
from app.console.screens import GuestScreenDep, Screen, keep_door
from app.errors import BadRequest, Refusal
from app.members import (
    HandleRefused,
    HandleTaken,
    InvitationRefused,
    PassphraseRefused,
    ask_for_second_factor,
    join_with_invitation,
    recover_with_code,
    suggest_passphrase,
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_LONGEST = 1024


class PassphrasesDiffer(BadRequest):
    """The two passphrases are not the same. Please type both again."""


# The field that a refusal is about; the summary of errors links to it.
_FIELDS: Mapping[type[Refusal], str] = {
    InvitationRefused: "code",
    HandleRefused: "handle",
    HandleTaken: "handle",
    PassphraseRefused: "passphrase",
    PassphrasesDiffer: "again",
}


@router.get("/invitation")
def ask(screen: GuestScreenDep) -> Response:
    """Show the newcomer's form, with six random words as an offer."""
    return _invitation(screen)


@router.post("/invitation")
def join(screen: GuestScreenDep) -> Response:
    """Make a member; show the recovery code and the second factor, once."""
    form, service = screen.form, screen.service
    try:
        if form.raw("passphrase") != form.raw("again"):
            raise PassphrasesDiffer
        enrolled = join_with_invitation(
            service.database,
            service.door,
            code=form.get("code")[:100],
            handle=form.get("handle")[:64],
            passphrase=form.raw("passphrase")[:_LONGEST],
            name=form.get("name")[:200] or None,
            phone=form.get("phone")[:32] or None,
            now=service.clock(),
        )
    except Refusal as refusal:
        return _invitation(screen, refusal)
    with service.database.snapshot() as db:
        waits = describe_own_waits(db, enrolled.member.id, service.clock())
    return screen.page(
        "joined.html",
        201,
        handle=enrolled.member.handle,
        recovery_code=enrolled.recovery_code,
        waits=waits,
        **_show_factor(enrolled.totp_uri),
    )


def _show_factor(uri: str) -> dict[str, Any]:
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    return {"totp_uri": uri, "totp_secret": secret, "qr_code": _qr_code(uri)}


def _qr_code(uri: str) -> Markup:
    code = segno.make_qr(uri, error="m")
    # Our own markup, of black squares only; the URI's text is in the squares, not in the markup.
    return Markup(  # noqa: S704
        code.svg_inline(scale=4, border=4, light="#fff", svgclass="qr", omitsize=True)
    )


def _find_field(refusal: Refusal | None, usual: str) -> str:
    return next((field for kind, field in _FIELDS.items() if isinstance(refusal, kind)), usual)


def _invitation(screen: Screen, refusal: Refusal | None = None) -> Response:
    page = screen.form_page(
        "invitation.html",
        refusal,
        _find_field(refusal, "code"),
        suggestion=suggest_passphrase(),
        form=screen.form,
    )
    return keep_door(screen, page)


@router.get("/recovery")
def ask_recovery(screen: GuestScreenDep) -> Response:
    """Show the form for a lost passphrase."""
    return _recovery(screen)


@router.post("/recovery")
def recover(screen: GuestScreenDep) -> Response:
    """Set a new passphrase; show the next recovery code, once."""
    form, service = screen.form, screen.service
    try:
        if form.raw("passphrase") != form.raw("again"):
            raise PassphrasesDiffer
        code = recover_with_code(
            service.database,
            service.sessions,
            service.door,
            handle=form.get("handle")[:64],
            recovery_code=form.get("recovery_code")[:200],
            passphrase=form.raw("passphrase")[:_LONGEST],
            now=service.clock(),
        )
    except Refusal as refusal:
        return _recovery(screen, refusal)
    return screen.page("recovered.html", recovery_code=code)


def _recovery(screen: Screen, refusal: Refusal | None = None) -> Response:
    page = screen.form_page(
        "recovery.html",
        refusal,
        _find_field(refusal, "handle"),
        suggestion=suggest_passphrase(),
        form=screen.form,
    )
    return keep_door(screen, page)


@router.get("/second-factor")
def ask_second_factor(screen: GuestScreenDep) -> Response:
    """Show the form for a lost or another app."""
    return _second_factor(screen)


@router.post("/second-factor")
def make_second_factor(screen: GuestScreenDep) -> Response:
    """Show a new second factor, once; it waits for two coordinators."""
    form, service = screen.form, screen.service
    try:
        uri = ask_for_second_factor(
            service.database,
            service.door,
            handle=form.get("handle")[:64],
            passphrase=form.raw("passphrase")[:_LONGEST],
            now=service.clock(),
        )
    except Refusal as refusal:
        return _second_factor(screen, refusal)
    return screen.page("new_second_factor.html", 201, **_show_factor(uri))


def _second_factor(screen: Screen, refusal: Refusal | None = None) -> Response:
    page = screen.form_page("second_factor.html", refusal, "handle", form=screen.form)
    return keep_door(screen, page)
