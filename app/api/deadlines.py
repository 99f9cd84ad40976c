"""Rules about deadlines. Only the desk sees the days that follow, in the case."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from app.access import Permission
from app.api.deps import VisitDep, needs
from app.knowledge import (
    ASK,
    TRIGGERS,
    PossibleDeadline,
    RuleFacts,
    list_deadline_rules,
    write_deadline_rules,
)
from app.models import DeadlineRule

router = APIRouter(prefix="/v1/deadline-rules", tags=["organisation"])
Days = Annotated[int, Field(ge=0, le=365)]


class RuleIn(BaseModel):
    """One rule. To enable it, a named person must have verified it, on a day."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,16}$")]
    trigger: Annotated[str, StringConstraints(max_length=64)] = Field(
        description=", ".join(TRIGGERS)
    )
    offset: int = Field(ge=0, le=3650)
    unit: Literal["hours", "days"]
    received_by: Literal["hand", "mail"] | None = None
    warn_at: list[Days] = Field(default_factory=list, max_length=16, description="days before")
    source_url: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,500}$")] | None = None
    verified_by: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")] | None = None
    verified_on: date | None = None
    review_by: date | None = None
    enabled: bool = False
    version: int | None = Field(default=None, description="replace only this version")


class RuleOut(RuleIn):
    """A rule as it is kept."""

    version: int = 1


class RuleList(BaseModel):
    """All rules by code."""

    items: list[RuleOut]
    next_cursor: str | None = None


class Rules(BaseModel):
    """The rules to replace or add; others stay."""

    items: list[RuleIn] = Field(max_length=200)


class DeadlineOut(BaseModel):
    """A hint for the desk. Ask a lawyer; never text it to anybody."""

    code: str
    jurisdiction: str
    trigger: str
    on: date
    warn_on: list[date]
    source_url: str | None
    review_by: date | None = Field(description="after this day the rule must be verified again")
    note: str = ASK


def deadline_out(deadline: PossibleDeadline) -> DeadlineOut:
    """Return a possible deadline as the interface shows it."""
    return DeadlineOut(
        code=deadline.code,
        jurisdiction=deadline.jurisdiction,
        trigger=deadline.trigger,
        on=deadline.on,
        warn_on=list(deadline.warn_on),
        source_url=deadline.source_url,
        review_by=deadline.review_by,
    )


@router.get("")
def listed(visit: VisitDep) -> RuleList:
    """List the rules: shipped disabled, and used once somebody has verified them."""
    with visit.snapshot() as db:
        return _list(list_deadline_rules(db, visit.principal))


@router.put("", dependencies=[needs(Permission.RULES)])
def write(body: Rules, visit: VisitDep) -> RuleList:
    """Replace the given rules, by code, or add them."""
    rules = [RuleFacts(**rule.model_dump()) for rule in body.items]
    with visit.transaction() as db:
        return _list(write_deadline_rules(db, visit.principal, rules, visit.now))


def _list(rules: list[DeadlineRule]) -> RuleList:
    names = tuple(RuleOut.model_fields)
    return RuleList(items=[RuleOut(**{n: getattr(rule, n) for n in names}) for rule in rules])
