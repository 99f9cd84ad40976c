"""A yes to "is it safe to text now?" that sounds like a no, and a no that stays one."""

from __future__ import annotations

import pytest

from app.intake import Step
from tests.intake.taking import take_at


def take(text: str) -> Step:
    return take_at("safe_now", text)


@pytest.mark.parametrize(
    "text",
    [
        "no no its fine", "No, it's safe", "no problem", "no danger", "no worries, thanks",
        "non c'est correct", "non, pas de danger", "non ça va merci",
        "no hay bronca", "no, no hay peligro", "no pasa nada", "todo bien",
        "non pa gen danje", "pa gen pwoblèm", "m pou kont mwen", "non, mwen pou kont mwen",
    ],
)  # fmt: skip
def test_a_no_to_danger_is_a_yes(text: str) -> None:
    assert take(text).answers["safe_now"] == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "no", "no no", "no its not fine", "no, danger", "no. problem", "not alone",
        "no its dangerous",
        "non", "non c'est pas correct", "non, danger", "no, es peligroso", "no estoy sola",
        "non gen danje", "m pa pou kont mwen", "non, m pa pou kont mwen",
    ],
)  # fmt: skip
def test_a_no_stays_a_no(text: str) -> None:
    assert take(text).answers.get("safe_now") != "yes"


@pytest.mark.parametrize(
    "text",
    [
        "kinda", "yes kinda", "sort of", "plus ou moins", "más o menos", "yon ti jan",
        "Sorry, I can't talk right now.", "Je suis en réunion", "Lo siento, no puedo hablar ahora",
    ],
)  # fmt: skip
def test_half_a_yes_is_for_a_person(text: str) -> None:
    step = take(text)
    assert "safe_now" not in step.answers
    assert (step.answers["safe_now_text"], step.state.stage) == (text, "safe_now")
