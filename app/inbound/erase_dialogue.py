"""A caller's ERASE dialogue.

The sender of a text can be forged, so the phone is asked to send back a code; three tries, the
same dialogue for every number, known or not. What becomes of the wish is for the desk.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from app.crypto import is_same
from app.desk import confirm_wish
from app.inbound.batches import Batch
from app.intake import EraseAnswer, make_erase_reply
from app.models import ROUNDING, Erasure, ErasureState, ErasureValues, rounded
from app.outbox import UNSAFE
from app.store import Db
from app.texts import Texts, fold

ERASE_TRIES = 3
ERASE_CODE_LIFE = timedelta(minutes=30)
_CODE_DIGITS = 4
# A code with a digit too many; longer numbers are something else, for a person to read.
_MISTYPED = 6
_NUMBER = re.compile(r"[0-9]+")
# A code comes with few words: "my code is 4821, please erase it all".
_SHORT = 12


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


@dataclass(frozen=True)
class EraseReply:
    """What to say to a text in the dialogue; unless that ``is_all``, it is an ordinary text too."""

    text: str
    is_all: bool


def answer_erase_dialogue(batch: Batch, lookup: bytes, body: str) -> EraseReply | None:
    """Take a text that may hold the code; return what to say, or None for an ordinary text."""
    db, texts, row = batch.db, batch.desk.script.texts, batch.dialogues[lookup]
    found = find_code(body)
    values = db.keys.read_values(row)
    if found is None or values.expires_at <= batch.now:
        return None
    key: EraseAnswer
    if not values.tries:  # over, until ERASE begins it anew; no number answers a question
        key = "erase_stopped"
    elif found.code is None:
        key = "erase_only_code"
    elif is_same(found.code.encode(), values.code.encode()):
        del batch.dialogues[lookup]
        if UNSAFE in batch.suppressions.get(lookup, ()):
            _disregard(batch, row, lookup)
        else:
            confirm_wish(db, row, batch.now)
        found, key = replace(found, bare=True), "erase_done"
    else:
        db.keys.write_values(row, replace(values, tries=values.tries - 1))
        key = "erase_wrong" if values.tries > 1 else "erase_stopped"
    db.flush()
    return EraseReply(make_erase_reply(texts, values.language, key).text, found.bare)


def _disregard(batch: Batch, row: Erasure, lookup: bytes) -> None:
    """Erase nothing, and let it look as if: the phone is not in its owner's hands."""
    batch.db.delete(row)
    if (own := batch.known.own.get(lookup)) is not None:
        own.values = replace(own.known_values, script=None)
        batch.rows.threads[own.id] = own


@dataclass(frozen=True)
class FoundCode:
    """Digits that were meant as the code: the code, if it is clear; ``bare``: no words with it."""

    code: str | None
    bare: bool


def find_code(body: str) -> FoundCode | None:
    """Return what looks like the code in a text, None where nothing does.

    One number of four digits in a short text is the code. So are four digits and nothing else.
    """
    words = fold(body)
    together = "".join(words)
    if together.isdigit() and len(together) == _CODE_DIGITS:
        return FoundCode(together, bare=True)
    numbers = [found for word in words for found in _NUMBER.findall(word)]
    if not any(len(number) >= _CODE_DIGITS - 1 for number in numbers):
        return None
    codes = [number for number in numbers if len(number) == _CODE_DIGITS]
    clear = len(codes) == 1 and len(words) <= _SHORT
    return FoundCode(codes[0] if clear else None, bare=_is_bare(together))


def _is_bare(together: str) -> bool:
    return together.isdigit() and len(together) <= _MISTYPED
