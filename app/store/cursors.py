"""Page cursors: the place where a list goes on, in a form that clients do not take apart."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.errors import BadRequest

# A part of a cursor is a whole number of this range, an id, or an instant in UTC.
CursorPart = range | type[UUID] | type[datetime]
# The numbers from 0 that a BIGINT holds.
BIG = range(1 << 63)


def encode_cursor(*parts: int | UUID | datetime) -> str:
    """Return the cursor of the last row of a page, from the values that the list is sorted by."""
    texts = (part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return base64.urlsafe_b64encode("/".join(texts).encode()).decode()


def decode_cursor(cursor: str, *kinds: CursorPart) -> tuple[Any, ...]:
    """Return what ``encode_cursor`` was given. BadRequest for a cursor that is not from here."""
    try:
        texts = base64.urlsafe_b64decode(cursor.encode()).decode().split("/")
        return tuple(_read(text, kind) for text, kind in zip(texts, kinds, strict=True))
    except ValueError as error:
        raise BadRequest("This cursor does not come from here.") from error


def _read(text: str, kind: CursorPart) -> int | UUID | datetime:
    if isinstance(kind, range):
        if not (text.isascii() and text.isdigit() and int(text) in kind):
            raise ValueError
        return int(text)
    if kind is UUID:
        return UUID(text)
    at = datetime.fromisoformat(text)
    if at.tzinfo is not UTC:
        raise ValueError
    return at
