"""What somebody saw: kept apart from people, unverified until a second pair of eyes confirms it.

A report is sealed to the desk's key of its day; whoever holds that key reads it, and who joins
later gets the old keys from a colleague. Nothing leads from a report to a caller or a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, or_, select, update

from app import audit
from app.access import DESK, Permission, Principal
from app.errors import BadRequest, Forbidden, NotFound
from app.models import RaidReport, rounded
from app.store import Db, ReadVersion, check_version
from app.vault import (
    SIGHTING_BODY,
    WAITING_FOR_KEY,
    SealedPlace,
    open_team_keys,
    read_field,
    read_roster,
    seal_field,
)

SIGHTING_STATES = ("unverified", "corroborated", "false")
# What is asked about a raid; nothing about who told it.
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
_NEXT = {"unverified": ("corroborated", "false"), "corroborated": ("false",), "false": ()}


@dataclass(frozen=True)
class Sighting:
    """A report with what it says; ``facts`` is None for who does not hold the key of its day."""

    report: RaidReport
    facts: Mapping[str, str] | None = field(repr=False)


def check_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what a report holds, without what is empty. BadRequest."""
    if set(facts) - set(SIGHTING_FIELDS):
        raise BadRequest(f"A report holds: {', '.join(SIGHTING_FIELDS)}.")
    kept = {name: str(value).strip() for name, value in facts.items() if value is not None}
    if any(len(value) > LONGEST_FACT for value in kept.values()):
        raise BadRequest(f"A field has at most {LONGEST_FACT} characters.")
    kept = {name: value for name, value in kept.items() if value}
    if not kept:
        raise BadRequest("Say at least one thing that was seen.")
    return kept


def add_sighting(
    db: Db, principal: Principal, facts: Mapping[str, Any], now: datetime
) -> RaidReport:
    """Record a report, unverified. BadRequest."""
    principal.require(Permission.RAIDS)
    row_id = uuid4()
    report = RaidReport(
        id=row_id,
        state="unverified",
        reported_at=rounded(now),
        recorded_by=principal.member_id,
        version=1,
        **_sealed(db, row_id, 1, check_facts(facts)),
    )
    db.add(report)
    db.flush()
    audit.record(db, "raid.reported", principal.member_id, report.id, now)
    return report


def _sealed(db: Db, row_id: UUID, version: int, facts: Mapping[str, str]) -> dict[str, Any]:
    team = read_roster(db).teams[DESK]
    place = SealedPlace(row_id, team.epoch, version=version)
    body = seal_field(db.keys, SIGHTING_BODY, place, dict(facts), team.public)
    return {"epoch": team.epoch, "body": body, "body_version": version}


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
    except Forbidden:  # joined after that key was replaced, and no colleague has passed it on yet
        return None
    return read_field(db, SIGHTING_BODY, report, {report.epoch: team})


def change_sighting(
    db: Db,
    principal: Principal,
    report_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> Sighting:
    """Change facts, put a report beside another of the same event, or say what it proved to be.

    ``facts`` replaces the given ones; ``same_as`` is another report; ``state`` goes to
    *corroborated* with ``confirmed_by`` (``report``: a second one of the same event; ``person``:
    somebody went there), or to *false*. State and group belong to the event: all its reports
    follow. NotFound, StaleVersion, BadRequest.
    """
    principal.require(Permission.RAIDS)
    report = _found(db, report_id)
    check_version(report.version, version)
    if changes.get("facts"):
        _change_facts(db, principal, report, changes["facts"])
    if changes.get("same_as") is not None:
        _group(db, report, changes["same_as"])
    state = changes.get("state")
    if state is not None and state != report.state:
        _judge(db, report, state, changes.get("confirmed_by"))
    report.version += 1
    db.flush()
    audit.record(db, f"raid.{_deed(state)}", principal.member_id, report.id, now)
    return Sighting(report, _opened(db, principal, report))


def _deed(state: str | None) -> str:
    return {"corroborated": "corroborated", "false": "refuted"}.get(state or "", "changed")


def _found(db: Db, report_id: UUID) -> RaidReport:
    report = db.get(RaidReport, report_id, with_for_update=True)
    if report is None:
        raise NotFound
    return report


def _change_facts(
    db: Db, principal: Principal, report: RaidReport, facts: Mapping[str, Any]
) -> None:
    before = _opened(db, principal, report)
    if before is None:
        raise Forbidden(WAITING_FOR_KEY)
    kept = {name: value for name, value in before.items() if name not in facts}
    after = check_facts({**kept, **facts})
    for column, value in _sealed(db, report.id, report.body_version + 1, after).items():
        setattr(report, column, value)


def group_sightings(reports: Iterable[RaidReport]) -> dict[UUID, list[RaidReport]]:
    """Return reports by event: each under the id of the first that was put together."""
    events: dict[UUID, list[RaidReport]] = {}
    for report in reports:
        events.setdefault(report.group_id or report.id, []).append(report)
    return events


def _together(db: Db, report: RaidReport) -> Sequence[RaidReport]:
    first = report.group_id or report.id
    same = or_(RaidReport.id == first, RaidReport.group_id == first)
    return db.scalars(select(RaidReport).where(same).order_by(RaidReport.id)).all()


def _group(db: Db, report: RaidReport, other_id: UUID) -> None:
    other = _found(db, other_id)
    first = other.group_id or other.id
    if first == (report.group_id or report.id):
        raise BadRequest("These two are reports of one event already, or the same report.")
    # What one of them proved to be holds for the event.
    state = max((report.state, other.state), key=SIGHTING_STATES.index)
    moved = [one.id for one in _together(db, report)]
    db.execute(update(RaidReport).where(RaidReport.id.in_(moved)).values(group_id=first))
    db.execute(
        update(RaidReport)
        .where(or_(RaidReport.id == first, RaidReport.group_id == first))
        .values(state=state)
    )
    db.refresh(report)


def _judge(db: Db, report: RaidReport, state: str, confirmed_by: str | None) -> None:
    if state not in _NEXT[report.state]:
        raise BadRequest(f"What is {report.state} does not become {state}.")
    together = _together(db, report)
    if state == "corroborated":
        if confirmed_by not in ("report", "person"):
            raise BadRequest(
                "Say what confirms it: another `report`, or a `person` who went there."
            )
        if confirmed_by == "report" and len(together) < 2:
            raise BadRequest(
                "One report alone confirms nothing: put a second, independent one to it."
            )
    for one in together:
        one.state = state


def forget_old_sightings(db: Db, now: datetime) -> None:
    """Delete what was reported long ago, an event with its newest report."""
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
