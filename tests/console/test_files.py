"""Files on the page of a case, without scripts."""

from __future__ import annotations

import base64

from tests.console.visitor import Page, Visitor
from tests.media import files
from tests.service import Caller, House


def _send(house: House, phone: Caller, *contents: bytes) -> None:
    media: list[dict[str, str] | str] = [
        {"content_type": "image/jpeg", "data": base64.b64encode(content).decode()}
        for content in contents
    ]
    house.network.phone(phone.number).text("", media=media)


def test_what_came_with_a_text_is_shown_when_somebody_opens_it(
    house: House, desk: Visitor, phone: Caller
) -> None:
    """From the phone to the page, and no more at the carrier afterwards."""
    _send(house, phone, files.make_photograph(), files.make_note("amr", "libopencore_amrnb", 8000),
          files.make_bomb(), files.make_document(password="x"))  # fmt: skip
    house.settle()
    page = desk.open(f"/cases/{house.queue()[-1]['id']}")
    [picture] = page.all("img")
    assert picture["loading"] == "lazy"  # inside what is closed until somebody opens it
    shown = desk.http.get(picture["src"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    [sound] = page.all("audio")
    assert desk.http.get(sound["src"]).headers["content-type"] == "audio/mpeg"
    assert page.says("A file was not kept: opening it takes more memory or time")
    assert page.says("A file was not kept: it opens with a password only.")
    house.advance(minutes=3)
    held = house.network.carrier()
    assert (held["messages"], held["media"]) == ([], [])
    assert len(phone.inbox()) == 1  # the greeting


def test_a_colleague_adds_a_file(house: House, desk: Visitor, phone: Caller) -> None:
    case_id = house.case_of("hello", number=phone.number)["id"]
    page = desk.open(f"/cases/{case_id}")
    form = page.form("/attachments")
    token = {"form_token": form.fields["form_token"][0]}

    def add(content: bytes) -> Page:
        answer = desk.http.post(
            form.action, data=token, files={"file": ("x.jpg", content, "image/jpeg")}
        )
        return Page(answer)

    added = add(files.make_photograph())
    assert added.says("The file is added.")
    assert len(added.all("img")) == 1
    refused = add(b"<html>")
    assert refused.status == 400
    assert refused.says("Not kept: it is no picture")
    assert desk.http.post(form.action, files={"file": ("x", b"x")}).status_code == 403
