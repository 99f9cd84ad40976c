"""ERASE with words around the code, and what is written while a wish waits for its day."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.desk import stop_wish
from app.errors import BadRequest, CaseErased
from app.inbound.erase_dialogue import FoundCode, find_code
from app.intake import load_script
from tests.inbound.test_erasing import ask, confirm, is_erased, wait, wrong
from tests.line import Line
from tests.paging.people import HERON, man_desk

TEXTS = load_script().texts


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("4821", FoundCode("4821", bare=True)),
        ("48 21", FoundCode("4821", bare=True)),
        ("my code is 4821", FoundCode("4821", bare=False)),
        ("le code: 4821, svp. merci", FoundCode("4821", bare=False)),
        ("٤٨٢١", FoundCode("4821", bare=True)),
        ("4821 or 4812", FoundCode(None, bare=False)),
        ("482", FoundCode(None, bare=True)),
        ("48211", FoundCode(None, bare=True)),
        ("call 514 555 0101", FoundCode("0101", bare=False)),
        ("5145550101", FoundCode(None, bare=False)),
        ("4821 " + "and more " * 10, FoundCode(None, bare=False)),
        ("Toronto", None),
        ("1", None),
        ("2 men are here", None),
        ("", None),
    ],
)
def test_the_code_is_the_one_number_of_four_digits_in_a_short_text(
    body: str, found: FoundCode | None
) -> None:
    assert find_code(body) == found


def test_a_code_with_words_erases(line: Line) -> None:
    case = line.open_case("hello", "1", "5")
    code = ask(line)
    assert line.says(f"my code is {code}, thanks") == [TEXTS.get("en", "erase_done")]
    assert is_erased(line, case.id)


def test_what_is_not_clear_is_asked_again_and_read_by_a_person(line: Line) -> None:
    case = line.open_case("hello", "1", "5")
    code = ask(line)
    unclear = f"{code} or {wrong(code)}"
    assert line.says(unclear)[0] == TEXTS.get("en", "erase_only_code")
    assert unclear in line.inbound(case.id)
    # That cost no try; and a year is a try, but no word of the text is lost.
    assert line.says(f"taken in {wrong(code)}")[0] == TEXTS.get("en", "erase_wrong")
    assert f"taken in {wrong(code)}" in line.inbound(case.id)
    assert line.says(wrong(code), code)[-1] == TEXTS.get("en", "erase_done")


class TestWhileItWaits:
    @pytest.fixture
    def waiting(self, line: Line) -> UUID:
        man_desk(line)
        case = line.open_case("they took him", "1")
        confirm(line)
        return case.id

    def test_the_desk_sees_when_and_is_paged_for_each_text(self, line: Line, waiting: UUID) -> None:
        due = line.now + timedelta(hours=24)
        line.reply(waiting)
        line.advance(hours=1)
        pages = len(line.inbox(HERON))
        line.says("please do not, it was my brother")
        assert len(line.inbox(HERON)) == pages + 1
        file = line.read(waiting)
        assert file.erasure is not None
        assert file.erasure.due_at == due
        since = [text.body for text in file.messages if text.at > file.erasure.wished_at]
        assert "please do not, it was my brother" in since

    def test_a_person_can_stop_it(self, line: Line, waiting: UUID) -> None:
        line.as_member(stop_wish, "heron", waiting)
        file = line.read(waiting)
        assert (file.erasure, "erase_requested" in file.contact.flags) == (None, False)
        wait(line, hours=25)
        assert not is_erased(line, waiting)
        assert "erasure.stopped" in line.log()

    def test_there_is_nothing_to_stop_without_a_wish(self, line: Line) -> None:
        case = line.open_case("hello")
        with pytest.raises(BadRequest):
            line.as_member(stop_wish, "heron", case.id)

    def test_unstopped_it_is_erased(self, line: Line, waiting: UUID) -> None:
        wait(line, hours=25)
        with pytest.raises(CaseErased):
            line.read(waiting)
