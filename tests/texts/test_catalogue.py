"""Every text to a caller: short enough, harmless, complete, and not yet reviewed."""

from __future__ import annotations

from typing import Any

import pytest
import smsutil  # type: ignore[import-untyped]  # the package ships no types

from app import texts
from app.telephony.segments import measure_text
from app.texts import FieldRefused, TextRefused, catalogue
from app.texts.catalogue import Texts, load_texts, read_language
from app.texts.rules import LONGEST, NOTICES, PLACEHOLDERS, SAID_ALIKE, check_field, check_text

TEXTS = load_texts()
EVERY = [
    (language.code, key, text)
    for language in (TEXTS.everyone, *TEXTS.languages.values())
    for key, text in (*language.texts.items(), *language.replies.items())
]


@pytest.mark.parametrize(("code", "key", "text"), EVERY)
def test_a_text_fits_one_segment(code: str, key: str, text: str) -> None:
    for name, longest in PLACEHOLDERS.get(key, {}).items():
        text = text.replace(f"{{{name}}}", longest)
    size = measure_text(text)
    assert size.segments == 1
    assert size.units <= LONGEST[size.encoding]
    again = smsutil.split(text)  # another library, which shares nothing with ours
    assert len(again.parts) == 1
    assert (again.encoding == "gsm0338") == (size.encoding == "GSM-7")
    assert again.total_bytes == size.units * (1 if size.encoding == "GSM-7" else 2)


def test_the_greeting_is_the_published_one() -> None:
    assert TEXTS.get("fr", "greeting") == (
        "Hello / Bonjour. A person reads this. 1 English 2 Francais 3 Español 4 Kreyòl 5 other. "
        "No names by text. 9 = call me. STOP = end."
    )


def test_the_english_situation_question_is_the_published_one() -> None:
    assert TEXTS.get("en", "situation") == (
        "A person will read this. Is it: 1 happening now 2 someone was taken "
        "3 a date or letter 4 I saw something 5 refused help 6 other"
    )


@pytest.mark.parametrize("key", SAID_ALIKE)
@pytest.mark.parametrize("language", [None, "en", "fr", "es", "ht", "pa"])
def test_some_texts_are_the_same_bytes_in_every_language(language: str | None, key: str) -> None:
    assert TEXTS.get(language, key) == TEXTS.everyone.texts[key]


def test_four_languages_are_enabled_and_wait_for_a_native_reader() -> None:
    assert [language.code for language in TEXTS.unreviewed()] == ["en", "fr", "es", "ht"]


@pytest.mark.parametrize("key", NOTICES)
def test_an_unknown_language_gets_english_and_french(key: str) -> None:
    values = PLACEHOLDERS.get(key, {})
    assert TEXTS.get("pa", key, **values) == TEXTS.get(None, key, **values)


def test_a_value_goes_into_its_placeholder() -> None:
    assert TEXTS.get("en", "erase_code", code="4821").endswith("code: 4821")


@pytest.mark.parametrize("values", [{}, {"code": "1", "name": "x"}, {"hours": "9"}])
def test_a_placeholder_is_never_left_open_or_guessed(values: dict[str, str]) -> None:
    with pytest.raises(TextRefused):
        TEXTS.get("en", "erase_code", **values)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        TEXTS.get("en", "nothing_like_this")


@pytest.mark.parametrize(
    "text",
    [
        "Immigration is not here",
        "Llame por INMIGRACIÓN",
        "imigrasyon",
        "No ICE",
        "la migra",
        "Kith reads this",
        "The POLICE",
        "lapolis la",
        "ＣＢＳＡ",
    ],
)
def test_a_text_never_names_what_the_hotline_is_about(text: str) -> None:
    with pytest.raises(TextRefused, match="never name"):
        check_text("thanks", text)


def test_a_text_never_names_the_organisation() -> None:
    with pytest.raises(TextRefused, match="never name"):
        check_text("thanks", "Comité Solidaire reads this", never_named=["comité solidaire"])


@pytest.mark.parametrize("text", ["nice slice of rice", "office", "politely", "a kit hangs here"])
def test_an_innocent_word_is_no_name(text: str) -> None:
    check_text("thanks", text)


@pytest.mark.parametrize("text", ["a" * 131, "ç" * 68, "€" * 66, "", "  ", "two\nlines", "a\x00b"])
def test_a_text_too_long_or_broken_is_refused(text: str) -> None:
    with pytest.raises(TextRefused):
        check_text("thanks", text)


@pytest.mark.parametrize("text", ["a" * 130, "ç" * 67])
def test_a_text_may_fill_its_segment(text: str) -> None:
    check_text("thanks", text)


@pytest.mark.parametrize("text", ["code {code} {code.__class__}", "{", "code", "{code!r} {0}"])
def test_a_text_holds_its_placeholders_and_no_others(text: str) -> None:
    with pytest.raises(TextRefused):
        check_text("erase_code", text)


@pytest.mark.parametrize(
    "text",
    [
        "What is your name?",
        "Quel est votre nom ?",
        "¿Cómo se llama?",
        "Kijan ou rele?",
        "Which country are you from?",
        "¿De qué país es?",
        "Ki peyi ou soti?",
        "Your status?",
        "Quelle est votre adresse ?",
        "Passport number?",
        "Número de pasaporte",
        "Who is your employer?",
        "Any criminal record?",
        "Names of your children?",
        "Which school?",
        "Send a photo",
        "Date of entry?",
    ],
)
def test_a_question_never_asks_what_is_not_asked_by_text(text: str) -> None:
    with pytest.raises(FieldRefused):
        check_text("need", text)


@pytest.mark.parametrize(
    "name",
    [
        "legal_name",
        "country",
        "status",
        "entry_date",
        "entry_route",
        "address",
        "employer",
        "uci",
        "a_number_alien",
        "passport_number",
        "criminal_record",
        "claim_story",
        "id_photo",
        "child_name",
        "children",
        "school",
        "Nationality",
    ],
)
def test_a_field_that_is_never_asked_is_refused(name: str) -> None:
    with pytest.raises(FieldRefused, match="never asked"):
        check_field(name)


def _parsed(**changes: Any) -> dict[str, Any]:
    return {**catalogue._read("en"), **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"surplus": 1},
        {"texts": {}},
        {"texts": {**catalogue._read("en")["texts"], "surplus": "Hello."}},
        {"texts": {**catalogue._read("en")["texts"], "thanks": "The police"}},
        {"words": {}},
    ],
)
def test_a_language_file_with_a_fault_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TextRefused):
        read_language(_parsed(**changes), (*texts.QUESTIONS, *NOTICES))


def test_every_language_has_every_text_and_quick_reply() -> None:
    for language in TEXTS.languages.values():
        assert language.replies.keys() == TEXTS.reply_labels.keys(), language.code


def test_farsi_may_join_letters_and_nobody_may_hide_anything() -> None:
    check_text("thanks", "می\u200cخواند")
    for hidden in (
        "a\u200cb",
        "می \u200cخ",
        "a\u200bb",
        "a\u202eb",
        "a\u2060b",
        "a\ufe0fb",
        "\u3164a",
    ):
        with pytest.raises(TextRefused, match="nobody sees"):
            check_text("thanks", hidden)


def test_a_disabled_language_is_not_spoken() -> None:
    languages = {**TEXTS.languages, "fr": read_language(_disabled_french(), _keys("fr"))}
    some = Texts(TEXTS.everyone, languages)
    assert not some.speaks("fr")
    assert some.get("fr", "thanks") == some.get(None, "thanks")


def _disabled_french() -> dict[str, Any]:
    return {**catalogue._read("fr"), "enabled": False}


def _keys(code: str) -> list[str]:
    return list(TEXTS.languages[code].texts)
