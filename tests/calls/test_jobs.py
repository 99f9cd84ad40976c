"""What goes wrong in the middle of a call: each ends with a person or with a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.calls import recordings, webhooks
from app.models import Case
from app.worker import handlers
from tests.calls.test_webhooks import PHONES, case_of_call, give_phones, on_duty, until
from tests.service import CALLER, House

OTHER = "+15145550124"


@pytest.fixture
def database_kind() -> str:
    """Where what fails is not the database, one kind is enough."""
    return "sqlite"


@pytest.fixture
def desk(house: House) -> House:
    give_phones(house)
    on_duty(house, "heron", "plover")
    return house


def calls_in(house: House, *digits: str, number: str = CALLER) -> Any:
    call = house.network.phone(number).call()
    for digit in digits or ("1", "1"):
        call.press(digit)
    house.settle()
    return call


def leaves_a_message(house: House, call: Any) -> dict[str, Any]:
    """Wait for the tone, speak, and return the case with the message in it."""
    until(house, call, "speech")
    call.speak(5).hang_up()
    house.settle()
    house.advance(seconds=1)
    case = case_of_call(house)
    assert [one["disposition"] for one in case["calls"]] == ["voicemail"]
    assert len(case["attachments"]) == 1
    return case


def test_a_dead_phone_a_machine_and_a_refusal_leave_the_other_to_answer(desk: House) -> None:
    for how in ("out-of-service", "machine", "busy", "rejects"):
        desk.network.phone(PHONES["heron"]).answering(how)
        desk.network.phone(PHONES["plover"]).answering("answers", presses="1")
        call = calls_in(desk)
        for _ in range(3):
            desk.advance(seconds=5)
        [leg, *_] = reversed(desk.network.phone(PHONES["plover"]).calls())
        assert set(call.hears) == {leg.sid}, how
        call.hang_up()
        desk.settle()


def test_machines_alone_are_a_voicemail(desk: House) -> None:
    for handle in ("heron", "plover"):
        desk.network.phone(PHONES[handle]).answering("machine")
    case = leaves_a_message(desk, calls_in(desk))
    assert [task["kind"] for task in case["tasks"]] == ["call_back"]


def test_a_carrier_that_fails_in_the_middle(desk: House) -> None:
    """Ringing, moving and cancelling all fail; the caller still gets to the tone in time."""
    for kind in ("api-5xx", "api-429", "api-timeout-after-accept"):
        desk.network.faults(kind, match="/Calls", count=2)
    desk.network.faults("api-5xx", match="/Calls", count=40)
    call = calls_in(desk)
    until(desk, call, "speech")
    call.speak(5).hang_up()
    desk.settle()
    desk.network.clear_faults()
    for _ in range(2):  # a recording that could not be fetched is tried again
        desk.advance(minutes=3)
    assert len(case_of_call(desk)["attachments"]) == 1


def test_lost_callbacks_are_asked_for(desk: House) -> None:
    desk.network.faults("status-lost", match="recording-completed", count=3)
    desk.network.faults("status-lost", match="completed", count=20)
    call = calls_in(desk)
    until(desk, call, "speech")
    call.speak(5).hang_up()
    for _ in range(4):
        desk.advance(minutes=3)
    case = case_of_call(desk)
    assert [one["disposition"] for one in case["calls"]] == ["voicemail"]
    assert len(case["attachments"]) == 1


def test_a_caller_who_hangs_up_anywhere_is_to_be_called_back(desk: House) -> None:
    call = desk.network.phone(CALLER).call()
    call.press("3").hang_up()
    desk.settle()
    case = case_of_call(desk)
    assert (case["language"], case["calls"][0]["disposition"]) == ("es", "missed")
    assert [task["kind"] for task in case["tasks"]] == ["call_back"]
    call = calls_in(desk)
    [leg, *_] = desk.network.phone(PHONES["heron"]).calls()
    call.hang_up()
    desk.settle()
    assert leg.state in {"canceled", "completed"}


def test_withheld_callers_share_nothing_and_are_not_called_back(desk: House) -> None:
    for shown in ("anonymous", "+266696687", "anonymous"):
        desk.network.phone(CALLER).call(shown=shown).press("1").hang_up()
        desk.settle()
    found = [desk.read(case["id"]) for case in desk.queue()]
    assert len(found) == 3
    assert all(case["tasks"] == [] for case in found)
    assert {case["contact"]["number_masked"] for case in found} == {None}


def test_a_recording_that_the_account_encrypts(
    open_house: Callable[..., House], tmp_path: Any
) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key_file = tmp_path / "recordings.pem"
    key_file.write_bytes(pem)
    house = open_house(recording_key_file=key_file)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    house.network.encrypt_recordings(public.decode())
    case = leaves_a_message(house, calls_in(house))
    [sound] = case["attachments"]
    heard = house.as_("heron").get(f"/v1/cases/{case['id']}/attachments/{sound['id']}")
    assert heard.content[:4] == b"RIFF"


def test_too_many_calls_of_a_phone_ring_nobody_and_a_challenge_stops_machines(
    desk: House,
) -> None:
    version = desk.as_("crane").get("/v1/settings").headers["etag"]
    desk.as_("crane").put("/v1/settings", {"calls_per_hour": 1}, headers={"If-Match": version})
    calls_in(desk).hang_up()
    rung = len(desk.network.phone(PHONES["heron"]).calls())
    second = calls_in(desk)
    until(desk, second, "speech")
    assert len(desk.network.phone(PHONES["heron"]).calls()) == rung == 1
    second.hang_up()
    version = desk.as_("crane").get("/v1/settings").headers["etag"]
    desk.as_("crane").put("/v1/settings", {"voice_challenge": True}, headers={"If-Match": version})
    third = desk.network.phone(OTHER).call()
    assert third.prompt.startswith("To continue, press 4.")
    third.press("4").press("1")
    assert "happening now" in third.prompt


def refuse(*_: object, **__: object) -> Any:
    raise OperationalError(None, None, OSError("away"))


def lose_database(away: pytest.MonkeyPatch) -> None:
    """Let no webhook of a call look anything up."""
    for name in ("lock_call", "find_call_by_sid"):
        away.setattr(webhooks, name, refuse)


def test_a_database_that_is_away_for_twenty_seconds(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = calls_in(desk)
    with monkeypatch.context() as away:
        lose_database(away)
        away.setattr(handlers, "carry_out_jobs", refuse)
        for _ in range(4):
            desk.network.advance(5)
        assert call.prompt.endswith("Restez en ligne.")
        assert call.state == "in-progress"
    leaves_a_message(desk, call)


def test_a_call_that_comes_while_the_database_is_away_is_found_later(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        lose_database(away)
        call = desk.network.phone(CALLER).call()
        assert call.look()["waiting_for"] == "speech"
        call.speak(5).hang_up()
    for _ in range(4):
        desk.advance(minutes=3)
    case = case_of_call(desk)
    assert len(case["attachments"]) == 1
    assert [task["kind"] for task in case["tasks"]] == ["call_back"]


def test_without_a_worker_the_caller_still_comes_to_the_tone(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(handlers, "carry_out_jobs", refuse)
        call = calls_in(desk)
        for _ in range(12):
            desk.network.advance(5)
            if call.look()["waiting_for"] == "speech":
                break
        call.speak(5).hang_up()
    for _ in range(4):
        desk.advance(minutes=3)
    assert len(case_of_call(desk)["attachments"]) == 1


def test_a_sealed_server_takes_messages_and_keeps_them_once_it_is_open(desk: House) -> None:
    waiting = calls_in(desk, number=OTHER)
    keys = desk.database.keys
    assert keys is not None
    keys.seal()
    call = desk.network.phone(CALLER).call()
    assert call.look()["waiting_for"] == "speech"
    call.speak(5).hang_up()
    for _ in range(3):
        desk.network.advance(5)
    assert waiting.look()["waiting_for"] == "speech"
    waiting.speak(5).hang_up()
    assert desk.sign_in("heron").status_code == 201
    for _ in range(6):
        desk.advance(minutes=3)
    found = [desk.read(case["id"]) for case in desk.queue()]
    assert [len(case["attachments"]) for case in found] == [1, 1]


def test_a_caller_whose_helper_was_lost_does_not_listen_to_silence(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The helper hung up while the database was away, and the carrier told it once only."""
    desk.network.phone(PHONES["heron"]).answering("answers", presses="1")
    call = calls_in(desk)
    for _ in range(3):
        desk.advance(seconds=5)
    leg = desk.network.phone(PHONES["heron"]).calls()[-1]
    assert call.hears
    with monkeypatch.context() as away:
        lose_database(away)
        away.setattr(handlers, "carry_out_jobs", refuse)
        leg.hang_up()
        for _ in range(4):
            desk.network.advance(5)
    for _ in range(3):
        desk.advance(minutes=1)
    assert "leave a message" in call.look()["prompt"]
    desk.advance(minutes=2)
    assert call.state == "completed"


def test_a_call_while_sealed_holds_up_nobodys_text(desk: House) -> None:
    """A returning caller's call has no text of which a time could be known."""
    case = desk.case_of("hello")
    desk.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "we are here"})
    desk.settle()
    assert desk.database.keys is not None
    desk.database.keys.seal()
    desk.network.phone(OTHER).text("they took him")
    desk.network.phone(CALLER).call().speak(5).hang_up()
    for _ in range(3):
        desk.network.advance(5)
    assert desk.sign_in("heron").status_code == 201
    desk.advance(minutes=3)
    with desk.database.snapshot() as db:
        assert not db.scalars(select(Case).where(Case.provisional)).all()
        merged = select(Case).where(Case.merged_into == UUID(case["id"]))
        assert len(db.scalars(merged).all()) == 1
    assert {one["urgency"] for one in desk.queue()} >= {0}


@pytest.mark.parametrize("number", [CALLER, "anonymous"])
def test_a_message_that_comes_once_its_case_is_closed_opens_one_that_follows(
    desk: House, number: str
) -> None:
    """The closed case takes nothing in, and whoever spoke waits where the desk looks."""
    call = calls_in(desk, number=number)
    until(desk, call, "speech")
    desk.network.faults("api-5xx", match="Recordings", count=1_000)
    call.speak(5).hang_up()
    desk.settle()
    [closed] = desk.queue()
    path = f"/v1/cases/{closed['id']}/close"
    assert desk.as_("heron").post(path, {"outcome": "supported"}).status_code == 200
    desk.advance(minutes=3)
    desk.network.clear_faults()
    for _ in range(3):
        desk.advance(minutes=3)
    later = case_of_call_after(desk, closed["id"])
    assert len(later["attachments"]) == 1
    assert later["waiting_since"]
    content = desk.as_("heron").get(
        f"/v1/cases/{later['id']}/attachments/{later['attachments'][0]['id']}"
    )
    assert content.status_code == 200
    assert desk.break_glass(closed["id"])["attachments"] == []
    assert desk.queue(state="closed")[0]["id"] == closed["id"]


def case_of_call_after(house: House, closed: str) -> dict[str, Any]:
    case = case_of_call(house)
    assert case["follows"] == closed
    return case


def test_a_message_that_is_on_its_way_when_its_case_closes_is_fetched_again(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sealed to an epoch that the closed case no longer takes anything in."""
    call = calls_in(desk)
    until(desk, call, "speech")
    [case] = desk.queue()
    fetch, closing = recordings._fetch, f"/v1/cases/{case['id']}/close"

    def fetch_while_it_closes(*given: Any) -> None:
        fetch(*given)
        monkeypatch.setattr(recordings, "_fetch", fetch)
        answer = desk.as_("heron").post(closing, {"outcome": "supported"})
        assert answer.status_code == 200

    monkeypatch.setattr(recordings, "_fetch", fetch_while_it_closes)
    call.speak(5).hang_up()
    desk.settle()
    for _ in range(3):
        desk.advance(minutes=3)
    assert len(case_of_call_after(desk, case["id"])["attachments"]) == 1
    assert desk.break_glass(case["id"])["attachments"] == []
