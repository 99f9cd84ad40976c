"""Which sightings are of one event, and what the event proved to be: both hold for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from app.errors import BadRequest
from app.models import SIGHTING_TRANSITIONS, RaidReport, SightingState
from app.store import Db

CONFIRMATIONS = ("report", "person")


def move_sighting(report: RaidReport, after: SightingState) -> None:
    """Bring a report into another state. BadRequest where ``SIGHTING_TRANSITIONS`` has no step."""
    if after not in SIGHTING_TRANSITIONS[report.state]:
        raise BadRequest(f"What is {report.state} does not become {after}.")
    report.state = after


def group_sightings(reports: Iterable[RaidReport]) -> dict[UUID, list[RaidReport]]:
    """Return reports by event, under the id of the event's first report."""
    events: dict[UUID, list[RaidReport]] = {}
    for report in reports:
        events.setdefault(report.group_id or report.id, []).append(report)
    return events


def _list_same_event(db: Db, report: RaidReport) -> Sequence[RaidReport]:
    first = report.group_id or report.id
    same = or_(RaidReport.id == first, RaidReport.group_id == first)
    return db.scalars(select(RaidReport).where(same).order_by(RaidReport.id)).all()


def join_events(db: Db, report: RaidReport, other: RaidReport) -> None:
    """Put the event of a report together with that of another one. BadRequest."""
    first = other.group_id or other.id
    if first == (report.group_id or report.id):
        raise BadRequest("These two are reports of one event already, or the same report.")
    # What one of them proved to be holds for the event.
    state = max((report.state, other.state), key=list(SightingState).index)
    for one in _list_same_event(db, report):
        one.group_id = first
    db.flush()
    for one in _list_same_event(db, other):
        if one.state != state:
            move_sighting(one, state)


def judge_event(db: Db, report: RaidReport, state: SightingState, confirmed_by: str | None) -> None:
    """Say what the event of a report proved to be; see ``SightingChanges``. BadRequest."""
    together = _list_same_event(db, report)
    if state == SightingState.CORROBORATED:
        if confirmed_by not in CONFIRMATIONS:
            raise BadRequest(
                "Say what confirms it: another `report`, or a `person` who went there."
            )
        if confirmed_by == "report" and len(together) < 2:
            raise BadRequest(
                "One report alone confirms nothing: put a second, independent one to it."
            )
    for one in together:
        move_sighting(one, state)
