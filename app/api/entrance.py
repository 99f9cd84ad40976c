"""The entrance of API and console: from a passphrase to a session, from its token to a visit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import Request, Response

from app import members
from app.access import Permission, Principal
from app.api.state import Service, Visit
from app.crypto import SealBroken
from app.desk import is_archive_wanted, search_archive
from app.errors import Throttled, Unauthenticated
from app.members import (
    SignedIn,
    admit_newcomers,
    give_confirmed_teams,
    is_any_team_confirmed,
    is_anyone_waiting,
    make_device_cookie,
    resume_session,
)
from app.store import Db

log = structlog.get_logger()

# The cookie that gives a known device its own place in the queue. It opens nothing.
_DEVICE = "kith-device"
_DEVICE_DAYS = 30


def sign_in(
    service: Service, request: Request, handle: str, passphrase: str, code: str | None
) -> SignedIn:
    """Start a session, and count how it went. Unauthenticated for every cause, Throttled."""
    try:
        signed_in = members.sign_in(
            service.database,
            service.sessions,
            service.door,
            handle=handle,
            passphrase=passphrase,
            code=code,
            require_mfa=service.settings.require_mfa,
            now=service.clock(),
            device=request.cookies.get(_device_name(service)),
        )
    except (Unauthenticated, Throttled) as error:
        service.metrics.sign_ins.labels(error.slug).inc()
        raise
    service.metrics.sign_ins.labels("ok").inc()
    return signed_in


def remember_device(service: Service, response: Response, signed_in: SignedIn) -> None:
    """Give the device of a sign-in the cookie by which the throttle knows it next time."""
    with service.database.snapshot() as db:
        value = make_device_cookie(db.keys, signed_in.principal.handle)
    response.set_cookie(
        _device_name(service),
        value,
        max_age=_DEVICE_DAYS * 24 * 3600,
        path="/",
        secure=_over_tls(service),
        httponly=True,
        samesite="strict",
    )


def _device_name(service: Service) -> str:
    return f"__Host-{_DEVICE}" if _over_tls(service) else _DEVICE


def _over_tls(service: Service) -> bool:
    return service.settings.url.startswith("https://")


def enter(service: Service, token: str | None) -> Visit:
    """Return the visit of a token's member. Unauthenticated.

    On the way it does what waited for a member's keys: it lets newcomers in, and finds the closed
    cases of callers who want to be erased.
    """
    if not token:
        raise Unauthenticated
    now = service.clock()
    principal = resume_session(service.database, service.sessions, token, now)
    with service.database.snapshot() as db:
        waiting = is_anyone_waiting(db) or is_any_team_confirmed(db, now)
        searching = db.keys.is_open and is_archive_wanted(db)
    if waiting and principal.roles & {"coordinator", "dispatcher"}:
        for help_on in (admit_newcomers, give_confirmed_teams):
            _help_colleagues(service, principal, now, help_on)
    if searching and principal.may(Permission.ARCHIVE):
        _help_colleagues(service, principal, now, search_archive)
    return Visit(service, principal, now)


def _help_colleagues(
    service: Service,
    principal: Principal,
    now: datetime,
    help_on: Callable[[Db, Principal, datetime], None],
) -> None:
    """Do what waited for this member's keys. What is damaged stays, and keeps nobody from working.

    Coordinators are told of it: the transaction has noted it.
    """
    try:
        with service.database.transaction() as db:
            help_on(db, principal, now)
    except SealBroken as error:
        log.warning("colleagues.damaged", error=type(error).__name__)
