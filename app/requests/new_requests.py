"""Asking for people: what may be asked for, and of which case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app import audit
from app.access import Permission, Principal
from app.cases import check_consent, find_case, find_tree_ids, open_case_keys, read_case_values
from app.crypto import CaseKeys
from app.errors import BadRequest, ConsentMissing
from app.models import Case, Event, Request, RequestState, RequestTimes, RequestValues, rounded
from app.organisation import check_codes, read_settings
from app.requests.accompaniments import ACCOMPANIMENT, check_room
from app.requests.brief_writer import seal_brief
from app.requests.lifecycle import ask_for_brief, start_seeking
from app.store import Db
from app.vault import read_sheet

REQUEST_KINDS = ("accompaniment", "legal", "interpreter")
# Which of the organisation's fields may be shown to whom at all; None: all of them.
ALLOWED_FIELDS: Mapping[str, frozenset[str] | None] = {
    "accompaniment": frozenset(
        (
            "subject_name",
            "subject_relation",
            "contact_name",
            "medication",
            "children",
            "hearing_office",
        )
    ),
    "legal": None,
    "interpreter": frozenset(),
}
_STILL_TO_COME = ("tentative", "confirmed")
# A flag or a field of this name says that it is about a minor.
_MINOR = "minor"
_MOST = 20
_FURTHEST = timedelta(days=3660)


@dataclass(frozen=True)
class RequestFacts:
    """What the desk asks for. Without ``languages`` and ``region`` those of the case count.

    ``call_id``: the running call into which the interpreter is rung who accepts.
    """

    kind: str
    event_id: UUID | None = None
    languages: Sequence[str] = ()
    region: str | None = None
    skills: Sequence[str] = ()
    wishes: Sequence[str] = ()
    needed_by: datetime | None = None
    share: Sequence[str] = ()
    minor: bool = False
    call_id: UUID | None = None


def raise_request(
    db: Db, principal: Principal, case_id: UUID, asked: RequestFacts, now: datetime
) -> Request:
    """Ask for somebody, and seal what they may read to all who could come to be asked.

    BadRequest, ConsentMissing, CaseClosed, CaseErased, NotFound. About a minor two requests are
    made for an accompaniment, so that nobody goes alone; the first is returned.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    check_request(db, asked, now)
    check_consent(db, case, asked.kind)
    keys = open_case_keys(db, principal, case)
    values = _values(db, case, asked, now)
    values = replace(values, minor=asked.minor or _is_minor(db, case, keys))
    _check_room(db, asked, minor=values.minor)
    made = _put(db, case, values, asked.event_id, principal.member_id, now)
    for request in made:
        seal_brief(db, case, keys, request, now)
    for _ in made:
        audit.record(db, "request.raised", principal.member_id, case.id, now)
    return made[0]


def _check_room(db: Db, asked: RequestFacts, *, minor: bool) -> None:
    """Raise BadRequest where so many do not go along to the date any more."""
    event = db.get(Event, asked.event_id) if asked.event_id else None
    if event is not None and asked.kind == ACCOMPANIMENT:
        check_room(db, event, 2 if minor else 1)


def check_request(db: Db, asked: RequestFacts, now: datetime) -> None:
    """Raise BadRequest for what cannot be asked for."""
    if asked.kind not in REQUEST_KINDS:
        raise BadRequest(f"A request is for one of: {', '.join(REQUEST_KINDS)}.")
    settings, _ = read_settings(db)
    check_codes(settings, region=asked.region)
    for language in asked.languages:
        check_codes(settings, language=language)
    if max(map(len, (asked.languages, asked.skills, asked.wishes))) > _MOST:
        raise BadRequest(f"At most {_MOST} languages, skills and wishes each.")
    if asked.needed_by is not None and not now < asked.needed_by < now + _FURTHEST:
        raise BadRequest("By when it is needed is in the past, or more than ten years away.")
    unknown = set(asked.share) - set(settings["fields"])
    if unknown:
        raise BadRequest(f"Fields are: {', '.join(settings['fields'])}.")


def _values(db: Db, case: Case, asked: RequestFacts, now: datetime) -> RequestValues:
    coarse = read_case_values(db, case)
    languages = tuple(dict.fromkeys(asked.languages or filter(None, (coarse.get("language"),))))
    if asked.kind == "interpreter" and not languages:
        raise BadRequest("An interpreter is asked for with a language, or a pair of them.")
    times = _find_times(db, case, asked.event_id, now)
    return RequestValues(
        kind=asked.kind,
        languages=languages,
        region=asked.region or coarse.get("region"),
        skills=tuple(sorted(set(asked.skills))),
        wishes=tuple(sorted(set(asked.wishes))),
        shares=list_shared_fields(db, asked),
        minor=asked.minor,
        call=asked.call_id,
        needed_by=asked.needed_by,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
    )


def _find_times(db: Db, case: Case, event_id: UUID | None, now: datetime) -> RequestTimes:
    """Return when it is, by the event. BadRequest for one that is over, or of another case."""
    if event_id is None:
        return RequestTimes()
    event = db.get(Event, event_id)
    if event is None or event.case_id not in find_tree_ids(db, case.id):
        raise BadRequest("This case has no such date.")
    if event.state not in _STILL_TO_COME:
        raise BadRequest("This date is over, or does not hold any more.")
    times = read_event_times(db, event)
    if times.window is None or times.window[1] <= now:
        raise BadRequest("This date is in the past.")
    return times


def read_event_times(db: Db, event: Event) -> RequestTimes:
    """Return when a date is."""
    values = db.keys.open_row("events", event)
    starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
    return RequestTimes(
        starts_at=datetime.fromisoformat(starts_at) if starts_at else None,
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
    )


def list_shared_fields(db: Db, asked: RequestFacts) -> tuple[str, ...]:
    """Return which fields are shown: those asked for, as far as this kind may see them at all."""
    allowed, fields = ALLOWED_FIELDS[asked.kind], read_settings(db)[0]["fields"]
    shown = asked.share if allowed is None else allowed.intersection(asked.share)
    return tuple(name for name in fields if name in shown)


def _is_minor(db: Db, case: Case, keys: Mapping[int, CaseKeys]) -> bool:
    flagged = _MINOR in read_case_values(db, case).get("flags", ())
    return flagged or bool(read_sheet(db, case, keys, "fields", {}).get(_MINOR))


def _put(
    db: Db,
    case: Case,
    values: RequestValues,
    event_id: UUID | None,
    raised_by: UUID | None,
    now: datetime,
) -> list[Request]:
    """Add a request; two where it is about a minor, so that nobody goes alone."""
    first = _put_one(db, case, values, event_id, raised_by, now)
    if not values.minor or values.kind != ACCOMPANIMENT:
        return [first]
    other = replace(values, companion=first.id)
    second = _put_one(db, case, other, event_id, raised_by, now)
    db.keys.write_values(first, replace(db.keys.read_values(first), companion=second.id))
    return [first, second]


def _put_one(
    db: Db,
    case: Case,
    values: RequestValues,
    event_id: UUID | None,
    raised_by: UUID | None,
    now: datetime,
) -> Request:
    """Add a request and begin to look for somebody; it has no brief yet."""
    request_id = uuid4()
    request = Request(
        id=request_id,
        case_id=case.id,
        event_id=event_id,
        state=RequestState.OPEN,
        urgency=case.urgency,
        step=0,
        version=0,
        opened_at=rounded(now),
        opened_by=raised_by,
        **db.keys.new_values(Request, request_id, values, now),
    )
    db.add(request)
    db.flush()
    start_seeking(db, request, now)
    return request


def raise_without_brief(
    db: Db, case: Case, asked: RequestFacts, now: datetime, *, consented: bool = True
) -> Request | None:
    """Ask for somebody where nobody holds the case's keys; None where consent is missing.

    Whoever takes it sees coarse facts, until somebody of the desk opens the case. Without
    ``consented`` it is asked for all the same, and the brief waits for the consent.
    """
    if consented:
        try:
            check_consent(db, case, asked.kind)
        except ConsentMissing:
            return None
    made = _put(db, case, _values(db, case, asked, now), asked.event_id, None, now)
    for request in made:
        ask_for_brief(db, request, now)
    for _ in made:
        audit.record(db, "request.raised", None, case.id, now)
    return made[0]
