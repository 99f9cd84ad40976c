"""A release from the freeze to its files, as coordinators see it."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import product

import pytest
from sqlalchemy import delete, func, select

from app.models import (
    RELEASE_TRANSITIONS,
    Case,
    ReleaseState,
    StatisticsDebit,
    StatisticsFile,
    StatisticsMonth,
    StatisticsRelease,
)
from app.reports import ReleaseRecord, load_record
from app.statistics import confirmation, release_rules
from app.statistics.confirmation import confirm_release
from app.statistics.joint_counts import sum_months
from app.statistics.mechanism import Mechanism
from app.statistics.plans import read_plan
from app.statistics.release_files import MEDIA_TYPES
from app.statistics.releases import change_release_state, request_release
from app.worker import handlers
from tests.service import Client, House, refusal

RELEASES = "/v1/statistics/releases"


def open_cases(house: House, count: int, **codes: str) -> list[str]:
    """Open some cases by hand, alike."""
    body = {"channel": "manual", "situation": "other", "urgency": 3, "language": "fr", **codes}
    made = [house.as_("heron").post("/v1/cases", body) for _ in range(count)]
    assert {answer.status_code for answer in made} == {201}
    return [answer.json()["id"] for answer in made]


def ask(house: House, family: str, period: str, handle: str = "wren") -> str:
    answer = house.as_(handle).post(RELEASES, {"family": family, "period": period})
    assert answer.status_code == 201, answer.text
    release_id: str = answer.json()["id"]
    return release_id


def release(house: House, family: str, period: str) -> str:
    """Ask as one coordinator, confirm as the other."""
    release_id = ask(house, family, period)
    answer = house.as_("crane").post(f"{RELEASES}/{release_id}/confirm")
    assert answer.status_code == 200, answer.text
    return release_id


def states(house: House) -> dict[tuple[str, str], str]:
    listed = house.as_("magpie").get(RELEASES).json()["items"]
    return {(item["family"], item["period"]): item["state"] for item in listed}


def spent(house: House) -> int:
    with house.database.snapshot() as db:
        return db.scalar(select(func.coalesce(func.sum(StatisticsDebit.milli), 0))) or 0


def download(client: Client, release_id: str) -> dict[str, bytes]:
    """Every format of a release."""
    found = {}
    for name in MEDIA_TYPES:
        answer = client.get(f"{RELEASES}/{release_id}", params={"format": name})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA_TYPES[name]
        found[name] = answer.content
    return found


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_month_is_released_once_by_two_people_and_never_changes(house: House) -> None:
    cases = open_cases(house, 3, region="montreal")
    assert refusal(house.as_("wren").post(RELEASES, {"family": "opened", "period": "2026-01"})) == (
        409,
        "not-releasable",
    )
    assert states(house)["opened", "2026-01"] == "not_due"
    house.advance(days=20)
    assert states(house)["opened", "2026-01"] == "due"
    release_id = ask(house, "opened", "2026-01")
    assert ask(house, "opened", "2026-01", "crane") == release_id
    assert refusal(house.as_("wren").post(f"{RELEASES}/{release_id}/confirm")) == (403, "forbidden")
    assert refusal(house.as_("magpie").get(f"{RELEASES}/{release_id}")) == (409, "not-releasable")
    assert spent(house) == 0
    assert release(house, "opened", "2026-01") == release_id
    house.settle()  # the worker makes the files
    first = download(house.as_("magpie"), release_id)
    with house.database.transaction() as db:
        db.execute(delete(StatisticsFile).where(StatisticsFile.format == "svg"))

    heron, version = house.as_("heron"), house.as_("heron").get(f"/v1/cases/{cases[0]}")
    heron.patch(f"/v1/cases/{cases[0]}", {"region": "laval"}, version=version.headers["etag"])
    assert heron.post(f"/v1/cases/{cases[1]}/erase").status_code < 300
    open_cases(house, 1, region="quebec")
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda who: download(house.as_(who), release_id), ["wren", "crane"]))
    assert again == [first, first]
    assert house.as_("crane").post(f"{RELEASES}/{release_id}/confirm").json()["id"] == release_id
    assert spent(house) == 200

    record = json.loads(first["json"])
    [figure] = record["tables"][0]["cells"]
    rows = list(csv.DictReader(io.StringIO(first["csv"].decode())))
    assert [int(row["estimate"]) for row in rows] == [figure["estimate"]]
    assert figure["high95"] == figure["estimate"] + 15  # ⌈5·ln 20⌉
    assert {row["release_id"] for row in rows} == {release_id}
    assert first["pdf"].startswith(b"%PDF")
    assert first["png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_whatever_is_no_whole_period_of_the_calendar_is_refused(house: House) -> None:
    house.advance(days=20)
    wren = house.as_("wren")
    refused = [
        {"family": "opened", "period": "2026-02"},  # so far
        {"family": "opened", "period": "2026-01-05/2026-01-20"},
        {"family": "opened", "period": "2025-12"},  # before there was anything
        {"family": "closed", "period": "2026-01"},
        {"family": "denials", "period": "2026-01"},
        {"family": "opened", "period": "2026-01", "region": "laval"},
        {"family": "opened", "period": "2026-01", "epsilon": 5},
        {"family": "opened", "period": "2026-01", "group_by": ["region", "language"]},
    ]
    for body in refused:
        assert refusal(wren.post(RELEASES, body)) == (409, "not-releasable"), body
    assert refusal(wren.post(RELEASES, {"family": "all", "period": "2026-01"}))[0] == 400
    assert refusal(wren.get(f"{RELEASES}/{ask(house, 'opened', '2026-01')}?format=exe"))[0] == 400


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_case_that_is_erased_or_not_to_be_counted_is_left_out(house: House) -> None:
    kept, erased, withdrawn = open_cases(house, 3)
    heron = house.as_("heron")
    heron.post(f"/v1/cases/{withdrawn}/consents", {"scope": "statistics", "granted": True})
    heron.post(f"/v1/cases/{withdrawn}/consents", {"scope": "statistics", "granted": False})
    heron.post(f"/v1/cases/{erased}/erase")
    house.advance(days=20)
    assert counted(house, "2026-01") == 1
    with house.database.snapshot() as db:
        assert set(db.scalars(select(Case.release_period))) == {"2026-01"}
        before = db.scalars(select(StatisticsMonth.op_values)).one()
    heron.post(f"/v1/cases/{withdrawn}/consents", {"scope": "statistics", "granted": True})
    heron.post(f"/v1/cases/{kept}/close", {"outcome": "supported"})
    heron.post(f"/v1/cases/{kept}/erase")
    house.advance(days=30)
    assert (counted(house, "2026-01"), counted(house, "2026-02")) == (1, 0)
    with house.database.snapshot() as db:
        sizes = [len(values or b"") for values in db.scalars(select(StatisticsMonth.op_values))]
        january = select(StatisticsMonth.op_values).where(StatisticsMonth.month == "2026-01")
        assert db.scalars(january).one() == before
    assert len(set(sizes)) == 1


def counted(house: House, month: str) -> int:
    """How many cases of a month were counted."""
    with house.database.snapshot() as db:
        joint = sum_months(db, read_plan(db), "opened", [month])
    assert sum(joint[0]) == sum(joint[1])
    return sum(joint[0])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_year_adds_up_with_its_quarters_and_costs_no_more_than_was_promised(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "print_due_files", lambda *_: None)  # another test's matter
    open_cases(house, 12, region="montreal", situation="detained")
    open_cases(house, 6, region="laval", language="en")
    [case] = open_cases(house, 1)
    house.as_("heron").post(f"/v1/cases/{case}/close", {"outcome": "supported"})
    house.advance(days=351)  # until 1 January
    quarters = [f"2026-Q{quarter}" for quarter in range(1, 5)]
    with Mechanism() as draw:
        records = {
            (family, period): drawn(house, draw, family, period)
            for family, period in (
                *(("opened", f"2026-{month:02}") for month in range(1, 13)),
                *(("opened", quarter) for quarter in quarters),
                *(("closed", quarter) for quarter in quarters),
                *(("denials", quarter) for quarter in quarters),
                ("opened", "2026"),
            )
        }
    with house.database.snapshot() as db:  # nothing more can be drawn from them
        assert set(db.scalars(select(StatisticsMonth.op_values))) == {None}
    year = figures(records["opened", "2026"])
    parts = [figures(records["opened", quarter]) for quarter in quarters]
    for dimension in ("total", "region", "language", "situation"):
        for cell, figure in year[dimension].items():
            assert figure == sum(part[dimension][cell] for part in parts)
    months = [figures(one) for one in records.values() if one.kind == "month"]
    assert year["total"][()] == sum(month["total"][()] for month in months)
    for table in ("region_situation", "region_language"):
        for region, figure in year["region"].items():
            assert figure == sum(n for cell, n in year[table].items() if cell[:1] == region)
    with house.database.snapshot() as db:
        month, family = StatisticsDebit.month, StatisticsDebit.family
        per_month = db.execute(select(func.sum(StatisticsDebit.milli)).group_by(month, family))
        assert {total for (total,) in per_month} == {1000, 500, 250}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_first_quarter_of_an_organisation_adds_up_with_the_months_that_it_has(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever begins in February has no January to release, now or ever."""
    monkeypatch.setattr(handlers, "print_due_files", lambda *_: None)  # another test's matter
    for module in (confirmation, release_rules):
        monkeypatch.setattr(module, "find_first_month", lambda _db: "2026-02")
    open_cases(house, 2)
    house.advance(days=77)  # until 2 April
    with Mechanism() as draw:
        months = [drawn(house, draw, "opened", f"2026-{month:02}") for month in (2, 3)]
        quarter = drawn(house, draw, "opened", "2026-Q1")
    told = figures(quarter)["total"][()]
    assert told == sum(figures(month)["total"][()] for month in months)


def drawn(house: House, draw: Mechanism, family: str, period: str) -> ReleaseRecord:
    """Release a period with a process that has loaded already; return its record."""
    now = house.clock()
    with house.database.transaction() as db:
        asked = request_release(db, house.principal("wren"), family, period, now)
    crane = house.principal("crane")
    done = confirm_release(house.database, crane, asked.id, now, lambda: nullcontext(draw))
    return load_record(done.record or "")


def figures(record: ReleaseRecord) -> dict[str, dict[tuple[str, ...], int]]:
    """The estimates of a release, by table and cell."""
    return {
        table.name: {cell.category: cell.estimate for cell in table.cells}
        for table in record.tables
    }


def test_every_state_of_a_release_has_its_transitions() -> None:
    assert set(RELEASE_TRANSITIONS) == set(ReleaseState)


@pytest.mark.parametrize(("before", "after"), list(product(ReleaseState, repeat=2)))
def test_a_release_goes_only_from_asked_for_to_released(
    before: ReleaseState, after: ReleaseState
) -> None:
    release = StatisticsRelease(state=before)
    if (before, after) == (ReleaseState.AWAITING_CONFIRMATION, ReleaseState.RELEASED):
        change_release_state(release, after)
        assert release.state == after
    else:
        with pytest.raises(ValueError, match="no release goes"):
            change_release_state(release, after)
        assert release.state == before
