"""Is the line working, and what needs somebody's attention: in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import ARCHIVE, DESK, Permission, Principal
from app.api import examine
from app.console.confirmations import describe_own_waits
from app.console.errors import PageRoute
from app.console.screens import MemberScreenDep
from app.console.words import PHONE_TROUBLES, of
from app.errors import Forbidden
from app.members import is_anyone_waiting, list_confirmations, list_handles
from app.outbox import PhoneTrouble, find_phone_troubles
from app.store import Db
from app.vault import read_roster

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_TEAMS = {
    DESK: "open cases (dispatchers)",
    ARCHIVE: "closed cases (coordinators with the archive)",
}
# Per part: state → whether it is well, and the sentence for it.
_PARTS = {
    "database": {
        "ok": (True, "The records can be read and written."),
        "away": (
            False,
            "The records cannot be reached. Texts that arrive are kept by the carrier.",
        ),
        "read-only": (
            False,
            "Nothing can be written: is the disk full? Texts are kept by the carrier.",
        ),
    },
    "key": {
        "open": (True, "The server is open: texts are answered and cases can be read."),
        "sealed": (False, "The server is sealed. It opens when somebody of the desk signs in."),
    },
    "worker": {
        "running": (True, "Texts are being sent."),
        "stopped": (False, "Nothing is being sent: the worker has stopped. Restart it."),
    },
    "carrier": {
        "configured": (True, "A phone network is configured."),
        "refusing": (False, "The phone network refuses our texts. They are kept and tried again."),
        "missing": (False, "No phone network is configured: nothing can be sent or received."),
    },
}


@router.get("/health")
def health(screen: MemberScreenDep) -> Response:
    """Show what works, what does not, and what to do."""
    who = screen.visit.principal
    if not (who.may(Permission.CASES) or who.may(Permission.SETTINGS)):
        raise Forbidden
    parts = [(name, *_PARTS[name][state]) for name, state in examine(screen.service).items()]
    texts = screen.service.desk.script.texts
    with screen.visit.snapshot() as db:
        return screen.page(
            "health.html",
            parts=parts,
            warnings=warnings(db, who, screen.visit.now),
            unreviewed=[language.name for language in texts.unreviewed()],
            may_read_texts=who.may(Permission.TEXTS),
        )


def describe_troubles(db: Db, troubles: Mapping[UUID, PhoneTrouble]) -> str:
    """Return whose phones get no texts, and why, in one sentence."""
    handles = list_handles(db)
    named = (f"{handles[one]} ({of(PHONE_TROUBLES, why)})" for one, why in troubles.items())
    return (
        f"These phones of members get no texts: {', '.join(sorted(named))}. Requests and alerts go "
        "on to others without waiting. Reach these members in another way."
    )


def warnings(db: Db, principal: Principal, now: datetime) -> list[str]:
    """Return what a member should hear of on every first page: most of it is for the desk."""
    found = describe_own_waits(db, principal.member_id, now)
    if not (principal.may(Permission.MEMBERS) or principal.may(Permission.CASES)):
        return found
    found += [describe_troubles(db, troubles)] if (troubles := find_phone_troubles(db, now)) else []
    listed = read_roster(db)
    for team, what in _TEAMS.items():
        holders = len(listed.team(team))
        if holders < 2:
            found.append(
                f"Only {holders} {'person holds' if holders == 1 else 'people hold'} the key to "
                f"{what}. If it is lost, so are they: let a second person have it."
            )
    if principal.may(Permission.MEMBERS) and (waiting := len(list_confirmations(db))):
        found.append(
            f"{waiting} {'change' if waiting == 1 else 'changes'} to members "
            f"{'waits' if waiting == 1 else 'wait'} for a second coordinator. Look at Members."
        )
    if is_anyone_waiting(db):
        found.append(
            "A newcomer waits for the keys. A coordinator and a member of each of their teams "
            "have to sign in once."
        )
    return found
