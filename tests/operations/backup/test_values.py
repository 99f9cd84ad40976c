"""A value comes out of an archive as it went in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from app.operations.backup.values import read_value, write_value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bytes", b"\0\xff"),
        ("date", date(2026, 2, 28)),
        ("instant", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("json", {"a": [1, None]}),
        ("text", None),
    ],
)
def test_a_value_is_read_as_it_was_written(kind: str, value: object) -> None:
    assert read_value(kind, json.loads(json.dumps(write_value(kind, value)))) == value
