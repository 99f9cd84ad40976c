from __future__ import annotations

from functools import reduce

import pytest

from app.intake import read_script
from app.texts import (
    FIRST_LANGUAGES,
    FieldRefused,
    ReviewRefused,
    TextEdit,
    TextRefused,
    Texts,
    apply_edit,
    load_texts,
    read_script_plan,
)

SHIPPED = load_texts()


def edited(*edits: TextEdit) -> Texts:
    return reduce(lambda texts, edit: apply_edit(texts, SHIPPED, edit), edits, SHIPPED)


def test_an_organisation_may_word_a_text_its_own_way_and_go_back() -> None:
    own = edited(TextEdit("en", "thanks", "Thank you!"), TextEdit("und", "help", "A person reads."))
    assert own.get("en", "thanks") == "Thank you!"
    assert own.get(None, "help") == "A person reads."
    assert SHIPPED.get("en", "thanks") != "Thank you!"
    back = edited(TextEdit("en", "thanks", "Thank you!"), TextEdit("en", "thanks"))
    assert back.get("en", "thanks") == SHIPPED.get("en", "thanks")


@pytest.mark.parametrize(
    ("code", "key", "text", "error"),
    [
        ("und", "greeting", "Hi.", TextRefused),
        ("en", "thanks", "The police", TextRefused),
        ("en", "reply_here", "The police", TextRefused),
        ("en", "need", "Which country?", FieldRefused),
        ("en", "nothing_like_this", "Hi.", KeyError),
        ("und", "reply_here", "Hi.", KeyError),
        ("xx", "thanks", "Hi.", KeyError),
    ],
)
def test_an_own_wording_obeys_the_same_rules(
    code: str, key: str, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        edited(TextEdit(code, key, text))


def test_a_further_language_is_offered_only_switched_on_and_with_a_persons_name() -> None:
    on, read = TextEdit("pa", enabled=True), TextEdit("pa", reviewed_by="Simran K.")
    assert not edited(on).speaks("pa")
    assert not edited(read).speaks("pa")
    assert edited(on, read).speaks("pa")
    assert edited(on, read).get("pa", "city") == SHIPPED.languages["pa"].texts["city"]
    assert not edited(on, read, TextEdit("pa", enabled=False)).speaks("pa")


def test_a_wording_that_nobody_has_read_ends_the_review() -> None:
    read = (TextEdit("pa", enabled=True), TextEdit("pa", reviewed_by="Simran K."))
    word = SHIPPED.languages["pa"].texts["reminder"]
    assert not edited(*read, TextEdit("pa", "city", word)).speaks("pa")
    assert edited(*read, TextEdit("pa", "city", word, reviewed_by="Simran K.")).speaks("pa")
    assert edited(*read, TextEdit("pa", "reminder", word)).speaks("pa")  # as it was


def test_the_first_four_are_offered_but_marked_as_unreviewed() -> None:
    assert {language.code for language in SHIPPED.unreviewed()} == FIRST_LANGUAGES
    assert {language.code for language in SHIPPED.enabled()} == FIRST_LANGUAGES


@pytest.mark.parametrize("name", ["", " ", "none", "None", "-", "a\nb", "x" * 201])
def test_a_review_needs_the_name_of_a_person(name: str) -> None:
    with pytest.raises(ReviewRefused):
        edited(TextEdit("pa", reviewed_by=name))


def test_no_developer_has_reviewed_anything() -> None:
    assert not [one.code for one in SHIPPED.languages.values() if one.is_reviewed]


def test_all_languages_together_make_a_script() -> None:
    edits = [
        edit
        for code in SHIPPED.languages
        for edit in (TextEdit(code, reviewed_by="A Person"), TextEdit(code, enabled=True))
    ]
    script = read_script(edited(*edits), read_script_plan())
    assert all(script.texts.speaks(code) for code in SHIPPED.languages)
