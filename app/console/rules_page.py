"""Rules about deadlines: who verified them, and whether they are used."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission, Principal
from app.api import STATUS
from app.console.errors import PageRoute
from app.console.forms import Form
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import BadRequest, NotFound, Refusal
from app.knowledge import RuleFacts, list_deadline_rules, write_deadline_rules
from app.models import DeadlineRule
from app.store import Db

router = APIRouter(prefix="/rules", include_in_schema=False, route_class=PageRoute)
_KEPT = (
    "code",
    "jurisdiction",
    "trigger",
    "offset",
    "unit",
    "received_by",
    "warn_at",
    "source_url",
)


@router.get("")
def listed(screen: MemberScreenDep) -> Response:
    """List the rules."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, code: str = "") -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        rules = list_deadline_rules(db, visit.principal)
    return screen.page(
        "rules.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/rules",
        rules=rules,
        errors=[(f"{code}-by", refusal.detail)] if refusal else (),
    )


@router.post("/{code}")
def verify(code: str, screen: MemberScreenDep) -> Response:
    """Say who verified a rule and when, and whether it is used."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.RULES)
    try:
        with visit.transaction() as db:
            rule = _verified(_find_rule(db, visit.principal, code), form)
            write_deadline_rules(db, visit.principal, [rule], visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(screen, refusal, code)
    return screen.go("/rules?done=changed")


def _find_rule(db: Db, principal: Principal, code: str) -> DeadlineRule:
    for rule in list_deadline_rules(db, principal):
        if rule.code == code:
            return rule
    raise NotFound


def _verified(rule: DeadlineRule, form: Form) -> RuleFacts:
    """Return a rule as it is, with what the form says of its verification."""
    return RuleFacts(
        **{name: getattr(rule, name) for name in _KEPT},
        verified_by=form.get("verified_by")[:200] or None,
        verified_on=_day(form, "verified_on"),
        review_by=_day(form, "review_by"),
        enabled=form.get("enabled") == "yes",
        version=form.number("version"),
    )


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form.get(name)[:10]) if form.get(name) else None
    except ValueError as error:
        raise BadRequest("A day looks like 2026-02-03.") from error
