"""What a member's answer to a page or an offer means."""

from __future__ import annotations

import pytest

from app.intake import (
    OfferAnswer,
    OfferChoice,
    PageAnswer,
    asks_for_self,
    read_offer_answer,
    read_page_answer,
)

YES, NO, UNCLEAR, NONE = OfferChoice


@pytest.mark.parametrize("yes", ["yes", "YES", "oui", "Wi", "si", "sí", "ok", "y", "yes."])
def test_yes_in_any_language_with_and_without_a_code(yes: str) -> None:
    assert read_offer_answer(f"4821 {yes}") == OfferAnswer("4821", YES)
    assert read_offer_answer(yes) == OfferAnswer(None, YES)


@pytest.mark.parametrize("no", ["no", "NON", "n", "no!", "no thanks"])
def test_no_in_any_language(no: str) -> None:
    assert read_offer_answer(f"4821  {no}") == OfferAnswer("4821", NO)
    assert read_offer_answer(no) == OfferAnswer(None, NO)


@pytest.mark.parametrize(
    ("body", "choice", "words"),
    [
        ("4821yes", YES, ""),
        ("Reply 4821 YES", YES, ""),
        ("4821", UNCLEAR, ""),
        ("yes no 4821", UNCLEAR, ""),
        ("0127 yes on my way", YES, "yes on my way"),
        ("0127 not before 2", UNCLEAR, "not before 2"),
        ("maybe 0127", UNCLEAR, "maybe"),
    ],
)
def test_a_code_anywhere_is_an_answer_and_the_words_around_it_are_kept(
    body: str, choice: OfferChoice, words: str
) -> None:
    answer = read_offer_answer(body)
    assert (answer.choice, answer.words) == (choice, words)
    assert answer.code in {body[:4], body[-4:], body[6:10]}


@pytest.mark.parametrize(
    "other",
    ["is anybody there, yes?", "48211 yes", "0127 0128 yes", "Loved “Reply 0127 YES or NO”"],
)
def test_anything_else_is_no_answer(other: str) -> None:
    assert read_offer_answer(other).choice is NONE


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("1", PageAnswer.MINE),
        ("mine!", PageAnswer.MINE),
        ("à moi", PageAnswer.MINE),
        ("pa m", PageAnswer.MINE),
        ("no, sorry", PageAnswer.NO),
        ('Liked "Desk: 1 new, now. Reply 1 = mine"', PageAnswer.NONE),
        ("see you all at the meeting tonight", PageAnswer.NONE),
    ],
)
def test_answers_to_a_page(body: str, answer: PageAnswer) -> None:
    assert read_page_answer(body) is answer


@pytest.mark.parametrize(
    "yes",
    [
        "no problem, ill be there",
        "no worries i can",
        "no prob",
        "not a problem",
        "cant say no to that, yes",
        "I don't mind going",
        "i dont mind going",
        "cant wait to help",
        "on it",
        "I'm on it!",
        "yess",
        "pas de souci j'y serai",
        "Pas de problème",
        "no hay problema voy",
        "sin problema",
        "pa gen pwoblem map vini",
        "pa gen pwoblèm",
    ],
)
def test_a_yes_may_hold_the_word_of_a_no(yes: str) -> None:
    assert read_offer_answer(yes).choice is YES
    assert read_page_answer(yes) is PageAnswer.MINE


@pytest.mark.parametrize(
    "body",
    [
        "no problem but not today",
        "no problem if you find someone else",
        "no problem, where is it?",
        "i dont mind but cant today",
        "pas de souci mais pas avant 3h",
        "no hay problema pero no puedo hoy",
        "pa gen pwoblem men m paka jodi a",
        "I have a problem",
        "wrong day for me",
        "no car but yes",
        "maybe",
        "petèt",
    ],
)
def test_what_is_not_sure_is_neither_yes_nor_no(body: str) -> None:
    assert read_offer_answer(body).choice is UNCLEAR


@pytest.mark.parametrize("no", ["no i cant", "no sorry not today", "je ne peux pas", "no puedo"])
def test_a_no_stays_a_no(no: str) -> None:
    assert read_offer_answer(no).choice is NO


@pytest.mark.parametrize("body", ["I need help myself", "help me please", "aidez-moi", "ede m"])
def test_who_asks_for_themselves(body: str) -> None:
    assert asks_for_self(body)


@pytest.mark.parametrize("body", ["I need help finding the place", "cant wait to help", "call me"])
def test_who_does_not_ask_for_themselves(body: str) -> None:
    assert not asks_for_self(body)
