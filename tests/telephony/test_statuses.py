"""Callbacks come late, twice and shuffled; a message's status only ever moves forward."""

from __future__ import annotations

from functools import reduce
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony import MessageStatus, from_carrier, later

statuses = st.sampled_from(get_args(MessageStatus))


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
    assert from_carrier(word) == status


def test_shuffled_callbacks_end_in_the_same_status() -> None:
    words: list[MessageStatus] = ["sending", "sent", "delivered", "sent"]
    start: MessageStatus = "queued"
    assert {reduce(later, order, start) for order in permutations(words)} == {"delivered"}


@given(old=statuses, new=statuses)
def test_a_repeated_callback_changes_nothing(old: MessageStatus, new: MessageStatus) -> None:
    once = later(old, new)
    assert later(once, new) == once


@given(a=statuses, b=statuses, c=statuses)
def test_grouping_does_not_matter(a: MessageStatus, b: MessageStatus, c: MessageStatus) -> None:
    assert later(later(a, b), c) == later(a, later(b, c))


def test_any_word_from_the_carrier_settles_an_uncertain_message() -> None:
    assert [later("uncertain", from_carrier(w) or "queued") for w in ("queued", "failed")] == [
        "sending",
        "failed",
    ]


def test_a_receipt_from_the_handset_outweighs_a_reported_failure() -> None:
    assert later("undelivered", "delivered") == "delivered"
    assert later("delivered", "failed") == "delivered"
