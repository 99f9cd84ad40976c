"""What the desk does with calls: calling back, handing on, asking an interpreter in, listening."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls.test_webhooks import PHONES, case_of_call, give_phones, on_duty
from tests.console.visitor import visitor
from tests.media import files
from tests.service import CALLER, House, refusal


@pytest.fixture
def database_kind() -> str:
    """How calls are locked is tested with the calls that ring; the desk needs one kind."""
    return "sqlite"


def agree(house: House, case_id: str, **said: object) -> None:
    answer = house.as_("heron").post(
        f"/v1/cases/{case_id}/consents",
        {"scope": "contact", "granted": True, "methods": ["call"], "hours": ["any"], **said},
    )
    assert answer.status_code == 201, answer.text


def talking(house: House, language: str = "1") -> tuple[Any, Any]:
    """A caller and heron in one call; return what both hold in their hands."""
    give_phones(house)
    on_duty(house, "heron")
    call = house.network.phone(CALLER).call()
    call.press(language).press("1")
    house.settle()
    [leg] = house.network.phone(PHONES["heron"]).calls()
    leg.answer().press("1")
    house.settle()
    return call, leg


def test_calling_back_rings_the_desk_first_and_hides_both_numbers(house: House) -> None:
    give_phones(house)
    case_id = house.case_of("hello")["id"]
    path = f"/v1/cases/{case_id}/calls"
    assert refusal(house.as_("heron").post(path)) == (403, "consent-missing")
    agree(house, case_id)
    made = house.as_("heron").post(path, headers={"Idempotency-Key": "k"})
    assert made.status_code == 202
    house.settle()
    [mine] = house.network.phone(PHONES["heron"]).calls()
    assert house.network.phone(CALLER).calls() == []
    mine.answer().press("1")
    house.settle()
    [theirs] = house.network.phone(CALLER).calls()
    theirs.answer()
    house.settle()
    assert mine.hears == [theirs.sid]
    assert {mine.shown, theirs.shown} == {"+15145550100"}
    assert house.read(case_id)["calls"][0]["state"] == "bridged"
    theirs.hang_up()
    house.settle()
    assert mine.state == "completed"
    assert house.read(case_id)["calls"][0]["disposition"] == "answered"


def test_nine_asks_for_a_call_and_a_call_settles_it(house: House) -> None:
    give_phones(house)
    case_id = house.case_of("9")["id"]
    assert [task["kind"] for task in house.read(case_id)["tasks"]] == ["call_back"]
    house.phone().text("9")
    assert len(house.read(case_id)["tasks"]) == 1
    assert house.as_("heron").post(f"/v1/cases/{case_id}/calls").status_code == 202
    house.settle()
    [mine] = house.network.phone(PHONES["heron"]).calls()
    mine.answer().press("1")
    house.settle()
    house.network.phone(CALLER).calls()[0].answer()
    house.settle()
    assert house.read(case_id)["tasks"] == []


def test_what_is_never_called(house: House) -> None:
    give_phones(house)
    for number in ("+19005551234", "+18765551234", "+447700900123", "+15005550006"):
        case_id = house.case_of("9", number=number)["id"]
        answer = house.as_("heron").post(f"/v1/cases/{case_id}/calls")
        assert refusal(answer) == (403, "unsafe-method")
    case_id = house.case_of("9")["id"]
    version = house.as_("crane").get("/v1/settings").headers["etag"]
    changed = house.as_("crane").put(
        "/v1/settings", {"callbacks_per_case": 0}, headers={"If-Match": version}
    )
    assert changed.status_code == 200, changed.text
    assert refusal(house.as_("heron").post(f"/v1/cases/{case_id}/calls")) == (429, "throttled")


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_running_call_is_handed_on_and_interpreted(house: House) -> None:
    call, leg = talking(house, "4")
    case = case_of_call(house)
    path = f"/v1/cases/{case['id']}/calls/{case['calls'][0]['id']}"
    heron = house.as_("heron")
    marked = heron.post(f"{path}/custody", {"custody": True})
    assert marked.json()["custody"] is True
    refused = heron.post(f"{path}/interpreter", {"languages": ["en"]})
    assert refusal(refused) == (403, "forbidden")
    third_party = {"member": str(house.residents["plover"].id)}
    assert refusal(heron.post(f"{path}/hand-over", third_party)) == (403, "forbidden")
    heron.post(f"{path}/custody", {"custody": False})
    assert heron.post(f"{path}/interpreter", {"languages": ["en"]}).status_code == 202
    house.settle()
    [offer] = house.as_("starling").get("/v1/offers").json()["items"]
    accepted = house.as_("starling").post(f"/v1/offers/{offer['id']}/accept")
    assert accepted.status_code == 200, accepted.text
    house.settle()
    [third] = house.network.phone(PHONES["starling"]).calls()
    third.answer().press("1")
    house.settle()
    assert set(call.hears) == {leg.sid, third.sid}
    colleague = {"member": str(house.residents["plover"].id)}
    assert heron.post(f"{path}/hand-over", colleague).status_code == 202
    house.settle()
    [other] = house.network.phone(PHONES["plover"]).calls()
    other.answer().press("1")
    house.settle()
    leg.hang_up()
    house.settle()
    assert set(call.hears) == {other.sid, third.sid}
    assert house.read(case["id"])["assigned_to"] == str(house.residents["plover"].id)
    call.hang_up()
    house.settle()
    assert (other.state, third.state) == ("completed", "completed")


def test_the_page_of_a_case_plays_messages_and_calls_back(house: House) -> None:
    give_phones(house)
    call = house.network.phone(CALLER).call()
    call.press("3").press("6")
    assert "tono" in call.prompt
    call.speak(3).hang_up()
    house.settle()
    case = case_of_call(house)
    [sound] = case["attachments"]
    address = f"/cases/{case['id']}/attachments/{sound['id']}"
    with visitor(house, "heron") as browser:
        shown = browser.open(f"/cases/{case['id']}")
        assert [audio["src"] for audio in shown.all("audio")] == [address]
        heard = browser.http.get(address, headers={"Range": "bytes=0-3"})
        assert (heard.status_code, heard.content) == (206, b"RIFF")
        assert "media-src 'self'" in shown.response.headers["content-security-policy"]
        assert browser.send(shown, "/call").says("Your phone rings now.")
    house.settle()
    [mine] = house.network.phone(PHONES["heron"]).calls()
    assert mine.shown == "+15145550100"
    added = house.as_("heron").post(
        f"/v1/cases/{case['id']}/attachments",
        files={"file": ("x", files.make_document(), "application/pdf")},
    )
    assert added.json()["content_type"] == "application/pdf", added.text


def test_who_is_left_alone_on_the_line_waits_again(house: House) -> None:
    call, leg = talking(house)
    assert house.queue()[0]["waiting_since"] is None
    leg.hang_up()
    house.settle()
    call.speak(5).hang_up()
    house.settle()
    house.advance(seconds=1)
    [listed] = house.queue()
    assert listed["waiting_since"]
    assert listed["unread"] == 1
    case = case_of_call(house)
    assert [task["kind"] for task in case["tasks"]] == ["call_back"]
    assert len(case["attachments"]) == 1


def test_erasing_a_case_ends_its_call(house: House) -> None:
    call, leg = talking(house)
    case_id = case_of_call(house)["id"]
    assert house.as_("heron").post(f"/v1/cases/{case_id}/erase").status_code == 204
    house.advance(minutes=2)
    assert {call.state, leg.state} == {"completed"}
    house.advance(minutes=30)
    assert house.network.carrier()["calls"] == []
