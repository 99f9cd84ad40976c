"""The meaning of each hash in the blind index: a number or a code name, from operational values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, or_, select, true

from app.crypto import SealBroken
from app.models import (
    LIVE_STATES,
    PARENTS,
    TEXTS_ON_THEIR_WAY,
    Base,
    Case,
    CaseValues,
    Erasure,
    IndexKey,
    Job,
    Member,
    Offer,
    Outgoing,
    Page,
    ReplyCount,
    Suppression,
    table,
)
from app.store import Database, Db

ROWS_AT_ONCE = 500
CASES = table(Case)
_JOBS = table(Job)
_OPEN = CASES.c.state.in_(LIVE_STATES) & CASES.c.provisional.is_(False)
# The rows that say what their own hashes stand for.
_SOURCES: tuple[type[Any], ...] = (Case, Suppression, Erasure)


class Orphan(Enum):
    """The fate of a row whose hash stands for no number that we know."""

    EMPTY = auto()
    """The row stays; its hash goes."""
    DELETE = auto()
    """The row goes with its hash."""
    FORBIDDEN = auto()
    """There must be none: the key is not replaced."""


# Every column with hashes of numbers.
NUMBERS: tuple[tuple[Column[Any], Orphan], ...] = (
    (CASES.c.number_lookup, Orphan.EMPTY),
    (_JOBS.c.lane, Orphan.EMPTY),
    (table(Offer).c.reply_lookup, Orphan.EMPTY),
    (table(Member).c.number_lookup, Orphan.EMPTY),
    (table(Suppression).c.number_lookup, Orphan.FORBIDDEN),
    (table(Erasure).c.number_lookup, Orphan.FORBIDDEN),
    (table(Page).c.number_lookup, Orphan.DELETE),
    (table(ReplyCount).c.number_lookup, Orphan.DELETE),
)
# The one column with hashes of code names.
REFERENCES = CASES.c.reference_lookup


@dataclass
class KnownHashes:
    """The meaning of the hashes under one index key; ``index`` is the id of that key's row."""

    index: UUID
    numbers: dict[bytes, str] = field(default_factory=dict, repr=False)
    references: dict[bytes, str] = field(default_factory=dict, repr=False)


def read_hashes(database: Database, progress: Callable[[int], None]) -> KnownHashes:
    """Open every row that says what a hash stands for. Sealed."""
    with database.snapshot() as db:
        known = KnownHashes(db.scalars(select(IndexKey.id).where(IndexKey.current)).one())
        done = 0
        for source in _SOURCES:
            for _ in _read(db, known, source):
                done += 1
                progress(done)
        _read_phones(db, known)
    return known


def learn_newer_hashes(db: Db, known: KnownHashes) -> None:
    """Add the hashes that were written since the others were read."""
    for source in _SOURCES:
        unknown = list_hashes(db, table(source).c.number_lookup) - known.numbers.keys()
        if source is Case:
            unknown |= list_hashes(db, REFERENCES) - known.references.keys()
        for part in split_hashes(sorted(unknown)):
            for _ in _read(db, known, source, part):
                pass
    phones = list_hashes(db, _JOBS.c.lane) | list_hashes(db, table(Member).c.number_lookup)
    if phones - known.numbers.keys():
        _read_phones(db, known)


def list_hashes(db: Db, column: Column[Any]) -> set[bytes]:
    """Return the hashes of a column that were made with the index key."""
    query = select(column).where(column.is_not(None)).distinct()
    if column.table is CASES:
        query = query.where(CASES.c.provisional.is_(False))  # hashed under another key
    return set(db.scalars(query))


def split_hashes(hashes: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield so many hashes at a time as one statement should name."""
    for start in range(0, len(hashes), ROWS_AT_ONCE):
        yield hashes[start : start + ROWS_AT_ONCE]


def _read(
    db: Db, known: KnownHashes, source: type[Any], only: Collection[bytes] | None = None
) -> Iterator[None]:
    """Open the rows of a source; with ``only`` those that have one of these hashes."""
    hashed = [table(source).c.number_lookup, *([REFERENCES] if source is Case else [])]
    query = _select_values(source, *hashed).where(_OPEN if source is Case else true())
    if only is not None:
        query = query.where(or_(*(column.in_(only) for column in hashed)))
    for row in db.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        try:
            values, _ = db.keys.open_values(source, row)
        except SealBroken:  # made by somebody else: its hash is translated for nobody
            db.note_damage(table(source).name, (row.id,))
            continue
        if row.number_lookup and values.number:
            known.numbers[row.number_lookup] = values.number
        if isinstance(values, CaseValues) and row.reference_lookup:
            known.references[row.reference_lookup] = values.reference
        yield


def _read_phones(db: Db, known: KnownHashes) -> None:
    """Open the other rows with numbers: texts that wait to be sent, and members' phones."""
    waiting = Outgoing.state.in_(TEXTS_ON_THEIR_WAY), Outgoing.op_values.is_not(None)
    texts = db.execute(_select_values(Outgoing).where(*waiting))
    numbers: list[str | None] = [db.keys.open_values(Outgoing, row)[0].to for row in texts]
    members = db.execute(_select_values(Member).where(Member.op_values.is_not(None)))
    numbers += [db.keys.open_values(Member, row)[0].phone for row in members]
    for number in filter(None, numbers):
        known.numbers[db.keys.number_lookup(number)] = number


def _select_values(model: type[Base], *others: Column[Any]) -> Select[Any]:
    """Return the query of what opening a row's values needs, and of other columns."""
    columns = table(model).c
    parents = (columns[name] for name in PARENTS.get(columns.id.table.name, ()))
    values = (columns.op_key, columns.op_values, columns.op_version)
    return select(columns.id, *parents, *values, *others)
