"""What happens by itself around a date: seven days and one day before it, and once it is over.

One job sweeps the operational times every few minutes, so that no job's time tells when a hearing
is. A reminder holds nothing but "Call when you can", and goes only by what the caller agreed to:
outside their safe hours it waits for the next sweep within them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from app.cases import REMINDER_DAYS, add_task, forget_past_dates
from app.desk.replying import send_reminder
from app.errors import Refusal
from app.models import (
    AWAITED,
    LIVE_STATES,
    Assignment,
    Case,
    DetentionEpisode,
    Event,
    Member,
    Message,
    Reminded,
    Request,
)
from app.outbox import MemberPhone, check_text, queue_notice
from app.paging import find_reachable_phone
from app.store import Database, Db, show_each
from app.texts import MemberNotice, MemberText, Texts

log = structlog.get_logger()

# How often a reminder is written anew that the last gate turned back, at each distance.
_TRIES = 3
_A_DAY = timedelta(days=1)
# Neutral, and the same for everybody: where and when is in their notes.


@dataclass(frozen=True)
class ReminderPlan:
    """What is to be done about one date now."""

    rechecks: Sequence[int] = ()
    passed: bool = False
    remind: int | None = None
    members: Sequence[tuple[UUID, MemberPhone]] = ()

    def __bool__(self) -> bool:
        return bool(self.rechecks or self.passed or self.members or self.remind is not None)


def find_due_distances(starts_at: datetime, skipped: Sequence[int], now: datetime) -> list[int]:
    """Return the distances, in days, at which a date that is still to come has arrived.

    Without those that lay behind it when it was made.
    """
    if starts_at <= now:
        return []
    return [
        days
        for days in REMINDER_DAYS
        if days not in skipped and now >= starts_at - timedelta(days=days)
    ]


def sweep_reminders(database: Database, texts: Texts, now: datetime) -> None:
    """Look at every date and detention of a live case; small transactions, so texts get between."""
    with database.snapshot() as db:
        if not db.keys.is_open:
            return
        # A date that somebody changed holds up no other.
        planned = show_each(db, _events(db), lambda row, case: (row.id, _plan(db, row, case, now)))
        stays = [(episode,) for episode in _episodes(db)]
        near = show_each(db, stays, lambda row: (row.id, _review_is_near(db, row, now)))
    for event_id in [event_id for event_id, plan in planned if plan]:
        with database.transaction() as db:
            _carry_out(db, texts, event_id, now)
    for episode_id in [episode_id for episode_id, is_near in near if is_near]:
        with database.transaction() as db:
            _ask_for_review(db, episode_id, now)
    with database.transaction() as db:
        if db.keys.is_open:
            forget_past_dates(db, now)


def _events(db: Db) -> Iterator[tuple[Event, Case]]:
    """Yield the awaited dates, each with the main case of its tree."""
    rows = db.execute(
        select(Event, Case)
        .join(Case, Case.id == Event.case_id)
        .where(Event.state.in_(AWAITED), Case.state.in_(LIVE_STATES), Event.op_values.is_not(None))
    )
    for event, case in rows.all():
        main = db.get(Case, case.merged_into) if case.merged_into else case
        yield event, main or case


# -- one date


def _plan(db: Db, event: Event, case: Case, now: datetime) -> ReminderPlan:
    values = db.keys.read_values(event)
    starts_at, done = values.starts_at, values.reminded
    arrived = find_due_distances(starts_at, done.skipped, now)
    ends_at = values.ends_at or starts_at
    # Where two distances have arrived, as after a long sleep, the nearer one says it all.
    nearest = arrived[-1:]
    return ReminderPlan(
        rechecks=[days for days in nearest if days not in done.rechecks],
        passed=ends_at <= now and not done.passed,
        remind=next((days for days in nearest if _may_remind(db, done, case, days, now)), None),
        members=_expected(db, event, done, starts_at, now),
    )


def _may_remind(db: Db, done: Reminded, case: Case, days: int, now: datetime) -> bool:
    """Return whether the caller is still to be reminded at this distance, and may be now."""
    written = done.caller.get(days, ())
    if written:
        last = db.get(Message, written[-1])
        if last is None or last.status != "refused" or len(written) >= _TRIES:
            return False
    try:
        values = db.keys.read_values(case)
        channel = values.text_channel
        check_text(db, case, values, now, written_at=now, channel=channel, answers=False)
    except Refusal:
        return False  # consent or a safe hour may still come; the next sweep asks again
    return True


def _expected(
    db: Db, event: Event, done: Reminded, starts_at: datetime, now: datetime
) -> list[tuple[UUID, MemberPhone]]:
    """Return who is expected there and can be told now, with their phones."""
    if not starts_at - _A_DAY <= now < starts_at:
        return []
    taken = db.list_whole(
        select(Assignment)
        .join(Request, Request.id == Assignment.request_id)
        .where(
            Request.event_id == event.id,
            Assignment.state == "active",
            Assignment.accepted_at < starts_at - _A_DAY,  # later, and they have just read it
        )
    )
    untold = {one.member_id: one.id for one in taken if one.id not in done.members}
    return [
        (untold[member.id], phone)
        for member in db.list_whole(select(Member).where(Member.id.in_(untold)))
        if (phone := find_reachable_phone(db, member, 1, now))
    ]


def _carry_out(db: Db, texts: Texts, event_id: UUID, now: datetime) -> None:
    case_id = db.scalar(select(Event.case_id).where(Event.id == event_id))
    case = db.get(Case, case_id, with_for_update=True) if case_id else None
    event = db.get(Event, event_id, with_for_update=True, populate_existing=True)
    if case is None or event is None or event.state not in AWAITED:
        return
    if case.state not in LIVE_STATES or event.op_values is None:
        return
    main = db.get(Case, case.merged_into, with_for_update=True) if case.merged_into else case
    plan = _plan(db, event, main or case, now)
    values = db.keys.read_values(event)
    done = values.reminded
    for days in plan.rechecks:
        near = values.starts_at - timedelta(days=days)
        add_task(db, event.case_id, "recheck", event.id, near, now, days)
    done = replace(done, rechecks=(*done.rechecks, *plan.rechecks))
    if plan.passed:
        add_task(db, event.case_id, "occurred", event.id, values.starts_at, now)
        done = replace(done, passed=True)
    if plan.remind is not None:
        done = _remind_caller(db, texts, main or case, done, plan.remind, now)
    if plan.members:
        phones = [phone for _, phone in plan.members]
        queue_notice(db, phones, MemberNotice(MemberText.COMING_UP), now, urgency=2)
        done = replace(done, members=(*done.members, *(one for one, _ in plan.members)))
    db.keys.write_values(event, replace(values, reminded=done))


def _remind_caller(
    db: Db, texts: Texts, case: Case, done: Reminded, days: int, now: datetime
) -> Reminded:
    known = db.keys.read_values(case)
    message = send_reminder(db, case, known, texts.get(known.language, "reminder"), now)
    written = (*done.caller.get(days, ()), message.id)
    return replace(done, caller={**done.caller, days: written})


# -- reviews of a detention


def _episodes(db: Db) -> Sequence[DetentionEpisode]:
    return db.scalars(
        select(DetentionEpisode)
        .join(Case, Case.id == DetentionEpisode.case_id)
        .where(
            DetentionEpisode.ended.is_(False),
            DetentionEpisode.op_values.is_not(None),
            Case.state.in_(LIVE_STATES),
        )
    ).all()


def _review_is_near(db: Db, episode: DetentionEpisode, now: datetime) -> bool:
    values = db.keys.read_values(episode)
    near = values.next_review is not None and now >= values.next_review - _A_DAY
    return near and not values.asked


def _ask_for_review(db: Db, episode_id: UUID, now: datetime) -> None:
    episode = db.get(DetentionEpisode, episode_id, with_for_update=True, populate_existing=True)
    if episode is None or episode.op_values is None or not _review_is_near(db, episode, now):
        return
    values = db.keys.read_values(episode)
    before = (values.next_review or now) - _A_DAY
    add_task(db, episode.case_id, "review", episode.id, before, now, values.review)
    db.keys.write_values(episode, replace(values, asked=True))
