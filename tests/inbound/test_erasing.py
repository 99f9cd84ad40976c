"""ERASE: a code, three tries, the same for every number."""

from __future__ import annotations

import re

import pytest

from app.intake import load_script
from tests.service import Caller, House, refusal

TEXTS = load_script().texts


def ask(phone: Caller, word: str = "ERASE") -> str:
    """Ask to be erased; return the code."""
    said = phone.says(word)
    assert len(said) == 1
    found = re.search(r"\b\d{4}\b", said[0])
    assert found, said
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04d}"


def is_erased(house: House, case_id: str) -> bool:
    answer = house.as_("heron").get(f"/v1/cases/{case_id}")
    return answer.status_code == 410


def calm_case(house: House) -> str:
    case_id: str = house.case_of("hello", "1", "5")["id"]
    assert house.read(case_id)["urgency"] == 2
    return case_id


class TestTheDialogue:
    def test_the_code_sent_back_erases(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        assert phone.says(ask(phone)) == [TEXTS.get("en", "erase_done")]
        assert is_erased(house, case_id)

    @pytest.mark.parametrize(
        ("word", "language"), [("EFFACER", "fr"), ("BORRAR", "es"), ("erase me", "en")]
    )
    @pytest.mark.parametrize("database_kind", ["sqlite"])
    def test_in_each_language(self, house: House, word: str, language: str) -> None:
        phone = house.phone()
        code = ask(phone, word)
        assert phone.inbox()[-1] == TEXTS.get(language, "erase_code", code=code)
        assert phone.says(code) == [TEXTS.get(language, "erase_done")]

    def test_three_tries_then_nothing(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        code = ask(phone)
        said = [phone.says(wrong(code)) for _ in range(3)]
        again, again_, stopped = (text for [text] in said)
        assert again == again_ == TEXTS.get("en", "erase_wrong")
        assert stopped == TEXTS.get("en", "erase_stopped")
        # A fourth is no city either, nor a case of its own; not even the right one.
        assert phone.says(wrong(code), code) == [stopped, stopped]
        assert not is_erased(house, case_id)
        assert house.read(case_id)["fields"] == {}

    def test_a_wrong_try_may_be_mended(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        code = ask(phone)
        phone.says(wrong(code), wrong(code), code)
        assert is_erased(house, case_id)

    def test_the_code_may_be_spaced_and_in_other_digits(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        code = ask(phone)
        arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
        phone.says(f" {arabic[:2]} {arabic[2:]} ")
        assert is_erased(house, case_id)

    def test_the_code_ends_after_half_an_hour(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        code = ask(phone)
        house.advance(minutes=30)
        phone.says(code)
        assert not is_erased(house, case_id)

    def test_words_in_between_belong_to_the_case(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        code = ask(phone)
        phone.says("Toronto")
        assert house.read(case_id)["region"] == "toronto"
        phone.says(code)
        assert is_erased(house, case_id)

    def test_a_new_code_replaces_the_old(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        first = ask(phone)
        second = ask(phone)
        if first != second:
            assert phone.says(first) == [TEXTS.get("en", "erase_wrong")]
        assert phone.says(second) == [TEXTS.get("en", "erase_done")]
        assert is_erased(house, case_id)

    def test_another_phones_code_does_nothing(self, house: House) -> None:
        case_id = calm_case(house)
        code = ask(house.phone())
        house.phone("+15145550199").says(code)
        assert not is_erased(house, case_id)

    def test_a_stopped_phone_can_still_be_erased(self, house: House) -> None:
        case_id = calm_case(house)
        phone = house.phone()
        phone.says("ARRET")
        phone.says(ask(phone))
        assert is_erased(house, case_id)

    def test_the_desk_does_not_read_the_code(self, house: House) -> None:
        case_id = calm_case(house)
        code = ask(house.phone())
        bodies = [m["body"] for m in house.read(case_id)["messages"]]
        assert code not in " ".join(bodies[:-1])


class TestForEveryNumberAlike:
    def test_an_unknown_phone_gets_the_same_words(self, house: House) -> None:
        calm_case(house)
        known, stranger = house.phone(), house.phone("+15145550199")
        house.advance(minutes=31)
        said = []
        for phone in (known, stranger):
            code = ask(phone)
            phone.says(wrong(code), code)
            said.append([text.replace(code, "0000") for text in phone.inbox()[-3:]])
        assert said[0] == said[1]

    def test_an_urgent_case_and_a_held_one_get_the_same_words(self, house: House) -> None:
        phones = [house.phone(f"+1514555010{n}") for n in (1, 2, 3)]
        for phone, text in zip(phones, ("they took him", "hello", "hello"), strict=True):
            phone.says(text, "1", "5")
        held = next(case for case in house.queue() if case["urgency"] == 2)
        house.as_("crane").post(f"/v1/cases/{held['id']}/hold", {"reason": "x"})
        last = {phone.says(ask(phone))[0] for phone in phones}
        assert len(last) == 1


class TestWaiting:
    def urgent(self, house: House) -> str:
        case_id: str = house.case_of("they took him", "1")["id"]
        return case_id

    def test_an_urgent_case_waits_a_day_and_the_desk_sees_it(self, house: House) -> None:
        case_id = self.urgent(house)
        phone = house.phone()
        phone.says(ask(phone))
        assert "erase_requested" in house.read(case_id)["contact"]["flags"]
        house.advance(hours=23)
        assert not is_erased(house, case_id)
        house.advance(hours=2)
        assert is_erased(house, case_id)

    def test_a_hold_stops_it_and_lifting_the_hold_lets_it_go_on(self, house: House) -> None:
        case_id = self.urgent(house)
        phone = house.phone()
        phone.says(ask(phone))
        house.as_("crane").post(f"/v1/cases/{case_id}/hold", {"reason": "A court asked."})
        house.advance(hours=25)
        assert not is_erased(house, case_id)
        house.as_("crane").delete(f"/v1/cases/{case_id}/hold")
        house.advance(hours=1)
        assert is_erased(house, case_id)

    def test_the_desk_may_erase_it_before(self, house: House) -> None:
        case_id = self.urgent(house)
        phone = house.phone()
        phone.says(ask(phone))
        assert house.as_("heron").post(f"/v1/cases/{case_id}/erase").status_code == 204
        house.advance(hours=25)
        assert refusal(house.as_("heron").get(f"/v1/cases/{case_id}")) == (410, "case-erased")

    def test_asking_again_takes_the_wish_not_back(self, house: House) -> None:
        case_id = self.urgent(house)
        phone = house.phone()
        phone.says(ask(phone))
        house.advance(hours=12)
        ask(phone)
        house.advance(hours=13)
        assert is_erased(house, case_id)

    def test_confirming_again_makes_it_no_later(self, house: House) -> None:
        case_id = self.urgent(house)
        phone = house.phone()
        phone.says(ask(phone))
        house.advance(hours=12)
        phone.says(ask(phone))
        house.advance(hours=13)
        assert is_erased(house, case_id)

    def test_a_closed_urgent_case_does_not_wait(self, house: House) -> None:
        case_id = self.urgent(house)
        house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "released"})
        phone = house.phone()
        phone.says(ask(phone))
        assert is_erased(house, case_id)


class TestMerged:
    """A case under which others were put is erased with them, and none of them unasked."""

    def two(self, house: House, *, urgent: bool) -> tuple[str, str]:
        one = house.case_of("hello", "1", "5", number="+15145550101")["id"]
        first = "they took him" if urgent else "hello"
        into = house.case_of(first, "1", "5", number="+15145550102")["id"]
        house.as_("heron").post(f"/v1/cases/{one}/merge", {"into": into})
        return one, into

    def test_one_of_its_phones_erases_all_of_it(self, house: House) -> None:
        one, into = self.two(house, urgent=False)
        phone = house.phone("+15145550101")
        phone.says(ask(phone))
        assert is_erased(house, one)
        assert is_erased(house, into)

    def test_it_waits_while_any_of_it_is_urgent(self, house: House) -> None:
        one, into = self.two(house, urgent=True)
        phone = house.phone("+15145550101")
        phone.says(ask(phone))
        assert not is_erased(house, one)
        assert "erase_requested" in house.read(into)["contact"]["flags"]
        house.advance(hours=25)
        assert is_erased(house, into)

    def test_a_hold_of_any_of_it_holds_it(self, house: House) -> None:
        one = house.case_of("hello", "1", "5", number="+15145550101")["id"]
        into = house.case_of("hello", "1", "5", number="+15145550102")["id"]
        house.as_("crane").post(f"/v1/cases/{into}/hold", {"reason": "x"})
        house.as_("heron").post(f"/v1/cases/{one}/merge", {"into": into})
        phone = house.phone("+15145550101")
        phone.says(ask(phone))
        house.advance(hours=25)
        assert not is_erased(house, one)
        assert not is_erased(house, into)
