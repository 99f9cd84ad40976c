"""Alerts: somebody waits, so people on duty are texted until one of them looks.

A neutral text goes to who is on duty by the rota, after 5 minutes also to the fallback group, after
10 to the coordinators, and on from there. Opening, claiming or answering the case acknowledges the
alert, and so does the reply ``1``. Each step is a job: neither restart nor lost callback ends it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Select, and_, delete, func, or_, select, update

from app import access, audit
from app.cases import is_within_hours, take_case
from app.models import LIVE_STATES, Alert, Case, Job, Member, Page, rounded, table
from app.outbox import TextDraft, queue_texts
from app.rota import find_duty, load_rota
from app.store import ClaimedJob, Db, add_jobs, insert_rows, new_job, update_rows
from app.telephony import clean_number
from app.vault import read_roster

log = structlog.get_logger()

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
# So many cases that wait unseen are more than a desk can look at within minutes.
MANY_ALERTS = 20
_NEVER = len(REPLY_TARGETS)  # of a tier that there is not
_ANSWER_WITHIN = timedelta(hours=1)
_WHEN = ("now", "today", "this week", "when you can")
MINE_ANSWER = "1"
# Somebody waits, and nobody has looked yet.
_UNSEEN = (Alert.state == "open", Case.state.in_(LIVE_STATES), Case.waiting)
# In shifts that ask for one of these, people are paged.
_PAGED = ("dispatcher", "coordinator")


# -- raising


def make_alert_job(case_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the job that raises (or repeats) a case's alert."""
    return new_job("alert", case_id, now, priority=0)


def page_next_people(db: Db, claimed: Sequence[ClaimedJob], now: datetime) -> None:
    """Page the next people about some cases, and plan the step after; not where somebody looked."""
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
    opened = {alert.case_id: alert for alert in db.execute(_open_alerts(ids)).all()}
    fresh = {
        case.id: _Open(uuid4(), case.id, "new", 0) for case in waiting if case.id not in opened
    }
    _write(db, fresh.values(), opened.values(), now)
    raised: Mapping[UUID, Any] = {**opened, **fresh}
    _page(db, [(case, raised[case.id]) for case in waiting], now)
    add_jobs(
        db,
        [
            new_job("alert", case.id, now, priority=0, delay=_pause(raised[case.id].step + 1))
            for case in waiting
        ],
    )


class _Open(NamedTuple):
    """An open alert and how many steps it has made."""

    id: UUID
    case_id: UUID
    kind: str
    step: int


def _open_alerts(cases: Collection[UUID]) -> Select[UUID, UUID, str, int]:
    columns = (Alert.id, Alert.case_id, Alert.kind, Alert.step)
    return select(*columns).where(Alert.case_id.in_(cases), Alert.state == "open")


def _write(db: Db, fresh: Iterable[_Open], known: Iterable[Any], now: datetime) -> None:
    """Write that each of these alerts made one step more."""
    state = {"state": "open", "opened_at": rounded(now)}
    new = [{**alert._asdict(), "step": 1, **state} for alert in fresh]
    insert_rows(db, table(Alert), new)
    update_rows(db, table(Alert), [{"step": alert.step + 1, "id": alert.id} for alert in known])


def _pause(steps: int) -> timedelta:
    return _STEP if steps <= _ESCALATES_UNTIL else _LATER_STEPS


def _raise(db: Db, case: Case, kind: str, now: datetime) -> Alert:
    alert = Alert(
        id=uuid4(), case_id=case.id, kind=kind, state="open", step=0, opened_at=rounded(now)
    )
    db.add(alert)
    db.flush()
    return alert


def raise_overdue_alerts(db: Db, now: datetime) -> int:
    """Raise an alert for each case whose target is nearly missed; return how many.

    Not where one is open already, however old: that one goes on paging by itself.
    """
    since_then = or_(Alert.opened_at >= Case.last_message_at, Alert.state == "open")
    alerted = select(Alert.case_id).where(since_then)
    waiting = select(Case).where(
        Case.waiting,
        Case.state.in_(LIVE_STATES),
        Case.merged_into.is_(None),
        Case.id.not_in(alerted.where(Alert.case_id == Case.id)),
    )
    found = 0
    for case in db.scalars(waiting):
        since = db.keys.read_values(case).waiting_since
        if since and now - since >= REPLY_TARGETS[case.urgency] * _NEARLY:
            _raise(db, case, "overdue", now)
            add_jobs(db, [make_alert_job(case.id, now)])
            found += 1
    return found


# -- paging


def _page(db: Db, raised: Sequence[tuple[Case, Any]], now: datetime) -> None:
    """Text each person once, about the most urgent of what is theirs to hear of.

    While very many wait, nobody is texted twice within five minutes for what is no more urgent:
    they know, and a phone that never rests is put away.
    """
    count = db.scalar(select(func.count()).select_from(Alert).join(Case).where(*_UNSEEN))
    told = _told_just_now(db, now) if count and count >= MANY_ALERTS else {}
    pages: list[dict[str, Any]] = []
    bodies: dict[str, str] = {}
    asked: dict[tuple[int, bool], list[tuple[Member, str]]] = {}
    for case, alert in sorted(raised, key=lambda one: one[0].urgency):
        group = alert.step, case.urgency > 0
        if group not in asked:
            asked[group] = [
                (member, number)
                for member in find_recipients(db, alert.step, now)
                if (number := find_reachable_number(db, member, case.urgency, now))
            ]
        people = asked[group]
        if not people:
            log.error("alert.nobody", step=alert.step, tier=case.urgency)
        body = f"Desk: {count} {_what(alert)}, {_WHEN[case.urgency]}. Reply {MINE_ANSWER} = mine"
        for member, number in people:
            if told.get(member.id, _NEVER) > case.urgency:
                bodies.setdefault(number, body)
            pages.append(
                {
                    "id": uuid4(),
                    "alert_id": alert.id,
                    "member_id": member.id,
                    "urgency": case.urgency,
                    "number_lookup": db.keys.number_lookup(number),
                    "paged_at": rounded(now),
                }
            )
    insert_rows(db, table(Page), pages)
    drafts = [TextDraft(number, body, None, None, "alert", 0) for number, body in bodies.items()]
    queue_texts(db, drafts, now)


def _told_just_now(db: Db, now: datetime) -> dict[UUID, int]:
    """Return the most urgent tier each member was paged for in these five minutes, still unseen."""
    query = (
        select(Page.member_id, func.min(Page.urgency).label("tier"))
        .join(Alert, Alert.id == Page.alert_id)
        .where(Page.paged_at == rounded(now), Alert.state == "open")
        .group_by(Page.member_id)
    )
    return {told.member_id: told.tier for told in db.execute(query)}


def _what(alert: Any) -> str:
    return "new" if alert.kind == "new" else "waiting"


def find_recipients(db: Db, step_number: int, now: datetime) -> list[Member]:
    """Return who is paged at a step: on duty, then the fallback too, then the coordinators too.

    Where nobody is on duty the next group that has anybody is paged at once. Without a rota
    everybody at the desk is on duty.
    """
    listed, rota = read_roster(db), load_rota(db)
    desk = [member.id for member in listed.team(access.DESK)]
    coordinators = [member.id for member in listed.members if "coordinator" in member.roles]
    duty, able = find_duty(rota, now), {*desk, *coordinators}
    # Whoever lost the role since cannot take a case.
    first, fallback = (
        [member for member in duty.members(_PAGED, fallback=standing_by) if member in able]
        for standing_by in (False, True)
    )
    if not any(slot.role in _PAGED and not slot.fallback for slot in rota.slots):
        first = desk
    chosen = {*(first or fallback or coordinators)}
    for group in (fallback, coordinators, desk)[:step_number]:
        chosen.update(group)
    members = db.scalars(select(Member).where(Member.id.in_(chosen), Member.state == "active"))
    return list(members)


def find_reachable_number(db: Db, member: Member, urgency: int, now: datetime) -> str | None:
    """Return the member's number, if they may be texted now; quiet hours never hold back tier 0."""
    profile = db.keys.read_values(member)
    number, quiet = clean_number(profile.phone or ""), profile.quiet_hours
    if number is None or (urgency > 0 and quiet and is_within_hours(quiet, now, db.zone)):
        return None
    return number


def tell_coordinators(
    db: Db,
    body: str,
    now: datetime,
    *,
    but: UUID | None = None,
    at_most: int = 2,
    urgency: int = 0,
) -> int:
    """Text some coordinators about something other than a case; return how many.

    Quiet hours hold it back unless it is of tier 0.
    """
    listed = [m.id for m in read_roster(db).members if "coordinator" in m.roles and m.id != but]
    query = select(Member).where(Member.id.in_(listed), Member.state == "active")
    people = db.scalars(query.order_by(Member.id))
    found = (find_reachable_number(db, member, urgency, now) for member in people)
    numbers = [number for number in found if number][:at_most]
    if not numbers and urgency == 0:
        log.error("alert.nobody", step=0, tier=urgency)
    queue_texts(db, [TextDraft(number, body, None, None, "alert", 1) for number in numbers], now)
    return len(numbers)


# -- acknowledging


def acknowledge_alert(db: Db, case_id: UUID, member_id: UUID) -> None:
    """Note that somebody is looking: the alert ends, and with it its jobs."""
    ended = db.execute(
        update(Alert)
        .where(Alert.case_id == case_id, Alert.state == "open")
        .values(state="acknowledged", acknowledged_by=member_id)
        .returning(Alert.id)
    ).all()
    if ended:
        db.execute(delete(Job).where(Job.kind == "alert", Job.ref == case_id))


def find_pages(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, Page]:
    """Return the newest page of the last hour for each of these numbers."""
    if not lookups:
        return {}
    pages = db.scalars(
        select(Page)
        .where(Page.number_lookup.in_(lookups), Page.paged_at > now - _ANSWER_WITHIN)
        .order_by(Page.paged_at)
    )
    return {page.number_lookup: page for page in pages}


def take_paged_case(db: Db, page: Page, now: datetime) -> str:
    """Give the most urgent case a member was paged for to them, who answered ``1``.

    Return what to tell them. The texts name no case, so what is meant is what the desk would take
    next: by tier, then by how long it waits.
    """
    theirs = select(Page.alert_id).where(
        Page.member_id == page.member_id, Page.paged_at > now - _ANSWER_WITHIN
    )
    case = db.scalar(
        select(Case)
        .join(Alert, Alert.case_id == Case.id)
        .where(Alert.id.in_(theirs), *_UNSEEN)
        .order_by(Case.urgency, Case.queue_order, Case.id)
        .limit(1)
        .with_for_update(of=Case)
    )
    if case is None:
        return "Desk: thank you, a colleague has it."
    take_case(db, case, page.member_id, now)
    acknowledge_alert(db, case.id, page.member_id)
    audit.record(db, "case.claimed", page.member_id, case.id, now)
    return "Desk: it is yours. Please open it now."


def drop_old_pages(db: Db, now: datetime) -> None:
    """Delete pages that can no longer be answered, and alerts of a month ago."""
    db.execute(delete(Page).where(Page.paged_at < now - timedelta(days=1)))
    db.execute(
        delete(Alert).where(Alert.state != "open", Alert.opened_at < now - timedelta(days=30))
    )
