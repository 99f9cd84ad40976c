"""Members with phones, cases with consent, requests: what tests of offers begin with."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.cases.date_rules import DateFacts
from app.cases.dates import add_date
from app.desk.handling import CaseOpening, open_case_by_hand
from app.desk.replying import StatedConsent, record_consent
from app.models import Request
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from tests.requests.hall import Hall
from tests.service import House

PHONES = {
    "finch": "+15145550151",
    "siskin": "+15145550152",
    "linnet": "+15145550153",
    "heron": "+15145550161",
    "plover": "+15145550162",
    "wren": "+15145550163",
    "crane": "+15145550164",
    "owl": "+15145550165",
    "starling": "+15145550166",
}
CODE = re.compile(r"Reply (\d{4}) YES or NO")
FIELDS = {
    "subject_name": "Amina",
    "hearing_office": "Guy-Favreau",
    "client_id": "55-1234",
    "notes_legal": "appeal",
}


def with_phones(house: House, *handles: str) -> None:
    """Give these members their phones; accompaniers who do not exist yet join."""
    for handle in handles:
        if handle not in house.residents:
            house.newcomer(handle, "accompanier")
        me = house.as_(handle)
        version = me.get("/v1/members/me").headers["etag"]
        answer = me.patch("/v1/members/me", {"phone": PHONES[handle]}, version=version)
        assert answer.status_code == 200, answer.text


def a_case(
    house: House | Hall,
    urgency: int = 2,
    scopes: tuple[str, ...] = ("accompanier",),
    number: str | None = None,
) -> str:
    """Open a case in Montreal, by somebody who speaks French, with these consents."""
    now, desk = house.clock(), house.principal("heron")
    with house.database.transaction() as db:
        opening = CaseOpening(number, "date_or_letter", urgency, "fr", "montreal", FIELDS)
        case_id = open_case_by_hand(db, desk, opening, now, own_number="").id
        for scope in scopes:
            record_consent(db, desk, case_id, StatedConsent(scope, True), now)
    return str(case_id)


def a_date(house: House | Hall, case_id: str, **later: float) -> str:
    """Add a hearing to a case, so much later; return its id."""
    now, desk = house.clock(), house.principal("heron")
    wanted = DateFacts(
        "hearing", now + timedelta(**(later or {"days": 3})), "Guy-Favreau, 200", "main door"
    )
    with house.database.transaction() as db:
        return str(add_date(db, desk, UUID(case_id), wanted, now).id)


def ask(house: House, case_id: str, kind: str = "accompaniment", **more: Any) -> dict[str, Any]:
    """Raise a request, and let everything that follows from it happen."""
    answer = house.as_("heron").post(f"/v1/cases/{case_id}/requests", {"kind": kind, **more})
    assert answer.status_code == 201, answer.text
    house.settle()
    request: dict[str, Any] = house.as_("heron").get(answer.headers["location"]).json()
    return request


def request_of(house: House, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the desk sees it now."""
    found: dict[str, Any] = house.as_("heron").get(f"/v1/requests/{request['id']}").json()
    return found


def codes(house: House, handle: str) -> list[str]:
    """The codes that a member was texted, oldest first."""
    inbox = house.phone(PHONES[handle]).inbox()
    return [match[1] for text in inbox if (match := CODE.search(text))]


def says(house: House, handle: str, *bodies: str) -> list[str]:
    """Text as a member; return what came back."""
    return house.phone(PHONES[handle]).says(*bodies)


def offers_of(house: House, handle: str) -> list[dict[str, Any]]:
    """A member's own offers."""
    found: list[dict[str, Any]] = house.as_(handle).get("/v1/offers").json()["items"]
    return found


def accept(house: House, handle: str) -> Any:
    """Accept a member's first offer in the console; return the answer."""
    [first, *_] = offers_of(house, handle)
    return house.as_(handle).post(f"/v1/offers/{first['id']}/accept")


def raised(
    hall: Hall, case_id: str | None = None, kind: str = "accompaniment", **asked: Any
) -> Request:
    """Raise a request in the domain, and let its offers be made."""
    given, case = RequestFacts(kind, **asked), UUID(case_id or a_case(hall))
    with hall.database.transaction() as db:
        request = raise_request(db, hall.principal("heron"), case, given, hall.clock())
    hall.work()
    return request
