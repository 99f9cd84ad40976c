"""Replacing the key of the blind index, every thirty days and when somebody asks.

Ten billion numbers are no secret to whoever has that key. So every hash is made again from the
numbers in the operational vault, in one transaction; hashes of closed cases go, since their number
is sealed. No session is needed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from sqlalchemy import (
    Column,
    CursorResult,
    Table,
    bindparam,
    delete,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import DBAPIError

from app import audit
from app.crypto import KeyFiles
from app.keyring import hash_number, hash_reference
from app.models import (
    LIVE_STATES,
    Case,
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
from app.vault.operational_key import make_index_key

log = structlog.get_logger()

INDEX_KEY_LIFE = timedelta(days=30)
_WISH = "rotate-index"
_TRIES = 20
# Shorter than the second after which PostgreSQL looks for deadlocks: it is always this transaction
# that gives way, never a text that is just coming in.
_PATIENCE = "500ms"
_ROWS_AT_ONCE = 500
_LOCK_NOT_AVAILABLE, _DEADLOCK, _SERIALIZATION = "55P03", "40P01", "40001"
_CASES, _ERASURES, _JOBS = table(Case), table(Erasure), table(Job)
_MEMBERS, _SUPPRESSIONS, _TEXTS = table(Member), table(Suppression), table(Outgoing)
_OPEN = _CASES.c.state.in_(LIVE_STATES) & _CASES.c.provisional.is_(False)
# Every column with hashes of numbers, and what becomes of a row whose number nobody knows any more.
NUMBERS: tuple[tuple[Column[Any], str], ...] = (
    (_CASES.c.number_lookup, "empty"),
    (_JOBS.c.lane, "empty"),
    (table(Offer).c.reply_lookup, "empty"),
    (_SUPPRESSIONS.c.number_lookup, "keep"),
    (_ERASURES.c.number_lookup, "keep"),
    (table(Page).c.number_lookup, "delete"),
    (table(ReplyCount).c.number_lookup, "delete"),
)
REFERENCES = _CASES.c.reference_lookup


class HashUnknown(Exception):
    """A hash stands for no number in the vault, in a row that cannot do without."""


@dataclass
class _Known:
    """What the hashes under one index key stand for."""

    index: UUID
    numbers: dict[bytes, str] = field(default_factory=dict, repr=False)
    references: dict[bytes, str] = field(default_factory=dict, repr=False)


def ask_for_ratchet(files: KeyFiles) -> None:
    """Have the running server replace the index key at its next look."""
    (files.folder / _WISH).touch(mode=0o600)


def ratchet_if_due(database: Database, now: datetime) -> None:
    """Replace the index key where it is thirty days old, or somebody asked. Not while sealed."""
    with database.snapshot() as db:
        if not db.keys.is_open:
            return
        wish = db.keys.files.folder / _WISH
        age = now - db.scalars(select(IndexKey.created_at).where(IndexKey.current)).one()
    if age >= INDEX_KEY_LIFE or wish.exists():
        ratchet_index_key(database, now)
        wish.unlink(missing_ok=True)


def ratchet_index_key(
    database: Database, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Replace the index key and every hash under it; return how many hashes there were.

    What takes long, opening rows, comes before the transaction, which then only translates.
    Sealed, HashUnknown.
    """
    for left in reversed(range(_TRIES)):
        known = _read_all(database, progress)
        try:
            with database.transaction() as db:
                done = _replace(db, known, now)
        except DBAPIError as error:
            if not left or not _stood_in_the_way(error):
                raise
            log.info("index.waits", tries_left=left)
            time.sleep(random.uniform(0, 0.5))  # noqa: S311  # only so as not to meet again
        else:
            log.info("index.replaced", hashes=done)
            return done
    raise AssertionError  # the last try returns or raises


def _stood_in_the_way(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    return code in (_LOCK_NOT_AVAILABLE, _DEADLOCK, _SERIALIZATION)


# -- what the hashes stand for


def _read_all(database: Database, progress: Callable[[int], None]) -> _Known:
    with database.snapshot() as db:
        known = _Known(db.scalars(select(IndexKey.id).where(IndexKey.current)).one())
        done = 0
        for source in (_CASES, _SUPPRESSIONS, _ERASURES):
            for _ in _read(db, known, source):
                done += 1
                progress(done)
        _read_phones(db, known)
    return known


def _read(
    db: Db, known: _Known, source: Table, only: Collection[bytes] | None = None
) -> Iterator[None]:
    """Open the rows that say what their own hashes stand for; with ``only`` those of these."""
    names = ("id", "op_key", "op_values", "op_version", "number_lookup")
    columns = [source.c[name] for name in names]
    if source is _CASES:
        columns.append(REFERENCES)
    query = select(*columns).where(_OPEN if source is _CASES else true())
    if only is not None:
        hashes = [column for column in columns if column.name.endswith("_lookup")]
        query = query.where(or_(*(column.in_(only) for column in hashes)))
    for row in db.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        values = db.keys.open_row(source.name, row)
        if row.number_lookup and values.get("number"):
            known.numbers[row.number_lookup] = values["number"]
        if source is _CASES and row.reference_lookup:
            known.references[row.reference_lookup] = values["reference"]
        yield


def _read_phones(db: Db, known: _Known) -> None:
    """Open the other rows with numbers: texts that wait to be sent, and members' phones."""
    waiting = _TEXTS.c.state.in_(("queued", "sending"))
    for source, name, where in ((_TEXTS, "to", waiting), (_MEMBERS, "phone", true())):
        columns = (source.c[column] for column in ("id", "op_key", "op_values", "op_version"))
        for row in db.execute(select(*columns).where(where, source.c.op_values.is_not(None))):
            number = db.keys.open_row(source.name, row).get(name)
            if number:
                known.numbers[db.keys.number_lookup(number)] = number


# -- one transaction


def _replace(db: Db, known: _Known, now: datetime) -> int:
    """Put a new key in the old one's place, and translate every hash; nobody writes one now."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
    row = db.scalars(select(IndexKey).where(IndexKey.current).with_for_update()).one()
    if row.id != known.index:
        return 0  # another process was faster
    _read_newer(db, known)
    key, columns = make_index_key(db, now)
    done = _forget_closed(db)
    new = {old: hash_number(key, number) for old, number in known.numbers.items()}
    for column, otherwise in NUMBERS:
        done += _translate(db, column, new, otherwise)
    new = {old: hash_reference(key, reference) for old, reference in known.references.items()}
    done += _translate(db, REFERENCES, new, "empty")
    # Written over the old one; its new id is how other processes notice.
    db.execute(update(IndexKey).where(IndexKey.id == row.id).values(**columns))
    audit.record(db, "index.replaced", None, columns["id"], now)
    return done


def _hashes(db: Db, column: Column[Any]) -> set[bytes]:
    query = select(column).where(column.is_not(None)).distinct()
    if column.table is _CASES:
        query = query.where(_CASES.c.provisional.is_(False))  # hashed under another key
    return set(db.scalars(query))


def _read_newer(db: Db, known: _Known) -> None:
    """Learn the hashes that were written since they were read."""
    for source in (_CASES, _SUPPRESSIONS, _ERASURES):
        unknown = _hashes(db, source.c.number_lookup) - known.numbers.keys()
        if source is _CASES:
            unknown |= _hashes(db, REFERENCES) - known.references.keys()
        for part in _parts(sorted(unknown)):
            for _ in _read(db, known, source, part):
                pass
    if _hashes(db, _JOBS.c.lane) - known.numbers.keys():
        _read_phones(db, known)


def _forget_closed(db: Db) -> int:
    closed = _CASES.c.state.not_in(LIVE_STATES)
    hashed = _CASES.c.number_lookup.is_not(None) | REFERENCES.is_not(None)
    done = db.execute(
        update(_CASES)
        .where(closed, hashed, _CASES.c.provisional.is_(False))
        .values(number_lookup=None, reference_lookup=None)
    )
    return int(cast("CursorResult[Any]", done).rowcount)


def _translate(db: Db, column: Column[Any], new: Mapping[bytes, bytes], otherwise: str) -> int:
    """Put each hash of a column under the new key; return how many there were. HashUnknown."""
    source, hashes = column.table, _hashes(db, column)
    _write(db, column, {old: new[old] for old in sorted(hashes & new.keys())})
    unknown = sorted(hashes - new.keys())
    if unknown:
        log.warning("index.unknown", table=source.name, hashes=len(unknown))
        if otherwise == "keep":
            raise HashUnknown(source.name)
    for part in _parts(unknown):
        affected = column.in_(part)
        if otherwise == "delete":
            db.execute(delete(source).where(affected))
        else:
            db.execute(update(source).where(affected).values({column.name: None}))
    return len(hashes)


def _write(db: Db, column: Column[Any], renewed: Mapping[bytes, bytes]) -> None:
    """Write new hashes in the place of old ones; on PostgreSQL at once, since texts wait."""
    source = column.table
    if not renewed:
        return
    if db.get_bind().dialect.name == "postgresql":
        names = {"table": source.name, "column": column.name}
        changed = text(_ALL_AT_ONCE.format(**names))
        db.execute(changed, {"old": list(renewed), "new": list(renewed.values())})
    else:
        one = update(source).where(column == bindparam("old")).values({column: bindparam("new")})
        db.execute(one, [{"old": old, "new": hash_} for old, hash_ in renewed.items()])


# Names are those of the models; the hashes go in as parameters.
_ALL_AT_ONCE = """
    UPDATE {table} SET {column} = made.new
    FROM unnest(CAST(:old AS bytea[]), CAST(:new AS bytea[])) AS made (old, new)
    WHERE {table}.{column} = made.old
"""


def _parts(hashes: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(hashes), _ROWS_AT_ONCE):
        yield hashes[start : start + _ROWS_AT_ONCE]
