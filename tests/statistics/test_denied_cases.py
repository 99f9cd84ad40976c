"""A case counts once among the refused services, whatever else was refused to its caller."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.cases.denials import make_denial, record_denial
from app.desk import (
    CaseOpening,
    StatedConsent,
    erase_case,
    merge_cases,
    open_case_by_hand,
    record_consent,
)
from app.statistics.joint_counts import measure_counts, sum_months
from app.statistics.months import freeze_due_months
from app.statistics.plans import read_plan
from app.statistics.tables import MEASURES, list_cells
from tests.premises import Premises


def open_case(premises: Premises) -> UUID:
    opening = CaseOpening(None, "service_denied", 3, None, None, {})
    with premises.writing() as db:
        heron = premises.principal("heron")
        return open_case_by_hand(db, heron, opening, premises.now, own_number="").id


def refuse(premises: Premises, case_id: UUID, sector: str, service: str) -> None:
    told = make_denial({"sector": sector, "service": service, "provider": "x"})
    with premises.writing() as db:
        record_denial(db, premises.principal("heron"), case_id, told, premises.now)


def counted(premises: Premises, month: str) -> dict[tuple[str, ...], int]:
    """The cells of a month that are not empty."""
    _, measure = MEASURES["denials", "quarter"]
    with premises.reading() as db:
        plan = read_plan(db)
        joint = sum_months(db, plan, "denials", [month])
        counts = measure_counts(plan, "denials", measure, joint)
        cells = list_cells(plan, measure.dimensions)
        return {cell: n for cell, n in zip(cells, counts, strict=True) if n}


def pass_month(premises: Premises, days: int) -> None:
    premises.clock.advance(timedelta(days=days))
    freeze_due_months(premises.database, premises.now)


def test_a_case_counts_once_with_the_first_service_that_was_refused(premises: Premises) -> None:
    case_id = open_case(premises)
    open_case(premises)  # nothing was refused in it
    refuse(premises, case_id, "health", "paper")
    premises.clock.advance(timedelta(minutes=10))
    refuse(premises, case_id, "police", "statement")
    pass_month(premises, 20)
    assert counted(premises, "2026-01") == {("health", "paper"): 1}
    refuse(premises, case_id, "food", "aid")
    pass_month(premises, 28)
    assert counted(premises, "2026-02") == {}


def test_what_was_refused_later_counts_in_its_month_though_the_case_is_old(
    premises: Premises,
) -> None:
    case_id = open_case(premises)
    pass_month(premises, 20)
    refuse(premises, case_id, "school", "admission")
    pass_month(premises, 28)
    assert counted(premises, "2026-01") == {}
    assert counted(premises, "2026-02") == {("school", "admission"): 1}


def test_merged_cases_count_once_and_erased_or_unwilling_ones_never(premises: Premises) -> None:
    main, merged, erased, unwilling = (open_case(premises) for _ in range(4))
    for case_id in (merged, erased, unwilling):
        refuse(premises, case_id, "housing", "information")
    heron, now = premises.principal("heron"), premises.now
    with premises.writing() as db:
        merge_cases(db, heron, merged, main, now)
        erase_case(db, heron, erased, now)
        record_consent(db, heron, unwilling, StatedConsent("statistics", granted=False), now)
    pass_month(premises, 20)
    assert counted(premises, "2026-01") == {("housing", "information"): 1}
    refuse(premises, main, "housing", "paper")
    pass_month(premises, 28)
    assert counted(premises, "2026-02") == {}


def test_cases_that_were_counted_before_they_were_merged_count_no_third_time(
    premises: Premises,
) -> None:
    main, other = open_case(premises), open_case(premises)
    refuse(premises, other, "shelter", "admission")
    pass_month(premises, 20)
    with premises.writing() as db:
        merge_cases(db, premises.principal("heron"), other, main, premises.now)
    refuse(premises, main, "shelter", "aid")
    pass_month(premises, 28)
    assert counted(premises, "2026-02") == {}
