"""A caller's ERASE dialogue.

The sender of a text can be forged, so the phone is asked to send back a code; three tries, the
same dialogue for every number, known or not. What becomes of the wish is for the desk.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from app.crypto import is_same
from app.desk import confirm_wish
from app.intake import EraseAnswer, make_erase_reply
from app.models import ROUNDING, Erasure, ErasureState, ErasureValues, rounded
from app.store import Db
from app.texts import Texts, fold

ERASE_TRIES = 3
ERASE_CODE_LIFE = timedelta(minutes=30)


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
    if row is not None:  # a wish that waits goes on waiting
        before = db.keys.read_values(row)
        kept = replace(
            values,
            wished_at=before.wished_at,
            due_at=before.due_at,
            searched_to=before.searched_to,
        )
        db.keys.write_values(row, kept)
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
        confirm_wish(db, row, now)
        key = "erase_done"
    else:
        db.keys.write_values(row, replace(values, tries=values.tries - 1))
        key = "erase_wrong" if values.tries > 1 else "erase_stopped"
    db.flush()
    return make_erase_reply(texts, values.language, key).text
