"""Which scripts may be asked."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from app.intake import ScriptRefused, load_script, read_script
from app.intake.script import MOST_QUESTIONS, SITUATIONS
from app.texts import FieldRefused
from app.texts.catalogue import Texts, load_texts, read_script_plan

TEXTS = load_texts()


@pytest.fixture
def plan() -> dict[str, Any]:
    return copy.deepcopy(dict(read_script_plan()))


def test_the_shipped_script_offers_the_situations_in_the_order_of_its_text() -> None:
    assert tuple(situation.code for situation in load_script().situations) == SITUATIONS


def test_the_shipped_script_asks_five_questions_at_most() -> None:
    assert all(1 + len(each.asks) <= MOST_QUESTIONS for each in load_script().situations)


@pytest.mark.parametrize(
    "field", ["legal_name", "country", "status", "entry_route", "address", "employer", "uci",
              "passport", "criminal_record", "claim_story", "photo", "children", "school"],
)  # fmt: skip
def test_a_script_that_asks_what_is_never_asked_is_refused(
    plan: dict[str, Any], field: str
) -> None:
    plan["situations"][0]["asks"].append(field)
    with pytest.raises(FieldRefused):
        read_script(TEXTS, plan)


@pytest.mark.parametrize(
    "asks",
    [
        ["favourite_colour"],
        ["situation"],
        ["city", "city"],
        ["need", "safe_now", "reach", "city", "date_soon"],
        ["safe_now", "city", "reach"],
    ],
)
def test_unknown_repeated_too_many_or_unordered_questions_are_refused(
    plan: dict[str, Any], asks: list[str]
) -> None:
    plan["situations"][0]["asks"] = asks
    with pytest.raises(ScriptRefused):
        read_script(TEXTS, plan)


def test_a_missing_situation_is_refused(plan: dict[str, Any]) -> None:
    del plan["situations"][3]
    with pytest.raises(ScriptRefused):
        read_script(TEXTS, plan)


def test_a_tier_that_does_not_exist_is_refused(plan: dict[str, Any]) -> None:
    plan["situations"][0]["tier"] = 4
    with pytest.raises(ScriptRefused):
        read_script(TEXTS, plan)


def test_a_language_without_texts_is_refused(plan: dict[str, Any]) -> None:
    plan["languages"].append("xx")
    with pytest.raises(ScriptRefused):
        read_script(TEXTS, plan)


def _with_words(**lists: Any) -> Texts:
    """The shipped texts with other French words."""
    french = TEXTS.languages["fr"]
    words = dataclasses.replace(french.words, **lists)
    return Texts(
        TEXTS.everyone, {**TEXTS.languages, "fr": dataclasses.replace(french, words=words)}
    )


def test_a_keyword_with_two_meanings_is_refused(plan: dict[str, Any]) -> None:
    texts = _with_words(keywords={"start": ("ALTO",)})
    with pytest.raises(ValueError, match="cannot mean"):
        read_script(texts, plan)


def test_a_number_word_with_two_values_is_refused(plan: dict[str, Any]) -> None:
    lists = TEXTS.languages["fr"].words.lists
    texts = _with_words(lists={**lists, "numbers": ("deux", "uno")})
    with pytest.raises(ValueError, match="two numbers"):
        read_script(texts, plan)
