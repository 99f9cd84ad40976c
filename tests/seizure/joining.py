"""Putting rows of a stolen database to the records of somebody who knows exact times.

The attacker looks at one window of five minutes after the other: so many rows, so many records.
They put both in some order (the rows by a column, by its length, by where the row lies in its
table; the records by time, by size, by number), and say that first belongs to first. Whoever has
the times to five minutes alone can only guess: then one in each window is right, on average,
however many there are. What is right far more often than chance allows has told something.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from app.models import ROUNDING, Base
from tests.seizure.tampering import Row

# A thing of which the attacker holds a row, or a record of another: who is right knows its name.
Name = Hashable
Dumped = Mapping[str, list[Row]]
# No fewer than this many runs of the suite go by until chance alone fails one of its trials.
RUNS_WITHOUT_ACCIDENT = 1e9
ROW_ORDER = "row order"


@dataclass(frozen=True)
class Record:
    """What somebody outside keeps of a text, a call or a hearing: whose it is, when, how much.

    ``window``: where the attacker looks for its row, as ``Held.window``.
    """

    name: Name
    at: datetime
    size: int
    text: str
    window: Hashable


# In which orders an attacker puts the records.
SORTED_BY: Mapping[str, Callable[[Record], Any]] = {
    "time": lambda record: record.at,
    "size": lambda record: record.size,
    "text": lambda record: record.text,
}


def dump_database(path: Path) -> Dumped:
    """Everything that lies in the tables, with where each row lies."""
    with closing(sqlite3.connect(path)) as sql:
        sql.row_factory = sqlite3.Row
        found = {}
        for table in Base.metadata.sorted_tables:
            if "only" not in table.info:
                rows = sql.execute(f'SELECT rowid AS "rowid", * FROM "{table.name}"')
                found[table.name] = [dict(row) for row in rows]
        return found


def window_of(at: datetime | str) -> int:
    """The five minutes of an instant, as the carrier or a plain column tells it."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return int(at.timestamp() // ROUNDING.total_seconds())


# -- what a row tells


def find_features(table: str, row: Row) -> Iterator[tuple[str, Any]]:
    """Everything in a row that rows can be sorted by, named after its column."""
    yield f"{table} {ROW_ORDER}", row["rowid"]
    for name, value in row.items():
        if name == "rowid" or value is None:
            continue
        if isinstance(value, bytes):
            yield f"{table}.{name} size", len(value)
            yield f"{table}.{name} bytes", int.from_bytes(value[:8], "big")
        elif isinstance(value, str):
            yield f"{table}.{name}", value
            yield f"{table}.{name} size", len(value)
            with suppress(ValueError):
                yield f"{table}.{name} clock", UUID(value).time  # as in ids of version 1
        else:
            yield f"{table}.{name}", value


@dataclass(frozen=True)
class Held:
    """What the attacker holds of one thing: its features.

    ``window`` is all that the five-minute times tell of it: those of its own and of its case's
    beginning, and whether there is a text or a call.
    """

    name: Name
    window: Hashable
    features: Mapping[str, Any]


def gather(name: Name, window: Hashable, rows: Iterable[tuple[str, Row]]) -> Held:
    """Put the rows together that belong to one thing; of several the least value counts."""
    features: dict[str, Any] = {}
    for table, row in rows:
        for feature, value in find_features(table, row):
            known = features.get(feature)
            features[feature] = value if known is None else min(known, value)
    return Held(name, window, features)


# -- how often the attacker is right


@dataclass(frozen=True)
class Trial:
    """How much a feature tells: ``right`` of ``things``, where chance is right once a window."""

    feature: str
    by: str
    right: int
    things: int
    windows: int

    def tells(self, trials: int) -> bool:
        """Whether chance does that in one of ``RUNS_WITHOUT_ACCIDENT`` runs of so many trials."""
        return bool(self.windows) and self.right >= most_by_chance(self.windows, trials)


def most_by_chance(windows: int, trials: int) -> int:
    """How many right guesses chance does not reach in a milliard runs: the end of the interval.

    In each window the right ones are the fixed points of a random permutation, whose factorial
    moments are at most 1, as those of a Poisson distribution with one a window are. So Chernoff's
    bound for that one holds.
    """
    most, needed = windows + 1, math.log(RUNS_WITHOUT_ACCIDENT * trials)
    while most * math.log(most / windows) - most + windows < needed:
        most += 1
    return most


def guess_by(
    feature: str, by: str, held: Sequence[Held], records: Sequence[Record], *, falling: bool = False
) -> Trial:
    """Sort rows by a feature and records by one of theirs, window by window; count the right."""
    rows, theirs = _by_window(held), _by_window(records)
    right = things = windows = 0
    for window, here in rows.items():
        there = theirs.get(window, [])
        known = sum(feature in one.features for one in here) if feature else len(here)
        if len(here) < 2 or len(there) != len(here) or 2 * known < len(here):
            continue
        ordered = sorted(here, key=lambda one: _key(one.features.get(feature), one.name, "row"))
        wanted = sorted(there, key=lambda one: _key(SORTED_BY[by](one), one.name, "record"))
        if falling:
            ordered.reverse()
        right += sum(a.name == b.name for a, b in zip(ordered, wanted, strict=True))
        things, windows = things + len(here), windows + 1
    return Trial(feature, by, right, things, windows)


def _key(value: Any, name: Name, what: str) -> tuple[bool, Any, bytes]:
    """Where values are equal, chance decides: a hash, so that it is the same in each run."""
    return value is None, 0 if value is None else value, _chance(f"{what} {name}")


@cache
def _chance(of: str) -> bytes:
    return sha256(of.encode()).digest()


def _by_window(things: Iterable[Any]) -> Mapping[Hashable, list[Any]]:
    found = defaultdict(list)
    for one in things:
        found[one.window].append(one)
    return found


def guess_by_times_alone(held: Sequence[Held], records: Sequence[Record]) -> Trial:
    """What whoever has nothing but the five minutes gets right."""
    return guess_by("", "text", [Held(one.name, one.window, {}) for one in held], records)


def try_everything(held: Sequence[Held], records: Sequence[Record]) -> list[Trial]:
    """Every feature against every order of the records, rising and falling."""
    features = sorted({feature for one in held for feature in one.features})
    return [
        guess_by(feature, by, held, records, falling=falling)
        for feature in features
        for by in SORTED_BY
        for falling in (False, True)
    ]


def find_leaks(held: Sequence[Held], records: Sequence[Record]) -> dict[str, str]:
    """The features that tell more than the five minutes, each with what of the records it tells."""
    trials = try_everything(held, records)
    assert max(trial.things for trial in trials) > 0.6 * len(held)
    return {trial.feature: trial.by for trial in trials if trial.tells(len(trials))}
