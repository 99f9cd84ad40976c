"""Counting cases: each in one cell of each joint table, and every printed table a sum of them."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta

import pytest

from app.models import CaseValues
from app.statistics.categories import list_case_codes
from app.statistics.joint_counts import JointCounts, measure_counts
from app.statistics.tables import Measure, Plan, list_default_milli

OPENED_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEYS = {
    "region": ["north", "south", "other"],
    "situation": ["detained", "other"],
    "language": ["fr", "other"],
    "outcome": ["supported", "other"],
    "time_to_human": ["within_2_h", "later", "nobody"],
    "sector": ["health", "other"],
    "service": ["paper", "aid", "other"],
}
PLAN = Plan(KEYS, {}, list_default_milli())


def counted(family: str, *cases: dict[str, str]) -> tuple[str, list[list[int]]]:
    """The packed counts of some cases, and the joint tables they hold."""
    counts = JointCounts(PLAN, family)
    for codes in cases:
        counts.add(codes)
    packed = counts.pack()
    sizes = [6, 6] if family == "opened" else [2, 3]
    flat = struct.unpack(f">{sum(sizes)}I", base64.b64decode(packed))
    return packed, [list(flat[: sizes[0]]), list(flat[sizes[0] :])]


def test_a_case_is_in_one_cell_of_each_table() -> None:
    case = {"region": "south", "situation": "detained", "language": "fr"}
    _, joint = counted("opened", case, case)
    assert joint == [[0, 0, 2, 0, 0, 0], [0, 0, 2, 0, 0, 0]]


def test_a_code_that_is_not_in_its_list_counts_as_the_last() -> None:
    _, joint = counted("opened", {"region": "west", "situation": "lost"})
    assert joint == [[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1]]


def test_the_length_of_what_is_stored_depends_on_the_lists_alone() -> None:
    empty, _ = counted("opened")
    full, _ = counted("opened", *[{"region": "north"}] * 70_000)
    assert len(empty) == len(full)


def test_a_table_adds_up_the_cells_of_the_joint_table_that_has_its_dimensions() -> None:
    cases = [{"region": "north", "language": "fr"}, {"region": "south", "language": "fr"}]
    _, joint = counted("opened", *cases, {"region": "south"})
    assert measure_counts(PLAN, "opened", Measure("region", ("region",), 150), joint) == [1, 2, 0]
    assert measure_counts(PLAN, "opened", Measure("total", (), 200), joint) == [3]
    assert measure_counts(PLAN, "opened", Measure("language", ("language",), 150), joint) == [2, 1]


def test_a_merged_category_is_counted_with_the_other() -> None:
    merged = Plan(KEYS, {"region": {"north": "south"}}, list_default_milli())
    _, joint = counted("opened", {"region": "north"}, {"region": "south"}, {})
    assert measure_counts(merged, "opened", Measure("region", ("region",), 150), joint) == [2, 1]


@pytest.mark.parametrize(
    ("waited", "code"),
    [
        (timedelta(minutes=5), "within_5_min"),
        (timedelta(minutes=6), "within_30_min"),
        (timedelta(hours=73), "later"),
        (None, "nobody"),
    ],
)
def test_how_long_a_case_waited_for_a_person(waited: timedelta | None, code: str) -> None:
    human_at = None if waited is None else OPENED_AT + waited
    values = CaseValues(reference="", channel="sms", opened_at=OPENED_AT, human_at=human_at)
    assert list_case_codes(values)["time_to_human"] == code
