"""The directory: helpers and places that are not members."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import STATUS
from app.console.errors import PageRoute
from app.console.forms import Form, once_key
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import NotFound, Refusal
from app.knowledge import add_entry, change_entry, list_entries, remove_entry
from app.models import DirectoryValues
from app.organisation import DIRECTORY_KINDS, read_settings
from app.store import do_once

router = APIRouter(prefix="/directory", include_in_schema=False, route_class=PageRoute)
_TEXTS = ("kind", "name", "phone", "address", "hours", "notes")


@router.get("")
def listed(screen: MemberScreenDep) -> Response:
    """List the directory, or one kind of it; the form to add to it."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, field: str = "name") -> Response:
    visit = screen.visit
    kind = screen.request.query_params.get("kind", "")
    kind = kind if kind in DIRECTORY_KINDS else ""
    with visit.snapshot() as db:
        found = list_entries(db, visit.principal, kind or None)
        settings = read_settings(db)
    return screen.page(
        "directory.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/directory",
        entries=found,
        kind=kind,
        regions=settings.regions,
        typed=screen.form,
        errors=[(field, refusal.detail)] if refusal else (),
    )


def _values(form: Form) -> DirectoryValues:
    texts = {name: form.get(name) for name in _TEXTS}
    region, languages = form.get("region") or None, tuple(form.all("languages"))
    return DirectoryValues(region=region, languages=languages, **texts)


@router.post("")
def add(screen: MemberScreenDep) -> Response:
    """Add an entry."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.DIRECTORY)
    try:
        with visit.transaction() as db:

            def make() -> UUID:
                return add_entry(db, visit.principal, _values(form), visit.now).id

            do_once(db, visit.principal, once_key(form), b"console directory", visit.now, make)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/directory?done=changed")


@router.post("/{entry_id}")
def change(entry_id: UUID, screen: MemberScreenDep) -> Response:
    """Change an entry, or delete it."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.DIRECTORY)
    try:
        with visit.transaction() as db:
            if form.get("action") == "remove":
                remove_entry(db, visit.principal, entry_id, visit.now)
            else:
                version, values = form.number("version") or 0, _values(form)
                change_entry(db, visit.principal, entry_id, version, lambda _: values, visit.now)
    except NotFound:
        return screen.go("/directory")  # a colleague has deleted it
    except Refusal as refusal:
        return _page(screen, refusal, f"entry-{entry_id}")
    return screen.go("/directory?done=changed")
