"""ERASE reaches closed cases that the index has forgotten, with the next session of the archive."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.desk import (
    close_case,
    erase_due_cases,
    hold_case,
    is_archive_wanted,
    lift_hold,
    search_archive,
)
from app.errors import Forbidden
from app.intake import load_script
from app.models import AuditEntry, Case, CaseGrant, CaseSheet, Erasure, ErasureState
from app.vault import ratchet_index_key
from tests.line import Line
from tests.service import CALLER, House

OTHER = "+15145550177"
DONE = load_script().texts.get("en", "erase_done")


def wish(line: Line, sender: str = CALLER) -> str:
    """Ask to be erased and send the code back; return what the phone hears."""
    [asked] = line.says("ERASE ME", sender=sender)
    found = re.search(r"\b\d{4}\b", asked)
    assert found
    [said] = line.says(found[0], sender=sender)
    return said


def forgotten_case(line: Line, sender: str = CALLER) -> UUID:
    """A closed case whose number only the archive knows."""
    case = line.open_case("hello", sender=sender)
    line.as_member(close_case, "heron", case.id, "supported")
    ratchet_index_key(line.database, line.now)
    assert line.case(case.id).number_lookup is None
    return case.id


def sweep(line: Line) -> None:
    with line.writing() as db:
        erase_due_cases(db, line.now)


def states(line: Line) -> list[str]:
    with line.reading() as db:
        return list(db.scalars(select(Erasure.state)))


def test_the_next_session_of_the_archive_erases_it(line: Line) -> None:
    case_id, kept = forgotten_case(line), forgotten_case(line, OTHER)
    assert wish(line) == DONE
    assert line.case(case_id).state == "closed"
    assert states(line) == [ErasureState.WAITING]
    line.as_member(search_archive, "crane")
    assert line.case(case_id).state == "erased"
    assert line.case(kept).state == "closed"
    assert line.case(kept).number_lookup is None
    assert states(line) == []


def test_every_number_hears_the_same_and_waits_where_there_are_such_cases(line: Line) -> None:
    forgotten_case(line)
    assert wish(line, OTHER) == wish(line) == DONE
    line.as_member(search_archive, "crane")
    assert states(line) == []


def test_without_such_cases_nothing_of_the_wish_is_kept(line: Line) -> None:
    line.open_case("hello", "1", "5")
    assert wish(line) == DONE
    assert wish(line, OTHER) == DONE
    assert states(line) == []


def test_what_the_index_knows_is_erased_at_once(line: Line) -> None:
    forgotten_case(line)
    case = line.open_case("hello", "1", "5")
    wish(line)
    assert line.case(case.id).state == "erased"
    assert states(line) == [ErasureState.WAITING]


def test_who_texts_again_in_the_meantime_keeps_the_new_case(line: Line) -> None:
    old = forgotten_case(line)
    wish(line)
    line.clock.advance(timedelta(seconds=20))
    new = line.open_case("hello again")
    line.clock.advance(timedelta(hours=1))
    sweep(line)
    line.as_member(search_archive, "crane")
    assert line.case(old).state == "erased"
    assert line.case(new.id).state == "new"
    assert states(line) == []


def test_a_held_case_is_erased_once_the_hold_is_lifted(line: Line) -> None:
    case_id = forgotten_case(line)
    line.as_member(hold_case, "crane", case_id, "A court asked.")
    wish(line)
    line.as_member(search_archive, "crane")
    assert line.case(case_id).state == "closed"
    assert states(line) == [ErasureState.SEARCHED]
    ratchet_index_key(line.database, line.now)
    sweep(line)
    assert line.case(case_id).state == "closed"
    line.as_member(lift_hold, "crane", case_id)
    sweep(line)
    assert line.case(case_id).state == "erased"
    assert states(line) == []


def test_a_case_closed_while_its_wish_waits_is_not_forgotten(line: Line) -> None:
    case = line.open_case("they took him", "1")
    wish(line)
    line.as_member(close_case, "heron", case.id, "supported")
    ratchet_index_key(line.database, line.now)
    line.clock.advance(timedelta(hours=25))
    sweep(line)
    assert line.case(case.id).state == "erased"


def test_many_cases_take_several_requests(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.desk.erase_wishes._AT_ONCE", 2)
    numbers = [CALLER, *(f"+1514555018{n}" for n in range(4))]
    cases = [forgotten_case(line, number) for number in numbers]
    wish(line)
    for _ in range(3):
        assert states(line) == [ErasureState.WAITING]
        line.as_member(search_archive, "crane")
    assert states(line) == []
    assert [line.case(one).state for one in cases] == ["erased", *4 * ["closed"]]


def test_a_damaged_contact_hinders_no_search(line: Line) -> None:
    case_id, damaged = forgotten_case(line), forgotten_case(line, OTHER)
    with line.writing() as db:
        db.execute(update(CaseSheet).where(CaseSheet.case_id == damaged).values(contact_version=9))
    wish(line)
    line.as_member(search_archive, "crane")
    assert line.case(case_id).state == "erased"


def test_the_desk_alone_searches_nothing(line: Line) -> None:
    case_id = forgotten_case(line)
    wish(line)
    with pytest.raises(Forbidden):
        line.as_member(search_archive, "heron")
    assert line.case(case_id).state == "closed"


def test_over_the_phone_and_rest(house: House) -> None:
    case = house.case_of("hello", "1", "3", "they took my brother")
    heron = house.as_("heron")
    assert heron.post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"}).is_success
    for _ in range(5):
        house.advance(days=6, hours=12)  # the index key is replaced on day 30
    phone = house.phone()
    [asked] = phone.says("ERASE")
    code = re.search(r"\b\d{4}\b", asked)
    assert code
    assert phone.says(code[0])[0].startswith("This will be erased")
    house.as_("heron").get("/v1/cases")
    with house.database.snapshot() as db:
        assert db.get_one(Case, UUID(case["id"])).state == "closed"
        assert is_archive_wanted(db)
    assert house.as_("crane").get("/v1/members/me").status_code == 200
    with house.database.snapshot() as db:
        assert db.get_one(Case, UUID(case["id"])).state == "erased"
        assert not db.scalars(select(CaseGrant.id)).all()
        kinds = set(db.scalars(select(AuditEntry.kind)))
    assert {"archive.searched", "case.erased"} <= kinds
