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

from app.errors import BudgetSpent, Forbidden, NotReleasable
from app.models import Case, StatisticsDebit, StatisticsFile, StatisticsHead, StatisticsRelease
from app.statistics import chain
from app.statistics.confirmation import confirm_release
from app.statistics.joint_counts import sum_months
from app.statistics.ledger import check_budget
from app.statistics.mechanism import Drawn, Question
from app.statistics.plans import read_plan
from app.statistics.releases import request_release
from tests.service import House, refusal

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
RELEASES = "/v1/statistics/releases"
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


@pytest.fixture
def asked(house: House) -> UUID:
    """The release of a month, asked for by wren."""
    house.advance(days=20)
    with house.database.transaction() as db:
        wren = house.principal("wren")
        return request_release(db, wren, "opened", "2026-01", house.clock()).id


def debits(house: House) -> list[int]:
    with house.database.snapshot() as db:
        return list(db.scalars(select(StatisticsDebit.milli)))


def confirm(house: House, asked: UUID, handle: str = "crane") -> StatisticsRelease:
    who, now = house.principal(handle), house.clock()
    return confirm_release(house.database, who, asked, now, no_process)


@ON_SQLITE
def test_an_old_copy_of_the_records_draws_nothing_again(house: House, asked: UUID) -> None:
    with house.database.snapshot() as db:
        head = db.get_one(StatisticsHead, 1)
        start = head.hash
    confirm(house, asked)
    house.settle()
    with house.database.transaction() as db:  # what a backup from before would bring back
        for model in (StatisticsFile, StatisticsDebit):
            db.execute(delete(model))
        db.execute(delete(StatisticsRelease))
        db.execute(update(StatisticsHead).values(seq=0, hash=start))
    body = {"family": "opened", "period": "2026-01"}
    again = house.as_("wren").post(RELEASES, body).json()["id"]
    answer = house.as_("crane").post(f"{RELEASES}/{again}/confirm")
    assert refusal(answer) == (409, "not-releasable")
    assert debits(house) == []


@ON_SQLITE
def test_a_release_that_was_changed_is_not_handed_out(house: House, asked: UUID) -> None:
    record = confirm(house, asked).record or ""
    path = f"{RELEASES}/{asked}?format=csv"
    assert house.as_("magpie").get(path).status_code == 200
    changes = {
        "record": record.replace('"estimate":0', '"estimate":9'),
        "hash": b"\0" * 32,
        "period": "2026-02",
    }
    for name, value in changes.items():
        with house.database.transaction() as db:
            before = db.scalars(select(getattr(StatisticsRelease, name))).one()
            db.execute(update(StatisticsRelease).values({name: value}))
        assert refusal(house.as_("magpie").get(path)) == (409, "not-releasable"), name
        with house.database.transaction() as db:
            db.execute(update(StatisticsRelease).values({name: before}))
    with house.database.transaction() as db:
        db.execute(update(StatisticsDebit).values(milli=1))  # to have budget left
    assert refusal(house.as_("magpie").get(path)) == (409, "not-releasable")


def test_two_at_once_draw_once(house: House, asked: UUID) -> None:
    """The second, with its process ready, finds the release made and returns it."""
    both, draws = threading.Barrier(2, timeout=60), []

    @contextmanager
    def together() -> Iterator[Callable[[Question], Drawn]]:
        both.wait()

        def drawn(question: Question) -> Drawn:
            draws.append(1)
            return sure(question)

        yield drawn

    def ask(handle: str) -> bytes | None:
        who, now = house.principal(handle), house.clock()
        return confirm_release(house.database, who, asked, now, together).hash

    house.newcomer("grebe", "coordinator")
    with ThreadPoolExecutor(2) as pool:
        hashes = set(pool.map(ask, ["crane", "grebe"]))
    assert (len(hashes), len(draws), debits(house)) == (1, 1, [200])


@ON_SQLITE
def test_a_process_killed_between_draw_and_commit_has_spent_and_told_nothing(
    house: House, asked: UUID
) -> None:
    url = house.settings.sqlalchemy_url
    crane = str(house.residents["crane"].id)
    arguments = (url, house.settings.keys_path, str(asked), crane, house.clock().isoformat())
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert b"noisy" in ran.stdout  # it had drawn
    assert debits(house) == []
    assert house.as_("magpie").get(f"{RELEASES}/{asked}").status_code == 409
    confirm(house, asked)
    assert debits(house) == [200]


@ON_SQLITE
def test_a_commit_that_the_anchor_has_not_seen_is_anchored_before_anything_is_handed_out(
    house: House, asked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = house.database.keys.files if house.database.keys else None
    assert files is not None
    with monkeypatch.context() as crash:
        crash.setattr(chain, "_follow", lambda *_: None)
        confirm(house, asked)
    house.settle()
    assert house.as_("magpie").get(f"{RELEASES}/{asked}").status_code == 200
    anchored = files.read_anchor()["statistics"]
    assert isinstance(anchored, dict)
    assert anchored["seq"] == 1
    files.write_anchor({"statistics": {"seq": 0, "hash": "00"}})  # it never falls
    assert files.read_anchor()["statistics"] == anchored


@ON_SQLITE
def test_who_is_alone_waits_a_day(
    house: House, asked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Forbidden, match="another coordinator"):
        confirm(house, asked, "wren")
    crane = house.residents["crane"].id
    listed = house.as_("wren").delete(f"/v1/members/{crane}", json={"acknowledge": "crane"})
    assert listed.status_code < 300, listed.text
    with pytest.raises(Forbidden, match="tomorrow"):
        confirm(house, asked, "wren")
    house.advance(hours=24)
    assert confirm(house, asked, "wren").state == "released"


@ON_SQLITE
def test_the_ledger_lets_nothing_through_that_overspends(house: House, asked: UUID) -> None:
    confirm(house, asked)
    with house.database.transaction() as db:
        check_budget(db, "opened", ["2026-01"], 800)
        check_budget(db, "opened", ["2026-02"], 1000)
        with pytest.raises(BudgetSpent):
            check_budget(db, "opened", ["2026-02", "2026-01"], 801)
        with pytest.raises(BudgetSpent):
            check_budget(db, "closed", ["2026-01"], 501)
        assert db.scalar(select(func.sum(StatisticsDebit.milli))) == 200


@ON_SQLITE
def test_what_is_published_is_settled_before_the_first_release(house: House, asked: UUID) -> None:
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
    confirm(house, asked)
    assert debits(house) == [100]
    assert refusal(wren.put(plan, change)) == (409, "not-releasable")
    closed = {"merged": {"outcome": {"duplicate": "other"}}}
    assert wren.put(plan, closed).status_code == 200


@ON_SQLITE
def test_what_may_have_been_drawn_before_a_restore_is_not_drawn_again(
    house: House, asked: UUID
) -> None:
    """A machine that is lost with its anchor: nobody knows what it released at last."""
    crane, keys = house.principal("crane"), house.database.keys
    assert keys is not None
    files = keys.files
    files.write_anchor({"restored_at": house.clock().isoformat()})
    with pytest.raises(NotReleasable):
        confirm_release(house.database, crane, asked, house.clock(), no_process)
    assert debits(house) == []
    files.write_anchor({"restored_at": "2026-01-20T12:00:00+00:00"})
    released = confirm_release(house.database, crane, asked, house.clock(), no_process)
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
