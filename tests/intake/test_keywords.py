"""Single words that act."""

from __future__ import annotations

import pytest

from app.intake import BUILTIN_STOP, Keyword, is_builtin_stop, load_script, make_erase_reply
from app.intake.keywords import find_keyword
from app.intake.vocabulary import compile_vocabulary
from app.texts.folding import fold

SCRIPT = load_script()


def found(text: str) -> tuple[Keyword, str | None] | None:
    return find_keyword(SCRIPT.vocabulary.keywords, fold(text))


@pytest.mark.parametrize("word", sorted(BUILTIN_STOP))
@pytest.mark.parametrize("style", [str.upper, str.lower, str.title, " {}\n".format])
def test_the_carriers_words_are_its_own_in_any_case(word: str, style: type[str]) -> None:
    assert is_builtin_stop(style(word))
    assert found(style(word)) == (Keyword.STOP, None)


@pytest.mark.parametrize("text", ["Stop.", "ARRET", "ALTO", "stop it", "", "STOP STOP", "ＳＴＯＰ"])
def test_the_carrier_takes_nothing_else_for_stop(text: str) -> None:
    assert not is_builtin_stop(text)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("ARRÊT", (Keyword.STOP, "fr")),
        ("arre\u0302t !", (Keyword.STOP, "fr")),
        ("Alto", (Keyword.STOP, "es")),
        ("pare", (Keyword.STOP, "es")),
        ("RETE", (Keyword.STOP, "ht")),
        ("sispann.", (Keyword.STOP, "ht")),
        ("“Stop”", (Keyword.STOP, None)),
        ("S\u200bTOP", (Keyword.STOP, None)),
        ("\u200f\u202aSTOP\u202c", (Keyword.STOP, None)),
        ("ＳＴＯＰ", (Keyword.STOP, None)),
        ("stop 🙏", (Keyword.STOP, None)),
        ("UNSTOP", (Keyword.START, None)),
        ("Help!!!", (Keyword.HELP, "en")),
        ("Èd", (Keyword.HELP, "ht")),
        ("info", (Keyword.HELP, None)),
        ("X", (Keyword.WRONG_NUMBER, None)),
        ("ｘ.", (Keyword.WRONG_NUMBER, None)),
        ("Numero equivocado", (Keyword.WRONG_NUMBER, "es")),
        ("9", (Keyword.CALL_ME, None)),
        ("9️⃣", (Keyword.CALL_ME, None)),
        ("٩", (Keyword.CALL_ME, None)),
        ("Erase", (Keyword.ERASE, "en")),
        ("EFFACER", (Keyword.ERASE, "fr")),
    ],
)
def test_a_keyword_is_known_by_its_letters(text: str, keyword: tuple[Keyword, str | None]) -> None:
    assert found(text) == keyword


@pytest.mark.parametrize(
    "text",
    [
        "please help me now", "YES", "help me", "arrêté", "arrêter", "x-ray", "99", "9 pm",
        "end of the street", "info please", "", "❌", "stop stop stop please",
    ],
)  # fmt: skip
def test_a_sentence_or_an_answer_is_no_keyword(text: str) -> None:
    assert found(text) is None


def test_no_two_languages_use_a_word_differently() -> None:
    assert compile_vocabulary(SCRIPT.texts).keywords == SCRIPT.vocabulary.keywords


def test_the_code_to_erase_goes_into_its_reply() -> None:
    reply = make_erase_reply(SCRIPT.texts, "fr", "erase_code", code="0417")
    assert reply.text.endswith(": 0417")
    assert reply.language == "fr"


def test_an_erasure_in_an_unknown_language_is_answered_for_everyone() -> None:
    assert make_erase_reply(SCRIPT.texts, "pa", "erase_done").language is None
