"""Members: who is in, inviting, roles, leaving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import ROLES, Permission
from app.api import (
    ChangeMember,
    ConfirmationOut,
    Invite,
    confirmations_out,
    damaged_out,
    member_out,
)
from app.console.confirmations import describe_aim, describe_wait
from app.console.errors import PageRoute
from app.console.forms import Form, NotConfirmed, checked, confirm
from app.console.health import warnings
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import LastKeyHolder, NotFound, Refusal
from app.members import (
    change_member,
    find_name_to_type,
    list_confirmations,
    list_handles,
    list_members,
    make_invitation,
    remove_member,
)
from app.organisation import read_settings
from app.outbox import find_phone_troubles
from app.store import Db

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/members")
def members(screen: MemberScreenDep) -> Response:
    """List all members; the form for an invitation."""
    return _list(screen)


def _list(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        whole = list_members(db)
        settings, troubles = read_settings(db), find_phone_troubles(db, visit.now)
        return screen.form_page(
            "members.html",
            refusal,
            "role_dispatcher",
            here="/members",
            members=[member_out(db, member, troubles) for member in whole],
            damaged=damaged_out(db, whole),
            roles=ROLES,
            regions=settings.regions,
            typed=screen.form,
            waits=_describe_waits(screen, db),
            warnings=warnings(db, visit.principal, visit.now),
        )


def _describe_waits(
    screen: MemberScreen, db: Db, members: list[UUID] | None = None
) -> list[tuple[ConfirmationOut, str, str]]:
    """Return what waits for coordinators, each with what it is and what it waits for, in words."""
    handles = list_handles(db)
    return [
        (one, describe_aim(one), describe_wait(one, handles, screen.visit.now, db.zone))
        for one in confirmations_out(db, list_confirmations(db, members))
    ]


@router.post("/members/invitations")
def invite(screen: MemberScreenDep) -> Response:
    """Make a one-time code and show it, once."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.INVITATIONS)
    try:
        wanted = checked(
            Invite,
            {
                "roles": form.all("roles"),
                "languages": form.codes("languages"),
                "regions": form.all("regions"),
                "archive": form.get("archive") == "yes",
            },
        )
        with visit.transaction() as db:
            code, expires_at = make_invitation(
                db,
                visit.principal,
                wanted.roles,
                wanted.languages,
                wanted.regions,
                visit.now,
                archive=wanted.archive,
            )
    except Refusal as refusal:
        return _list(screen, refusal)
    return screen.page(
        "invited.html", 201, here="/members", code=code, expires_at=expires_at, roles=wanted.roles
    )


@router.get("/members/{member_id}")
def member(member_id: UUID, screen: MemberScreenDep) -> Response:
    """Show one member, with the forms to change and to remove them."""
    return _member(screen, member_id)


def _member(
    screen: MemberScreen, member_id: UUID, refusal: Refusal | None = None, field: str = ""
) -> Response:
    visit = screen.visit
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        found = next((one for one in list_members(db) if one.id == member_id), None)
        if found is None:
            raise NotFound
        shown = member_out(db, found, find_phone_troubles(db, visit.now))
        settings = read_settings(db)
        waits = _describe_waits(screen, db, [member_id])
    asked = [one for one, _, _ in waits if one.kind == "teams"]
    return screen.form_page(
        "member.html",
        refusal,
        field,
        here="/members",
        member=shown,
        waits=waits,
        wanted=asked[0] if asked else shown,
        roles=ROLES,
        regions=settings.regions,
        last_holder=isinstance(refusal, LastKeyHolder),
        field=field,
    )


@router.post("/members/{member_id}/change")
def change(member_id: UUID, screen: MemberScreenDep) -> Response:
    """Change roles and profile. A team that the member leaves gets a new key."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.MEMBERS)
    try:
        version = form.version()
        wanted = checked(ChangeMember, _changes(form))
        with visit.transaction() as db:
            change_member(db, visit.principal, member_id, version, wanted.changes(), visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        field = "acknowledge" if isinstance(refusal, LastKeyHolder) else "change"
        return _member(screen, member_id, refusal, field)
    return screen.go(f"/members/{member_id}?done=changed")


def _changes(form: Form) -> dict[str, Any]:
    return {
        "roles": form.all("roles"),
        "archive": form.get("archive") == "yes",
        "languages": form.codes("languages"),
        "regions": form.all("regions"),
        "skills": form.codes("skills"),
        "weekly_cap": form.get("weekly_cap") or None,
        "vetted_on": form.get("vetted_on") or None,
        "acknowledge": form.get("acknowledge") or None,
    }


@router.post("/members/{member_id}/remove")
def remove(member_id: UUID, screen: MemberScreenDep) -> Response:
    """Remove a member at once, if their name is typed."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.MEMBERS)
    try:
        with visit.transaction() as db:
            name, sessions = find_name_to_type(db, member_id), screen.service.sessions
            confirm(form.get("acknowledge"), name)
            remove_member(db, sessions, visit.principal, member_id, name, visit.now)
    except (NotConfirmed, LastKeyHolder) as refusal:
        if name == str(member_id):
            return _list(screen, refusal)
        return _member(screen, member_id, refusal, "remove_acknowledge")
    return screen.go("/members?done=removed")
