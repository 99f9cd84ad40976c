"""The list of sealed fields is whole, and each field keeps to the words of the models."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from app.crypto import Secret, unpad
from app.models import (
    AttachmentDetails,
    Base,
    DatePlace,
    DetentionDetails,
    DetentionReview,
    MediaLink,
    MessageBody,
    NoteBody,
    ReportBody,
)
from app.vault import (
    ATTACHMENT_DETAILS,
    ATTACHMENT_KEY,
    ATTACHMENT_PART,
    CASE_FIELDS,
    DETENTION_DETAILS,
    EVENT_PLACE,
    HOLD_REASON,
    MESSAGE_BODY,
    NOTE_BODY,
    OVERRIDE_REASON,
    REPORT_BODY,
    SEALED_FIELDS,
    SealedField,
)

# They hold a member's secrets, under keys of that member's alone.
OF_MEMBERS = {"members.totp", "confirmations.totp", "sessions.seed"}
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_every_sealed_column_is_in_the_list() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.c
        if column.info["vault"] == "sealed" and not column.info.get("forgetting")
    }
    assert columns - OF_MEMBERS == {field.name for field in SEALED_FIELDS}
    assert len(SEALED_FIELDS) == len({field.name for field in SEALED_FIELDS})


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        (
            MESSAGE_BODY,
            MessageBody(
                body="hi",
                at=AT,
                phone="+15145550123",
                answers={"language": "fr"},
                media=(MediaLink(url="u", content_type="image/png"),),
                replies={UUID(int=7): "ok"},
            ),
            {
                "body": "hi",
                "at": "2026-01-15T12:00:00Z",
                "phone": "+15145550123",
                "answers": {"language": "fr"},
                "media": [{"url": "u", "content_type": "image/png"}],
                "replies": {str(UUID(int=7)): "ok"},
            },
        ),
        (NOTE_BODY, NoteBody(body="hi", at=AT), {"body": "hi", "at": "2026-01-15T12:00:00Z"}),
        (CASE_FIELDS, {"name": "Amina", "client_id": None}, {"name": "Amina", "client_id": None}),
        (HOLD_REASON, "a court asked", "a court asked"),
        (
            EVENT_PLACE,
            DatePlace(kind="hearing", starts_at=AT, place="room 4"),
            {"kind": "hearing", "starts_at": "2026-01-15T12:00:00Z", "place": "room 4"},
        ),
        (
            DETENTION_DETAILS,
            DetentionDetails(
                place="Laval",
                since=date(2026, 1, 2),
                reviews=(DetentionReview(at=AT, outcome="stays"),),
            ),
            {
                "place": "Laval",
                "since": "2026-01-02",
                "reviews": [{"at": "2026-01-15T12:00:00Z", "outcome": "stays"}],
            },
        ),
        (
            REPORT_BODY,
            ReportBody(outcome="attended", at=AT, next=AT),
            {"outcome": "attended", "at": "2026-01-15T12:00:00Z", "next": "2026-01-15T12:00:00Z"},
        ),
        (
            ATTACHMENT_DETAILS,
            AttachmentDetails(content_type="image/png", size=3, parts=1, at=AT),
            {"content_type": "image/png", "size": 3, "parts": 1, "at": "2026-01-15T12:00:00Z"},
        ),
    ],
)
def test_a_value_is_this_json_within_its_padding(
    field: SealedField[Any], value: Any, wire: object
) -> None:
    plaintext = field.encode(value)
    assert json.loads(unpad(plaintext)) == wire
    assert field.decode(Secret(plaintext)) == value


def test_values_written_with_all_their_names_are_read_too() -> None:
    whole: dict[str, object] = {
        "place": "Laval",
        "since": "2026-01-02",
        "until": None,
        "reviews": [],
        "next_review": "2026-01-15T12:00:00+00:00",
        "notes": "",
    }
    plaintext = OVERRIDE_REASON.encode(json.dumps(whole))
    expected = DetentionDetails(place="Laval", since=date(2026, 1, 2), next_review=AT)
    assert DETENTION_DETAILS.decode(Secret(plaintext)) == expected


def test_what_is_no_json_is_sealed_as_it_is() -> None:
    assert unpad(OVERRIDE_REASON.encode("they are in danger")) == b"they are in danger"
    assert ATTACHMENT_KEY.encode(Secret(b"k" * 32)) == b"k" * 32
    assert ATTACHMENT_PART.decode(Secret(ATTACHMENT_PART.encode(b"piece"))) == b"piece"
