"""What the machine reads of a row survives its blob, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.models import (
    CaseValues,
    HoursSaid,
    Reach,
    SafeHours,
    ValuesBroken,
    dump_values,
    load_values,
    operational,
)

AT = datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC)
VALUES = CaseValues(
    reference="amber-heron-4821",
    channel="sms",
    opened_at=AT,
    number="+15145550123",
    flags=("callback",),
    reach=Reach(
        granted=True,
        methods=("text",),
        hours=SafeHours(said=HoursSaid.WINDOWS, windows=("18:00-21:30",)),
    ),
)


@operational
class Several:
    """One of each kind."""

    at: datetime
    who: UUID
    names: tuple[str, ...] = ()
    many: dict[str, int] | None = None


def test_values_come_back_as_they_were() -> None:
    several = Several(at=AT, who=uuid4(), names=("é", "ñ"), many={"a": 1})
    assert load_values(CaseValues, dump_values(VALUES)) == VALUES
    assert load_values(Several, dump_values(several)) == several


def test_what_is_unset_takes_no_room() -> None:
    assert b"waiting_since" not in dump_values(VALUES)


@pytest.mark.parametrize(
    "blob",
    [
        b'{"reference": "x", "channel": "sms", "opened_at": "2026-01-15T12:00:00Z", "secret": 1}',
        b'{"reference": "x", "channel": "sms", "opened_at": "yesterday, +15145550123"}',
        b'{"channel": "sms", "opened_at": "2026-01-15T12:00:00Z"}',
        b"[]",
        b"",
    ],
)
def test_other_blobs_are_refused_without_a_word_of_them(blob: bytes) -> None:
    with pytest.raises(ValuesBroken) as refused:
        load_values(CaseValues, blob)
    assert str(refused.value) == "these are no CaseValues"
    assert refused.value.__cause__ is None


def test_values_are_never_printed_and_never_changed_in_place() -> None:
    assert "555" not in repr(VALUES)
    assert str(replace(VALUES, region="laval")) == "CaseValues(…)"
    with pytest.raises(AttributeError):
        VALUES.region = "laval"  # type: ignore[misc]
