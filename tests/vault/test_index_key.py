"""The index key is replaced every thirty days, and nobody who texts notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, func, select
from sqlalchemy.exc import OperationalError

from app.crypto import KeyFiles, keyed_hash
from app.inbound.batches import IntakeSettings
from app.inbound.receiving import take_texts
from app.models import Base, Case, Erasure, IndexKey, Job, Message, Suppression, table
from app.outbox.queue import TextDraft, queue_texts
from app.store.db import Database
from app.telephony import InboundText
from app.vault import index_key
from app.vault.hash_meanings import NUMBERS, REFERENCES
from app.vault.index_key import (
    ask_for_ratchet,
    ratchet_if_due,
    ratchet_index_key,
)
from app.vault.operational_key import open_keyring
from tests.service import CALLER, HOTLINE, House

OTHER = "+15145550177"
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def current_key(house: House) -> bytes:
    with house.database.snapshot() as db:
        return db.keys.index_key


def replace_key(house: House) -> None:
    ratchet_index_key(house.database, house.clock())


def hashes(house: House, column: Column[bytes]) -> set[bytes]:
    with house.database.snapshot() as db:
        return set(db.scalars(select(column).where(column.is_not(None))))


@on_sqlite
def test_a_returning_caller_lands_in_the_same_case(house: House) -> None:
    case = house.case_of("hello")
    before = current_key(house)
    replace_key(house)
    assert current_key(house) != before
    house.phone().text("me again")
    assert "me again" in str(house.read(case["id"])["messages"])
    assert len(house.queue()) == 1


@on_sqlite
def test_a_case_is_still_found_by_its_code_name(house: House) -> None:
    case = house.case_of("hello")
    replace_key(house)
    assert [found["id"] for found in house.queue(reference=case["reference"])] == [case["id"]]


@on_sqlite
def test_stop_still_binds(house: House) -> None:
    house.phone().says("hello", "STOP")
    replace_key(house)
    assert house.phone().says("hello again") == []


@on_sqlite
def test_an_erase_dialogue_goes_on(house: House) -> None:
    case = house.case_of("hello", "2")
    [asked] = house.phone().says("ERASE")
    code = next(word for word in asked.replace(".", " ").split() if word.isdigit())
    replace_key(house)
    house.phone().says(code)
    assert house.as_("heron").get(f"/v1/cases/{case['id']}").status_code == 410


@on_sqlite
def test_texts_that_wait_keep_their_order(house: House) -> None:
    """Two to one phone stay in one lane, which is the hash of its number."""
    with house.database.transaction() as db:
        drafts = [TextDraft(OTHER, body, None, None, "notice", 2) for body in ("one", "two")]
        queue_texts(db, drafts, house.clock() + timedelta(minutes=5))
    replace_key(house)
    with house.database.snapshot() as db:
        assert set(db.scalars(select(Job.lane).where(Job.lane.is_not(None)))) == {
            db.keys.number_lookup(OTHER)
        }
    house.advance(minutes=6)
    assert house.phone(OTHER).inbox() == ["one", "two"]


def test_no_hash_under_the_old_key_is_left(house: House) -> None:
    house.case_of("hello")
    house.case_of("hola", number=OTHER)
    house.phone("+15145550166").says("STOP")
    house.phone("+15145550155").says("hello", "ERASE")
    before = {column: hashes(house, column) for column in every_hash_column()}
    assert before[table(Case).c.number_lookup]
    replace_key(house)
    for column, old in before.items():
        assert not hashes(house, column) & old, column


def every_hash_column() -> list[Column[bytes]]:
    return [column for column, _ in NUMBERS] + [REFERENCES]


def test_every_column_with_a_hash_of_a_number_is_known_here() -> None:
    """A new column that holds such hashes has to join the table in ``app.vault.hash_meanings``."""
    named = {
        column
        for one in Base.metadata.sorted_tables
        for column in one.columns
        if column.name in ("number_lookup", "reply_lookup", "reference_lookup", "lane")
    }
    assert named == set(every_hash_column())


@on_sqlite
def test_closed_cases_lose_their_hashes_and_can_be_reopened(house: House) -> None:
    case = house.case_of("hello")
    desk = house.as_("wren")
    closing = desk.post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"})
    assert closing.is_success, closing.text
    replace_key(house)
    assert hashes(house, table(Case).c.number_lookup) == set()
    assert hashes(house, table(Case).c.reference_lookup) == set()
    house.break_glass(case["id"], "wren")
    assert desk.post(f"/v1/cases/{case['id']}/reopen").is_success
    house.phone().text("me again")
    assert [one["id"] for one in house.queue(reference=case["reference"])] == [case["id"]]
    assert "me again" in str(house.read(case["id"])["messages"])


@on_sqlite
def test_a_closed_case_is_not_reopened_beside_a_newer_one_of_its_phone(house: House) -> None:
    first = house.case_of("hello")
    desk = house.as_("wren")
    assert desk.post(f"/v1/cases/{first['id']}/close", {"outcome": "supported"}).is_success
    replace_key(house)
    house.case_of("me again")
    house.break_glass(first["id"], "wren")
    assert desk.post(f"/v1/cases/{first['id']}/reopen").status_code == 400


# -- when


@on_sqlite
def test_it_happens_every_thirty_days_by_itself(house: House) -> None:
    house.case_of("hello")
    first = current_key(house)
    house.advance(days=29)
    assert current_key(house) == first
    house.advance(days=1, minutes=6)
    assert current_key(house) != first
    assert len(house.queue()) == 1


@on_sqlite
def test_and_when_somebody_asks(house: House) -> None:
    first = current_key(house)
    ask_for_ratchet(KeyFiles(house.settings.keys_path))
    house.advance(minutes=6)
    second = current_key(house)
    house.advance(minutes=6)
    assert first != second == current_key(house)


@on_sqlite
def test_not_while_sealed(house: House) -> None:
    keys = house.database.keys
    assert keys
    keys.seal()
    ratchet_if_due(house.database, house.clock() + timedelta(days=31))
    with house.database.snapshot() as db:
        assert db.scalars(select(IndexKey.created_at)).one() < house.clock() + timedelta(days=1)


@on_sqlite
def test_provisional_cases_keep_their_hash_until_they_are_settled(house: House) -> None:
    case = UUID(house.case_of("hello")["id"])
    with house.database.transaction() as db:
        row = db.get_one(Case, case)
        other = keyed_hash(b"x" * 32, "provisional", CALLER.encode())
        row.provisional, row.number_lookup = True, other
    replace_key(house)
    assert hashes(house, table(Case).c.number_lookup) == {other}


# -- while texts come in, on several processes


@contextmanager
def another_process(house: House) -> Iterator[Database]:
    """A database with a keyring of its own, as a second process has."""
    database = Database(house.settings.sqlalchemy_url)
    try:
        open_keyring(database, KeyFiles(house.settings.keys_path))
        yield database
    finally:
        database.close()


def text(number: str, body: str) -> InboundText:
    sid = f"SM{uuid4().hex}"
    return InboundText(sid, number, HOTLINE, body, (), None, "sms", withheld=False)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_another_process_notices_the_new_key_with_its_next_transaction(house: House) -> None:
    case = house.case_of("hello")
    with another_process(house) as other:
        replace_key(house)
        with other.transaction() as db:
            take_texts(db, house.service.desk, [text(CALLER, "from the other")], house.clock())
    assert "from the other" in str(house.read(case["id"])["messages"])


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("first", ["look up", "lock"])
def test_a_text_that_is_coming_in_goes_first(
    house: House, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = house.case_of("hello")
    monkeypatch.setattr(index_key, "_TRIES", 1)
    with another_process(house) as other, other.transaction() as db:
        if first == "look up":
            db.keys.number_lookup(CALLER)
        else:
            db.execute(select(Case.id).with_for_update())
        with pytest.raises(OperationalError, match="lock timeout"):
            replace_key(house)
        take_texts(db, house.service.desk, [text(CALLER, "from the other")], house.clock())
    replace_key(house)
    assert "from the other" in str(house.read(case["id"])["messages"])


def test_every_text_lands_in_its_case_while_the_key_is_replaced_again_and_again(
    house: House,
) -> None:
    desk: IntakeSettings = house.service.desk
    numbers = [f"+15145550{place}" for place in range(110, 118)]
    over = threading.Event()

    def texting(database: Database, number: str) -> None:
        for turn in range(12):
            with database.transaction() as db:
                take_texts(db, desk, [text(number, f"text {turn}")], house.clock())

    def replacing() -> int:
        times = 0
        while not over.is_set() or not times:
            ratchet_index_key(house.database, house.clock())
            times += 1
        return times

    with another_process(house) as second, ThreadPoolExecutor(len(numbers) + 1) as pool:
        # On SQLite all writing goes through one process.
        processes = cycle([house.database, house.database if second.on_sqlite else second])
        ratchet = pool.submit(replacing)
        writing = [pool.submit(texting, next(processes), number) for number in numbers]
        wait(writing)
        over.set()
        assert [each.result() for each in writing] == [None] * len(numbers)
        assert ratchet.result() >= 1
    with house.database.snapshot() as db:
        texts = select(Message.case_id, func.count()).where(Message.direction == "inbound")
        counted = db.execute(texts.group_by(Message.case_id)).all()
        assert [count for _, count in counted] == [12] * len(numbers)
        expected = {db.keys.number_lookup(number) for number in numbers}
        assert set(db.scalars(select(Case.number_lookup))) == expected


@on_sqlite
def test_a_suppression_that_hangs_on_nothing_else_survives(house: House) -> None:
    house.phone(OTHER).says("STOP")
    replace_key(house)
    replace_key(house)
    with house.database.snapshot() as db:
        assert db.scalars(select(Suppression.number_lookup)).one() == db.keys.number_lookup(OTHER)
        assert db.scalars(select(Erasure)).all() == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_new_key_is_vouched_for_when_it_is_read_again(house: House) -> None:
    ratchet_index_key(house.database, house.clock())
    with house.database.snapshot() as db:
        assert db.scalars(select(IndexKey)).one().current
        assert not db.damaged
