"""Sightings of raids: kept apart from people, unverified until a second pair of eyes confirms them.

Each version of a report has a random key of its own, and that key is sealed to the desk's key of
its day, under the forgetting layer: what is deleted or rewritten is gone from all copies within a
week. Members who hold the desk's key read it; those who join later get the old keys from a
colleague. Nothing leads from a report to a caller or a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit
from app.access import DESK, Permission, Principal
from app.crypto import new_seed
from app.errors import BadRequest, Forbidden, NotFound
from app.knowledge.sighting_events import join_events, judge_event
from app.models import RaidReport, SightingState, rounded
from app.store import Db, ReadVersion, check_version
from app.vault import (
    SIGHTING_BODY,
    SIGHTING_KEY,
    WAITING_FOR_KEY,
    Recipient,
    SealedPlace,
    lock_field,
    open_team_keys,
    read_field,
    read_roster,
    unwrap_key,
    wrap_key,
)

# What a report tells of a raid; nothing about the person who told it.
SIGHTING_FIELDS = (
    "size",
    "activity",
    "location",
    "uniform",
    "seen_at",
    "equipment",
    "present",
    "notes",
)
LONGEST_FACT = 4000
SIGHTING_LIFE = timedelta(days=90)


@dataclass(frozen=True)
class Sighting:
    """A report with its facts, which are None for members who lack the key of its day."""

    report: RaidReport
    facts: Mapping[str, str] | None = field(repr=False)


@dataclass(frozen=True)
class SightingChanges:
    """What to change about a report; None stays as it is.

    ``facts`` replaces the facts that it names; ``same_as`` is another report of the same event. A
    step to *corroborated* names what confirms it: ``report`` is a second report of the event,
    ``person`` somebody who went there.
    """

    facts: Mapping[str, str | None] | None = field(default=None, repr=False)
    same_as: UUID | None = None
    state: SightingState | None = None
    confirmed_by: str | None = None


def clean_facts(facts: Mapping[str, str | None]) -> dict[str, str]:
    """Return the facts of a report as they are stored, without empty ones. BadRequest."""
    if set(facts) - set(SIGHTING_FIELDS):
        raise BadRequest(f"A report holds: {', '.join(SIGHTING_FIELDS)}.")
    kept = {name: value.strip() for name, value in facts.items() if value is not None}
    if any(len(value) > LONGEST_FACT for value in kept.values()):
        raise BadRequest(f"A field has at most {LONGEST_FACT} characters.")
    kept = {name: value for name, value in kept.items() if value}
    if not kept:
        raise BadRequest("Say at least one thing that was seen.")
    return kept


def add_sighting(
    db: Db, principal: Principal, facts: Mapping[str, str | None], now: datetime
) -> RaidReport:
    """Record a report, unverified. BadRequest."""
    principal.require(Permission.RAIDS)
    row_id = uuid4()
    report = RaidReport(
        state=SightingState.UNVERIFIED,
        reported_at=rounded(now),
        recorded_by=principal.member_id,
        version=1,
        **_sealed(db, row_id, 1, clean_facts(facts), now),
    )
    db.add(report)
    db.flush()
    audit.record(db, "raid.reported", principal.member_id, report.id, now)
    return report


def _sealed(
    db: Db, row_id: UUID, version: int, facts: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Return a row's id, and the columns that hold its facts under a new key."""
    team, key = read_roster(db).teams[DESK], new_seed()
    place = SealedPlace(row_id, team.epoch, version=version)
    body = lock_field(db.keys, SIGHTING_BODY, place, dict(facts), key)
    wrapped = wrap_key(db, SIGHTING_KEY, row_id, key, Recipient(team.public, team.epoch), now, {})
    return {"epoch": team.epoch, "body": body, "body_version": version, **wrapped}


def list_sightings(db: Db, principal: Principal, now: datetime) -> list[Sighting]:
    """Return all reports, the newest first, opened as far as this member holds the keys."""
    principal.require(Permission.RAIDS)
    audit.record(db, "raid.read", principal.member_id, None, now)
    query = select(RaidReport).order_by(RaidReport.reported_at.desc(), RaidReport.id)
    return [Sighting(row, _opened(db, principal, row)) for row in db.scalars(query)]


def read_sighting(db: Db, principal: Principal, report_id: UUID) -> Sighting:
    """Return one report. NotFound."""
    principal.require(Permission.RAIDS)
    report = db.get(RaidReport, report_id)
    if report is None:
        raise NotFound
    return Sighting(report, _opened(db, principal, report))


def _opened(db: Db, principal: Principal, report: RaidReport) -> dict[str, str] | None:
    try:
        team = open_team_keys(db, principal, DESK, report.epoch)
    except Forbidden:  # they joined later: newcomers get no key of earlier reports
        return None
    key = unwrap_key(db, SIGHTING_KEY, report, team.pair, report.epoch)
    return read_field(db, SIGHTING_BODY, report, {report.epoch: key})


def change_sighting(
    db: Db,
    principal: Principal,
    report_id: UUID,
    version: ReadVersion,
    changes: SightingChanges,
    now: datetime,
) -> Sighting:
    """Change facts, put a report beside another of the same event, or say what it proved to be.

    State and group belong to the event: all its reports follow. NotFound, StaleVersion, BadRequest.
    """
    principal.require(Permission.RAIDS)
    report = _lock_report(db, report_id)
    check_version(report.version, version)
    if changes.facts:
        _change_facts(db, principal, report, changes.facts, now)
    if changes.same_as is not None:
        join_events(db, report, _lock_report(db, changes.same_as))
    if changes.state is not None and changes.state != report.state:
        judge_event(db, report, changes.state, changes.confirmed_by)
    report.version += 1
    db.flush()
    audit.record(db, f"raid.{_deed(changes.state)}", principal.member_id, report.id, now)
    return Sighting(report, _opened(db, principal, report))


def _deed(state: SightingState | None) -> str:
    return "refuted" if state == SightingState.FALSE else state or "changed"


def _lock_report(db: Db, report_id: UUID) -> RaidReport:
    report = db.get(RaidReport, report_id, with_for_update=True)
    if report is None:
        raise NotFound
    return report


def _change_facts(
    db: Db,
    principal: Principal,
    report: RaidReport,
    facts: Mapping[str, str | None],
    now: datetime,
) -> None:
    before = _opened(db, principal, report)
    if before is None:
        raise Forbidden(WAITING_FOR_KEY)
    kept = {name: value for name, value in before.items() if name not in facts}
    after = clean_facts({**kept, **facts})
    for column, value in _sealed(db, report.id, report.body_version + 1, after, now).items():
        setattr(report, column, value)


def forget_old_sightings(db: Db, now: datetime) -> None:
    """Delete reports after 90 days; an event goes with its newest report."""
    old = now - SIGHTING_LIFE
    recent = select(RaidReport.group_id).where(
        RaidReport.reported_at >= old, RaidReport.group_id.is_not(None)
    )
    kept = set(db.scalars(recent))
    spent = [
        report.id
        for report in db.scalars(select(RaidReport).where(RaidReport.reported_at < old))
        if (report.group_id or report.id) not in kept
    ]
    # The others of a group before the first, which they name.
    db.execute(delete(RaidReport).where(RaidReport.id.in_(spent), RaidReport.group_id.is_not(None)))
    db.execute(delete(RaidReport).where(RaidReport.id.in_(spent)))
