"""What stands in plain columns is ids, states, tiers, rounded times, counters and keyed hashes.

Tested on the rows of the seized server, so a new table or column is covered once the story
touches it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column

from app.crypto import Purpose, forgotten_on, purpose_of, read_epoch
from app.models import Base
from tests.seizure.conftest import Seized

# sealing.md: job, lease, offer and session times are exact.
EXACT = {
    ("jobs", "lease_until"),
    ("jobs", "run_at"),
    ("offers", "expires_at"),
    ("offers", "made_at"),
    ("sessions", "created_at"),
    ("sessions", "expires_at"),
    ("sessions", "used_at"),
}
POSITIONS = {"last_position", "position", "queue_order"}
# These count the versions of our own texts, and tell no time.
COUNTERS = {("text_changes", "position")}
# Set for cases in which nobody waits, so that they sort after the others.
NOT_WAITING = 1 << 61
# Words of ours and handles; never a number that could be a phone's.
WORD = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9._:/-]{0,40}")
# Salt, keyed hash, signature, public key.
SIZES = {16, 32, 64, 1216}


def columns() -> list[Column[Any]]:
    return [column for table in Base.metadata.sorted_tables for column in table.c]


def plain_values(seized: Seized) -> Iterator[tuple[str, str, Any]]:
    for column in columns():
        if column.info["vault"] == "plain":
            for row in seized.dump.rows.get(column.table.name, ()):
                if row[column.name] is not None:
                    yield column.table.name, column.name, row[column.name]


def test_every_column_says_who_may_read_it() -> None:
    words = {"plain", "operational", "sealed"}
    assert [str(column) for column in columns() if column.info.get("vault") not in words] == []


def test_every_key_under_the_forgetting_layer_has_its_day_beside_it() -> None:
    forgotten = [column for column in columns() if column.info.get("forgetting")]
    assert forgotten
    assert [str(column) for column in forgotten if "shred_day" not in column.table.c] == []
    assert [str(column) for column in forgotten if column.info["vault"] == "plain"] == []


def test_a_plain_time_is_a_multiple_of_five_minutes(seized: Seized) -> None:
    exact = {
        (table, name)
        for table, name, value in plain_values(seized)
        if isinstance(value, datetime) and value.timestamp() % 300
    }
    assert exact <= EXACT


# What anybody may read: rules of law, information cards, published statistics.
PUBLISHED = {
    "deadline_rules",
    "information_cards",
    "statistics_files",
    "statistics_head",
    "statistics_releases",
}


def test_a_plain_text_is_a_word_of_ours(seized: Seized) -> None:
    for table, name, value in plain_values(seized):
        if table in PUBLISHED:
            continue
        if isinstance(value, str):
            assert WORD.fullmatch(value), f"{table}.{name}"
        if isinstance(value, list):
            assert all(WORD.fullmatch(str(one)) for one in value), f"{table}.{name}"


def test_plain_bytes_are_hashes_and_public_keys(seized: Seized) -> None:
    for table, name, value in plain_values(seized):
        if table in PUBLISHED or (table, name) == ("rosters", "document"):
            continue
        if isinstance(value, bytes):
            assert len(value) in SIZES, f"{table}.{name}"


def test_a_roster_names_ids_roles_and_public_keys(seized: Seized) -> None:
    for row in seized.dump.rows["rosters"]:
        content = json.loads(row["document"])
        assert set(content) == {
            "version",
            "previous",
            "members",
            "teams",
            "operational",
            "removed",
        }
        for member in content["members"]:
            assert set(member) == {"id", "roles", "archive", "kem", "sig", "since"}


def test_a_plain_number_counts_or_orders(seized: Seized) -> None:
    for table, name, value in plain_values(seized):
        if isinstance(value, int) and name not in POSITIONS:
            assert abs(value) < 100_000, f"{table}.{name}"


def test_a_position_tells_the_five_minutes_and_not_the_second(seized: Seized) -> None:
    ended = seized.story.ended_at.timestamp()
    for table, name, value in plain_values(seized):
        if name in POSITIONS and value and (table, name) not in COUNTERS:
            slot, counter = divmod(value & ~NOT_WAITING, 1 << 20)
            assert 0 <= ended - slot * 300 < 3600, f"{table}.{name}"
            assert counter < 100_000, f"{table}.{name}"


def test_plain_values_are_of_no_other_kind(seized: Seized) -> None:
    kinds = {str if isinstance(v, str) else type(v) for _, _, v in plain_values(seized)}
    assert kinds <= {bool, int, float, str, list, dict, bytes, datetime, date, UUID}


def test_what_is_not_plain_is_one_of_our_blobs(seized: Seized) -> None:
    for column in columns():
        if column.info["vault"] != "plain":
            for row in seized.dump.rows.get(column.table.name, ()):
                if row[column.name] is not None:
                    read_epoch(row[column.name])  # SealBroken for anything else


def test_every_key_lies_under_the_shred_key_of_its_day(seized: Seized) -> None:
    for column in columns():
        if column.info.get("forgetting"):
            for row in seized.dump.rows.get(column.table.name, ()):
                if row[column.name] is not None:
                    assert forgotten_on(row[column.name]) == row["shred_day"]


def test_the_size_of_a_body_tells_no_more_than_its_kilobytes(seized: Seized) -> None:
    bodies = [row["body"] for row in seized.dump.rows["messages"] if row["body"]]
    bodies += [row["body"] for row in seized.dump.rows["notes"]]
    overhead = {Purpose.MESSAGE: {81, 1145}, Purpose.NOTE: {1145}}
    for body in bodies:
        assert {(len(body) - more) % 1024 for more in overhead[purpose_of(body)]} & {0}
