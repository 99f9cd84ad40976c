from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.console.visitor import Page, Visitor, desk_time
from tests.service import Caller, House

Visit = Callable[..., Visitor]
ATTACK = "<script>alert(1)</script> \"'><img src=x onerror=alert(1)> {{ 7*7 }}"


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    return house.case_of("hello", "4", "1", number=phone.number)


@pytest.fixture
def page(case: dict[str, Any], desk: Visitor) -> Page:
    return desk.case(case["reference"])


def test_the_conversation_says_who_when_and_whether_it_arrived(house: House, page: Page) -> None:
    at = desk_time(house)
    assert page.says(f"Caller, {at} hello Automatic, {at} Hello / Bonjour.")
    assert page.says("arrived")
    assert page.says("happening now Haitian Creole")


def test_a_callers_words_are_shown_as_words(house: House, phone: Caller, desk: Visitor) -> None:
    case = house.case_of(ATTACK, number=phone.number)
    page = desk.case(case["reference"])
    assert page.says(ATTACK)
    assert not [img for img in page.all("img") if img.get("src") == "x"]
    assert page.says("{{ 7*7 }}")


def test_words_of_every_script_keep_their_direction_and_language(page: Page) -> None:
    bodies = [p for p in page.all("p") if p.get("class") == "body"]
    assert bodies
    assert all(p["dir"] == "auto" and p["lang"] == "ht" for p in bodies)


def test_reading_makes_nothing_unread_and_is_in_the_log(
    house: House, page: Page, case: dict[str, Any]
) -> None:
    assert page.says("heron read the case")
    [now] = [item for item in house.queue() if item["id"] == case["id"]]
    assert now["unread"] == 0


def test_a_reply_arrives_on_the_phone(
    house: House, phone: Caller, desk: Visitor, page: Page
) -> None:
    sent = desk.send(page, "/reply", body="Nou la.")
    assert sent.says("The text is on its way")
    house.settle()
    assert phone.inbox()[-1] == "Nou la."
    assert desk.open(sent.response.url.path).says(f"heron, {desk_time(house)} Nou la. arrived")


def test_a_reply_sent_by_a_double_click_goes_out_once(
    house: House, phone: Caller, desk: Visitor, page: Page
) -> None:
    for _ in range(2):
        assert desk.send(page, "/reply", body="Nou la.").status == 200
    house.settle()
    assert phone.inbox().count("Nou la.") == 1


def test_the_same_words_can_be_sent_again_from_a_new_page(
    house: House, phone: Caller, desk: Visitor, page: Page
) -> None:
    again = desk.send(page, "/reply", body="Nou la.")
    desk.send(again, "/reply", body="Nou la.")
    house.settle()
    assert phone.inbox().count("Nou la.") == 2


def test_a_preview_tells_the_cost_and_sends_nothing(
    house: House, phone: Caller, desk: Visitor, page: Page
) -> None:
    before = len(phone.inbox())
    shown = desk.send(page, "/reply", body="é" * 161, action="preview")
    assert shown.says("2 segments, 161 characters, about 1.7 US cents")
    assert shown.form("/reply").fields["body"] == ["é" * 161]
    house.settle()
    assert len(phone.inbox()) == before


def test_a_preview_names_the_letters_that_make_a_text_dearer(desk: Visitor, page: Page) -> None:
    shown = desk.send(page, "/reply", body="fenêtre", action="preview")
    assert shown.says("7 characters of the large alphabet")
    assert shown.says("These make it longer and dearer: ê")


def test_a_quick_reply_is_put_into_the_box_in_the_callers_language(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    shown = desk.send(page, "/reply", body="Bonswa. ", quick="call")
    assert shown.form("/reply").fields["body"] == [
        "Bonswa. Nou ka rele ou kounye a? W = wi, N = non."
    ]
    assert house.read(case["id"])["messages"][-1]["author"] is None


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 1601])
def test_an_empty_or_endless_text_is_not_sent(desk: Visitor, page: Page, body: str) -> None:
    refused = desk.send(page, "/reply", body=body)
    assert refused.status == 400
    assert refused.says("A text has between 1 and 1600 characters")


def test_a_refused_text_stays_in_the_box_with_the_reason_beside_it(
    house: House, visit: Visit, case: dict[str, Any]
) -> None:
    house.advance(minutes=31)
    desk = visit("heron")
    refused = desk.send(desk.case(case["reference"]), "/reply", body="Are you there?")
    assert refused.status == 403
    assert refused.says("The caller has not agreed to this yet")
    assert refused.form("/reply").fields["body"] == ["Are you there?"]
    [link] = [a for a in refused.all("a") if a["href"] == "#reply"]
    assert link


def test_a_note_is_kept_with_its_lines(
    house: House, desk: Visitor, page: Page, case: dict[str, Any]
) -> None:
    noted = desk.send(page, "/notes", body="<b>Called</b>\nline busy")
    assert noted.says("The note is saved")
    assert noted.says(f"heron, {desk_time(house)} <b>Called</b> line busy")
    [note] = house.read(case["id"])["notes"]
    assert note["body"] == "<b>Called</b>\nline busy"


def test_a_refused_note_is_told_at_its_own_field(desk: Visitor, page: Page) -> None:
    refused = desk.send(page, "/notes", body=" ")
    assert refused.status == 400
    assert [a for a in refused.all("a") if a["href"] == "#note"]


def test_what_the_caller_asked_for_stands_on_top(
    phone: Caller, desk: Visitor, case: dict[str, Any]
) -> None:
    phone.says("STOP")
    assert desk.case(case["reference"]).says("The caller asked for no more texts.")


def test_the_number_is_never_shown_whole(phone: Caller, page: Page) -> None:
    assert page.says(f"+1••••••••{phone.number[-2:]}")
    assert phone.number[-6:] not in page.html
