"""Information cards: read aloud by the desk, kept by coordinators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import STATUS, NewCard
from app.console.errors import PageRoute
from app.console.forms import Form, checked, once_key
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import NotFound, Refusal
from app.knowledge import (
    CardFacts,
    add_card,
    change_card,
    is_card_usable,
    list_cards,
    remove_card,
)
from app.organisation import read_settings
from app.store import do_once

router = APIRouter(prefix="/cards", include_in_schema=False, route_class=PageRoute)


@router.get("")
def listed(screen: MemberScreenDep) -> Response:
    """List the cards; for coordinators with the forms to add and change them."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, field: str = "topic") -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        found = list_cards(db, visit.principal)
        settings = read_settings(db)
        today = visit.now.astimezone(db.zone).date()
    return screen.page(
        "cards.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/cards",
        cards=[(card, is_card_usable(card, today)) for card in found],
        may_change=visit.principal.may(Permission.RULES),
        regions=settings.regions,
        languages=settings.languages,
        today=today,
        typed=screen.form,
        errors=[(field, refusal.detail)] if refusal else (),
    )


def _values(form: Form, languages: Sequence[str]) -> CardFacts:
    values: dict[str, Any] = {
        name: form.get(name) or None
        for name in ("topic", "region", "source_url", "verified_by", "verified_on", "review_by")
    }
    for name in ("covers", "excludes"):
        said = {code: form.raw(f"{name}_{code}").strip() for code in languages}
        values[name] = {code: text for code, text in said.items() if text}
    return CardFacts(**checked(NewCard, values).model_dump())


@router.post("")
def add(screen: MemberScreenDep) -> Response:
    """Add a card."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.RULES)
    try:
        with visit.transaction() as db:
            values = _values(form, read_settings(db).languages)

            def make() -> UUID:
                return add_card(db, visit.principal, values, visit.now).id

            do_once(db, visit.principal, once_key(form), b"console card", visit.now, make)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/cards?done=changed")


@router.post("/{card_id}")
def change(card_id: UUID, screen: MemberScreenDep) -> Response:
    """Change a card, or delete it. Saving it unchanged with a new day verifies it again."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.RULES)
    try:
        with visit.transaction() as db:
            if form.get("action") == "remove":
                remove_card(db, visit.principal, card_id, visit.now)
            else:
                values = _values(form, read_settings(db).languages)
                change_card(
                    db,
                    visit.principal,
                    card_id,
                    form.number("version") or 0,
                    lambda _: values,
                    visit.now,
                    verified=True,
                )
    except NotFound:
        return screen.go("/cards")  # a colleague has deleted it
    except Refusal as refusal:
        return _page(screen, refusal, f"card-{card_id}")
    return screen.go("/cards?done=changed")
