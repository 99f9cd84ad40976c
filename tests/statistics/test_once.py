"""One draw, whatever happens: an old copy restored, two at once, a process killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from app.crypto import KeyFiles
from app.errors import BudgetSpent, Forbidden, NotReleasable
from app.members.accounts import remove_member
from app.models import Case, StatisticsDebit, StatisticsFile, StatisticsHead, StatisticsRelease
from app.statistics import chain
from app.statistics.confirmation import confirm_release
from app.statistics.joint_counts import sum_months
from app.statistics.ledger import check_budget
from app.statistics.mechanism import Drawn, Question
from app.statistics.months import freeze_due_months
from app.statistics.plans import read_plan
from app.statistics.release_files import read_file
from app.statistics.releases import request_release
from tests.premises import Premises
from tests.service import House, refusal

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
# What runs in a process of its own, and dies when it has drawn and not committed.
KILLED = """
import os, sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4
from app.access import Principal
from app.crypto import KeyFiles, MemberKeys, new_seed
from app.statistics import Mechanism, confirm_release
from app.store import Database
from app.vault import open_keyring

url, folder, release, member, now = sys.argv[1:]
database = Database(url)
open_keyring(database, KeyFiles(Path(folder)))
roles, keys = frozenset({"coordinator"}), MemberKeys(new_seed())
who = Principal(UUID(member), "crane", roles, False, uuid4(), keys)

@contextmanager
def deadly():
    with Mechanism() as draw:
        def drawn(question):
            print(draw(question), flush=True)
            os.kill(os.getpid(), 9)
        yield drawn

confirm_release(database, who, UUID(release), datetime.fromisoformat(now), deadly)
"""


def sure(question: Question) -> Drawn:
    """A draw without noise, and without the process that takes a second to load."""
    counts = [table["counts"] for table in question["measured"]]
    return {"noisy": counts, "estimates": counts}


@contextmanager
def no_process() -> Iterator[Callable[[Question], Drawn]]:
    yield sure


def ask(at: House | Premises) -> UUID:
    """Ask for the release of January as wren."""
    with at.database.transaction() as db:
        return request_release(db, at.principal("wren"), "opened", "2026-01", at.clock()).id


@pytest.fixture
def asked(premises: Premises) -> UUID:
    """The release of a month, asked for by wren."""
    premises.clock.advance(timedelta(days=20))
    assert freeze_due_months(premises.database, premises.now) == ["2026-01"]
    return ask(premises)


@pytest.fixture
def asked_in_house(house: House) -> UUID:
    """The same where the service runs, on either database."""
    house.advance(days=20)
    return ask(house)


def debits(at: House | Premises) -> list[int]:
    with at.database.snapshot() as db:
        return list(db.scalars(select(StatisticsDebit.milli)))


def confirm(at: House | Premises, asked: UUID, handle: str = "crane") -> StatisticsRelease:
    who, now = at.principal(handle), at.clock()
    return confirm_release(at.database, who, asked, now, no_process)


def read(premises: Premises, asked: UUID, name: str = "csv") -> bytes:
    """Read a file of a release as the auditor."""
    return read_file(premises.database, premises.principal("magpie"), asked, name)


def files_of(premises: Premises) -> KeyFiles:
    assert premises.database.keys
    return premises.database.keys.files


def test_an_old_copy_of_the_records_draws_nothing_again(premises: Premises, asked: UUID) -> None:
    with premises.database.snapshot() as db:
        head = db.get_one(StatisticsHead, 1)
        start = head.hash
    confirm(premises, asked)
    with premises.database.transaction() as db:  # what a backup from before would bring back
        for model in (StatisticsFile, StatisticsDebit):
            db.execute(delete(model))
        db.execute(delete(StatisticsRelease))
        db.execute(update(StatisticsHead).values(seq=0, hash=start))
    again = ask(premises)
    with pytest.raises(NotReleasable):
        confirm(premises, again)
    assert debits(premises) == []


def test_a_release_that_was_changed_is_not_handed_out(premises: Premises, asked: UUID) -> None:
    record = confirm(premises, asked).record or ""
    assert read(premises, asked)
    changes = {
        "record": record.replace('"estimate":0', '"estimate":9'),
        "hash": b"\0" * 32,
        "period": "2026-02",
    }
    for name, value in changes.items():
        with premises.database.transaction() as db:
            before = db.scalars(select(getattr(StatisticsRelease, name))).one()
            db.execute(update(StatisticsRelease).values({name: value}))
        with pytest.raises(NotReleasable):
            read(premises, asked)
        with premises.database.transaction() as db:
            db.execute(update(StatisticsRelease).values({name: before}))
    with premises.database.transaction() as db:
        db.execute(update(StatisticsDebit).values(milli=1))  # to have budget left
    with pytest.raises(NotReleasable):
        read(premises, asked)


def test_two_at_once_draw_once(house: House, asked_in_house: UUID) -> None:
    """The second, with its process ready, finds the release made and returns it."""
    both, draws = threading.Barrier(2, timeout=60), []

    @contextmanager
    def together() -> Iterator[Callable[[Question], Drawn]]:
        both.wait()

        def drawn(question: Question) -> Drawn:
            draws.append(1)
            return sure(question)

        yield drawn

    def confirm_too(handle: str) -> bytes | None:
        who, now = house.principal(handle), house.clock()
        return confirm_release(house.database, who, asked_in_house, now, together).hash

    house.newcomer("grebe", "coordinator")
    with ThreadPoolExecutor(2) as pool:
        hashes = set(pool.map(confirm_too, ["crane", "grebe"]))
    assert (len(hashes), len(draws), debits(house)) == (1, 1, [200])


def test_a_process_killed_between_draw_and_commit_has_spent_and_told_nothing(
    premises: Premises, asked: UUID
) -> None:
    keys = files_of(premises).folder
    url, crane = f"sqlite:///{keys.parent / 'kith.db'}", premises.id("crane")
    arguments = (url, keys, asked, crane, premises.now.isoformat())
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert b"noisy" in ran.stdout  # it had drawn
    assert debits(premises) == []
    with pytest.raises(NotReleasable):
        read(premises, asked)
    confirm(premises, asked)
    assert debits(premises) == [200]


def test_a_commit_that_the_anchor_has_not_seen_is_anchored_before_anything_is_handed_out(
    premises: Premises, asked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(premises)
    with monkeypatch.context() as crash:
        crash.setattr(chain, "_follow", lambda *_: None)
        confirm(premises, asked)
    assert read(premises, asked)
    anchored = files.read_anchor()["statistics"]
    assert isinstance(anchored, dict)
    assert anchored["seq"] == 1
    files.write_anchor({"statistics": {"seq": 0, "hash": "00"}})  # it never falls
    assert files.read_anchor()["statistics"] == anchored


def test_who_is_alone_waits_a_day(
    premises: Premises, asked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Forbidden, match="another coordinator"):
        confirm(premises, asked, "wren")
    with premises.writing() as db:
        wren, crane = premises.principal("wren"), premises.id("crane")
        remove_member(db, premises.sessions, wren, crane, "crane", premises.now)
    with pytest.raises(Forbidden, match="tomorrow"):
        confirm(premises, asked, "wren")
    premises.clock.advance(timedelta(hours=24))
    assert confirm(premises, asked, "wren").state == "released"


def test_the_ledger_lets_nothing_through_that_overspends(premises: Premises, asked: UUID) -> None:
    confirm(premises, asked)
    with premises.database.transaction() as db:
        check_budget(db, "opened", ["2026-01"], 800)
        check_budget(db, "opened", ["2026-02"], 1000)
        with pytest.raises(BudgetSpent):
            check_budget(db, "opened", ["2026-02", "2026-01"], 801)
        with pytest.raises(BudgetSpent):
            check_budget(db, "closed", ["2026-01"], 501)
        check_budget(db, "denials", ["2026-01"], 250)
        with pytest.raises(BudgetSpent):
            check_budget(db, "denials", ["2026-01"], 251)
        assert db.scalar(select(func.sum(StatisticsDebit.milli))) == 200


@ON_SQLITE
def test_what_is_published_is_settled_before_the_first_release(
    house: House, asked_in_house: UUID
) -> None:
    wren, plan = house.as_("wren"), "/v1/statistics/plan"
    change = {
        "merged": {"region": {"laval": "montreal"}, "language": {"so": "other"}},
        "milli_epsilon": {"opened.month.total": 100},
    }
    assert wren.put(plan, change).json()["milli_epsilon"]["opened.month.total"] == 100
    refused: list[dict[str, dict[str, Any]]] = [
        {"milli_epsilon": {"opened.month.total": 201}},
        {"milli_epsilon": {"opened.week.total": 100}},
        {"merged": {"region": {"other": "laval"}}},
        {"merged": {"region": {"laval": "quebec", "quebec": "other"}}},
        {"merged": {"nationality": {}}},
    ]
    for wrong in refused:
        assert refusal(wren.put(plan, wrong))[0] == 400, wrong
    confirm(house, asked_in_house)
    assert debits(house) == [100]
    assert refusal(wren.put(plan, change)) == (409, "not-releasable")
    closed = {"merged": {"outcome": {"duplicate": "other"}}}
    assert wren.put(plan, closed).status_code == 200


def test_what_may_have_been_drawn_before_a_restore_is_not_drawn_again(
    premises: Premises, asked: UUID
) -> None:
    """A machine that is lost with its anchor: nobody knows what it released at last."""
    files = files_of(premises)
    files.write_anchor({"restored_at": premises.now.isoformat()})
    with pytest.raises(NotReleasable):
        confirm(premises, asked)
    assert debits(premises) == []
    files.write_anchor({"restored_at": "2026-01-20T12:00:00+00:00"})
    released = confirm(premises, asked)
    assert released.state == "released"


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_case_that_comes_in_while_its_month_is_frozen_is_counted_with_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun before the month's end and committed between the look and the mark."""
    body = {"channel": "manual", "situation": "other", "urgency": 3}
    heron = house.as_("heron")
    late, early = (heron.post("/v1/cases", body).json()["id"] for _ in range(2))
    with house.database.transaction() as db:
        begun = db.get_one(Case, UUID(late)).opened_at
        not_yet = begun + timedelta(days=25)  # as if nothing of it were committed
        db.execute(update(Case).where(Case.id == UUID(late)).values(opened_at=not_yet))
    mark, committed = update, list[str]()

    def when_marking(model: Any) -> Any:
        if not committed:
            with house.database.transaction() as db:
                db.execute(update(Case).where(Case.id == UUID(late)).values(opened_at=begun))
            committed.append(late)
        return mark(model)

    monkeypatch.setattr("app.statistics.months.update", when_marking)
    house.advance(days=20)
    with house.database.snapshot() as db:
        assert committed
        assert db.get_one(Case, UUID(early)).release_period == "2026-01"
        assert db.get_one(Case, UUID(late)).release_period is None
    house.advance(days=30)
    with house.database.snapshot() as db:
        assert db.get_one(Case, UUID(late)).release_period == "2026-02"
        joint = sum_months(db, read_plan(db), "opened", ["2026-02"])
        assert sum(joint[0]) == 1
