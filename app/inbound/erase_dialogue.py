"""A caller's ERASE dialogue, and erasing a case.

The sender of a text can be forged, so the phone is asked to send back a code; three tries, the
same dialogue for every number, known or not. Erasing deletes every wrap of the case's keys: what
stays in the database opens to nothing at once, in its copies within a week.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, select

from app.cases import lock_cases_of_number, read_case_values, write_case_values
from app.crypto import is_same
from app.desk import erase_tree
from app.intake import EraseAnswer, make_erase_reply
from app.models import LIVE_STATES, ROUNDING, Case, Erasure, ErasureState, ErasureValues, rounded
from app.store import Db
from app.texts import Texts, fold

ERASE_TRIES = 3
ERASE_CODE_LIFE = timedelta(minutes=30)
# An urgent case is not erased by one text alone: the desk sees it coming.
URGENT_WAIT = timedelta(hours=24)
_URGENT = 1


def find_erase_dialogues(db: Db, lookups: Collection[bytes], now: datetime) -> dict[bytes, Erasure]:
    """Return the open dialogues of these numbers."""
    rows = db.scalars(
        select(Erasure)
        .where(Erasure.number_lookup.in_(lookups), Erasure.expires_at > now)
        .with_for_update()
    )
    return {row.number_lookup: row for row in rows}


def begin_erase_dialogue(
    db: Db,
    texts: Texts,
    open_dialogues: dict[bytes, Erasure],
    lookup: bytes,
    number: str,
    language: str | None,
    now: datetime,
) -> str:
    """Start a dialogue, or start it again with a new code; return what to say."""
    code = f"{secrets.randbelow(10_000):04d}"
    values = ErasureValues(
        number=number,
        code=code,
        tries=ERASE_TRIES,
        language=language,
        expires_at=now + ERASE_CODE_LIFE,
    )
    query = select(Erasure).where(Erasure.number_lookup == lookup).with_for_update()
    row = db.scalar(query)
    if row is not None:  # a wish that waits for its day goes on waiting
        due_at = db.keys.read_values(row).due_at
        db.keys.write_values(row, replace(values, due_at=due_at))
    else:
        row = _new_dialogue(db, lookup, values, now)
    row.expires_at = rounded(now + ERASE_CODE_LIFE) + ROUNDING
    db.flush()
    open_dialogues[lookup] = row
    return make_erase_reply(texts, language, "erase_code", code=code).text


def _new_dialogue(db: Db, lookup: bytes, values: ErasureValues, now: datetime) -> Erasure:
    row_id = uuid4()
    row = Erasure(
        id=row_id,
        number_lookup=lookup,
        state=ErasureState.ASKED,
        **db.keys.new_values(Erasure, row_id, values, now),
    )
    db.add(row)
    return row


def answer_erase_dialogue(
    db: Db,
    texts: Texts,
    open_dialogues: dict[bytes, Erasure],
    lookup: bytes,
    body: str,
    now: datetime,
) -> str | None:
    """Take a text that may be the code; return what to say, or None for an ordinary text."""
    row, given = open_dialogues[lookup], "".join(fold(body))
    if not (given.isdigit() and len(given) == 4):
        return None
    values = db.keys.read_values(row)
    if values.expires_at <= now:
        return None
    key: EraseAnswer
    if not values.tries:  # over, until ERASE begins it anew; no number answers a question
        key = "erase_stopped"
    elif is_same(given.encode(), values.code.encode()):
        del open_dialogues[lookup]
        key = _confirmed(db, row, values, lookup, now)
    else:
        db.keys.write_values(row, replace(values, tries=values.tries - 1))
        key = "erase_wrong" if values.tries > 1 else "erase_stopped"
    db.flush()
    return make_erase_reply(texts, values.language, key).text


def _confirmed(
    db: Db, row: Erasure, values: ErasureValues, lookup: bytes, now: datetime
) -> EraseAnswer:
    """Erase at once, or leave an urgent open case to the sweep a day later."""
    row.expires_at = rounded(now)
    cases = lock_cases_of_number(db, lookup)
    held = any(case.held for case in cases)
    urgent = any(case.state in LIVE_STATES and case.urgency <= _URGENT for case in cases)
    if not held and not urgent:
        _erase_all(db, cases, now)
        db.delete(row)
        return "erase_done"
    row.state = ErasureState.WAITING  # visible to the desk, as the hold is
    db.keys.write_values(row, replace(values, due_at=values.due_at or now + URGENT_WAIT))
    for case in cases:
        _flag(db, case, "erase_requested")
    return "erase_waiting"


def _flag(db: Db, case: Case, flag: str) -> None:
    values = read_case_values(db, case)
    if flag not in values.flags:
        write_case_values(db, case, values.with_flag(flag))


def _erase_all(db: Db, cases: Iterable[Case], now: datetime) -> None:
    for case in cases:
        if case.state != "erased":  # with the one before, which it was merged with
            erase_tree(db, case, now)


def erase_due_cases(db: Db, now: datetime) -> int:
    """Carry out the wishes whose day is over; return how many. Held cases go on waiting."""
    done = 0
    for row in db.scalars(select(Erasure).where(Erasure.state == ErasureState.WAITING)):
        due_at = db.keys.read_values(row).due_at
        cases = lock_cases_of_number(db, row.number_lookup)
        if due_at is None or due_at > now or any(c.held for c in cases):
            continue
        _erase_all(db, cases, now)
        db.delete(row)
        done += 1
    db.execute(
        delete(Erasure).where(Erasure.state == ErasureState.ASKED, Erasure.expires_at <= now)
    )
    return done
