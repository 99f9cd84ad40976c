"""Attacks on what is released, and each of them on a variant where it must succeed.

An attack that fails against a broken variant would prove nothing. What they reconstruct is the
exact counts of one quarter, from everything that is published of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from scipy.optimize import linprog

from app.reports import ReleaseRecord
from app.reports.lines import escape_cell, write_csv
from app.statistics.calendar import Period, find_period
from app.statistics.consistency import KnownTable, list_sums
from app.statistics.mechanism import Drawn
from app.statistics.noise_program import answer, laplace, noisy
from app.statistics.release_records import list_known, make_record
from app.statistics.tables import CAPS, HARD_CAP, MEASURES, Plan, list_cells, make_plan
from bench import auditing

PLAN = make_plan(("north", "south", "other"))
# Enough for CI; `make statistics-report` takes 100 000.
DRAWS = 4_000


def period(name: str, family: str = "opened") -> Period:
    found = find_period(family, name)
    assert found is not None
    return found


def test_a_total_that_is_measured_by_itself_is_what_the_cells_add_up_to() -> None:
    """Refused services: few cases in many cells, whose clamped noise would count a crowd."""
    when, off = period("2026-Q1", "denials"), []
    measures = PLAN.measures("denials", "quarter")
    cells = len(list(list_cells(PLAN, measures[1].dimensions)))
    counts = [[60], [30, 20, 10, *[0] * (cells - 3)]]
    for _ in range(8):
        measured = [{"milli": m.milli, "counts": c} for m, c in zip(measures, counts, strict=True)]
        drawn: Any = answer({"measured": measured, "equal": list_sums(PLAN, measures, {})})
        record = make_record(UUID(int=1), "denials", when, PLAN, drawn, {}, date(2026, 4, 2))
        for table in ("sector", "service", "sector_service"):
            assert sum(estimates(record, table)) == record.total.estimate
        off.append(record.total.estimate - 60)
    assert abs(np.mean(off)) < 20  # without it: a hundred too many


def exact(plan: Plan, when: Period) -> list[list[int]]:
    """A handful of cases, most cells empty, some with one person in them."""
    sizes = [len(list(list_cells(plan, m.dimensions))) for m in plan.measures("opened", when.kind)]
    return [[4, 1, *[0] * (size - 2)] if size > 1 else [5] for size in sizes]


def released(
    when: Period,
    counts: Sequence[Sequence[int]],
    known: dict[tuple[str, ...], KnownTable] | None = None,
) -> ReleaseRecord:
    """What the product publishes of these counts: the real mechanism, the real record."""
    measures = PLAN.measures("opened", when.kind)
    measured = [
        {"milli": measure.milli, "counts": list(table)}
        for measure, table in zip(measures, counts, strict=True)
    ]
    question = {"measured": measured, "equal": list_sums(PLAN, measures, known or {})}
    drawn: Any = answer(question)
    return make_record(UUID(int=1), "opened", when, PLAN, drawn, known or {}, date(2026, 4, 2))


def without_noise(when: Period, counts: Sequence[Sequence[int]]) -> ReleaseRecord:
    drawn: Drawn = {"noisy": [list(t) for t in counts], "estimates": [list(t) for t in counts]}
    return make_record(UUID(int=1), "opened", when, PLAN, drawn, {}, date(2026, 4, 2))


def estimates(record: ReleaseRecord, name: str) -> list[int]:
    return [cell.estimate for cell in record.table(name).cells]


# -- the membership audit


@pytest.mark.parametrize(("family", "claim"), auditing.CLAIMS.items())
def test_what_is_released_tells_no_more_of_a_case_than_is_claimed(
    family: str, claim: float
) -> None:
    draws = round(DRAWS / claim**2)  # the less is told, the more draws it takes to see it
    found = auditing.lower_bound(auditing.draw_family(family), draws)
    assert 0 < found <= claim  # it sees something, and no more than is claimed


@pytest.mark.parametrize("variant", auditing.BROKEN)
def test_the_audit_sees_what_is_broken(variant: str) -> None:
    assert auditing.lower_bound(auditing.BROKEN[variant], DRAWS) > auditing.CLAIM


# -- averaging, differencing, reconstruction


def test_averaging_gains_nothing_since_there_is_one_draw_and_everything_where_there_are_many() -> (
    None
):
    when = period("2026-01")
    once = released(when, [[40]])
    stored = [write_csv(once) for _ in range(200)]
    assert len(set(stored)) == 1
    fresh = [noisy([40], 200)[0] for _ in range(200)]
    assert abs(np.mean(fresh) - 40) < 3  # what a draw for each download would give away


def test_two_releases_one_case_apart_do_not_show_the_case() -> None:
    """Differencing: the difference is drowned, and exact where nothing is noised."""
    when = period("2026-Q1")
    before, after = exact(PLAN, when), exact(PLAN, when)
    after[0][2] += 1
    plain = [estimates(without_noise(when, counts), "region") for counts in (before, after)]
    assert [b - a for a, b in zip(*plain, strict=True)] == [0, 0, 1]
    guesses = [
        estimates(released(when, after), "region")[2]
        - estimates(released(when, before), "region")[2]
        for _ in range(16)
    ]
    assert np.mean([guess == 1 for guess in guesses]) < 0.5


def reconstruct(published: ReleaseRecord) -> list[int]:
    """Feed every published figure into one linear program; return the likeliest joint counts.

    The joint table of region by situation is what nobody publishes of a quarter.
    """
    regions, situations = (PLAN.published(name) for name in ("region", "situation"))
    shape = len(regions), len(situations)
    cells = np.arange(shape[0] * shape[1]).reshape(shape)
    rows = [(cells[i], n) for i, n in enumerate(estimates(published, "region"))]
    rows += [(cells[:, j], n) for j, n in enumerate(estimates(published, "situation"))]
    matrix = np.zeros((len(rows), cells.size + 2 * len(rows)))
    for at, (members, _) in enumerate(rows):
        matrix[at, members] = 1
        matrix[at, cells.size + 2 * at : cells.size + 2 * at + 2] = 1, -1
    costs = np.concatenate([np.zeros(cells.size), np.ones(2 * len(rows))])
    solved = linprog(costs, A_eq=matrix, b_eq=[n for _, n in rows])
    return [round(value) for value in solved.x[: cells.size]]


def test_a_linear_program_finds_nobody_in_noise_and_everybody_without_it() -> None:
    when = period("2026-Q1")
    counts = exact(PLAN, when)
    joint = [0] * (3 * 6)
    joint[0], joint[6 + 1] = 4, 1  # four in the north, one other in the south
    assert reconstruct(without_noise(when, counts)) == joint
    found = [reconstruct(released(when, counts)) for _ in range(10)]
    assert sum(guess == joint for guess in found) <= 2


def test_small_counts_that_are_suppressed_come_back_from_the_totals() -> None:
    """Why nothing is suppressed here: exact margins give the hidden cell away."""
    counts = {"north": 40, "south": 1}
    shown = {name: n if n >= 5 else None for name, n in counts.items()}
    total = sum(counts.values())
    hidden = total - sum(n for n in shown.values() if n is not None)
    assert hidden == counts["south"]


# -- overlapping periods and coarser categories


def test_a_quarter_and_its_months_tell_one_story() -> None:
    """No second figure for the same cases: overlapping releases agree, so nothing averages out."""
    months = [released(period(f"2026-0{n}"), [[n]]) for n in (1, 2, 3)]
    when = period("2026-Q1")
    quarter = released(when, exact(PLAN, when), list_known(months))
    assert estimates(quarter, "total")[0] == sum(estimates(month, "total")[0] for month in months)
    for table in ("region", "language", "situation"):
        assert sum(estimates(quarter, table)) == estimates(quarter, "total")[0]


def test_adding_up_after_clamping_would_count_people_who_are_not_there() -> None:
    """Clamp-then-sum is far off where most cells are empty; what is released is not."""
    when, clamped, ours = period("2026-Q1"), [], []
    counts = [[200, 99, 1], [290, 10, *[0] * 15], [100, 100, 100, 0, 0, 0]]
    for _ in range(8):
        months = [released(period(f"2026-0{n}"), [[100]]) for n in (1, 2, 3)]
        record = released(when, counts, list_known(months))
        language = record.table("language").cells
        clamped.append(sum(max(0, cell.noisy or 0) for cell in language) - 300)
        ours.append(estimates(record, "total")[0] - 300)
    assert np.mean(clamped) > 25
    assert abs(np.mean(ours)) < np.mean(clamped) / 2


# -- side channels


def test_rows_their_order_and_their_number_tell_nothing() -> None:
    when = period("2026")
    some, none = exact(PLAN, when), [[0] * len(table) for table in exact(PLAN, when)]
    names = [_rows(released(when, counts)) for counts in (some, none)]
    assert names[0] == names[1]
    assert len(names[0]) == 1 + 3 + 6 + 17 + 3 * 6 + 3 * 17


def _rows(record: ReleaseRecord) -> list[tuple[str, str]]:
    rows = csv.DictReader(io.StringIO(write_csv(record).decode()))
    return [(row["dimension"], row["category"]) for row in rows]


def test_figures_of_nobody_look_like_figures_of_somebody() -> None:
    """Empty cells are noised as well: of twenty draws of zeros most are not zero."""
    drawn = noisy([0] * 200, 150)
    assert np.mean([n == 0 for n in drawn]) < 0.2
    assert min(drawn) < 0 < max(drawn)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_category_is_no_formula(name: str) -> None:
    assert escape_cell(name) == f"'{name}"


# -- what the figures say of themselves


def test_the_mechanism_spends_what_the_ledger_says() -> None:
    for milli in (10, 150, 175, 200, 250, 333):
        measurement: Callable[..., float] = laplace(milli).map
        assert measurement(1) <= milli / 1000
        assert measurement(1) > milli / 1000 * 0.999


def test_all_tables_of_a_life_stay_within_the_caps() -> None:
    spent = {
        family: sum(
            sum(one.milli for one in measures)
            for (of, _), measures in MEASURES.items()
            if of == family
        )
        for family in CAPS
    }
    assert spent == CAPS == {"opened": 1000, "closed": 500, "denials": 250}
    assert sum(spent.values()) == 1750 < HARD_CAP == 2000
