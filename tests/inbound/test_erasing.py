"""ERASE: a code, three tries, the same for every number."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from app.desk import close_case, erase_case, hold_case, lift_hold, merge_cases
from app.errors import CaseErased
from app.intake import load_script
from tests.line import Line
from tests.service import CALLER, House

TEXTS = load_script().texts
ONE, TWO, THREE, STRANGER = (f"+151455501{n}" for n in ("01", "02", "03", "99"))


def ask(line: Line, word: str = "ERASE", sender: str = CALLER) -> str:
    """Ask to be erased; return the code."""
    return code_in(line.says(word, sender=sender))


def code_in(said: list[str]) -> str:
    assert len(said) == 1
    found = re.search(r"\b\d{4}\b", said[0])
    assert found, said
    return found[0]


def confirm(line: Line, sender: str = CALLER) -> list[str]:
    """Ask to be erased and send the code back; return the answer."""
    return line.says(ask(line, sender=sender), sender=sender)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04d}"


def is_erased(line: Line, case_id: UUID) -> bool:
    try:
        line.read(case_id)
    except CaseErased:
        return True
    return False


def wait(line: Line, **by: float) -> None:
    """Let time go by, and what is due be swept."""
    line.advance(**by)
    line.settle("sweep")


@pytest.fixture
def calm(line: Line) -> UUID:
    """A case that can wait."""
    case = line.open_case("hello", "1", "5")
    assert case.urgency == 2
    return case.id


@pytest.fixture
def urgent(line: Line) -> UUID:
    return line.open_case("they took him", "1").id


class TestTheDialogue:
    def test_the_code_sent_back_erases(self, line: Line, calm: UUID) -> None:
        assert confirm(line) == [TEXTS.get("en", "erase_done")]
        assert is_erased(line, calm)

    @pytest.mark.parametrize(
        ("word", "language"), [("EFFACER", "fr"), ("BORRAR", "es"), ("erase me", "en")]
    )
    def test_in_each_language(self, line: Line, word: str, language: str) -> None:
        code = ask(line, word)
        assert line.inbox()[-1] == TEXTS.get(language, "erase_code", code=code)
        assert line.says(code) == [TEXTS.get(language, "erase_done")]

    def test_three_tries_then_nothing(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        said = [line.says(wrong(code)) for _ in range(3)]
        again, again_, stopped = (text for [text] in said)
        assert again == again_ == TEXTS.get("en", "erase_wrong")
        assert stopped == TEXTS.get("en", "erase_stopped")
        # A fourth is no city either, nor a case of its own; not even the right one.
        assert line.says(wrong(code), code) == [stopped, stopped]
        assert not is_erased(line, calm)
        assert line.read(calm).fields == {}

    def test_a_wrong_try_may_be_mended(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        line.says(wrong(code), wrong(code), code)
        assert is_erased(line, calm)

    def test_the_code_may_be_spaced_and_in_other_digits(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
        line.says(f" {arabic[:2]} {arabic[2:]} ")
        assert is_erased(line, calm)

    def test_the_code_ends_after_half_an_hour(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        wait(line, minutes=30)
        line.says(code)
        assert not is_erased(line, calm)

    def test_words_in_between_belong_to_the_case(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        line.says("Toronto")
        assert line.values(calm).region == "toronto"
        line.says(code)
        assert is_erased(line, calm)

    def test_a_new_code_replaces_the_old(self, line: Line, calm: UUID) -> None:
        first = ask(line)
        second = ask(line)
        if first != second:
            assert line.says(first) == [TEXTS.get("en", "erase_wrong")]
        assert line.says(second) == [TEXTS.get("en", "erase_done")]
        assert is_erased(line, calm)

    def test_another_phones_code_does_nothing(self, line: Line, calm: UUID) -> None:
        line.says(ask(line), sender=STRANGER)
        assert not is_erased(line, calm)

    def test_a_stopped_phone_can_still_be_erased(self, line: Line, calm: UUID) -> None:
        line.says("ARRET")
        confirm(line)
        assert is_erased(line, calm)

    def test_the_desk_does_not_read_the_code(self, line: Line, calm: UUID) -> None:
        code = ask(line)
        bodies = [str(text.body) for text in line.read(calm).messages]
        assert code not in " ".join(bodies[:-1])


class TestForEveryNumberAlike:
    def test_an_unknown_phone_gets_the_same_words(self, line: Line, calm: UUID) -> None:
        wait(line, minutes=31)
        said = []
        for phone in (CALLER, STRANGER):
            code = ask(line, sender=phone)
            line.says(wrong(code), code, sender=phone)
            said.append([text.replace(code, "0000") for text in line.inbox(phone)[-3:]])
        assert said[0] == said[1]

    def test_an_urgent_case_and_a_held_one_get_the_same_words(self, line: Line) -> None:
        line.open_case("they took him", "1", "5", sender=ONE)
        held = line.open_case("hello", "1", "5", sender=TWO)
        assert held.urgency == 2
        line.as_member(hold_case, "crane", held.id, "x")
        line.open_case("hello", "1", "5", sender=THREE)
        last = {confirm(line, phone)[0] for phone in (ONE, TWO, THREE)}
        assert len(last) == 1


class TestWaiting:
    def test_an_urgent_case_waits_a_day_and_the_desk_sees_it(
        self, line: Line, urgent: UUID
    ) -> None:
        confirm(line)
        assert "erase_requested" in line.read(urgent).contact.flags
        wait(line, hours=23)
        assert not is_erased(line, urgent)
        wait(line, hours=2)
        assert is_erased(line, urgent)

    def test_a_hold_stops_it_and_lifting_the_hold_lets_it_go_on(
        self, line: Line, urgent: UUID
    ) -> None:
        confirm(line)
        line.as_member(hold_case, "crane", urgent, "A court asked.")
        wait(line, hours=25)
        assert not is_erased(line, urgent)
        line.as_member(lift_hold, "crane", urgent)
        wait(line, hours=1)
        assert is_erased(line, urgent)

    def test_the_desk_may_erase_it_before(self, line: Line, urgent: UUID) -> None:
        confirm(line)
        line.as_member(erase_case, "heron", urgent)
        wait(line, hours=25)
        assert is_erased(line, urgent)

    def test_asking_again_takes_the_wish_not_back(self, line: Line, urgent: UUID) -> None:
        confirm(line)
        wait(line, hours=12)
        ask(line)
        wait(line, hours=13)
        assert is_erased(line, urgent)

    def test_confirming_again_makes_it_no_later(self, line: Line, urgent: UUID) -> None:
        confirm(line)
        wait(line, hours=12)
        confirm(line)
        wait(line, hours=13)
        assert is_erased(line, urgent)

    def test_a_closed_urgent_case_does_not_wait(self, line: Line, urgent: UUID) -> None:
        line.as_member(close_case, "heron", urgent, "released")
        confirm(line)
        assert is_erased(line, urgent)


class TestMerged:
    """A case under which others were put is erased with them, and none of them unasked."""

    def two(self, line: Line, *, urgent: bool) -> tuple[UUID, UUID]:
        one = line.open_case("hello", "1", "5", sender=ONE).id
        first = "they took him" if urgent else "hello"
        into = line.open_case(first, "1", "5", sender=TWO).id
        line.as_member(merge_cases, "heron", one, into)
        return one, into

    def test_one_of_its_phones_erases_all_of_it(self, line: Line) -> None:
        one, into = self.two(line, urgent=False)
        confirm(line, ONE)
        assert is_erased(line, one)
        assert is_erased(line, into)

    def test_it_waits_while_any_of_it_is_urgent(self, line: Line) -> None:
        one, into = self.two(line, urgent=True)
        confirm(line, ONE)
        assert not is_erased(line, one)
        assert "erase_requested" in line.read(into).contact.flags
        wait(line, hours=25)
        assert is_erased(line, into)

    def test_a_hold_of_any_of_it_holds_it(self, line: Line) -> None:
        one = line.open_case("hello", "1", "5", sender=ONE).id
        into = line.open_case("hello", "1", "5", sender=TWO).id
        line.as_member(hold_case, "crane", into, "x")
        line.as_member(merge_cases, "heron", one, into)
        confirm(line, ONE)
        wait(line, hours=25)
        assert not is_erased(line, one)
        assert not is_erased(line, into)


def test_the_service_erases_at_once_or_after_a_day(house: House) -> None:
    """On both databases: what is locked and deleted, and the duty that sweeps."""
    calm = house.case_of("hello", "1", "5", number=ONE)["id"]
    into = house.case_of("they took him", "1", number=TWO)["id"]
    under = house.case_of("hello", number=THREE)["id"]
    merged = house.as_("heron").post(f"/v1/cases/{under}/merge", {"into": into})
    assert merged.status_code == 200

    def erased() -> list[str]:
        return [one for one in (calm, into, under) if _status(house, one) == 410]

    for number in (ONE, TWO):
        phone = house.phone(number)
        phone.says(code_in(phone.says("ERASE")))
    assert erased() == [calm]
    house.advance(hours=25)
    assert erased() == [calm, into, under]


def _status(house: House, case_id: str) -> int:
    return house.as_("heron").get(f"/v1/cases/{case_id}").status_code
