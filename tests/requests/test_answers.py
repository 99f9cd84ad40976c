"""Yes and no by text: the code, the number it binds to, guesses, and answers that come late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cases import list_tasks
from app.intake import read_offer_answer
from app.members.profiles import change_profile
from app.models import Member
from app.requests.answers import find_answerable_offers, take_answer
from app.vault.index_key import ratchet_index_key
from tests.requests.deeds import read
from tests.requests.hall import Hall
from tests.requests.people import CODE, PHONES, a_case, raised

YOURS = "Desk: thank you, it is yours. Please sign in to read it."
WRONG = "Desk: this code is not known. Please look again."


def answer(hall: Hall, handle: str, body: str) -> str | None:
    """What is said to a text from a member's phone."""
    with hall.database.transaction() as db:
        lookup = db.keys.number_lookup(PHONES[handle])
        offers = find_answerable_offers(db, lookup)
        assert offers
        said = take_answer(db, lookup, offers, read_offer_answer(body), hall.clock())
    hall.work()
    return said.write("en") if said else None


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
    console = "Desk: please answer in the console."
    assert said == [WRONG, WRONG, console, console]
    assert answer(line, handle, f"{code} yes") == console
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
        assert find_answerable_offers(db, lookup) == []
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


class TestWithoutTheCode:
    def test_a_plain_yes_answers_the_one_open_offer(self, line: Hall) -> None:
        request = raised(line)
        [handle] = line.asked(request)
        assert answer(line, handle, "yes!") == YOURS
        assert line.now(request).state == "assigned"

    def test_a_plain_no_asks_the_next(self, line: Hall) -> None:
        request = raised(line)
        [handle] = line.asked(request)
        assert answer(line, handle, "no, sorry") == "Desk: thank you for answering."
        assert handle not in line.asked(request)

    def test_with_several_open_the_code_says_which(self, line: Hall) -> None:
        case = a_case(line, urgency=0)
        first, second = raised(line, case), raised(line, case)
        said = answer(line, "finch", "yes")
        assert said == "Desk: several are open. Please send the code and YES or NO."
        assert {line.now(one).state for one in (first, second)} == {"offered"}

    def test_what_is_unclear_takes_nothing_and_reaches_the_desk(self, line: Hall) -> None:
        case = a_case(line)
        request = raised(line, case)
        [handle] = line.asked(request)
        said = answer(line, handle, "yes but only after 3pm")
        assert said is not None
        assert said.endswith(f"reply {code_of(line, handle)} YES")
        assert line.now(request).state == "offered"
        assert [note.body for note in read(line, case).notes] == ["yes but only after 3pm"]

    def test_what_is_unclear_is_nothing_once_no_offer_is_open(self, line: Hall) -> None:
        request = raised(line)
        [handle] = line.asked(request)
        line.accept(handle, request)
        assert answer(line, handle, "maybe") is None

    def test_other_talk_is_no_answer(self, line: Hall) -> None:
        [handle] = line.asked(raised(line))
        assert answer(line, handle, "is the meeting still tonight") is None
        assert answer(line, handle, "the bus 1234 goes there") is None


class TestWords:
    @pytest.mark.parametrize(
        ("words", "state"), [("yes on my way", "assigned"), ("not before 2", "offered")]
    )
    def test_what_stands_around_an_answer_reaches_the_desk(
        self, line: Hall, words: str, state: str
    ) -> None:
        case = a_case(line)
        request = raised(line, case)
        [handle] = line.asked(request)
        code = code_of(line, handle)
        said = answer(line, handle, f"{code} {words}")
        unclear = (
            f"Desk: a colleague will read this. It is not yours yet: to take it, reply {code} YES"
        )
        assert said == (YOURS if state == "assigned" else unclear)
        assert line.now(request).state == state
        file = read(line, case)
        assert [(note.kind, note.body) for note in file.notes] == [("answer", words)]
        with line.database.snapshot() as db:
            assert [one.task.kind for one in list_tasks(db, line.principal("heron"))] == ["answer"]
