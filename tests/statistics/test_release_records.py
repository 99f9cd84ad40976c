"""A record is stored and exported as the same bytes for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from uuid import UUID

import pytest

from app.reports import ReleaseRecord, load_record, write_record
from app.reports.lines import write_csv, write_json
from app.statistics.calendar import find_period
from app.statistics.consistency import KnownTable
from app.statistics.mechanism import Drawn
from app.statistics.release_records import list_known, make_record
from app.statistics.tables import Plan, list_cells, list_default_milli

PLAN = Plan(
    {
        "region": ["north", "île-du-sud", "other"],
        "situation": ["detained", "other"],
        "language": ["fr", "en", "other"],
        "outcome": ["supported", "other"],
        "time_to_human": ["within_2_h", "nobody"],
        "sector": ["health", "other"],
        "service": ["paper", "other"],
    },
    {"language": {"fr": "en"}},
    list_default_milli(),
)


def record(
    family: str, name: str, seed: int, known: Mapping[tuple[str, ...], KnownTable] | None = None
) -> ReleaseRecord:
    """A release of figures that are always the same."""
    period = find_period(family, name)
    assert period is not None
    sizes = [len(list(list_cells(PLAN, m.dimensions))) for m in PLAN.measures(family, period.kind)]
    noisy = [[i * 7 % 23 - 5 + seed for i in range(size)] for size in sizes]
    drawn: Drawn = {"noisy": noisy, "estimates": [[max(0, n) for n in table] for table in noisy]}
    return make_record(UUID(int=seed), family, period, PLAN, drawn, known or {}, date(2026, 4, 2))


def quarter() -> ReleaseRecord:
    months = [record("opened", f"2026-0{n}", n) for n in (1, 2, 3)]
    return record("opened", "2026-Q1", 9, list_known(months))


RECORDS = {
    "month": (
        record("opened", "2026-01", 1),
        ("dacca6da2712c242", "6610788cbcca90b6", "3f06ff07def2dda6"),
    ),
    "quarter": (quarter(), ("60b36f85654c7d50", "03cc67a9f457359f", "f16fdc050c7b3806")),
    "year": (
        record("opened", "2026", 10),
        ("d8fd6c07868f15cb", "7b5de950f08d9acc", "dde5ea345b108ebd"),
    ),
    "closed": (
        record("closed", "2026-Q1", 11),
        ("f56b7c65bdbcf8ae", "8ba0248e8f21098a", "d45bffd1ec58c901"),
    ),
    "denials": (
        record("denials", "2026-Q1", 12),
        ("20d4315c5c25d453", "73de01c99ba1a932", "73e9f78e7703419c"),
    ),
}


@pytest.mark.parametrize(("made", "digests"), RECORDS.values(), ids=RECORDS)
def test_what_is_stored_and_exported_never_changes_a_byte(
    made: ReleaseRecord, digests: tuple[str, str, str]
) -> None:
    written = write_record(made).encode(), write_csv(made), write_json(made)
    assert tuple(sha256(content).hexdigest()[:16] for content in written) == digests


@pytest.mark.parametrize("made", [made for made, _ in RECORDS.values()], ids=RECORDS)
def test_a_stored_record_is_read_as_it_was_made(made: ReleaseRecord) -> None:
    assert load_record(write_record(made)) == made


def test_a_margin_says_of_how_many_noisy_counts_it_is_the_sum() -> None:
    total = quarter().table("total")
    assert (total.measured, total.summed, total.cells[0].noisy) == (False, 3, None)
    assert quarter().table("region").cells[0].noisy is not None
