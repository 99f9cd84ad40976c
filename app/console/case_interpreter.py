"""Texts of a case for its interpreter, and the interpreter's own page for answering them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import PickTexts
from app.console.case_page import case_page
from app.console.errors import PageRoute
from app.console.forms import Form, checked, once_key
from app.console.own_offers import taken_page
from app.console.screens import MemberScreenDep
from app.errors import BadRequest
from app.requests import PickedTexts, answer_text, send_to_interpreter
from app.store import Db, do_once

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post("/cases/{case_id}/interpret")
def interpret(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Give the ticked texts, and words of the desk, to the interpreter of a request."""
    visit, form = screen.visit, screen.form

    def send(db: Db) -> None:
        request_id, picked = _read_picked(form)

        def do() -> UUID:
            return send_to_interpreter(db, visit.principal, request_id, picked, visit.now).id

        key = f"console interpret {case_id}".encode()
        do_once(db, visit.principal, once_key(form), key, visit.now, do)

    refusal = screen.try_change(send)
    if refusal is not None:
        typed = {"words_to_say": form.raw("words"), "messages": form.all("messages")}
        return case_page(screen, case_id, refusal, field="words_to_say", typed=typed)
    return screen.go(f"/cases/{case_id}?done=interpreting#interpreter")


def _read_picked(form: Form) -> tuple[UUID, PickedTexts]:
    try:
        request_id = UUID(form.get("request"))
    except ValueError as error:
        raise BadRequest("Choose the interpreter who is to read it.") from error
    values = {"messages": form.all("messages"), "words": form.raw("words")}
    given = checked(PickTexts, values)
    return request_id, PickedTexts(given.messages, given.words)


@router.post("/offers/taken/{assignment_id}/texts/{text_id}")
def answer(assignment_id: UUID, text_id: UUID, screen: MemberScreenDep) -> Response:
    """Tell the desk what a text says."""
    visit, words = screen.visit, screen.form.raw("answer")
    visit.principal.require(Permission.OFFERS)
    refusal = screen.try_change(
        lambda db: answer_text(db, visit.principal, assignment_id, text_id, words, visit.now)
    )
    if refusal is not None:
        return taken_page(screen, assignment_id, refusal, f"answer-{text_id}")
    return screen.go(f"/offers/taken/{assignment_id}?done=interpreted#texts")
