"""What a request may show, to whom, from when, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.cases.case import find_case
from app.crypto import SealBroken
from app.desk.closing import close_case
from app.desk.date_changes import change_date
from app.desk.handling import claim_case
from app.desk.reading import read_case
from app.desk.replying import StatedConsent, record_consent, send_reply
from app.errors import ConsentMissing, NotFound
from app.members import MemorySessions
from app.members.accounts import remove_member
from app.models import Brief, BriefContent, BriefWrap, Event, Request, Task, TeamWrap
from app.requests.assignments import read_brief
from app.requests.brief_writer import write_brief
from app.requests.briefs import list_brief_holders, store_brief
from app.requests.candidates import is_elsewhere
from app.requests.new_requests import raise_request, raise_without_brief
from app.requests.reports import ReportFacts, file_report
from app.requests.request_facts import RequestFacts
from tests.requests.hall import Hall
from tests.requests.people import a_case, a_date, raised


def brief_of(hall: Hall, handle: str, assignment_id: UUID) -> BriefContent | None:
    with hall.database.transaction() as db:
        return read_brief(db, hall.principal(handle), assignment_id, hall.clock()).brief


def opened(hall: Hall, *handles: str, operational: bool = False) -> set[str]:
    """The sealed columns of briefs and cases that open with these members' passphrases."""
    outcome = hall.plunder(*handles, operational=operational)
    sealed = {one.cell.table for one in outcome.opened if one.cell.word == "sealed"}
    return sealed - {"members", "team_wraps"}


def say(hall: Hall, case_id: str, scope: str, *, granted: bool, why: str | None = None) -> None:
    with hall.database.transaction() as db:
        said = StatedConsent(scope, granted, override_reason=why)
        record_consent(db, hall.principal("heron"), UUID(case_id), said, hall.clock())


def test_an_accompanier_is_shown_time_place_and_name_and_what_was_shared(hall: Hall) -> None:
    case = a_case(hall)
    share = ("subject_name", "client_id", "hearing_office")
    request = raised(hall, case, event_id=UUID(a_date(hall, case)), share=share)
    brief = brief_of(hall, "finch", hall.accept("finch", request))
    assert brief is not None
    assert brief.reference
    assert replace(brief, reference=None) == BriefContent(
        kind="accompaniment",
        languages=("fr",),
        starts_at=hall.clock() + timedelta(days=3),
        meeting_place="main door",
        fields={"subject_name": "Amina", "hearing_office": "Guy-Favreau"},
    )


def test_a_legal_contact_is_shown_the_fields_that_were_shared(hall: Hall) -> None:
    case = a_case(hall, scopes=("legal",))
    request = raised(hall, case, "legal", share=("client_id", "notes_legal"))
    brief = brief_of(hall, "owl", hall.accept("owl", request))
    assert brief is not None
    assert brief.fields == {"client_id": "55-1234", "notes_legal": "appeal"}
    assert brief.meeting_place is None


def test_an_interpreter_is_shown_languages_and_time_alone(hall: Hall) -> None:
    case = a_case(hall, scopes=())
    asked = {"languages": ("fr", "en"), "share": ("subject_name",)}
    request = raised(hall, case, "interpreter", event_id=UUID(a_date(hall, case)), **asked)
    brief = brief_of(hall, "starling", hall.accept("starling", request))
    starts_at = hall.clock() + timedelta(days=3)
    assert brief == BriefContent(kind="interpreter", languages=("fr", "en"), starts_at=starts_at)


@pytest.mark.parametrize(("kind", "other"), [("accompaniment", "legal"), ("legal", "accompanier")])
def test_nobody_is_asked_without_the_callers_consent(hall: Hall, kind: str, other: str) -> None:
    case = a_case(hall, scopes=(other, "contact", "family"))
    with pytest.raises(ConsentMissing):
        raised(hall, case, kind)


def test_an_override_with_its_reason_counts_and_the_newest_word_decides(hall: Hall) -> None:
    case = a_case(hall, scopes=("accompanier",))
    say(hall, case, "accompanier", granted=False)
    with pytest.raises(ConsentMissing):
        raised(hall, case)
    say(hall, case, "accompanier", granted=False, why="cannot be asked, removal tonight")
    assert hall.now(raised(hall, case)).state == "offered"


def test_consent_taken_back_takes_the_brief_the_request_and_the_assignment(hall: Hall) -> None:
    case = a_case(hall, scopes=("accompanier", "legal"))
    gone, stays = raised(hall, case), raised(hall, case, "legal")
    assignment_id = hall.accept("finch", gone)
    say(hall, case, "accompanier", granted=False)
    assert hall.now(gone).state == "cancelled"
    assert hall.now(stays).state == "offered"
    assert brief_of(hall, "finch", assignment_id) is None
    assert not hall.has_timer(gone)
    with hall.database.snapshot() as db:
        assert db.scalars(select(Brief.request_id)).all() == [stays.id]
        assert set(db.scalars(select(BriefWrap.request_id))) == {stays.id}


# -- least privilege, from a dump


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


def reported(hall: Hall, who: str, assignment_id: UUID, outcome: str = "attended") -> None:
    with hall.database.transaction() as db:
        told = ReportFacts(outcome, "it went as it went")
        file_report(db, hall.principal(who), assignment_id, told, hall.clock())


@pytest.mark.parametrize(
    ("kind", "who", "outcome"),
    [
        ("accompaniment", "finch", "no_show"),
        ("accompaniment", "finch", "cannot go"),
        ("legal", "owl", "attended"),
        ("interpreter", "starling", "done"),
    ],
)
def test_after_the_report_nothing_is_left_to_open(
    hall: Hall, kind: str, who: str, outcome: str
) -> None:
    case, languages = a_case(hall, scopes=("accompanier", "legal")), ("fr", "en")
    request = raised(hall, case, kind, languages=languages, share=("subject_name",))
    assignment_id = hall.accept(who, request)
    assert opened(hall, who) == {"briefs", "brief_wraps"}
    reported(hall, who, assignment_id, outcome)
    assert opened(hall, who, operational=True) == set()
    assert brief_of(hall, who, assignment_id) is None


def test_who_went_along_looks_something_up_for_a_day_after_the_report(hall: Hall) -> None:
    request = raised(hall, share=("subject_name",))
    assignment_id = hall.accept("finch", request)
    reported(hall, "finch", assignment_id)
    assert hall.now(request).state == "done"
    assert opened(hall, "owl", operational=True) == set()
    assert brief_of(hall, "finch", assignment_id) is not None
    hall.advance(hours=23)
    reported(hall, "finch", assignment_id)  # a second report makes it no longer
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=1)
    assert opened(hall, "finch", operational=True) == set()
    assert brief_of(hall, "finch", assignment_id) is None


@pytest.mark.parametrize("end", ["refused", "closed", "removed"])
def test_a_reporters_day_ends_with_the_callers_agreement(hall: Hall, end: str) -> None:
    case = a_case(hall)
    assignment_id = hall.accept("finch", raised(hall, case, share=("subject_name",)))
    reported(hall, "finch", assignment_id)
    desk, now = hall.principal("wren"), hall.clock()
    if end == "refused":
        say(hall, case, "accompanier", granted=False)
    with hall.database.transaction() as db:
        if end == "closed":
            close_case(db, desk, UUID(case), "supported", now)
        if end == "removed":
            finch = hall.residents["finch"].id
            remove_member(db, MemorySessions(), hall.principal("crane"), finch, "finch", now)
    assert opened(hall, "finch", operational=True) == set()


def test_a_day_after_the_report_is_never_longer_than_a_day_after_the_date(hall: Hall) -> None:
    case = a_case(hall)
    request = raised(hall, case, event_id=UUID(a_date(hall, case, hours=10)))
    assignment_id = hall.accept("finch", request)
    hall.advance(hours=34)
    reported(hall, "finch", assignment_id)
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=2)
    assert opened(hall, "finch") == set()


def test_an_accompaniers_access_ends_a_day_after_the_event(hall: Hall) -> None:
    case = a_case(hall)
    request = raised(hall, case, event_id=UUID(a_date(hall, case, hours=10)))
    assignment_id = hall.accept("finch", request)
    hall.advance(hours=35)  # it is taken to last two hours
    assert opened(hall, "finch") == {"briefs", "brief_wraps"}
    hall.advance(hours=1)
    assert opened(hall, "finch") == set()
    assert brief_of(hall, "finch", assignment_id) is None
    assert hall.now(request).state == "done"


def test_a_date_that_lasts_longer_keeps_whoever_took_it_for_longer(hall: Hall) -> None:
    case = a_case(hall)
    date = UUID(a_date(hall, case, hours=1))
    assignment_id = hall.accept("finch", raised(hall, case, event_id=date))
    with hall.database.transaction() as db:
        desk, now = hall.principal("heron"), hall.clock()
        ends_at = now + timedelta(hours=6)  # it was taken to last two hours
        change_date(db, desk, date, db.get_one(Event, date).version, {"ends_at": ends_at}, now)
    with hall.database.snapshot() as db:
        finch, hour = hall.residents["finch"].id, timedelta(hours=1)
        assert is_elsewhere(db, finch, (now + 4 * hour, now + 6 * hour))
    hall.advance(hours=29)
    assert brief_of(hall, "finch", assignment_id) is not None
    hall.advance(hours=1)
    assert brief_of(hall, "finch", assignment_id) is None


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


# -- briefs that come later


def bare(hall: Hall, case_id: str, kind: str = "accompaniment") -> Request | None:
    with hall.database.transaction() as db:
        case = find_case(db, hall.principal("heron"), UUID(case_id))
        request = raise_without_brief(db, case, RequestFacts(kind), hall.clock())
    hall.work()
    return request


def test_the_machines_request_shows_nothing_until_the_desk_works_on_the_case(hall: Hall) -> None:
    case = a_case(hall)
    request = bare(hall, case)
    assert request is not None
    assignment_id = hall.accept("finch", request)
    assert brief_of(hall, "finch", assignment_id) is None
    assert opened(hall, "finch", operational=True) == set()
    with hall.database.transaction() as db:
        claim_case(db, hall.principal("heron"), UUID(case), hall.clock())
    brief = brief_of(hall, "finch", assignment_id)
    assert brief is not None
    assert brief.fields == {}
    assert opened(hall, "owl", "starling") == set()


def test_reading_a_case_writes_no_brief(hall: Hall) -> None:
    case = a_case(hall)
    bare(hall, case)
    with hall.database.transaction() as db:
        file = read_case(db, hall.principal("heron"), UUID(case), hall.clock())
        assert [due.task.kind for due in file.tasks] == ["brief"]
    with hall.database.snapshot() as db:
        assert db.scalars(select(Brief.id)).all() == []


@pytest.mark.parametrize("act", ["claim", "reply", "ask", "consent", "brief"])
def test_whatever_the_desk_does_in_a_case_writes_the_briefs_it_lacks(hall: Hall, act: str) -> None:
    case, desk, now = a_case(hall, number="+15145550190"), hall.principal("heron"), hall.clock()
    with hall.database.transaction() as db:
        record_consent(db, desk, UUID(case), StatedConsent("contact", True, ("text",)), now)
    request = bare(hall, case)
    assert request is not None
    with hall.database.transaction() as db:
        if act == "claim":
            claim_case(db, desk, UUID(case), now)
        if act == "reply":
            send_reply(db, desk, UUID(case), "Somebody will come.", now)
        if act == "ask":
            raise_request(db, desk, UUID(case), RequestFacts("interpreter"), now)
        if act == "consent":
            record_consent(db, desk, UUID(case), StatedConsent("legal", True), now)
        if act == "brief":
            write_brief(db, desk, request.id, now)
    with hall.database.snapshot() as db:
        assert list_brief_holders(db, request.id)
        assert db.scalars(select(Task.id).where(Task.state == "open")).all() == []


def test_a_colleague_who_waits_for_the_teams_key_takes_a_case_all_the_same(hall: Hall) -> None:
    case = a_case(hall)
    request = bare(hall, case)
    assert request is not None
    heron = hall.principal("heron")
    with hall.database.transaction() as db:
        db.execute(delete(TeamWrap).where(TeamWrap.member_id == heron.member_id))
        assert claim_case(db, heron, UUID(case), hall.clock()).assigned_to == heron.member_id
    with hall.database.snapshot() as db:
        assert list_brief_holders(db, request.id) is None


def test_the_machine_asks_nobody_without_consent(hall: Hall) -> None:
    assert bare(hall, a_case(hall, scopes=())) is None


def test_a_brief_can_be_written_anew_with_other_fields(hall: Hall) -> None:
    request = raised(hall, share=("subject_name",))
    assignment_id = hall.accept("finch", request)
    with hall.database.transaction() as db:
        write_brief(db, hall.principal("heron"), request.id, hall.clock(), ["hearing_office"])
    brief = brief_of(hall, "finch", assignment_id)
    assert brief is not None
    assert brief.fields == {"hearing_office": "Guy-Favreau"}


def test_nobody_reads_an_assignment_that_is_anothers(hall: Hall) -> None:
    assignment_id = hall.accept("finch", raised(hall))
    for handle in ("owl", "heron", "wren"):
        with pytest.raises(NotFound):
            brief_of(hall, handle, assignment_id)


def test_a_brief_is_sealed_to_the_desk_too_and_to_no_coordinator(hall: Hall) -> None:
    request = raised(hall)
    with hall.database.snapshot() as db:
        holders = list_brief_holders(db, request.id)
    names = {resident.id: handle for handle, resident in hall.residents.items()}
    assert {names[one] for one in holders or ()} == {"finch", "heron", "plover", "wren"}
