"""What the organisation chooses."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import STATUS, ChangeSettings
from app.console.errors import PageRoute
from app.console.forms import Form, checked
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import BadRequest, Refusal, VersionRequired
from app.organisation import change_settings, read_settings, read_settings_version

router = APIRouter(prefix="/settings", include_in_schema=False, route_class=PageRoute)


_LIMITS = ("calls_per_hour", "callbacks_per_case", "callbacks_per_day")


@router.get("")
def settings(screen: MemberScreenDep) -> Response:
    """Show the settings."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    visit.principal.require(Permission.SETTINGS)
    with visit.snapshot() as db:
        settings, version = read_settings(db), read_settings_version(db)
    return screen.page(
        "settings.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/settings",
        settings=settings,
        version=version,
        zones="\n".join(f"{region} {zone}" for region, zone in settings.zones.items()),
        errors=[("settings", refusal.detail)] if refusal else (),
    )


@router.post("")
def change(screen: MemberScreenDep) -> Response:
    """Replace the organisation's settings."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.SETTINGS)
    try:
        version = form.number("version")
        if version is None:
            raise VersionRequired
        changes = _chosen(form)
        with visit.transaction() as db:
            change_settings(db, visit.principal, version, partial(replace, **changes), visit.now)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/settings?done=changed")


def _chosen(form: Form) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "name": form.get("name"),
        "regions": _words(form.get("regions")),
        "fields": _words(form.get("fields")),
        "zones": _zones(form.get("zones")),
        "price_per_segment": form.get("price_per_segment") or "0",
        "monthly_cap": form.get("monthly_cap") or "0",
        "automatic_per_hour": form.get("automatic_per_hour") or "0",
        "voice_challenge": form.get("voice_challenge") == "on",
        **{name: form.get(name) or "0" for name in _LIMITS},
    }
    return checked(ChangeSettings, chosen).model_dump(exclude_unset=True)


def _words(text: str) -> list[str]:
    """Return codes written with commas, spaces or line ends between, each once."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def _zones(text: str) -> dict[str, str]:
    pairs = [line.split() for line in text.splitlines() if line.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise BadRequest("Write a region and its time zone on each line.")
    return dict(pairs)
