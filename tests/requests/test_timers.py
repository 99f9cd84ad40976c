"""The one timer of each request."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.models import Job
from app.requests.timers import REQUEST_JOB, drop_timers, hurry_requests, plan_timer
from app.store.db import Db
from app.store.jobs import FURTHEST
from tests.requests.deeds import bare
from tests.requests.hall import Hall
from tests.requests.people import a_case


def test_a_request_has_one_timer_which_never_lies_far_ahead(hall: Hall) -> None:
    request, now = bare(hall, a_case(hall)), hall.clock()
    assert request is not None

    def timers(db: Db) -> list[timedelta]:
        query = select(Job.run_at).where(Job.kind == REQUEST_JOB, Job.ref == request.id)
        return [run_at - now for run_at in db.scalars(query)]

    with hall.database.transaction() as db:
        plan_timer(db, request, now, now + timedelta(minutes=3))
        assert timers(db) == [timedelta(minutes=3)]
        plan_timer(db, request, now, now + timedelta(days=30))
        assert timers(db) == [FURTHEST]
        plan_timer(db, request, now, now - timedelta(days=30))
        assert timers(db) == [timedelta(0)]
        plan_timer(db, request, now, now + timedelta(minutes=30))
        hurry_requests(db, [request.id], now)
        db.expire_all()
        assert timers(db) == [timedelta(0)]
        drop_timers(db, [request.id])
        assert timers(db) == []
