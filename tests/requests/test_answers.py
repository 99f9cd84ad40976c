"""Yes and no by text: the code, the number it binds to, guesses, and answers that come late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.members.profiles import change_profile
from app.models import Member
from app.requests.answers import find_asked_numbers, read_answer, take_answer
from app.vault.index_key import ratchet_index_key
from tests.requests.hall import Hall
from tests.requests.people import CODE, PHONES, a_case, raised

YOURS = "Desk: thank you, it is yours. Please sign in to read it."
WRONG = "Desk: this code is not known. Please look again."


def answer(hall: Hall, handle: str, body: str) -> str | None:
    """What is said to a text from a member's phone."""
    with hall.database.transaction() as db:
        lookup = db.keys.number_lookup(PHONES[handle])
        assert find_asked_numbers(db, [lookup]) == {lookup}
        said = take_answer(db, lookup, body, hall.clock())
    hall.work()
    return said


def code_of(hall: Hall, handle: str) -> str:
    """The last code that a member was texted."""
    found = [match[1] for text in hall.texts_to(PHONES[handle]) if (match := CODE.search(text))]
    return found[-1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04d}"


@pytest.fixture
def line(hall: Hall) -> Hall:
    """Finch and siskin have phones."""
    hall.newcomer("siskin", "accompanier", phone=PHONES["siskin"])
    hall.profiles({"finch": {"phone": PHONES["finch"]}})
    return hall


@pytest.mark.parametrize("yes", ["yes", "YES", "oui", "Wi", "si", "sí", "ok", "y", "yes."])
def test_yes_in_any_language(yes: str) -> None:
    assert read_answer(f"4821 {yes}") == ("4821", True)


@pytest.mark.parametrize("no", ["no", "NON", "n", "no!"])
def test_no_in_any_language(no: str) -> None:
    assert read_answer(f"4821  {no}") == ("4821", False)


@pytest.mark.parametrize(
    ("body", "yes"),
    [
        ("yes 4821", True),
        ("4821yes", True),
        ("4821: si", True),
        ("Reply 4821 YES", True),
        ("4821 no thanks", False),
        ("4821", None),
        ("yes no 4821", None),
    ],
)
def test_nearly_right_is_understood_or_asked_again(body: str, yes: bool | None) -> None:
    assert read_answer(body) == ("4821", yes)


@pytest.mark.parametrize(
    "other", ["yes", "is it room 4821, yes?", "48211 yes", "٤٨٢١ yes", "4821 maybe", "1 yes"]
)
def test_anything_else_is_an_ordinary_text(other: str) -> None:
    assert read_answer(other) is None


def test_no_asks_the_next_at_once(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    assert answer(line, handle, f"{code_of(line, handle)} no") == "Desk: thank you for answering."
    assert line.asked(request) == {"finch", "siskin"} - {handle}


def test_a_code_answers_only_from_the_phone_it_was_sent_to(line: Hall) -> None:
    request = raised(line, a_case(line, urgency=0))
    assert line.asked(request) == {"finch", "siskin"}
    assert answer(line, "siskin", f"{code_of(line, 'finch')} yes") == WRONG
    assert line.now(request).state == "offered"


def test_after_three_guesses_only_the_console_answers(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    code = code_of(line, handle)
    said = [answer(line, handle, f"{wrong(code)} yes") for _ in range(4)]
    assert said == [WRONG, WRONG, "Desk: please answer in the console.", None]
    assert answer(line, handle, f"{code} yes") is None
    assert line.now(request).state == "offered"
    line.accept(handle, request)


def test_a_phone_that_changed_hands_does_not_answer_any_more(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    with line.database.transaction() as db:
        member = db.get_one(Member, line.residents[handle].id)
        change_profile(db, member, lambda known: replace(known, phone="+15145550199"))
    assert answer(line, handle, f"{code_of(line, handle)} yes") == WRONG
    assert line.now(request).state == "offered"


def test_a_late_yes_is_told_so_kindly(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    code = code_of(line, handle)
    line.advance(hours=4)
    assert answer(line, handle, f"{code} yes") == "Desk: thank you, this one is over."
    [other] = line.asked(request)
    assert answer(line, other, f"{code_of(line, other)} yes") == YOURS
    taken = "Desk: thank you, somebody else was faster this time."
    assert answer(line, handle, f"{code} yes") == taken


def test_a_day_after_its_end_an_offer_knows_neither_code_nor_number(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    line.accept(handle, request)
    line.advance(hours=29)
    with line.database.snapshot() as db:
        lookup = db.keys.number_lookup(PHONES[handle])
        assert find_asked_numbers(db, [lookup]) == set()
        assert line.offer(db, handle, request).op_values is None


def test_two_offers_to_one_phone_have_two_codes(line: Hall) -> None:
    case = a_case(line, urgency=0)
    for _ in range(12):
        raised(line, case)
    texts = line.texts_to(PHONES["finch"])
    codes = [match[1] for text in texts if (match := CODE.search(text))]
    assert len(codes) == len(set(codes)) == 12


def test_a_code_still_answers_once_the_index_key_was_replaced(line: Hall) -> None:
    request = raised(line)
    [handle] = line.asked(request)
    ratchet_index_key(line.database, line.clock())
    assert answer(line, handle, f"{code_of(line, handle)} yes") == YOURS
