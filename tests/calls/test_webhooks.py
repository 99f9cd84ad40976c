"""Calls against the simulated network: a person on the line, or a sealed voicemail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.models import Member
from app.rota.shifts import ShiftFacts, add_shift
from app.rota.wall_time import show_wall_time
from app.vault import write_profile
from tests.service import CALLER, House

PHONES: Mapping[str, str] = {
    "wren": "+15145550141",
    "heron": "+15145550142",
    "plover": "+15145550143",
    "starling": "+15145550144",
}


def give_phones(house: House) -> None:
    with house.database.transaction() as db:
        for handle, number in PHONES.items():
            member = db.get_one(Member, house.residents[handle].id)
            profile = db.keys.read_values(member)
            write_profile(db, member, replace(profile, phone=number))


def on_duty(house: House, *handles: str, hours: float = 24, fallback: bool = False) -> None:
    """Put people on duty from the beginning of this day of the organisation's."""
    with house.database.transaction() as db:
        local = show_wall_time(house.clock(), db.zone)
        wanted = ShiftFacts(
            "FREQ=DAILY",
            local.replace(hour=0, minute=0, second=0, microsecond=0),
            timedelta(hours=hours),
            [house.residents[handle].id for handle in handles],
            fallback=fallback,
        )
        add_shift(db, house.principal("crane"), wanted, house.clock())


def case_of_call(house: House) -> dict[str, Any]:
    [case] = house.queue()
    return house.read(case["id"])


def until(house: House, call: Any, waits_for: str, most_s: int = 60) -> None:
    """Let time go by until the phone waits for something."""
    for _ in range(most_s // 5):
        if call.look()["waiting_for"] == waits_for:
            return
        house.advance(seconds=5)
    raise AssertionError(call.look())


@pytest.fixture
def desk(house: House) -> House:
    give_phones(house)
    return house


def test_a_call_reaches_a_person(desk: House) -> None:
    on_duty(desk, "heron", "plover")
    desk.network.phone(PHONES["plover"]).answering("never")
    call = desk.network.phone(CALLER).call()
    assert "press 1" in call.prompt.casefold()
    call.press("2")
    assert "Quelqu'un a été emmené" in call.prompt
    call.press("2")
    desk.settle()
    [leg] = desk.network.phone(PHONES["heron"]).calls()
    leg.answer()
    leg.press("1")
    desk.settle()
    assert set(call.hears) & {leg.sid}
    assert leg.shown == call.look()["to"]
    call.hang_up()
    desk.settle()
    case = case_of_call(desk)
    assert case["calls"][0]["disposition"] == "answered"
    assert leg.look()["state"] == "completed"


def test_nobody_answers_and_the_message_is_heard_in_the_case(desk: House) -> None:
    on_duty(desk, "heron")
    call = desk.network.phone(CALLER).call()
    call.press("1").press("1")
    desk.settle()
    [leg] = desk.network.phone(PHONES["heron"]).calls()
    until(desk, call, "speech")
    assert leg.state == "no-answer"
    call.speak(20).hang_up()
    desk.settle()
    case = case_of_call(desk)
    assert case["attachments"]
    [audio] = case["attachments"]
    assert (audio["content_type"], case["calls"][0]["disposition"]) == ("audio/wav", "voicemail")
    address = f"/v1/cases/{case['id']}/attachments/{audio['id']}"
    whole = desk.as_("heron").get(address)
    assert whole.content[:4] == b"RIFF"
    assert len(whole.content) == audio["size"] > 20 * 8000
    part = desk.as_("heron").get(address, headers={"Range": "bytes=262000-263000"})
    assert (part.status_code, part.content) == (206, whole.content[262000:263001])
    assert desk.as_("finch").get(address).status_code == 404
    [task] = case["tasks"]
    assert task["kind"] == "call_back"
    desk.advance(minutes=2)
    left = desk.network.carrier()
    assert (left["calls"], left["recordings"]) == ([], [])


LANGUAGES = {
    "1": "looking for a person",
    "2": "cherchons une",
    "3": "Buscamos a",
    "4": "cherchons une",
}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_each_language_is_heard_to_the_tone(desk: House) -> None:
    on_duty(desk, "heron")
    desk.network.phone(PHONES["heron"]).answering("never")
    for number, (digit, waits) in enumerate(LANGUAGES.items(), 60):
        call = desk.network.phone(f"+151455501{number}").call()
        call.press(digit).press("1")
        assert waits in call.prompt
        until(desk, call, "speech")
        call.hang_up()
        desk.settle()
    assert {case["language"] for case in desk.queue()} == {"en", "fr", "es", "ht"}


def test_an_empty_rota_says_at_once_when_somebody_is_there(desk: House) -> None:
    on_duty(desk, "heron", hours=5)  # it is seven in the morning: over until midnight
    call = desk.network.phone(CALLER).call().press("2").press("6")
    assert "Une personne répondra de nouveau vendredi à 00:00." in call.prompt
    assert call.look()["waiting_for"] == "speech"
    assert desk.network.phone(PHONES["heron"]).calls() == []


def test_whoever_looks_at_a_call_sees_who_is_rung_for_it_and_can_press_there(desk: House) -> None:
    """The scripting alone: the caller's call tells the phones; a key pressed there picks up."""
    on_duty(desk, "heron")
    call = desk.network.phone(CALLER).call()
    call.press("1").press("2")
    desk.settle()
    [leg] = call.look()["legs"]
    assert (leg["to"], leg["state"]) == (PHONES["heron"], "ringing")
    other = desk.network.phone("+15145550125").call()
    assert other.look()["legs"] == []
    ringing = desk.network.phone(PHONES["heron"]).calls()[-1]
    ringing.press("1")
    desk.settle()
    assert call.hears == [leg["sid"]]
