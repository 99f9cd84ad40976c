"""Replacing the key of the blind index: every thirty days, and when the operator asks for it.

There are only ten billion phone numbers: with the key, a thief of the database can hash them all.
So the key is replaced, and every hash is made again from the numbers in the operational vault, in
one transaction. Hashes of closed cases go, since their number is sealed. No session is needed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from app import audit
from app.crypto import KeyFiles
from app.keyring import hash_number, hash_reference
from app.models import LIVE_STATES, Erasure, ErasureState, IndexKey, table
from app.store import Database, Db, add_macs, lock_rows, update_rows
from app.vault.hash_meanings import (
    CASES,
    NUMBERS,
    REFERENCES,
    KnownHashes,
    Orphan,
    learn_newer_hashes,
    list_hashes,
    read_hashes,
    split_hashes,
)
from app.vault.operational_key import make_index_key

log = structlog.get_logger()

INDEX_KEY_LIFE = timedelta(days=30)
_WISH = "rotate-index"
_TRIES = 20
# Shorter than the second after which PostgreSQL looks for deadlocks: it is always this transaction
# that gives way, never a text that is just coming in.
_PATIENCE = "500ms"
_LOCK_NOT_AVAILABLE, _DEADLOCK, _SERIALIZATION = "55P03", "40P01", "40001"


class HashUnknown(Exception):
    """A hash stands for no number in the vault, in a row that cannot do without."""


def ask_for_ratchet(files: KeyFiles) -> None:
    """Have the running server replace the index key at its next look."""
    (files.folder / _WISH).touch(mode=0o600)


def ratchet_if_due(database: Database, now: datetime) -> None:
    """Replace the index key if it is thirty days old, or the operator asked. Not while sealed."""
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

    Opening rows takes long, so it comes before the transaction, which then only translates.
    Sealed, HashUnknown.
    """
    for left in reversed(range(_TRIES)):
        known = read_hashes(database, progress)
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


# -- one transaction


def _replace(db: Db, known: KnownHashes, now: datetime) -> int:
    """Put a new key in the old one's place, and translate every hash; no process writes one now."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
    row = db.scalars(select(IndexKey).where(IndexKey.current).with_for_update()).one()
    if row.id != known.index:
        return 0  # another process was faster
    learn_newer_hashes(db, known)
    key, columns = make_index_key(db, now)
    done = _forget_closed(db)
    new = {old: hash_number(key, number) for old, number in known.numbers.items()}
    for column, orphan in NUMBERS:
        done += _translate(db, column, new, orphan)
    new = {old: hash_reference(key, reference) for old, reference in known.references.items()}
    done += _translate(db, REFERENCES, new, Orphan.EMPTY)
    # Written over the old one; its new id is how other processes notice.
    [columns] = add_macs(db.keys, table(IndexKey), [columns])
    db.execute(update(IndexKey).where(IndexKey.id == row.id).values(**columns))
    audit.record(db, "index.replaced", None, columns["id"], now)
    return done


def _forget_closed(db: Db) -> int:
    """Take away the hashes of closed cases, but for phones that wait for them to be erased."""
    wishes = select(Erasure.number_lookup).where(Erasure.state != ErasureState.ASKED)
    closed = CASES.c.state.not_in(LIVE_STATES)
    hashed = CASES.c.number_lookup.is_not(None) | REFERENCES.is_not(None)
    done = db.execute(
        update(CASES)
        .where(closed, hashed, CASES.c.provisional.is_(False))
        .where(CASES.c.number_lookup.is_(None) | CASES.c.number_lookup.not_in(wishes))
        .values(number_lookup=None, reference_lookup=None)
    )
    return int(cast("CursorResult[Any]", done).rowcount)


def _translate(db: Db, column: Column[Any], new: Mapping[bytes, bytes], orphan: Orphan) -> int:
    """Put each hash of a column under the new key; return how many there were. HashUnknown."""
    source = column.table
    if "row_mac" in source.c:
        return _translate_vouched(db, column, new, orphan)
    hashes = list_hashes(db, column)
    _write(db, column, {old: new[old] for old in sorted(hashes & new.keys())})
    unknown = sorted(hashes - new.keys())
    if unknown:
        log.warning("index.unknown", table=source.name, hashes=len(unknown))
        if orphan is Orphan.FORBIDDEN:
            raise HashUnknown(source.name)
    for part in split_hashes(unknown):
        affected = column.in_(part)
        if orphan is Orphan.DELETE:
            db.execute(delete(source).where(affected))
        else:
            db.execute(update(source).where(affected).values({column.name: None}))
    return len(hashes)


def _translate_vouched(
    db: Db, column: Column[Any], new: Mapping[bytes, bytes], orphan: Orphan
) -> int:
    """Do the same where rows carry MACs. Damaged rows lose their hash; they stop nothing."""
    source = column.table
    hashed: ColumnElement[bool] = column.is_not(None)
    if source is CASES:
        hashed = hashed & CASES.c.provisional.is_(False)
    true, damaged = lock_rows(db, source, hashed)
    unknown = [row["id"] for row in true if row[column.name] not in new]
    if unknown and orphan is Orphan.FORBIDDEN:
        raise HashUnknown(source.name)
    changes = [
        {column.name: new[row[column.name]], "id": row["id"]}
        for row in true
        if row[column.name] in new
    ]
    update_rows(db, source, changes, {row["id"]: row for row in true})
    gone = [*unknown, *damaged]
    if gone:
        log.warning("index.unknown", table=source.name, hashes=len(gone))
    for part in split_hashes(gone):
        affected = source.c.id.in_(part)
        if orphan is Orphan.EMPTY:
            db.execute(update(source).where(affected).values({column.name: None}))
        else:
            db.execute(delete(source).where(affected))
    return len(true) + len(damaged)


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
