"""Coming in: from a passphrase to a session, and from its token to a visit. The console's too."""

from __future__ import annotations

from app import people, sessions
from app.api.state import Service, Visit
from app.errors import Throttled, Unauthenticated
from app.sessions import SignedIn


def sign_in(service: Service, handle: str, passphrase: str, code: str | None) -> SignedIn:
    """Start a session, and count how it went. Unauthenticated for every cause, Throttled."""
    try:
        signed_in = sessions.sign_in(
            service.database,
            service.sessions,
            service.door,
            handle=handle,
            passphrase=passphrase,
            code=code,
            require_mfa=service.settings.require_mfa,
            now=service.clock(),
        )
    except (Unauthenticated, Throttled) as error:
        service.metrics.sign_ins.labels(error.slug).inc()
        raise
    service.metrics.sign_ins.labels("ok").inc()
    return signed_in


def enter(service: Service, token: str | None) -> Visit:
    """Return the visit of whom a token belongs to; let newcomers in on the way. Unauthenticated."""
    if not token:
        raise Unauthenticated
    now = service.clock()
    principal = sessions.resume(service.database, service.sessions, token, now)
    with service.database.snapshot() as db:
        waiting = people.someone_waits(db)
    if waiting and principal.roles & {"coordinator", "dispatcher"}:
        with service.database.transaction() as db:
            people.welcome(db, principal, now)
    return Visit(service, principal, now)
