"""Rules about deadlines as data: shipped disabled, and used once a named person verified them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, StaleVersion
from app.knowledge.deadlines import TRIGGERS
from app.models import DeadlineRule
from app.store import Db

UNITS = ("hours", "days")
WAYS = ("hand", "mail")


@dataclass(frozen=True)
class RuleFacts:
    """A rule: ``offset`` hours or days after its ``trigger``, for documents that came one way.

    It warns ``warn_at`` days before. ``version`` names the version to replace; None is any.
    """

    code: str
    jurisdiction: str
    trigger: str
    offset: int
    unit: str
    received_by: str | None = None
    warn_at: Collection[int] = ()
    source_url: str | None = None
    verified_by: str | None = None
    verified_on: date | None = None
    review_by: date | None = None
    enabled: bool = False
    version: int | None = None


def plant_deadline_rules(db: Db) -> None:
    """Write the rules that an organisation starts with, all of them disabled."""
    for rule in read_shipped_rules():
        row = DeadlineRule(id=uuid4(), code=rule.code, version=1)
        _write(row, rule)
        db.add(row)


def read_shipped_rules() -> list[RuleFacts]:
    """Return the rules that the product ships."""
    text = files("app.knowledge").joinpath("deadline_rules.toml").read_text("utf-8")
    return [RuleFacts(**rule) for rule in tomllib.loads(text)["rules"]]


def _write(row: DeadlineRule, rule: RuleFacts) -> None:
    for name, value in vars(rule).items():
        if name not in ("code", "version"):
            setattr(row, name, list(value) if name == "warn_at" else value)


def list_enabled_rules(db: Db) -> list[DeadlineRule]:
    """Return the rules that may show dates."""
    return list(db.scalars(select(DeadlineRule).where(DeadlineRule.enabled)))


def list_deadline_rules(db: Db, principal: Principal) -> list[DeadlineRule]:
    """Return all rules by code."""
    principal.require(Permission.RULES)
    return list(db.scalars(select(DeadlineRule).order_by(DeadlineRule.code)))


def write_deadline_rules(
    db: Db, principal: Principal, rules: Collection[RuleFacts], now: datetime
) -> list[DeadlineRule]:
    """Replace the given rules by their codes, or add them; the others stay. Return all.

    BadRequest, StaleVersion.
    """
    principal.require(Permission.RULES)
    codes = [rule.code for rule in rules]
    if len(set(codes)) != len(codes):
        raise BadRequest("Each rule once, please.")
    query = select(DeadlineRule).where(DeadlineRule.code.in_(codes)).with_for_update()
    present = {row.code: row for row in db.scalars(query)}
    for rule in rules:
        check_rule(rule, now)
        row = present.get(rule.code)
        if row is None:
            row = DeadlineRule(id=uuid4(), code=rule.code, version=1)
            db.add(row)
        elif rule.version not in (None, row.version):
            raise StaleVersion(row.version)
        else:
            row.version += 1
        _write(row, rule)
        db.flush()
        audit.record(db, "rule.changed", principal.member_id, row.id, now)
    return list_deadline_rules(db, principal)


def check_rule(rule: RuleFacts, now: datetime) -> None:
    """Raise BadRequest for a rule that makes no sense, or that is used though nobody verified it.

    One day of difference is allowed where a day is compared with ``now``: it may be another day
    where the organisation is.
    """
    if rule.trigger not in TRIGGERS:
        raise BadRequest(f"A rule starts with one of: {', '.join(TRIGGERS)}.")
    if rule.unit not in UNITS or rule.received_by not in (None, *WAYS):
        raise BadRequest("A rule counts hours or days, for documents by hand, by mail or both.")
    if not 0 <= rule.offset <= 3650 or any(not 0 <= days <= 365 for days in rule.warn_at):
        raise BadRequest("A rule counts up to ten years, and warns within one.")
    if rule.enabled and not ((rule.verified_by or "").strip() and rule.verified_on):
        raise BadRequest(
            "Before a rule is used, a named person has to verify it: say who and when."
        )
    if rule.enabled and rule.review_by and (now.date() - rule.review_by).days > 1:
        raise BadRequest("This rule is overdue to be verified again. Verify it, then use it.")
    if rule.verified_on and (rule.verified_on - now.date()).days > 1:
        raise BadRequest("A rule was not verified in the future.")
