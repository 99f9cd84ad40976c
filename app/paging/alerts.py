"""Alerts: a caller waits, so people on duty are texted until one of them looks.

A neutral text goes to the people on duty by the rota, after 5 minutes also to the fallback group,
after 10 to the coordinators, and on from there. Opening, claiming or answering the case
acknowledges the alert, and so does the reply ``1``. A no, or a phone that gets no texts, makes the
next step at once. Each step is a job: neither a restart nor a
lost callback ends it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update

from app.models import (
    ALERT_TRANSITIONS,
    LIVE_STATES,
    Alert,
    AlertState,
    Case,
    Job,
    Page,
    list_states_before,
    rounded,
    table,
)
from app.outbox import find_phone_troubles
from app.paging.pages import RaisedAlert, page_members
from app.store import ClaimedJob, Db, add_jobs, insert_rows, make_row_id, new_job, update_rows

# Until a human should have answered, by tier.
REPLY_TARGETS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=24),
    timedelta(hours=72),
)
# A target is about to be missed once this part of it has gone by.
_NEARLY = 0.8
# Cases of these tiers are paged at once, the others when their target is nearly missed.
ALERTED_AT_ONCE = 1
_STEP = timedelta(minutes=5)
_LATER_STEPS = timedelta(minutes=15)
_ESCALATES_UNTIL = 3
# Pages that can no longer be answered go after a day, alerts after a month.
_PAGES_KEPT, _ALERTS_KEPT = timedelta(days=1), timedelta(days=30)


def make_alert_job(
    case_id: UUID, urgency: int, now: datetime, delay: timedelta = timedelta(0)
) -> dict[str, Any]:
    """Return the job that raises (or repeats) a case's alert.

    It is as urgent as the case: in a flood danger does not wait behind thousands of others.
    """
    return new_job("alert", case_id, now, priority=urgency, delay=delay)


def page_next_people(db: Db, claimed: Sequence[ClaimedJob], now: datetime) -> None:
    """Page the next people about some cases, unless somebody looked; plan the step after."""
    cases = db.scalars(
        select(Case)
        .where(Case.id.in_({job.ref for job in claimed}))
        .order_by(Case.id)
        .with_for_update()
    ).all()
    waiting = [c for c in cases if c.state in LIVE_STATES and not c.merged_into and c.waiting]
    ids = [case.id for case in waiting]
    mine = and_(Job.kind == "alert", Job.ref.in_(ids))
    db.execute(delete(Job).where(or_(Job.id.in_([job.id for job in claimed]), mine)))
    if not waiting:
        return
    raised = _raise_all(db, ids, now)
    page_members(db, [(case, raised[case.id]) for case in waiting], now)
    add_jobs(
        db,
        [
            make_alert_job(case.id, case.urgency, now, _pause(raised[case.id].step + 1))
            for case in waiting
        ],
    )


def _raise_all(db: Db, case_ids: Collection[UUID], now: datetime) -> dict[UUID, RaisedAlert]:
    """Let the alert of each case make one step more; return them as they were before it."""
    columns = (Alert.case_id, Alert.id, Alert.kind, Alert.step)
    query = select(*columns).where(Alert.case_id.in_(case_ids), Alert.state == AlertState.OPEN)
    known = {one.case_id: RaisedAlert(one.id, one.kind, one.step) for one in db.execute(query)}
    fresh = {
        one: RaisedAlert(make_row_id(db, Alert, now), "new", 0)
        for one in case_ids
        if one not in known
    }
    insert_rows(db, table(Alert), [_row(case, alert, now) for case, alert in fresh.items()])
    steps = [{"step": alert.step + 1, "id": alert.id} for alert in known.values()]
    update_rows(db, table(Alert), steps)
    return known | fresh


def _row(case_id: UUID, alert: RaisedAlert, now: datetime) -> dict[str, Any]:
    return {
        "id": alert.id,
        "case_id": case_id,
        "kind": alert.kind,
        "step": alert.step + 1,
        "state": AlertState.OPEN,
        "opened_at": rounded(now),
    }


def hurry_pages(db: Db, member_id: UUID, now: datetime) -> None:
    """Page the next people at once where we wait for this member alone.

    They said no, or their phone gets no texts.
    """
    theirs = select(Page.alert_id).where(Page.member_id == member_id)
    others = Page.member_id.not_in({member_id, *find_phone_troubles(db, now)})
    waits_for_others = select(Page.alert_id).where(
        Page.alert_id.in_(theirs), others, Page.declined.is_(False)
    )
    alone = select(Alert.case_id).where(
        Alert.id.in_(theirs), Alert.id.not_in(waits_for_others), Alert.state == AlertState.OPEN
    )
    jobs = (Job.kind == "alert", Job.ref.in_(alone), Job.state == "queued", Job.run_at > now)
    free = select(Job.id).where(*jobs).with_for_update(skip_locked=True)
    hurried = list(db.scalars(free))
    db.execute(update(Job).where(Job.id.in_(hurried)).values(run_at=now))
    db.info["work"] = True


def _pause(steps: int) -> timedelta:
    return _STEP if steps <= _ESCALATES_UNTIL else _LATER_STEPS


def raise_overdue_alerts(db: Db, now: datetime) -> int:
    """Raise an alert for each case whose target is nearly missed; return how many.

    Not where one is open already, however old: that one goes on paging by itself.
    """
    since_then = or_(Alert.opened_at >= Case.last_message_at, Alert.state == AlertState.OPEN)
    alerted = select(Alert.case_id).where(since_then)
    waiting = select(Case).where(
        Case.waiting,
        Case.state.in_(LIVE_STATES),
        Case.merged_into.is_(None),
        Case.id.not_in(alerted.where(Alert.case_id == Case.id)),
    )
    overdue = [case for case in db.scalars(waiting) if _is_overdue(db, case, now)]
    for case in overdue:
        raised = {"kind": "overdue", "step": 0, "opened_at": rounded(now)}
        alert_id = make_row_id(db, Alert, now)
        db.add(Alert(id=alert_id, case_id=case.id, state=AlertState.OPEN, **raised))
    db.flush()
    add_jobs(db, [make_alert_job(case.id, case.urgency, now) for case in overdue])
    return len(overdue)


def _is_overdue(db: Db, case: Case, now: datetime) -> bool:
    since = db.keys.read_values(case).waiting_since
    return since is not None and now - since >= REPLY_TARGETS[case.urgency] * _NEARLY


def acknowledge_alert(db: Db, case_id: UUID, member_id: UUID) -> None:
    """Note that a member is looking: the alert ends, and with it its jobs."""
    acknowledged = AlertState.ACKNOWLEDGED
    open_ones = Alert.state.in_(list_states_before(ALERT_TRANSITIONS, acknowledged))
    ended = db.execute(
        update(Alert)
        .where(Alert.case_id == case_id, open_ones)
        .values(state=acknowledged, acknowledged_by=member_id)
        .returning(Alert.id)
    ).all()
    if ended:
        db.execute(delete(Job).where(Job.kind == "alert", Job.ref == case_id))


def drop_old_pages(db: Db, now: datetime) -> None:
    """Delete pages that can no longer be answered, and alerts of a month ago."""
    db.execute(delete(Page).where(Page.paged_at < now - _PAGES_KEPT))
    old = Alert.opened_at < now - _ALERTS_KEPT
    db.execute(delete(Alert).where(Alert.state != AlertState.OPEN, old))
