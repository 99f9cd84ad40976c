"""Texts to an interpreter and back, on the desk and on the interpreter's phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.console.test_accessibility import complaints
from tests.console.visitor import Page, Visitor, enter
from tests.service import Caller, House

Visit = Callable[..., Visitor]


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    """A case in which an interpreter has accepted; the caller agrees to it."""
    case = house.case_of("mi hermano", "lo llevaron ayer", number=phone.number)
    heron, starling = house.as_("heron"), house.as_("starling")
    path = f"/v1/cases/{case['id']}"
    asked = {"kind": "interpreter", "languages": ["fr"]}
    assert heron.post(f"{path}/requests", asked).status_code == 201
    agreed = {"scope": "interpreter", "granted": True}
    assert heron.post(f"{path}/consents", agreed).status_code == 201
    house.settle()
    for offer in starling.get("/v1/offers").json()["items"]:
        if offer["state"] == "pending":
            assert starling.post(f"/v1/offers/{offer['id']}/accept").status_code == 200
    return case


def box_of(page: Page, text: str) -> str:
    """The value of the box beside a text of the conversation."""
    before = page.html[page.html.index(text) :]
    return before.split('name="messages" value="', 1)[1][:36]


def taken(visit: Visit) -> tuple[Visitor, Page]:
    starling = visit("starling")
    links = [a["href"] for a in starling.open("/offers").all("a")]
    path = next(link for link in links if link.startswith("/offers/taken/"))
    return starling, starling.open(path)


def test_texts_go_to_the_interpreter_and_come_back_beside_the_text(
    house: House, visit: Visit, desk: Visitor, case: dict[str, Any]
) -> None:
    page = desk.open(f"/cases/{case['id']}")
    ticked = [box_of(page, "lo llevaron ayer")]
    sent = desk.send(page, "/interpret", messages=ticked, words="Where is he now?")
    assert sent.says("The interpreter has it."), sent.text
    starling, theirs = taken(visit)
    assert theirs.says("lo llevaron ayer")
    assert theirs.says("Where is he now?")
    for hidden in ("mi hermano", case["reference"], case["id"]):
        assert hidden not in theirs.html
    actions = [form.action for form in theirs.forms if "/texts/" in form.action]
    for action, answer in zip(actions, ("they took him", "¿dónde está?"), strict=True):
        told = starling.send(theirs, action, answer=answer)
        assert told.says("The desk has your answer.")
        assert not told.says(answer)
    page = desk.open(f"/cases/{case['id']}")
    assert page.says("lo llevaron ayer Interpreted by starling they took him")
    [form] = [f for f in page.forms if f.fields.get("body") == ["¿dónde está?"]]
    drafted = desk.post(form.action, {**form.fields, "action": "preview"})
    assert drafted.form("/reply").fields["body"] == ["¿dónde está?"]


def test_what_was_refused_is_told_and_what_was_typed_stays(
    house: House, visit: Visit, desk: Visitor, case: dict[str, Any]
) -> None:
    path, agreed = f"/cases/{case['id']}", {"scope": "interpreter", "granted": False}
    assert house.as_("heron").post(f"/v1{path}/consents", agreed).status_code == 201
    refused = desk.send(desk.open(path), "/interpret", words="Where is he?")
    assert refused.status == 403
    assert refused.says("has not agreed that an interpreter reads their texts")
    assert refused.form("/interpret").fields["words"] == ["Where is he?"]


@pytest.mark.browser
def test_both_pages_are_clean(
    browser: Browser, house: House, visit: Visit, desk: Visitor, case: dict[str, Any]
) -> None:
    page = desk.open(f"/cases/{case['id']}")
    ticked = [box_of(page, "lo llevaron ayer")]
    desk.send(page, "/interpret", messages=ticked, words="Where is he now?")
    _, theirs = taken(visit)
    own = theirs.forms[-1].action.removesuffix("/report")
    for handle, path in (("heron", f"/cases/{case['id']}"), ("starling", own)):
        context = browser.new_context(
            base_url=house.url, viewport={"width": 320, "height": 700}, java_script_enabled=True
        )
        enter(context, house, handle)
        shown = context.new_page()
        shown.goto(path)
        assert complaints(shown) == [], path
        context.close()
