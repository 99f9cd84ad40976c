"""What the desk can ask for: which people, for when, and the fields of the case that they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.cases import find_tree_ids, read_case_values
from app.errors import BadRequest
from app.models import Case, Event, RequestTimes, RequestValues
from app.organisation import REQUEST_KINDS, check_codes, read_settings
from app.store import Db

# The organisation's fields that each kind may see at all; None: all of them.
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
_MOST = 20
_FURTHEST = timedelta(days=3660)


@dataclass(frozen=True)
class RequestFacts:
    """What the desk asks for. Without ``languages`` and ``region`` those of the case count.

    ``share``: names of fields. ``call_id``: a running call, into which an interpreter is rung.
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


def check_request(db: Db, asked: RequestFacts, now: datetime) -> None:
    """Raise BadRequest for what cannot be asked for."""
    if asked.kind not in REQUEST_KINDS:
        raise BadRequest(f"A request is for one of: {', '.join(REQUEST_KINDS)}.")
    settings = read_settings(db)
    check_codes(settings, region=asked.region)
    for language in asked.languages:
        check_codes(settings, language=language)
    if max(map(len, (asked.languages, asked.skills, asked.wishes))) > _MOST:
        raise BadRequest(f"At most {_MOST} languages, skills and wishes each.")
    if asked.needed_by is not None and not now < asked.needed_by < now + _FURTHEST:
        raise BadRequest("By when it is needed is in the past, or more than ten years away.")
    unknown = set(asked.share) - set(settings.fields)
    if unknown:
        raise BadRequest(f"Fields are: {', '.join(settings.fields)}.")


def list_shared_fields(db: Db, asked: RequestFacts) -> tuple[str, ...]:
    """Return the names of the fields to show: those asked for that this kind may see."""
    allowed, fields = ALLOWED_FIELDS[asked.kind], read_settings(db).fields
    shown = asked.share if allowed is None else allowed.intersection(asked.share)
    return tuple(name for name in fields if name in shown)


def make_request_values(db: Db, case: Case, asked: RequestFacts, now: datetime) -> RequestValues:
    """Return the values of a new request. BadRequest for a wrong date or a missing language."""
    known = read_case_values(db, case)
    languages = tuple(dict.fromkeys(asked.languages or filter(None, (known.language,))))
    if asked.kind == "interpreter" and not languages:
        raise BadRequest("An interpreter is asked for with a language, or a pair of them.")
    times = _find_times(db, case, asked.event_id, now)
    return RequestValues(
        kind=asked.kind,
        languages=languages,
        region=asked.region or known.region,
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
    """Return when a date of this case is. BadRequest for one that is over, or of another case."""
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
    values = db.keys.find_values(event)
    return (
        RequestTimes(starts_at=values.starts_at, ends_at=values.ends_at)
        if values
        else RequestTimes()
    )
