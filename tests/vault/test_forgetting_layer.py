"""The forgetting layer is renewed daily: under traffic, and however often it is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.crypto import KeyFiles, day_number
from app.inbound.receiving import take_texts
from app.models import Case
from app.vault import forgetting_layer
from app.vault.forgetting_layer import list_wrapped_tables, renew_forgetting
from tests.service import House
from tests.vault.test_index_key import another_process, on_sqlite, text

# So many texts of each phone are a traffic; without an end they would only make it longer.
MOST_TURNS = 15
NUMBERS = [f"+15145550{place}" for place in range(110, 122)]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting_layer, "_BATCH", 3)


def days(house: House) -> set[int]:
    """The days whose layers the database lies under."""
    with house.database.snapshot() as db:
        return {
            day
            for table, _ in list_wrapped_tables()
            for day in db.scalars(select(table.c.shred_day).where(table.c.shred_day.is_not(None)))
        }


def opens_whole(house: House) -> bool:
    """Whether every stored key opens under the layer that its row names."""
    with house.database.snapshot() as db:
        for table, columns in list_wrapped_tables():
            for row in db.execute(select(table)):
                for column in columns:
                    if getattr(row, column) is not None:
                        db.keys.remember(table.name, column, row.id, getattr(row, column))
    return True


def fill(house: House) -> None:
    with house.database.transaction() as db:
        take_texts(
            db, house.service.desk, [text(number, "hello") for number in NUMBERS], house.clock()
        )
    house.settle()  # else the worker goes on writing under today's layer


def test_a_day_later_everything_lies_under_that_days_layer(
    house: House, small_batches: None
) -> None:
    fill(house)
    tomorrow = house.clock() + timedelta(days=1)
    told: list[int] = []
    renew_forgetting(house.database, tomorrow, told.append)
    assert days(house) == {day_number(tomorrow)}
    assert opens_whole(house)
    assert told == sorted(told)


def test_no_text_is_lost_that_comes_in_meanwhile(house: House, small_batches: None) -> None:
    fill(house)
    over, desk = threading.Event(), house.service.desk

    def texting() -> int:
        turn = 0
        while not over.is_set() and turn < MOST_TURNS:
            turn += 1
            for number in NUMBERS[::3]:
                with house.database.transaction() as db:
                    take_texts(db, desk, [text(number, f"text {turn}")], house.clock())
        return turn

    with ThreadPoolExecutor(1) as pool:
        phones = pool.submit(texting)
        for day in (1, 2, 9):  # over the age at which keys go
            renew_forgetting(house.database, house.clock() + timedelta(days=day))
        over.set()
        turns = phones.result()
    assert opens_whole(house)
    with house.database.snapshot() as db:
        lookup = db.keys.number_lookup(NUMBERS[0])
        case = db.scalars(select(Case.id).where(Case.number_lookup == lookup)).one()
    inbound = [m for m in house.read(str(case))["messages"] if m["direction"] == "inbound"]
    assert [m["body"] for m in inbound] == ["hello", *(f"text {n}" for n in range(1, turns + 1))]


@on_sqlite
def test_a_key_goes_after_a_week_and_only_when_nothing_lies_under_it(house: House) -> None:
    fill(house)
    files, first = KeyFiles(house.settings.keys_path), day_number(house.clock())
    for day in range(1, 8):
        renew_forgetting(house.database, house.clock() + timedelta(days=day))
    assert first in files.shred_days()
    renew_forgetting(house.database, house.clock() + timedelta(days=8))
    assert first not in files.shred_days()


@on_sqlite
def test_a_server_that_slept_a_fortnight_loses_nothing(house: House) -> None:
    fill(house)
    renew_forgetting(house.database, house.clock() + timedelta(days=14))
    assert opens_whole(house)
    assert len(house.queue()) == len(NUMBERS)


# -- killed


def renew_and_die(house: House, now: datetime, after: int) -> None:
    """Renew in a process of its own that is killed once ``after`` rows were moved."""

    def die(done: int) -> None:
        if done >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        with another_process(house) as database:
            renew_forgetting(database, now, die)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("database_kind", "after"), [("sqlite", 3), ("sqlite", 9), ("sqlite", 21), ("postgresql", 9)]
)
def test_a_kill_in_the_middle_is_harmless(house: House, small_batches: None, after: int) -> None:
    fill(house)
    later = house.clock() + timedelta(days=9)
    renew_and_die(house, later, after)
    assert opens_whole(house)
    assert len(days(house)) == 2
    assert len(house.queue()) == len(NUMBERS)
    renew_forgetting(house.database, later)
    assert days(house) == {day_number(later)}
    assert opens_whole(house)
