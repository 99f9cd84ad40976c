"""Refused services on the page of a case, and the board of complaints."""

from __future__ import annotations

from collections.abc import Callable

from tests.console.visitor import Visitor
from tests.papers import read_pages
from tests.service import Caller, House

Visit = Callable[..., Visitor]
DENIED = {
    "sector": "shelter",
    "service": "admission",
    "provider": "Refuge du Port",
    "asked_status": "yes",
    "account": "no papers, no bed",
    "caller_name": "Amina",
}


def test_a_complaint_from_the_case_to_the_offices_answer(
    house: House, phone: Caller, desk: Visitor, visit: Visit
) -> None:
    case = house.case_of("hello", number=phone.number)
    page = desk.case(case["reference"])
    told = desk.send(page, "/denials", share=["service", "provider"], **DENIED)
    assert told.says("The refused service is recorded.")
    assert told.says("Asked for papers or status: yes. Threatened to report: not said.")
    [draft] = [form.action for form in told.forms if form.action.endswith("/dossier")]
    refused = desk.send(told, draft)
    assert refused.status == 403
    agreed = desk.send(refused, "/consents", scope="complaint", granted="yes")
    drafted = desk.send(agreed, draft, language="fr")
    assert drafted.says("The dossier is drafted.")
    paper = desk.http.get(draft)
    assert paper.headers["cache-control"] == "no-store"
    pages = read_pages(paper.content)
    assert "Refuge du Port" in pages
    assert "Amina" not in pages

    crane = visit("crane")
    board = crane.open("/complaints")
    assert board.says("dossier drafted, not sent")
    assert not board.says("Refuge du Port")
    step = draft.removesuffix("/dossier").rpartition("/")[2]
    sent = crane.send(board, f"/complaints/{step}", state="sent", note="by hand, no. 77")
    assert sent.says("sent to the office")
    assert desk.case(case["reference"]).says("by hand, no. 77")
    withdrawn = desk.send(drafted, "/consents", scope="complaint", granted="no")
    assert withdrawn.status == 200
    assert crane.open("/complaints?state=sent").says("The caller took the consent back")
    assert not crane.open("/complaints?state=answered").says("The caller took the consent back")


def test_what_cannot_be_is_told_at_its_field(house: House, phone: Caller, desk: Visitor) -> None:
    page = desk.case(house.case_of("hello", number=phone.number)["reference"])
    refused = desk.send(page, "/denials", **{**DENIED, "provider": " "})
    assert (refused.status, refused.says("Say who refused it")) == (400, True)
