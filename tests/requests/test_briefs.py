"""Which keys open a brief, seen from a dump of the database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.crypto import SealBroken
from app.models import Brief, BriefContent
from app.requests.briefs import store_brief
from tests.requests.deeds import brief_of, opened
from tests.requests.hall import Hall
from tests.requests.people import a_case, raised


def test_a_candidates_passphrase_opens_nothing_pending(hall: Hall) -> None:
    raised(hall, share=("subject_name",))
    assert opened(hall, "finch") == set()


def test_with_the_operational_key_on_the_disk_it_opens_the_pending_brief(hall: Hall) -> None:
    raised(hall, share=("subject_name",))
    assert opened(hall, "finch", operational=True) == {"briefs", "brief_wraps"}
    assert opened(hall, "owl", operational=True) == set()


def test_who_accepted_opens_exactly_the_brief_and_nobody_else_does(hall: Hall) -> None:
    hall.newcomer("siskin", "accompanier")
    case = a_case(hall)
    request = raised(hall, case, share=("subject_name",))
    raised(hall, case, share=("hearing_office",))  # another, still pending
    [handle] = hall.asked(request)
    other = ({"finch", "siskin"} - {handle}).pop()
    hall.accept(handle, request)
    assert opened(hall, handle) == {"briefs", "brief_wraps"}
    found = [one for one in hall.plunder(handle).opened if one.cell.table == "briefs"]
    assert len(found) == 1
    read = bytes(found[0].plaintext)
    assert (read.count(b"Amina"), read.count(b"Guy-Favreau")) == (1, 0)
    assert opened(hall, other, "owl", "starling") == set()


def test_a_brief_put_in_anothers_place_does_not_open(hall: Hall) -> None:
    one, other = raised(hall), raised(hall)
    assignment_id = hall.accept("finch", one)
    with hall.database.transaction() as db:
        first, second = (
            db.scalars(select(Brief).where(Brief.request_id == request.id)).one()
            for request in (one, other)
        )
        first.fields, second.fields = second.fields, first.fields
    with pytest.raises(SealBroken):
        brief_of(hall, "finch", assignment_id)


@pytest.mark.parametrize("with_its_public_key", [False, True])
def test_a_brief_under_a_key_that_nobody_vouched_for_does_not_open(
    hall: Hall, with_its_public_key: bool
) -> None:
    """As by who can write everything, files included, but has not the integrity key."""
    request = raised(hall)
    assignment_id = hall.accept("finch", request)
    with hall.database.transaction() as db:
        theirs = db.scalars(select(Brief).where(Brief.request_id == request.id)).one()
        before, mac = theirs.public, theirs.mac
        finch = [hall.residents["finch"].id]
        trap = BriefContent(kind="accompaniment", languages=(), meeting_place="a trap")
        store_brief(db, request, trap, finch, hall.clock(), pending=False)
        forged = db.scalars(select(Brief).where(Brief.request_id == request.id)).one()
        forged.mac = mac
        if not with_its_public_key:
            forged.public = before
            forged.mac = db.keys.public_key_mac("briefs", forged.id, forged.epoch, before)
    with pytest.raises(SealBroken):
        brief_of(hall, "finch", assignment_id)
