"""The carrier's words for where a message is, in ours."""

from __future__ import annotations

import pytest

from app.telephony import MessageStatus, translate_status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", "sending"),
        ("scheduled", "sending"),
        ("queued", "sending"),
        ("sending", "sending"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("received", "received"),
        ("Delivered", "delivered"),
        ("partially_delivered", None),
        ("", None),
    ],
)
def test_the_carriers_words_in_ours(word: str, status: MessageStatus | None) -> None:
    assert translate_status(word) == status
