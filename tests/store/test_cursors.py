"""A cursor brings back what it was made of; what is none is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.errors import BadRequest
from app.store.cursors import BIG, CursorPart, decode_cursor, encode_cursor

ID, AT = UUID(int=5), datetime(2026, 1, 15, 12, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ((2, 1 << 61, ID), (range(4), BIG, UUID)),
        ((AT, ID), (datetime, UUID)),
        ((17,), (BIG,)),
    ],
)
def test_a_cursor_brings_back_what_it_was_made_of(
    parts: tuple[Any, ...], kinds: tuple[CursorPart, ...]
) -> None:
    assert decode_cursor(encode_cursor(*parts), *kinds) == parts


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (b"4", (range(4),)),
        (b"-1", (BIG,)),
        (b"9223372036854775808", (BIG,)),
        (b"one", (BIG,)),
        (b"", (BIG,)),
        (b"1/2", (BIG,)),
        (b"1", (BIG, UUID)),
        (b"1/amber", (BIG, UUID)),
        (b"2026-01-15T12:00:00", (datetime,)),
        (b"2026-01-15T12:00:00-05:00", (datetime,)),
        (b"\xff", (BIG,)),
    ],
)
def test_a_foreign_cursor_is_refused(text: bytes, kinds: tuple[CursorPart, ...]) -> None:
    with pytest.raises(BadRequest):
        decode_cursor(base64.urlsafe_b64encode(text).decode(), *kinds)


@pytest.mark.parametrize("cursor", ["amber", "é", "a"])
def test_what_is_no_base64_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest):
        decode_cursor(cursor, BIG)
