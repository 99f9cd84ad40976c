"""Rows of a stolen database, joined with the carrier's lists and a court's public docket.

Numbers, hearings and exact times are known to whoever has those. The database must not say which
case is whose: beyond the five minutes that its columns tell, putting the two together is guessing.
What may tell more is listed below, with the reason, and stands in THREAT_MODEL.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from app.clock import FixedClock
from tests.line import Line, opened_line
from tests.seizure.joined_world import (
    HEARINGS,
    OURS,
    World,
    hold_answers,
    hold_calls,
    hold_cases,
    hold_dates,
    hold_texts,
    hold_traces,
    list_hearings,
)
from tests.seizure.joining import (
    ROW_ORDER,
    Dumped,
    Held,
    Record,
    dump_database,
    find_leaks,
    guess_by,
    guess_by_times_alone,
    most_by_chance,
    try_everything,
    window_of,
)
from tests.seizure.tampering import Row
from tests.service import Blueprint, start_of_time

# What tells more than five minutes, and why it may.
ADMITTED: Mapping[str, str] = {
    ROW_ORDER: "both databases put new rows behind older ones, and their logs keep the order",
    "cases.queue_order": "who has waited longer comes first: a counter with random steps",
    "jobs.position": "texts to one phone go in their order: the same counter",
    "jobs.run_at": "a job's time is exact while it waits, for an hour at most",
}


@pytest.fixture(scope="module")
def world(sqlite_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, clock = tmp_path_factory.mktemp("joins"), FixedClock(start_of_time())
    with opened_line(sqlite_blueprint, folder, clock) as line:
        world = World(line)
        world.play()
        yield world


@pytest.fixture(scope="module")
def dump(world: World) -> Dumped:
    return dump_database(Path(str(world.line.database.url.database)))


Look = Callable[[World, Dumped], tuple[list[Held], list[Record]]]


def _dates(world: World, dump: Dumped) -> tuple[list[Held], list[Record]]:
    held = hold_dates(world, dump)
    return held, list_hearings(world, held)


def _traces(world: World, dump: Dumped) -> tuple[list[Held], list[Record]]:
    texts = [replace(one, window=window_of(one.at)) for one in world.texts]
    return hold_traces(world, dump), texts


LOOKS: Mapping[str, Look] = {
    "cases": lambda world, dump: (hold_cases(world, dump), world.firsts),
    "texts": lambda world, dump: (hold_texts(world, dump), world.texts),
    "answers": lambda world, dump: (hold_answers(world, dump), world.answers),
    "calls": lambda world, dump: (hold_calls(world, dump), world.calls),
    "traces": _traces,
    "dates": _dates,
}


def is_admitted(feature: str) -> bool:
    return feature in ADMITTED or feature.endswith(ROW_ORDER)


# -- what there is


@pytest.mark.parametrize("what", LOOKS)
def test_nothing_but_what_is_admitted_tells_more_than_five_minutes(
    world: World, dump: Dumped, what: str
) -> None:
    found = find_leaks(*LOOKS[what](world, dump))
    assert {feature: by for feature, by in found.items() if not is_admitted(feature)} == {}


@pytest.mark.parametrize("what", LOOKS)
def test_whoever_has_the_times_alone_is_right_as_often_as_chance(
    world: World, dump: Dumped, what: str
) -> None:
    alone = guess_by_times_alone(*LOOKS[what](world, dump))
    assert alone.things > 40
    assert alone.right < most_by_chance(alone.windows, 1) < alone.things


@pytest.mark.parametrize("feature", [f"cases {ROW_ORDER}", "cases.queue_order", "jobs.run_at"])
def test_what_is_admitted_is_so(world: World, dump: Dumped, feature: str) -> None:
    """Else the list above, and the threat model, say something that is no longer true."""
    trial = guess_by(feature, "time", *LOOKS["cases"](world, dump))
    assert trial.right > 0.9 * trial.things


def test_the_docket_is_long_and_ours_are_few(world: World) -> None:
    assert (len(world.docket), len(world.hearings)) == (HEARINGS, OURS) == (1000, 48)


def test_texts_of_one_step_have_one_size_and_no_length(world: World, dump: Dumped) -> None:
    bodies = {len(row["body"]) for row in dump["messages"] if row["direction"] == "inbound"}
    assert len({one.size for one in world.texts}) > 100
    assert len(bodies) == 2  # the first of a case, which its own key seals, and all others
    assert {row["segments"] for row in dump["outgoing"] if row["sid_lookup"]} == {None}


# -- leaks that are planted, and found


def planted(dump: Dumped, table: str, change: Callable[[Row], Row]) -> Dumped:
    """The same dump with every row of a table changed."""
    return {**dump, table: [{**row, **change(row)} for row in dump[table]]}


def _firsts(world: World, dump: Dumped) -> Callable[[Row], Record]:
    names, firsts = world.name_cases(dump), {one.name: one for one in world.firsts}
    return lambda row: firsts[names[row.get("case_id") or row["id"]]]


def test_an_exact_time_in_a_plain_column_is_found(world: World, dump: Dumped) -> None:
    first = _firsts(world, dump)
    leaky = planted(dump, "cases", lambda row: {"opened_at": _as_text(first(row).at)})
    assert find_leaks(*LOOKS["cases"](world, leaky))["cases.opened_at"]


def _as_text(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


def _with_clock(at: datetime, chance: Random) -> str:
    """An id of version 1, which begins with the lowest bits of the time."""
    ticks = int(at.timestamp() * 1e7) + 0x01B21DD213814000
    low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0xFFF
    return UUID(fields=(low, middle, high | 0x1000, 0x80, 0, chance.getrandbits(48))).hex


def _rising(at: datetime, chance: Random) -> str:
    """An id that begins with milliseconds, as ULIDs and those of version 7 do."""
    return UUID(int=int(at.timestamp() * 1e3) << 80 | chance.getrandbits(80)).hex


@pytest.mark.parametrize("make", [_with_clock, _rising])
def test_an_id_that_holds_a_clock_is_found(
    world: World, dump: Dumped, make: Callable[[datetime, Random], str]
) -> None:
    first, chance = _firsts(world, dump), Random(7)
    leaky = planted(dump, "case_grants", lambda row: {"id": make(first(row).at, chance)})
    found = find_leaks(*LOOKS["cases"](world, leaky))
    assert {"case_grants.id", "case_grants.id clock"} & set(found)


def test_an_id_that_counts_is_found(world: World, dump: Dumped) -> None:
    leaky = planted(dump, "case_grants", lambda row: {"id": f"{row['rowid']:032x}"})
    assert find_leaks(*LOOKS["cases"](world, leaky))["case_grants.id"]


def test_a_size_that_is_not_padded_is_found(world: World, dump: Dumped) -> None:
    sizes = {(one.name, one.window): one.size for one in world.texts}
    names = world.name_cases(dump)

    def cut(row: Row) -> Row:
        name, at = names[row["case_id"]], window_of(row["at"])
        inbound = row["direction"] == "inbound"
        return {"body": b"x" * sizes[name, (world.began[name], at)]} if inbound else {}

    leaky = planted(dump, "messages", cut)
    assert find_leaks(*LOOKS["texts"](world, leaky))["messages.body size"] == "size"


def test_row_order_is_found_where_it_is_that_of_arrival_and_not_where_it_is_none(
    world: World, dump: Dumped
) -> None:
    first, chance = _firsts(world, dump), Random(7)
    arrived = planted(dump, "case_grants", lambda row: {"rowid": first(row).at.timestamp()})
    shuffled = planted(dump, "case_grants", lambda _row: {"rowid": chance.random()})
    feature = f"case_grants {ROW_ORDER}"
    assert guess_by(feature, "time", *LOOKS["cases"](world, arrived)).tells(1)
    assert not guess_by(feature, "time", *LOOKS["cases"](world, shuffled)).tells(1)


@pytest.mark.parametrize("column", ["size", "job", "position"])
def test_a_hearing_that_shows_through_is_found(world: World, dump: Dumped, column: str) -> None:
    """A place that is not padded; a job at its time; a position that follows the date."""

    def show(row: Row) -> Row:
        hearing = world.hearings[UUID(row["id"])]
        if column == "size":
            return {"place": b"x" * hearing.size}
        if column == "job":
            return {"due": _as_text(hearing.at)}
        return {
            "position": row["position"] >> 20 << 20 | int(hearing.at.timestamp()) >> 6 & 0xFFFFF
        }

    found = find_leaks(*LOOKS["dates"](world, planted(dump, "events", show)))
    assert {"size": "events.place size", "job": "events.due", "position": "events.position"}[
        column
    ] in found


def test_the_suite_tries_every_table_with_rows_of_a_case(world: World, dump: Dumped) -> None:
    tried = {
        trial.feature.split(".")[0].removesuffix(f" {ROW_ORDER}")
        for what in ("cases", "dates")
        for trial in try_everything(*LOOKS[what](world, dump))
    }
    written = {table for table, rows in dump.items() if rows and "case_id" in rows[0]}
    assert written - {"carrier_traces"} <= tried  # which name a case for pictures only


def test_a_long_text_tells_its_step_and_no_more(line: Line) -> None:
    for number, length in enumerate((1200, 1400, 1600)):
        line.take(line.lose("a" * length, f"+1514555010{number}"))
    rows = dump_database(Path(str(line.database.url.database)))["messages"]
    assert len({len(row["body"]) for row in rows if row["direction"] == "inbound"}) == 1
