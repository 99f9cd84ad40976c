"""A reply that did not reach the caller: the case waits again, and somebody is paged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.desk import (
    StatedConsent,
    change_case,
    close_case,
    merge_cases,
    read_case,
    record_consent,
)
from app.errors import NumberSuppressed
from app.models import Job, Outgoing, OutgoingState
from app.outbox import UNHEARD_JOB
from app.store import add_jobs, new_job
from app.telephony import OptedOut
from tests.line import Line

HERON, OTHER = "+15145550160", "+15145550177"


@pytest.fixture
def paged(line: Line) -> Line:
    line.give_phone("heron", HERON)
    return line


def pages(line: Line) -> int:
    return sum("Reply 1 = mine" in text for text in line.inbox(HERON))


def is_waiting(line: Line, case_id: UUID) -> bool:
    return line.values(case_id).waiting_since is not None


def refuse(line: Line) -> None:
    line.carrier.errors.append(OptedOut(21610))


def lose(line: Line) -> None:
    line.carrier.fates.append("undelivered")


@pytest.mark.parametrize(("fail", "status"), [(refuse, "refused"), (lose, "undelivered")])
def test_a_case_whose_reply_came_to_nothing_waits_again(
    paged: Line, fail: Callable[[Line], None], status: str
) -> None:
    case, before = paged.open_case("they took him"), pages(paged)
    fail(paged)
    paged.reply(case.id)
    assert paged.statuses(case.id)[-1] == status
    assert (paged.case(case.id).state, is_waiting(paged, case.id)) == ("open", True)
    assert pages(paged) == before + 1


def test_it_is_paged_for_until_somebody_looks(paged: Line) -> None:
    case = paged.open_case("they took him")
    lose(paged)
    paged.reply(case.id)
    before = pages(paged)
    paged.advance(minutes=5)
    assert pages(paged) == before + 1
    paged.reply(case.id, "Once more.")
    assert not is_waiting(paged, case.id)
    assert paged.statuses(case.id)[-1] == "delivered"
    paged.advance(minutes=15)
    assert pages(paged) == before + 1


def test_a_reply_that_arrived_leaves_nobody_waiting(paged: Line) -> None:
    case = paged.open_case("they took him")
    paged.reply(case.id)
    assert (paged.case(case.id).state, is_waiting(paged, case.id)) == ("waiting", False)


def test_what_the_script_failed_to_say_changes_nothing(paged: Line) -> None:
    case = paged.open_case("they took him", "1")
    paged.reply(case.id)
    with paged.writing() as db:
        texts = {one.purpose: one for one in db.scalars(select(Outgoing)) if one.case_id}
        texts["script"].state = OutgoingState.FAILED
        rows = [new_job(UNHEARD_JOB, one.id, paged.now) for one in texts.values()]
        assert len(rows) == 2
        add_jobs(db, rows)
    paged.settle()
    assert not is_waiting(paged, case.id)
    with paged.reading() as db:
        assert db.scalar(select(Job.id).where(Job.kind == UNHEARD_JOB)) is None


def test_a_closed_case_is_left_alone(paged: Line) -> None:
    case = paged.open_case("they took him")
    paged.carrier.news_take = timedelta(minutes=5)
    lose(paged)
    paged.reply(case.id)
    paged.as_member(close_case, "heron", case.id, "supported")
    paged.advance(minutes=10)
    assert paged.statuses(case.id)[-1] == "undelivered"
    assert not paged.case(case.id).waiting


def test_who_wrote_again_meanwhile_waits_since_then(paged: Line) -> None:
    case = paged.open_case("they took him")
    paged.carrier.news_take = timedelta(minutes=15)
    lose(paged)
    paged.reply(case.id)
    paged.advance(minutes=5)
    paged.text("are you there?")
    since = paged.values(case.id).waiting_since
    paged.advance(minutes=15)
    assert "undelivered" in paged.statuses(case.id)
    assert paged.values(case.id).waiting_since == since == paged.now - timedelta(minutes=15)


def test_of_a_merged_case_the_main_one_waits(paged: Line) -> None:
    main, other = paged.open_case("they took him"), paged.open_case("him", sender=OTHER)
    paged.reply(main.id)
    paged.carrier.news_take = timedelta(minutes=5)
    lose(paged)
    paged.reply(other.id)
    paged.as_member(merge_cases, "heron", other.id, main.id)
    assert not is_waiting(paged, main.id)
    paged.advance(minutes=10)
    assert is_waiting(paged, main.id)


def test_a_page_that_was_answered_just_before_is_not_the_last(paged: Line) -> None:
    case = paged.open_case("hello")
    changes = {"urgency": 2}
    paged.as_member(change_case, "heron", case.id, paged.case(case.id).version, changes)
    agreed = StatedConsent("contact", True, ("text",), ["00:00-24:00"])
    paged.as_member(record_consent, "heron", case.id, agreed)
    before = pages(paged)
    paged.advance(hours=20)
    assert pages(paged) == before + 1
    lose(paged)
    paged.reply(case.id)
    assert is_waiting(paged, case.id)
    paged.advance(hours=20)
    assert pages(paged) == before + 2


def test_what_the_carriers_list_alone_tells_counts_too(paged: Line) -> None:
    case = paged.open_case("they took him")
    lose(paged)
    paged.carrier.times_out, paged.carrier.news_take = 1, None
    paged.reply(case.id)
    paged.advance(minutes=5)
    assert paged.statuses(case.id)[-1] == "undelivered"
    assert is_waiting(paged, case.id)


def test_the_desk_sees_that_the_carrier_refused_for_good(paged: Line) -> None:
    case = paged.open_case("they took him")
    refuse(paged)
    paged.reply(case.id)
    assert paged.as_member(read_case, "heron", case.id).contact.flags == ["stopped"]
    with pytest.raises(NumberSuppressed):
        paged.reply(case.id, "x")
