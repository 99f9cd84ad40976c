"""Many people do many things at once, on PostgreSQL: nobody waits for each other in a circle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID, uuid4

from sqlalchemy import select

from app.cases.case import find_case
from app.crypto import KeyFiles
from app.desk.handling import assign_case, change_case
from app.desk.reading import read_case
from app.desk.replying import StatedConsent, record_consent
from app.errors import Refusal
from app.intake import read_offer_answer
from app.members import MemorySessions
from app.members.accounts import remove_member
from app.models import SEEKING, Assignment, Job, Offer, Request
from app.requests.answers import find_answerable_offers, take_answer
from app.requests.assignments import find_assignment
from app.requests.decisions import accept_offer, decline_offer
from app.requests.endings import cancel_request
from app.requests.ladder import climb_ladder
from app.requests.new_requests import raise_request
from app.requests.reports import ReportFacts, file_report
from app.requests.request_facts import RequestFacts
from app.requests.timers import REQUEST_JOB
from app.store.db import Database, Db
from app.store.jobs import claim_jobs
from app.vault.operational_key import open_keyring
from tests.requests.hall import Hall
from tests.requests.people import a_case

CROWD, THREADS, DEEDS = 6, 8, 12


class Deeds:
    """What each thread does, by chance: always the same chance."""

    def __init__(self, hall: Hall, database: Database, case_ids: list[UUID], seed: int) -> None:
        self.hall, self.database, self.cases = hall, database, case_ids
        self.chance, self.now = random.Random(seed), hall.clock()
        self.desk = hall.principal("wren")

    def run(self) -> Counter[str]:
        """Do what comes up, refused or not; return how often what was done."""
        done: Counter[str] = Counter()
        usual = (
            self.ask,
            self.accept,
            self.accept,
            self.decline,
            self.look,
            self.read,
            self.assign,
        )
        rare = (self.read, self.cancel, self.consent, self.report, self.change, self.remove)
        for _ in range(DEEDS):
            deed: Callable[[Db], object] = self.chance.choice((*usual, *usual, *rare))
            try:
                with self.database.transaction() as db:
                    deed(db)
            except Refusal as refusal:
                done[refusal.slug] += 1
            else:
                done[deed.__name__] += 1
            self.step()
        return done

    def step(self) -> None:
        with self.database.transaction() as db:
            claimed = claim_jobs(db, uuid4(), self.now, 1, [REQUEST_JOB])
        for job in claimed:
            with self.database.transaction() as db:
                climb_ladder(db, job, self.now)

    def case(self) -> UUID:
        return self.chance.choice(self.cases)

    def ask(self, db: Db) -> None:
        raise_request(db, self.desk, self.case(), RequestFacts("accompaniment"), self.now)

    def _pending(self, db: Db) -> tuple[UUID, UUID] | None:
        query = select(Offer.member_id, Offer.id).where(Offer.state == "pending")
        rows = [(member_id, offer_id) for member_id, offer_id in db.execute(query).all()]
        return self.chance.choice(rows) if rows else None

    def accept(self, db: Db) -> None:
        if found := self._pending(db):
            accept_offer(db, *found, self.now)

    def decline(self, db: Db) -> None:
        if found := self._pending(db):
            decline_offer(db, *found, self.now, conflict=self.chance.random() < 0.2)

    def look(self, db: Db) -> None:
        lookup = db.keys.number_lookup(f"+1514555{1100 + self.chance.randrange(CROWD)}")
        offers = find_answerable_offers(db, lookup)
        take_answer(db, lookup, offers, read_offer_answer("4821 yes"), self.now)

    def read(self, db: Db) -> None:
        read_case(db, self.desk, self.case(), self.now)

    def assign(self, db: Db) -> None:
        assign_case(db, self.desk, self.case(), self.desk.member_id, self.now)

    def cancel(self, db: Db) -> None:
        running = select(Request.id).where(Request.state.in_((*SEEKING, "assigned")))
        for request_id in db.scalars(running.limit(1)).all():
            cancel_request(db, self.desk, request_id, self.now)

    def consent(self, db: Db) -> None:
        said = StatedConsent("accompanier", granted=self.chance.random() < 0.7)
        record_consent(db, self.desk, self.case(), said, self.now)

    def report(self, db: Db) -> None:
        active = select(Assignment).where(Assignment.state == "active")
        names = {one.id: handle for handle, one in self.hall.residents.items()}
        for taken in db.scalars(active.limit(1)).all():
            told = ReportFacts(self.chance.choice(("attended", "cancelled")))
            who = self.hall.principal(names[taken.member_id])
            file_report(db, who, taken.id, told, self.now)

    def change(self, db: Db) -> None:
        case = find_case(db, self.desk, self.case())
        tier = {"urgency": self.chance.randrange(3)}
        change_case(db, self.desk, case.id, case.version, tier, self.now)

    def remove(self, db: Db) -> None:
        member = self.hall.residents[f"crow-{self.chance.randrange(CROWD)}"]
        remove_member(db, MemorySessions(), self.hall.principal("crane"), member.id, None, self.now)


def test_no_two_deeds_cross_each_other(postgres_hall: Hall) -> None:
    hall = postgres_hall
    phones: dict[str, str | None] = {f"crow-{n}": f"+1514555{1100 + n}" for n in range(CROWD)}
    hall.newcomers(phones, "accompanier")
    case_ids = [UUID(a_case(hall, 0)) for _ in range(3)]
    with closing(Database(hall.url)) as second, ThreadPoolExecutor(THREADS) as threads:
        open_keyring(second, KeyFiles(hall.folder / "keys"))
        both = (hall.database, second)
        courses = [Deeds(hall, both[n % 2], case_ids, n) for n in range(THREADS)]
        found = [threads.submit(course.run) for course in courses]
        done = sum((one.result() for one in found), Counter[str]())
    assert done["ask"]
    assert done["accept"]
    with hall.database.snapshot() as db:
        timers = Counter(db.scalars(select(Job.ref).where(Job.kind == REQUEST_JOB)))
        for request in db.scalars(select(Request)):
            assert timers[request.id] == (request.state in SEEKING)
            assert (find_assignment(db, request) is None) == (request.state != "assigned")
