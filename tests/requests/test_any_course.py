"""Whatever happens to requests, in whatever order: nobody opens what they may not, nothing is lost.

A state machine of hypothesis does what people, the desk and the clock can do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.cases.consents import has_agreed
from app.clock import FixedClock
from app.crypto import BriefKeys, Purpose, SealBroken, open_sealed
from app.desk.closing import close_case
from app.desk.replying import StatedConsent, record_consent
from app.errors import ConsentMissing, OfferExpired, OfferTaken
from app.members import MemorySessions
from app.members.accounts import remove_member
from app.models import (
    SEEKING,
    Assignment,
    Brief,
    BriefWrap,
    Conflict,
    Job,
    Member,
    Offer,
    Request,
    list_parents,
)
from app.requests.assignments import find_assignment
from app.requests.decisions import accept_offer, decline_offer
from app.requests.endings import cancel_request
from app.requests.new_requests import raise_request
from app.requests.reports import ReportFacts, file_report
from app.requests.request_facts import RequestFacts
from app.requests.timers import REQUEST_JOB
from app.store.db import Db
from tests.requests import hall as halls
from tests.requests.hall import Hall
from tests.requests.people import a_case
from tests.service import Blueprint

PEOPLE = ("finch", "owl", "starling", "heron", "plover")
KINDS = {"accompaniment": "accompanier", "legal": "legal", "interpreter": None}
Open = Callable[[], Hall]


class Course(RuleBasedStateMachine):
    """One organisation with one case."""

    open: Open

    def __init__(self) -> None:
        super().__init__()
        self._ends = ExitStack()
        self.hall = self.open()
        self._ends.callback(self.hall.database.close)
        self.case = UUID(a_case(self.hall, 0, ("accompanier", "legal")))
        self.live, self.here = True, set(PEOPLE)

    def teardown(self) -> None:
        self._ends.close()
        shutil.rmtree(self.hall.folder)

    # -- what the desk does

    @precondition(lambda self: self.live)
    @rule(kind=st.sampled_from(sorted(KINDS)), minor=st.booleans())
    def ask(self, kind: str, *, minor: bool) -> None:
        with self.hall.database.transaction() as db:
            asked = RequestFacts(kind, share=("subject_name",), minor=minor)
            desk, now = self.hall.principal("wren"), self.hall.clock()
            try:
                raise_request(db, desk, self.case, asked, now)
            except ConsentMissing:
                assert not has_agreed(db, self.case, KINDS[kind] or "")
        self.hall.work()

    @precondition(lambda self: self.live)
    @rule(scope=st.sampled_from(("accompanier", "legal")), granted=st.booleans())
    def consent(self, scope: str, *, granted: bool) -> None:
        with self.hall.database.transaction() as db:
            said = StatedConsent(scope, granted)
            now = self.hall.clock()
            record_consent(db, self.hall.principal("wren"), self.case, said, now)

    @precondition(lambda self: self.live)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        with self.hall.database.transaction() as db:
            running = db.scalars(select(Request).where(Request.state != "done")).all()
            if which < len(running):
                now = self.hall.clock()
                cancel_request(db, self.hall.principal("wren"), running[which].id, now)

    @precondition(lambda self: self.live)
    @rule()
    def close(self) -> None:
        with self.hall.database.transaction() as db:
            desk, now = self.hall.principal("wren"), self.hall.clock()
            close_case(db, desk, self.case, "supported", now)
        self.live = False

    @rule(who=st.sampled_from(PEOPLE))
    def remove(self, who: str) -> None:
        if who not in self.here:
            return
        with self.hall.database.transaction() as db:
            crane, member_id = self.hall.principal("crane"), self.hall.residents[who].id
            remove_member(db, MemorySessions(), crane, member_id, who, self.hall.clock())
        self.here.discard(who)
        self.hall.work()

    # -- what those do who are asked

    def _offers(self, db: Db, who: str) -> list[UUID]:
        return list(
            db.scalars(
                select(Offer.id)
                .where(Offer.member_id == self.hall.residents[who].id)
                .order_by(Offer.made_at, Offer.id)
            )
        )

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2))
    def accept(self, who: str, which: int) -> None:
        with self.hall.database.transaction() as db:
            for offer_id in self._offers(db, who)[which : which + 1]:
                try:
                    member_id = self.hall.residents[who].id
                    accept_offer(db, member_id, offer_id, self.hall.clock())
                except (OfferTaken, OfferExpired):
                    return

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 2), conflict=st.booleans())
    def decline(self, who: str, which: int, *, conflict: bool) -> None:
        with self.hall.database.transaction() as db:
            for offer_id in self._offers(db, who)[which : which + 1]:
                try:
                    member_id, now = self.hall.residents[who].id, self.hall.clock()
                    decline_offer(db, member_id, offer_id, now, conflict=conflict)
                except OfferTaken:
                    return
        self.hall.work()

    @rule(who=st.sampled_from(PEOPLE), outcome=st.sampled_from(("attended", "cancelled")))
    def report(self, who: str, outcome: str) -> None:
        if who not in self.here:
            return
        with self.hall.database.transaction() as db:
            theirs = (Assignment.member_id == self.hall.residents[who].id,)
            active = db.scalars(select(Assignment.id).where(*theirs, Assignment.state == "active"))
            for assignment_id in active.all()[:1]:
                told, now = ReportFacts(outcome, "x"), self.hall.clock()
                file_report(db, self.hall.principal(who), assignment_id, told, now)
        self.hall.work()

    @rule(minutes=st.sampled_from((3, 20, 60, 26 * 60)))
    def wait(self, minutes: int) -> None:
        self.hall.advance(minutes=minutes)

    # -- what is true at any time

    @invariant()
    def every_request_has_an_owner_or_a_timer_or_is_over(self) -> None:
        with self.hall.database.snapshot() as db:
            timers = db.scalars(select(Job.ref).where(Job.kind == REQUEST_JOB)).all()
            members = set(db.scalars(select(Member.id).where(Member.state == "active")))
            assert len(timers) == len(set(timers))
            for request in db.scalars(select(Request)):
                owner = find_assignment(db, request)
                assert (request.id in timers) == (request.state in SEEKING)
                assert (owner is not None) == (request.state == "assigned")
                assert owner is None or owner.member_id in members

    @invariant()
    def a_brief_opens_for_who_has_the_request_and_for_nobody_else(self) -> None:
        with self.hall.database.snapshot() as db:
            conflicts = set(db.execute(select(Conflict.case_id, Conflict.member_id)).all())
            names = {resident.id: name for name, resident in self.hall.residents.items()}
            for wrap in db.scalars(select(BriefWrap)):
                request = db.get_one(Request, wrap.request_id)
                owner = find_assignment(db, request)
                if request.state == "done":
                    owner = self._reported(db, request)
                assert owner is not None or request.state in SEEKING
                assert (wrap.case_id, wrap.member_id) not in conflicts or owner is not None
                assert names[wrap.member_id] not in set(PEOPLE) - self.here
                mine = owner is not None and owner.member_id == wrap.member_id
                assert self._opens(db, wrap, names[wrap.member_id]) == mine == (not wrap.pending)

    def _reported(self, db: Db, request: Request) -> Assignment | None:
        """Return the assignment of who went along and said so less than a day ago."""
        theirs = (Assignment.request_id == request.id, Assignment.state == "attended")
        gone = db.scalars(select(Assignment).where(*theirs)).one_or_none()
        recently = self.hall.clock() - timedelta(hours=25)  # kept to five minutes
        return gone if self.live and gone and (gone.ended_at or recently) > recently else None

    def _opens(self, db: Db, wrap: BriefWrap, who: str) -> bool:
        inner = db.keys.remember("brief_wraps", "wrap", wrap.id, wrap.wrap)
        parents = list_parents("brief_wraps", wrap)
        context = db.keys.context(
            "brief_wraps", "wrap", wrap.id, case=wrap.case_id, epoch=1, parents=parents
        )
        pair = self.hall.residents[who].keys.pair
        try:
            seed = open_sealed(pair, Purpose.BRIEF_WRAP, wrap.epoch, context, inner)
        except SealBroken:
            return False
        brief = db.scalars(select(Brief).where(Brief.request_id == wrap.request_id)).one()
        return BriefKeys(seed).pair.public == brief.public


def test_in_any_course_of_things(sqlite_blueprint: Blueprint, tmp_path: Path) -> None:
    def open_one() -> Hall:
        folder = tmp_path / uuid4().hex
        clock = FixedClock(datetime(2026, 1, 15, 12, tzinfo=UTC))
        return halls.open_copy(sqlite_blueprint, folder, clock)

    course = type("Course", (Course,), {"open": staticmethod(open_one)})
    run_state_machine_as_test(
        course,
        settings=settings(
            max_examples=5,
            stateful_step_count=15,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
