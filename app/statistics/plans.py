"""The plan: which categories and how much noise the organisation publishes with.

Before the first release of a family, coordinators can merge its categories and lower its ε. The
budget is never raised, and once a family has a release its plan stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotReleasable
from app.models import ReleaseState, StatisticsHead, StatisticsRelease
from app.organisation import read_regions
from app.statistics.categories import OTHER
from app.statistics.tables import MEASURES, Plan, list_default_milli, load_plan, make_plan
from app.store import Db

_FAMILY_OF = {
    dimension: family
    for (family, _), measures in MEASURES.items()
    for measure in measures
    for dimension in measure.dimensions
}
# A thousandth of the budget would be noise alone.
_LEAST_MILLI = 10


def lock_head(db: Db) -> StatisticsHead:
    """Return the head, locked: releases, requests and plans wait for each other here."""
    return db.get_one(StatisticsHead, 1, with_for_update=True, populate_existing=True)


def read_plan(db: Db) -> Plan:
    """Return the plan: what was fixed, else what would be fixed now. Sealed."""
    stored = db.get_one(StatisticsHead, 1).plan
    return load_plan(stored) if stored else make_plan(read_regions(db))


def fix_plan(db: Db, head: StatisticsHead) -> Plan:
    """Return the plan, whose lists stand from now on."""
    plan = read_plan(db)
    if head.plan is None:
        head.plan = plan.as_json()
        db.flush()
    return plan


def change_plan(
    db: Db,
    principal: Principal,
    merged: Mapping[str, Mapping[str, str]],
    milli: Mapping[str, int],
    now: datetime,
) -> Plan:
    """Replace what is merged in the dimensions, and the ε of the tables, that are named.

    NotReleasable once a family they belong to has a release; BadRequest.
    """
    principal.require(Permission.STATISTICS)
    head = lock_head(db)
    plan = fix_plan(db, head)
    families = {_FAMILY_OF.get(name, "") for name in merged} | {c.split(".")[0] for c in milli}
    _refuse_settled(db, families)
    for dimension, into in merged.items():
        _check_merged(plan, dimension, into)
    for name, value in milli.items():
        _check_milli(name, value)
    changed = Plan(
        plan.keys, {**plan.merged, **merged}, {**plan.milli, **milli}, plan.schema_version
    )
    if changed.as_json() != plan.as_json():
        head.plan = changed.as_json()
        db.flush()
        audit.record(db, "statistics.planned", principal.member_id, None, now)
    return changed


def _refuse_settled(db: Db, families: set[str]) -> None:
    begun = db.scalars(
        select(StatisticsRelease)
        .where(
            StatisticsRelease.family.in_(families), StatisticsRelease.state == ReleaseState.RELEASED
        )
        .limit(1)
    ).first()
    if begun is not None:
        raise NotReleasable(
            "There is a release of these already: its categories and its noise stay as they are."
        )


def _check_merged(plan: Plan, dimension: str, into: Mapping[str, str]) -> None:
    if dimension not in plan.keys:
        raise BadRequest(f"What can be merged: {', '.join(plan.keys)}.")
    listed = plan.keys[dimension]
    if OTHER in into or not set(into) <= set(listed):
        raise BadRequest("Only categories of the list can be merged, and “other” stays.")
    if set(into.values()) & set(into) or not set(into.values()) <= set(listed):
        raise BadRequest("A category is merged into one of the list that is not merged itself.")


def _check_milli(name: str, value: int) -> None:
    most = list_default_milli().get(name)
    if most is None:
        raise BadRequest(f"The tables are: {', '.join(list_default_milli())}.")
    if not _LEAST_MILLI <= value <= most:
        raise BadRequest(f"ε can be lowered to {_LEAST_MILLI} thousandths, and never raised.")
