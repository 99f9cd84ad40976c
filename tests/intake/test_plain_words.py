"""Plain words that need no model: options, a child's age, wordings of danger, a greeting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.texts import fold
from tests.intake.test_inputs import SCRIPT, take


@pytest.mark.parametrize(
    "text", ["1 now", "its number 1", "now", "number 1 now", "1 rn", "now please", "1 right now",
             "1 maintenant", "1 ahora", "1 kounye a"]
)  # fmt: skip
def test_now_is_the_first_option(text: str) -> None:
    step = take(text, "situation", situation="other")
    assert (step.situation, step.urgency) == ("happening_now", 0)
    assert [reply.key for reply in step.replies] == ["safe_now"]


@pytest.mark.parametrize("text", ["3 now", "6 now", "what now", "not 1", "part 1"])
def test_now_beside_another_option_is_for_a_person(text: str) -> None:
    assert not take(text, "situation").understood


@pytest.mark.parametrize(
    "text",
    [
        "tengo 13", "tengo 13 años", "tengo trece", "tengo 13 y estoy sola", "m gen 12 zan",
        "m gen douzan", "mwen gen douz an", "j ai douze ans", "j'ai dix-sept ans", "j'ai 12ans",
        "im twelve and my mom didnt come home", "im thirteen by myself", "im 12yo", "im only 9",
    ],
)  # fmt: skip
def test_a_child_says_the_age_in_any_way(text: str) -> None:
    step = take(text, "situation")
    assert (step.answers["minor"], step.urgency) == ("yes", 0)
    assert [reply.key for reply in step.replies] == ["with_adult"]


@pytest.mark.parametrize(
    "text",
    [
        "I have 12 years here", "tengo 13 hermanos", "hace 12 años", "my son is 12", "room 13",
        "tengo 13 dolares", "tengo 13 y 15", "tengo 4", "tengo 12 años aquí", "im wit my kids",
        "i am once again here", "im ten minutes away", "im four people", "im eighteen",
        "j'ai dix-huit ans", "j'ai 12 enfants", "pitit mwen gen 12 an", "m gen 12 timoun",
        "m gen 3 zan",
    ],
)  # fmt: skip
def test_what_is_counted_is_no_childs_age(text: str) -> None:
    assert "minor" not in take(text, "situation").answers


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("yo pa sispann frape pot la", "happening_now"),
        ("yo pa vle sispann frape", "happening_now"),
        ("they won't stop knocking", "happening_now"), ("no paran de tocar", "happening_now"),
        ("ils arrêtent pas de cogner", "happening_now"),
        ("mi esposo no ha vuelto de firmar", "detained"),
        ("the wrong person was arrested", "detained"), ("yo arete move moun", "detained"),
        ("they said stop or we shoot", "happening_now"),
        ("guys in vests asking names at the bus stop", "happening_now"),
        ("two vans with tinted windows outside my work", "happening_now"),
        ("ils sont rentrés chez le voisin", "happening_now"),
        ("se metieron a la casa del vecino", "happening_now"),
    ],
)  # fmt: skip
def test_a_plain_wording_of_danger_goes_on_to_the_next_question(text: str, situation: str) -> None:
    step = take(text, "situation", situation="other")
    assert SCRIPT.vocabulary.find_alarm(fold(text))
    assert (step.urgency, step.situation) == (0, situation)
    assert [reply.key for reply in step.replies] == ["safe_now"]


@pytest.mark.parametrize(
    "text",
    [
        "construction guys in vests fix the road", "my car has tinted windows",
        "mon fils est rentré chez le voisin", "mi esposo ha vuelto de firmar",
        "the movers went into the neighbors", "the man was never arrested",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_no_alarm(text: str) -> None:
    assert SCRIPT.vocabulary.find_alarm(fold(text)) is None


@pytest.mark.parametrize(
    ("text", "language", "situation"),
    [
        ("1. they are outside my door", "en", "happening_now"),
        ("4 please my husband was taken this morning", "ht", "detained"),
        ("2 ils ont pris mon mari", "fr", "detained"),
        ("3) mi esposo fue detenido", "es", "detained"),
    ],
)
def test_a_report_behind_the_language_is_read(text: str, language: str, situation: str) -> None:
    step = take(text, "language")
    assert (step.language, step.situation, step.urgency) == (language, situation, 0)
    assert [reply.key for reply in step.replies] == ["safe_now"]


def test_an_unsure_report_behind_the_language_waits_for_a_person() -> None:
    step = take("1. my son", "language")
    assert (step.language, step.situation, step.understood) == ("en", None, False)
    assert [reply.key for reply in step.replies] == ["situation"]


def test_a_report_in_another_language_is_for_a_person() -> None:
    step = take("5. they took my husband", "language")
    assert (step.language, step.situation, step.urgency) == (None, None, 0)
    assert [reply.key for reply in step.replies] == ["other_language"]


@pytest.mark.parametrize("text", ["2 men are here", "2 men took my brother", "4:15 pm they come"])
def test_a_number_that_counts_is_no_language(text: str) -> None:
    step = take(text, "language")
    assert (step.language, step.replies) == (None, ())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hola", "es"), ("hola buenas tardes", "es"), ("no entiendo", "es"), ("bonjour", "fr"),
        ("je ne comprends pas", "fr"), ("bonjou", "ht"), ("m pa konprann", "ht"),
    ],
)  # fmt: skip
def test_a_word_of_one_language_chooses_it(text: str, language: str) -> None:
    step = take(text, "language")
    assert step.language == language
    assert [reply.key for reply in step.replies] == ["situation"]


@pytest.mark.parametrize("text", ["عربي", "ਪੰਜਾਬੀ", "中文", "em português"])
def test_a_language_without_a_script_is_for_a_person(text: str) -> None:
    step = take(text, "language")
    assert (step.language, step.urgency) == (None, 1)
    assert [reply.key for reply in step.replies] == ["other_language"]


@pytest.mark.parametrize("text", ["hello", "merci", "thanks", "ok", "allo"])
def test_a_word_that_all_say_chooses_nothing(text: str) -> None:
    assert take(text, "language").replies == ()


@pytest.mark.parametrize("text", ["call me after six", "rele m apre 6 e", "llámeme mañana"])
def test_after_a_silence_a_wish_is_answered_alike_whatever_was_asked(text: str) -> None:
    step, stranger = take(text, "reach", after=timedelta(hours=2)), take(text, "new")
    assert [reply.key for reply in step.replies] == ["greeting", "callback"]
    assert step.replies == stranger.replies
    assert take(text, "reach").callback is False  # while we talk it answers our question
